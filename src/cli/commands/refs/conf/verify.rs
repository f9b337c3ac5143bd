use std::collections::BTreeMap;

use super::property_values::PropertyValue;
use backends::resolve_queries;
use reconcile::VerifyOptions;
use reference::{
    self, Finding, Policies, Policy, Reason, Reference, SecretRequest, SecretResponse, VaultQuery, VaultRef,
    is_reference, parse_reference,
};
use schema::Catalog;

/// How the references of properties are looked at.
pub(super) struct PropertyVerifier<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) verify_options: &'a VerifyOptions,
    pub(crate) policies: Policies<'a>,
}

/// What is known of a value before any vault is asked.
enum PreliminaryFinding {
    /// All there is to know.
    Final(Finding),
    /// Which secret of which errand it wants.
    Pending(Reference, usize, usize),
}

/// What has to be asked, each distinct secret once.
#[derive(Default)]
struct VaultQueryBatch {
    queries: Vec<VaultQuery>,
    secret_indexes: BTreeMap<(usize, SecretRequest), usize>,
}

impl PropertyVerifier<'_> {
    /// What is known of each value, in their order. All vaults are asked at once.
    pub(super) async fn verify_all(&self, stated: &[PropertyValue]) -> Vec<Finding> {
        let mut asked = VaultQueryBatch::default();
        let known: Vec<PreliminaryFinding> = stated
            .iter()
            .map(|one| self.check_before_fetch(one, &mut asked))
            .collect();
        let fetched = resolve_queries(&asked.queries, &self.verify_options.context).await;
        let findings = known.into_iter().zip(stated).map(|(known, one)| match known {
            PreliminaryFinding::Final(finding) => finding,
            PreliminaryFinding::Pending(reference, errand, place) => {
                let errand = asked.queries.get(errand).zip(fetched.get(errand));
                let answer = errand.and_then(|(errand, all)| Some((&errand.target, all.get(place)?)));
                let proven = |(target, fetched)| {
                    reference::verify_reference(target, &reference, &restrict_to_planes(fetched, one)).0
                };
                answer.map_or_else(|| not_asked_finding(&String::from_utf8_lossy(&reference.name)), proven)
            }
        });
        findings.collect()
    }

    fn check_before_fetch(&self, one: &PropertyValue, asked: &mut VaultQueryBatch) -> PreliminaryFinding {
        if let Some(finding) = check_form(one) {
            return PreliminaryFinding::Final(finding);
        }
        let reference = match parse_reference(&one.text) {
            Ok(reference) => reference,
            Err(error) => {
                let message = format!("Kong cannot read this reference: {error}");
                return PreliminaryFinding::Final(Finding::new(Reason::BadReference, message));
            }
        };
        let name = String::from_utf8_lossy(&reference.name).into_owned();
        if !self.catalog.subschema_names("vaults").any(|backend| backend == name) {
            let told = Finding::new(Reason::UnknownVault, format!("'{name}' is no backend"));
            let help = "kong.conf is read before the database: only backends' own names work, no vault's prefix";
            return PreliminaryFinding::Final(told.help(help));
        }
        if let Some(finding) = self.skip_finding(&name) {
            return PreliminaryFinding::Final(finding);
        }
        let (errand, place) = self.add_secret_request(&name, &reference, asked);
        PreliminaryFinding::Pending(reference, errand, place)
    }

    /// Why a backend is not asked, if it is not.
    fn skip_finding(&self, name: &str) -> Option<Finding> {
        if self.policies.for_vault(name) == Policy::Off {
            return Some(not_asked_finding(name));
        }
        self.verify_options.settings.ambiguity_finding(name)
    }

    fn add_secret_request(&self, name: &str, reference: &Reference, asked: &mut VaultQueryBatch) -> (usize, usize) {
        let VaultQueryBatch {
            queries: errands,
            secret_indexes: secrets,
        } = asked;
        let vault = VaultRef::Backend(name);
        let target = reference::resolve_target(self.catalog, name, vault, reference, &self.verify_options.settings);
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

fn not_asked_finding(name: &str) -> Finding {
    let message = format!("secrets of the backend '{name}' are not asked for");
    Finding::new(Reason::NotAsked, message)
}

/// What the data planes have for which a value holds.
fn restrict_to_planes(fetched: &SecretResponse, one: &PropertyValue) -> SecretResponse {
    match fetched {
        SecretResponse::PerPlane(planes) => {
            let holds = planes.iter().filter(|(plane, _)| one.planes.contains(plane));
            SecretResponse::PerPlane(holds.cloned().collect())
        }
        other => other.clone(),
    }
}

/// What is wrong with a value's form.
fn check_form(one: &PropertyValue) -> Option<Finding> {
    let wrong = |message: &str, help: &str| Finding::new(Reason::BadReference, message).help(help);
    if one.property_name().starts_with("vault_") {
        let message = "settings of vaults are taken as they stand: a reference there is not resolved";
        let told = Finding::new(Reason::NotReferenceable, message);
        return Some(told.help("write the value, or give it to the node as a variable"));
    }
    if is_reference(&one.text) {
        return None;
    }
    let begins = one.text.starts_with("{vault://");
    Some(
        if begins && one.is_list_element() && !one.text.contains('}') && !one.is_cut_by_comment {
            wrong(
                "the reference has no end: a comma divides this list",
                "write the comma as %2C",
            )
        } else if begins && one.is_cut_by_comment {
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
