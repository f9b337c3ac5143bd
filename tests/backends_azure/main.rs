//! Azure: what Key Vault was recorded and is documented to answer, and what is never sent.
#![cfg(feature = "azure")]

#[path = "../common/mod.rs"]
mod common;

#[path = "../backends_hcv/asked.rs"]
mod asked;

#[path = "../refs_place/mod.rs"]
mod refs_place;

mod azure;
mod canary;
mod logins;
mod machine;
mod program;
mod reads;
mod refusals;
mod refused_logins;
mod safety;
