use std::collections::BTreeMap;

use super::stated::Stated;
use backends::resolve;
use reconcile::Proof;
use reference::{
    self, Finding, Policies, Policy, Reason, Reference, SecretRequest, SecretResponse, VaultQuery, VaultRef,
    is_reference, parse_reference,
};
use schema::Catalog;

/// How the references of properties are looked at.
pub struct Look<'a> {
    pub catalog: &'a Catalog,
    pub proof: &'a Proof,
    pub policies: Policies<'a>,
}

/// What is known of a value before any vault is asked.
enum Known {
    /// All there is to know.
    All(Finding),
    /// Which secret of which errand it wants.
    Wants(Reference, usize, usize),
}

/// What has to be asked, each distinct secret once.
#[derive(Default)]
struct Asked {
    errands: Vec<VaultQuery>,
    secrets: BTreeMap<(usize, SecretRequest), usize>,
}

impl Look<'_> {
    /// What is known of each value, in their order. All vaults are asked at once.
    pub async fn at(&self, stated: &[Stated]) -> Vec<Finding> {
        let mut asked = Asked::default();
        let known: Vec<Known> = stated.iter().map(|one| self.before(one, &mut asked)).collect();
        let fetched = resolve(&asked.errands, &self.proof.context).await;
        let findings = known.into_iter().zip(stated).map(|(known, one)| match known {
            Known::All(finding) => finding,
            Known::Wants(reference, errand, place) => {
                let errand = asked.errands.get(errand).zip(fetched.get(errand));
                let answer = errand.and_then(|(errand, all)| Some((&errand.target, all.get(place)?)));
                let proven =
                    |(target, fetched)| reference::verify_reference(target, &reference, &of_planes(fetched, one)).0;
                answer.map_or_else(|| not_asked(&String::from_utf8_lossy(&reference.name)), proven)
            }
        });
        findings.collect()
    }

    fn before(&self, one: &Stated, asked: &mut Asked) -> Known {
        if let Some(finding) = of_form(one) {
            return Known::All(finding);
        }
        let reference = match parse_reference(&one.text) {
            Ok(reference) => reference,
            Err(error) => {
                let message = format!("Kong cannot read this reference: {error}");
                return Known::All(Finding::new(Reason::BadReference, message));
            }
        };
        let name = String::from_utf8_lossy(&reference.name).into_owned();
        if !self.catalog.subschema_names("vaults").any(|backend| backend == name) {
            let told = Finding::new(Reason::UnknownVault, format!("'{name}' is no backend"));
            let help = "kong.conf is read before the database: only backends' own names work, no vault's prefix";
            return Known::All(told.help(help));
        }
        if let Some(finding) = self.unasked(&name) {
            return Known::All(finding);
        }
        let (errand, place) = self.want(&name, &reference, asked);
        Known::Wants(reference, errand, place)
    }

    /// Why a backend is not asked, if it is not.
    fn unasked(&self, name: &str) -> Option<Finding> {
        if self.policies.for_vault(name) == Policy::Off {
            return Some(not_asked(name));
        }
        self.proof.settings.ambiguity_finding(name)
    }

    fn want(&self, name: &str, reference: &Reference, asked: &mut Asked) -> (usize, usize) {
        let Asked { errands, secrets } = asked;
        let vault = VaultRef::Backend(name);
        let target = reference::resolve_target(self.catalog, name, vault, reference, &self.proof.settings);
        let known = errands.iter().position(|errand| errand.target == target);
        let errand = known.unwrap_or_else(|| {
            let wanted = Vec::new();
            errands.push(VaultQuery {
                target,
                requests: wanted,
            });
            errands.len() - 1
        });
        let wanted = SecretRequest::from_reference(reference);
        let place = *secrets.entry((errand, wanted.clone())).or_insert_with(|| {
            errands[errand].requests.push(wanted);
            errands[errand].requests.len() - 1
        });
        (errand, place)
    }
}

fn not_asked(name: &str) -> Finding {
    let message = format!("secrets of the backend '{name}' are not asked for");
    Finding::new(Reason::NotAsked, message)
}

/// What the data planes have for which a value holds.
fn of_planes(fetched: &SecretResponse, one: &Stated) -> SecretResponse {
    match fetched {
        SecretResponse::PerPlane(planes) => {
            let holds = planes.iter().filter(|(plane, _)| one.planes.contains(plane));
            SecretResponse::PerPlane(holds.cloned().collect())
        }
        other => other.clone(),
    }
}

/// What is wrong with a value's form.
fn of_form(one: &Stated) -> Option<Finding> {
    let wrong = |message: &str, help: &str| Finding::new(Reason::BadReference, message).help(help);
    if one.name().starts_with("vault_") {
        let message = "settings of vaults are taken as they stand: a reference there is not resolved";
        let told = Finding::new(Reason::NotReferenceable, message);
        return Some(told.help("write the value, or give it to the node as a variable"));
    }
    if is_reference(&one.text) {
        return None;
    }
    let begins = one.text.starts_with("{vault://");
    Some(
        if begins && one.is_of_list() && !one.text.contains('}') && !one.is_cut {
            wrong(
                "the reference has no end: a comma divides this list",
                "write the comma as %2C",
            )
        } else if begins && one.is_cut {
            wrong(
                "the reference has no end: `#` begins a comment here",
                "write the version as `\\#2`",
            )
        } else {
            wrong(
                "a reference must be the whole value: this text is used as it stands",
                "put the whole value into the secret",
            )
        },
    )
}
