//! Google: what Secret Manager and those who give tokens for it are documented and recorded to answer, and what is never
//! sent.

#[allow(dead_code)] // each test uses its part
mod answers;
mod federation;
mod givers;
mod google;
mod jwt;
mod program;
mod refusals;
mod safety;
mod tokens;
