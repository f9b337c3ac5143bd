use std::collections::BTreeSet;

use super::verify::{DEFAULT_EXPIRY_DAYS, VerifyContext};
use super::{declared_vaults, material, requirements, verify};
use control_plane::{Client, Clock, ReadError, Transport};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use reference::{self, Policies, Policy, ResolvedValues, Vaults};
use schema::Catalog;
use state::{self, DeclaredEntity, DesiredState};
use yaml::Diagnostic;

/// Checks state files without asking a control plane: by all that is recorded of Kong, the form of the
/// references, and what certificates in the open say. An unknown vault proves nothing, for it may be the control plane's;
/// an expired certificate may be live already and stay as it is.
pub fn check_offline(catalog: &Catalog, desired: &DesiredState, policy: Policy, now: i64) -> Vec<Diagnostic> {
    let invalid = state::check_entities(catalog, desired, now, &|_| true);
    let mut assessments =
        reference::classify_sites(verify::find_declared_references(catalog, desired), &Vaults::default());
    let lints = reference::lint(catalog, desired, &assessments, &declared_vaults(catalog, desired));
    let context = VerifyContext {
        catalog,
        desired,
        planned: None,
        now,
    };
    let unresolved = vec![ResolvedValues::new(); assessments.len()];
    let issues = material::examine_material(&context, &mut assessments, &unresolved, DEFAULT_EXPIRY_DAYS);
    let certificate_policy = match policy {
        Policy::Default => Policy::Warn,
        policy => policy,
    };
    let issue_diagnostics = reference::report_issues(catalog, desired, &issues, uniform_policies(certificate_policy));
    reference::redact_templated(&mut assessments);
    assessments.retain(|assessment| assessment.finding.reason.is_static());
    let references = reference::apply_policy(catalog, desired, &assessments, uniform_policies(policy));
    [
        &desired.diagnostics[..],
        &invalid,
        &lints,
        &references,
        &issue_diagnostics,
    ]
    .concat()
}

/// Checks certificates and keys in the open as Kong itself does. Entities with a variable that is not set cannot be
/// checked.
pub fn check_material(catalog: &Catalog, desired: &DesiredState, now: i64) -> Vec<Diagnostic> {
    state::check_entities(catalog, desired, now, &|declared| {
        let entity = desired.entity(declared);
        entity.unset_fields.is_empty() && reference::has_key_material(catalog.kind(entity.kind))
    })
}

fn uniform_policies<'a>(general: Policy) -> Policies<'a> {
    Policies {
        general,
        settings: None,
    }
}

/// Lets the control plane check every declared entity, each by itself, besides the checks of its own schemas.
///
/// # Errors
/// No answer, wrong credentials, or an answer that is not Kong's.
pub async fn check_online<T: Transport, C: Clock>(
    client: &Client<T, C>,
    recorded: &Catalog,
    desired: &DesiredState,
) -> Result<Vec<Diagnostic>, ReadError> {
    let mut schemas = client.read_node_info().await?.to_live_schemas();
    client
        .read_schemas(&requirements::schemas_for_state(recorded, desired), &mut schemas)
        .await?;
    let catalog = recorded.with_live_schemas(&schemas);
    let invalid = state::check_entities(&catalog, desired, client.clock().now(), &|_| true);
    let reported_spans: BTreeSet<_> = invalid
        .iter()
        .flat_map(|diagnostic| &diagnostic.locations)
        .map(|location| location.span)
        .collect();
    let responses = stream::iter(&desired.entities).map(|entity| validate_entity(client, &catalog, entity));
    let rejections: Vec<Vec<Diagnostic>> = responses.buffered(client.parallelism()).try_collect().await?;
    let new = rejections.into_iter().flatten().filter(|diagnostic| {
        !diagnostic
            .locations
            .iter()
            .any(|location| reported_spans.contains(&location.span))
    });
    Ok(desired
        .diagnostics
        .iter()
        .cloned()
        .chain(invalid.iter().cloned())
        .chain(new)
        .collect())
}

/// What the control plane refuses in one entity.
async fn validate_entity<T: Transport, C: Clock>(
    client: &Client<T, C>,
    catalog: &Catalog,
    entity: &DeclaredEntity,
) -> Result<Vec<Diagnostic>, ReadError> {
    let body = state::body_for_check(catalog, entity);
    let Some(rejection) = client.validate_entity(catalog.kind(entity.kind), &body).await? else {
        return Ok(Vec::new());
    };
    let diagnostics = rejection
        .fields
        .iter()
        .map(|(path, message)| state::rejection_diagnostic(catalog, entity, path, message));
    Ok(diagnostics.collect())
}
