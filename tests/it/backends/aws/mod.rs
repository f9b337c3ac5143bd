//! AWS: what an independent implementation answers, what AWS itself is documented to answer, and what is never sent.

mod batches;
mod chain;
mod moto;
mod patience;
mod program;
mod refusals;
mod safety;
mod server;
mod signature;
