//! A machine that asks: its variables, and what it is to check.

use super::server::{Azure, CLIENT, RunningAzure, SECRET, TENANT};
use crate::common::sandbox::{Sandbox, verdict};

/// A vault as data planes have it, and a plugin that refers to a secret of it.
pub const STATE: &str = "_format_version: \"3.0\"\nvaults:\n- {name: azure, prefix: my-azure, config: {vault_uri: 'https://v.vault.azure.net', location: westeurope, type: secrets, client_id: theirs, tenant_id: theirs}}\nplugins:\n\
                     - {name: http-log, config: {http_endpoint: 'http://h', headers: {x-key: '{vault://my-azure/pg/url}'}}}\n";

pub const WHOLE: [(&str, &str); 3] = [
    ("AZURE_TENANT_ID", TENANT),
    ("AZURE_CLIENT_ID", CLIENT),
    ("AZURE_CLIENT_SECRET", SECRET),
];

pub fn azure() -> Azure {
    Azure::default().text("pg", r#"{"url":"canary-7f3a"}"#)
}

/// Variables that lead to a vault, and those that are given.
pub struct Machine(Vec<(String, String)>);

impl Machine {
    pub fn of(running: &RunningAzure, more: &[(&str, &str)]) -> Self {
        let url = running.fake.url();
        let own = [
            ("STRONGROOM_VAULT_MY_AZURE_ADDRESS", url.as_str()),
            ("STRONGROOM_VAULT_MY_AZURE_CA_CERT", &running.ca),
            ("AZURE_AUTHORITY_HOST", &url),
        ];
        let all = own.iter().chain(more);
        Self(
            all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    pub fn variables(&self) -> Vec<(&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }
}

pub fn found(sandbox: &Sandbox, running: &RunningAzure, more: &[(&str, &str)]) -> bool {
    let machine = Machine::of(running, more);
    let verdicts = sandbox.verdicts(STATE, &[], &machine.variables());
    assert!(verdicts.len() == 1, "{verdicts:?}");
    verdicts == verdict("found", "secret_found")
}
