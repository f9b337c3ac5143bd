use std::collections::BTreeMap;

use super::property_values::PropertyValue;
use backends::resolve_queries;
use reconcile::VerifyOptions;
use reference::{
    self, Finding, Policies, Policy, Reason, Reference, SecretRequest, SecretResponse, VaultQuery, VaultRef,
    is_reference, parse_reference,
};
use schema::Catalog;

/// Verifies the references of properties.
pub(super) struct PropertyVerifier<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) verify_options: &'a VerifyOptions,
    pub(super) policies: Policies<'a>,
}

enum PreliminaryFinding {
    /// No vault need be asked.
    Final(Finding),
    Pending {
        reference: Reference,
        /// The index of the query, and that of the request in it.
        query: usize,
        request: usize,
    },
}

/// The queries of all values, with each distinct secret once.
#[derive(Default)]
struct VaultQueryBatch {
    queries: Vec<VaultQuery>,
    request_indexes: BTreeMap<(usize, SecretRequest), usize>,
}

impl PropertyVerifier<'_> {
    /// The findings of the values, in their order. All vaults are asked at once.
    pub(super) async fn verify_all(&self, values: &[PropertyValue]) -> Vec<Finding> {
        let mut batch = VaultQueryBatch::default();
        let preliminary: Vec<PreliminaryFinding> = values
            .iter()
            .map(|value| self.check_before_fetch(value, &mut batch))
            .collect();
        let responses = resolve_queries(&batch.queries, &self.verify_options.context).await;
        let findings = preliminary
            .into_iter()
            .zip(values)
            .map(|(finding, value)| match finding {
                PreliminaryFinding::Final(finding) => finding,
                PreliminaryFinding::Pending {
                    reference,
                    query,
                    request,
                } => {
                    let target = batch.queries.get(query).map(|query| &query.target);
                    let response = responses.get(query).and_then(|responses| responses.get(request));
                    match target.zip(response) {
                        Some((target, response)) => {
                            let response = restrict_to_planes(response, value);
                            reference::verify_reference(target, &reference, &response).0
                        }
                        None => not_asked_finding(&String::from_utf8_lossy(&reference.name)),
                    }
                }
            });
        findings.collect()
    }

    fn check_before_fetch(&self, value: &PropertyValue, batch: &mut VaultQueryBatch) -> PreliminaryFinding {
        if let Some(finding) = check_form(value) {
            return PreliminaryFinding::Final(finding);
        }
        let reference = match parse_reference(&value.text) {
            Ok(reference) => reference,
            Err(error) => {
                let message = format!("Kong cannot read this reference: {error}");
                return PreliminaryFinding::Final(Finding::new(Reason::BadReference, message));
            }
        };
        let name = String::from_utf8_lossy(&reference.name).into_owned();
        if !self.catalog.subschema_names("vaults").any(|backend| backend == name) {
            let finding = Finding::new(Reason::UnknownVault, format!("'{name}' is no backend"));
            let help = "kong.conf is read before the database: only backends' own names work, no vault's prefix";
            return PreliminaryFinding::Final(finding.help(help));
        }
        if let Some(finding) = self.skip_finding(&name) {
            return PreliminaryFinding::Final(finding);
        }
        self.add_secret_request(&name, reference, batch)
    }

    /// Why a backend is not asked, if it is not.
    fn skip_finding(&self, name: &str) -> Option<Finding> {
        if self.policies.for_vault(name) == Policy::Off {
            return Some(not_asked_finding(name));
        }
        self.verify_options.settings.ambiguity_finding(name)
    }

    fn add_secret_request(&self, name: &str, reference: Reference, batch: &mut VaultQueryBatch) -> PreliminaryFinding {
        let VaultQueryBatch {
            queries,
            request_indexes,
        } = batch;
        let vault = VaultRef::Backend(name);
        let target = reference::resolve_target(self.catalog, name, vault, &reference, &self.verify_options.settings);
        let existing = queries.iter().position(|query| query.target == target);
        let query = existing.unwrap_or_else(|| {
            queries.push(VaultQuery {
                target,
                requests: Vec::new(),
            });
            queries.len() - 1
        });
        let secret = SecretRequest::from_reference(&reference);
        let request = *request_indexes.entry((query, secret.clone())).or_insert_with(|| {
            queries[query].requests.push(secret);
            queries[query].requests.len() - 1
        });
        PreliminaryFinding::Pending {
            reference,
            query,
            request,
        }
    }
}

fn not_asked_finding(name: &str) -> Finding {
    let message = format!("secrets of the backend '{name}' are not asked for");
    Finding::new(Reason::NotAsked, message)
}

/// The part of a response that is about the data planes that a value applies to.
fn restrict_to_planes(response: &SecretResponse, value: &PropertyValue) -> SecretResponse {
    match response {
        SecretResponse::PerPlane(planes) => {
            let planes = planes.iter().filter(|(plane, _)| value.planes.contains(plane));
            SecretResponse::PerPlane(planes.cloned().collect())
        }
        other => other.clone(),
    }
}

/// What is wrong with the form of a value, if anything.
fn check_form(value: &PropertyValue) -> Option<Finding> {
    let bad_reference = |message: &str, help: &str| Finding::new(Reason::BadReference, message).help(help);
    if value.property_name().starts_with("vault_") {
        let message = "settings of vaults are taken as they stand: a reference there is not resolved";
        let finding = Finding::new(Reason::NotReferenceable, message);
        return Some(finding.help("write the value, or give it to the node as a variable"));
    }
    if is_reference(&value.text) {
        return None;
    }
    let begins_reference = value.text.starts_with("{vault://");
    Some(
        if begins_reference && value.is_list_element() && !value.text.contains('}') && !value.is_cut_by_comment {
            bad_reference(
                "the reference has no end: a comma divides this list",
                "write the comma as %2C",
            )
        } else if begins_reference && value.is_cut_by_comment {
            bad_reference(
                "the reference has no end: `#` begins a comment here",
                "write the version as `\\#2`",
            )
        } else {
            bad_reference(
                "a reference must be the whole value: this text is used as it stands",
                "put the whole value into the secret",
            )
        },
    )
}
