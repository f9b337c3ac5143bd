//! Azure: what Key Vault was recorded and is documented to answer, and what is never sent.

mod canary;
mod logins;
mod machine;
mod program;
mod reads;
mod refusals;
mod refused_logins;
mod safety;
mod server;
