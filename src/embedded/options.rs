use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use super::store::Database;
use schema::Edition;

/// How an embedded control plane is set up.
#[derive(Clone, Debug)]
pub struct EmbeddedOptions {
    pub database: Database,
    /// Which edition it is: Enterprise has kinds of its own.
    pub edition: Edition,
    /// The vault backends it has loaded; all that the catalog knows where it is not said.
    pub vaults: Option<BTreeSet<String>>,
    /// The proxy-wasm filters it has loaded; filter chains exist only where there are some.
    pub wasm_filters: BTreeSet<String>,
    /// What time it is, in seconds since 1970-01-01 UTC.
    pub now: fn() -> f64,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self {
            database: Database::Memory,
            edition: Edition::Community,
            vaults: None,
            wasm_filters: BTreeSet::new(),
            now: system_time,
        }
    }
}

fn system_time() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}
