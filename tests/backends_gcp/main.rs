//! Google: what Secret Manager and those who give tokens for it are documented and recorded to answer, and what is never
//! sent.
#![cfg(feature = "gcp")]

#[path = "../common/fake.rs"]
#[allow(dead_code)] // each test uses its part
mod fake;

#[path = "../backends_hcv/asked.rs"]
mod asked;

#[path = "../refs_place/mod.rs"]
mod refs_place;

mod answers;
mod federation;
mod givers;
mod google;
mod jwt;
mod program;
mod refusals;
mod safety;
mod tokens;
