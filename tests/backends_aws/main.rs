//! AWS: what an independent implementation answers, what AWS itself is documented to answer, and what is never sent.
#![cfg(feature = "aws")]

#[path = "../common/mod.rs"]
mod common;

#[path = "../backends_hcv/asked.rs"]
mod asked;

#[path = "../refs_place/mod.rs"]
mod refs_place;

mod aws;
mod batches;
mod chain;
mod moto;
mod patience;
mod program;
mod refusals;
mod safety;
mod signature;
