//! HashiCorp Vaults: what recorded answers of two versions mean, what a real one answers, and what is never sent.

#[path = "../common/mod.rs"]
mod common;
#[path = "../refs_place/mod.rs"]
mod refs_place;

mod asked;
mod certificates;
mod logins;
mod program;
mod reads;
mod recorded;
mod safety;
