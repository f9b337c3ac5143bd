//! HashiCorp Vaults: what recorded answers of two versions mean, what a real one answers, and what is never sent.

mod certificates;
mod logins;
mod program;
mod reads;
mod recorded;
mod safety;
