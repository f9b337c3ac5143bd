//! Azure: what Key Vault was recorded and is documented to answer, and what is never sent.
#![cfg(feature = "azure")]

#[path = "../common/mod.rs"]
mod common;

#[path = "../backends_hcv/asked.rs"]
mod asked;

mod azure;
mod logins;
mod reads;
mod safety;
