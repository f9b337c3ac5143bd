//! HashiCorp Vaults: what recorded answers of two versions mean, what a real one answers, and what is never sent.

#[path = "../common/mod.rs"]
mod common;

mod asked;
mod logins;
mod reads;
mod recorded;
mod safety;
