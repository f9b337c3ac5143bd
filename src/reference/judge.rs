use std::collections::BTreeSet;

use super::{Judged, Reason, Reference, Standing, Use, Verdict, parse, variable};
use crate::state::nearest;

/// The vaults by which references resolve once the plan is done.
#[derive(Clone, Debug, Default)]
pub struct Vaults {
    /// The backends that the data planes have loaded: their names go before any prefix.
    pub loaded: BTreeSet<String>,
    /// The vault entities, owned and foreign.
    pub entities: Vec<VaultEntity>,
    /// Whether these are all there are; if not, an unknown prefix proves nothing.
    pub complete: bool,
}

/// A vault, as far as references go.
#[derive(Clone, Debug)]
pub struct VaultEntity {
    /// The prefix that references name.
    pub prefix: String,
    /// The backend.
    pub backend: String,
    /// The backend's own `prefix` option, if it has one.
    pub variable_prefix: Option<String>,
    /// Whether this plan creates or changes it.
    pub changed: bool,
}

/// The vault that a name stands for.
#[derive(Clone, Copy, Debug)]
pub struct FoundVault<'a> {
    /// Its backend.
    pub backend: &'a str,
    /// The backend's own `prefix` option, if it has one.
    pub variable_prefix: Option<&'a str>,
    /// Whether this plan creates or changes it.
    pub changed: bool,
}

impl Vaults {
    /// The vault that a name stands for: a backend's name goes before any prefix.
    pub fn find(&self, name: &str) -> Option<FoundVault<'_>> {
        let backend = self.loaded.get(name).map(|backend| FoundVault {
            backend,
            variable_prefix: None,
            changed: false,
        });
        let entity = || {
            let vault = self.entities.iter().find(|vault| vault.prefix == name)?;
            Some(FoundVault {
                backend: &vault.backend,
                variable_prefix: vault.variable_prefix.as_deref(),
                changed: vault.changed,
            })
        };
        backend.or_else(entity)
    }
}

/// Says of every use what can be known without asking a backend.
pub fn judge(uses: Vec<Use>, vaults: &Vaults) -> Vec<Judged> {
    uses.into_iter().map(|usage| judge_one(usage, vaults)).collect()
}

fn judge_one(usage: Use, vaults: &Vaults) -> Judged {
    let (reason, subject, help, vault_changed) = match (usage.referenceable, parse(&usage.text)) {
        (Some(false), _) => (
            Reason::NotReferenceable,
            usage.text.clone(),
            Some(not_referenceable()),
            false,
        ),
        (_, Err(error)) => (Reason::BadReference, error.to_string(), Some(spelling()), false),
        (None, Ok(_)) => (Reason::UnknownSchema, usage.text.clone(), None, false),
        (Some(true), Ok(reference)) => located(&reference, vaults),
    };
    let concerns_plan = usage.standing == Standing::Changed || vault_changed;
    Judged {
        usage,
        verdict: Verdict::from(reason),
        reason,
        subject,
        help,
        concerns_plan,
    }
}

type Located = (Reason, String, Option<String>, bool);

/// What is known of a well-formed reference in a field that takes it: its vault, and whether that could be asked.
fn located(reference: &Reference, vaults: &Vaults) -> Located {
    let name = String::from_utf8_lossy(&reference.name).into_owned();
    match vaults.find(&name) {
        Some(vault) => backend(reference, vault.backend, vault.variable_prefix, vault.changed),
        None if vaults.complete => {
            let known = vaults
                .entities
                .iter()
                .map(|vault| vault.prefix.as_str())
                .chain(vaults.loaded.iter().map(String::as_str));
            let help = match nearest(&name, known) {
                Some(close) => format!("did you mean '{close}'?"),
                None => "declare the vault, or correct the reference".to_owned(),
            };
            (Reason::UnknownVault, name, Some(help), true)
        }
        None => (Reason::VaultsUnreadable, name, None, false),
    }
}

fn backend(reference: &Reference, backend: &str, prefix: Option<&str>, changed: bool) -> Located {
    match backend {
        "env" => (Reason::DataPlaneEnvironment, variable(reference, prefix), None, changed),
        other => (Reason::NotAsked, other.to_owned(), None, changed),
    }
}

fn not_referenceable() -> String {
    "Kong would use this text as it stands; write the value, or use a field that takes references".to_owned()
}

fn spelling() -> String {
    "a reference is {vault://PREFIX/SECRET} or {vault://PREFIX/SECRET/KEY}".to_owned()
}

impl From<Reason> for Verdict {
    fn from(reason: Reason) -> Self {
        reason.verdict()
    }
}
