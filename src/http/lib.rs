//! What every client of ours does alike.

pub mod retry_after;
