use std::collections::BTreeSet;
use std::sync::Arc;

use super::entity_view::{public_name, with_declared_view, with_planned_view};
use super::material;
use super::vaults::{backend_prefix_diagnostics, find_in_other_workspaces, planned_vaults, unused_settings_notes};
use backends::BackendContext;
use control_plane::{Client, Clock, NodeInfo, ReadError, Transport};
use json::Value;
use json::parallel::par_map_chunks;
use plan::{ForeignEntity, LiveState, Plan, PlannedEntity, PlannedState};
use reference::{
    self, Assessment, ChangeState, EntityView, Finding, Policies, Policy, Reason, ReferenceSettings, ReferenceSite,
    VaultRef, Vaults,
};
use schema::{Catalog, FieldPath, KindId};
use state::{DeclaredEntity, DeclaredId, DesiredState};
use yaml::{Diagnostic, Severity};

/// For how many days certificates should still be valid, unless an option says otherwise.
pub const DEFAULT_EXPIRY_DAYS: u32 = 30;

/// How references are verified.
pub struct VerifyOptions {
    /// What a verdict may do to a run.
    pub policy: Policy,
    /// What the operator says of the vaults.
    pub settings: ReferenceSettings,
    /// What the operator gives to their backends.
    pub context: BackendContext,
    /// Whether secrets that other teams' entities refer to are read as well.
    pub include_foreign: bool,
    /// For how many days certificates should still be valid.
    pub expiry_days: u32,
}

impl Default for VerifyOptions {
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            settings: ReferenceSettings::default(),
            context: BackendContext::default(),
            include_foreign: false,
            expiry_days: DEFAULT_EXPIRY_DAYS,
        }
    }
}

impl VerifyOptions {
    /// Without settings or credentials of the operator.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            ..Self::default()
        }
    }

    /// Whether the secrets of other teams' references are read.
    pub(crate) fn includes_foreign(&self) -> bool {
        self.include_foreign && self.policy != Policy::Off
    }
}

/// What is known of references, and what there is to report of them.
pub struct Verification {
    /// What is known of each.
    pub assessments: Vec<Assessment>,
    /// What there is to report: errors stop the run.
    pub diagnostics: Vec<Diagnostic>,
    /// The vaults by which they resolve.
    pub vaults: Vaults,
}

/// The entities whose references are verified: as they will be once a plan is done, or as files declare them.
#[derive(Clone, Copy)]
pub(crate) struct VerifyContext<'a> {
    /// What exists.
    pub catalog: &'a Catalog,
    /// What the documents say.
    pub desired: &'a DesiredState,
    /// What is live, how it changes and what will be live, if there is a plan.
    pub planned: Option<(&'a LiveState, &'a Plan, &'a PlannedState<'a>)>,
    /// In seconds since 1970.
    pub now: i64,
}

/// Verifies the references of what will be live once a plan is done. Nothing is read if there is none and nothing changes.
pub(crate) async fn verify_planned<T: Transport, C: Clock>(
    client: &Client<T, C>,
    catalog: &Arc<Catalog>,
    node: &NodeInfo,
    context: &VerifyContext<'_>,
    options: &VerifyOptions,
) -> Result<Verification, ReadError> {
    let sites = context.find_references();
    let mut vaults = match context.planned {
        Some((live, plan, planned)) if !(sites.is_empty() && plan.changes.is_empty()) => {
            planned_vaults(catalog, context.desired, live, planned)
        }
        _ => Vaults::default(),
    };
    find_in_other_workspaces(client, catalog, node, &sites, &mut vaults).await?;
    Ok(verify_references(context, sites, vaults, options).await)
}

/// Verifies references: classifies them, reads the secrets of those of which more can be known, and checks what they hold.
pub(crate) async fn verify_references(
    context: &VerifyContext<'_>,
    sites: Vec<ReferenceSite>,
    vaults: Vaults,
    options: &VerifyOptions,
) -> Verification {
    let VerifyContext { catalog, desired, .. } = *context;
    let policies = Policies {
        general: options.policy,
        settings: Some(&options.settings),
    };
    let mut assessments = reference::classify_sites(sites, &vaults);
    mark_unset_variables(desired, &mut assessments);
    mark_ambiguous_settings(&vaults, &options.settings, &mut assessments);
    let is_asked = |name: &str| policies.for_vault(name) != Policy::Off;
    let queries = reference::collect_queries(
        catalog,
        &assessments,
        &vaults,
        &options.settings,
        options.include_foreign,
        &is_asked,
    );
    let responses = backends::resolve_queries(&queries.queries, &options.context).await;
    let resolved = reference::verify_references(&mut assessments, &queries, &responses);
    let issues = match options.policy {
        Policy::Off => Vec::new(),
        _ => material::examine_material(context, &mut assessments, &resolved, options.expiry_days),
    };
    let lints = reference::lint(catalog, desired, &assessments, &vaults);
    reference::redact_templated(&mut assessments);
    let mut diagnostics = backend_prefix_diagnostics(catalog, desired, &vaults);
    diagnostics.extend(unused_settings_notes(&options.settings, &vaults));
    diagnostics.extend(lints);
    diagnostics.extend(reference::apply_policy(catalog, desired, &assessments, policies));
    diagnostics.extend(reference::report_issues(catalog, desired, &issues, policies));
    Verification {
        assessments,
        diagnostics,
        vaults,
    }
}

/// Marks references that a template made of a variable that is not set: nobody wrote them, and they cannot be verified.
fn mark_unset_variables(desired: &DesiredState, assessments: &mut [Assessment]) {
    for assessment in assessments {
        let declared = assessment.site.entity.declared.map(|declared| desired.entity(declared));
        let is_made_up =
            declared.is_some_and(|declared| any_field_equals(declared, &declared.unset_fields, &assessment.site.text));
        if is_made_up && assessment.finding.reason != Reason::NotReferenceable {
            let message = "a template of this reference names a variable that is not set here";
            assessment.finding = Finding::new(Reason::UnsetVariable, message)
                .about(&assessment.site.text)
                .help("set the variable");
        }
    }
}

/// Marks references to a backend of which data planes say different things: they are not verified.
fn mark_ambiguous_settings(vaults: &Vaults, settings: &ReferenceSettings, assessments: &mut [Assessment]) {
    let unasked = assessments
        .iter_mut()
        .filter(|assessment| assessment.finding.reason == Reason::NotAsked);
    for assessment in unasked {
        let name = assessment.vault_name().unwrap_or_default();
        if let Some(VaultRef::Backend(backend)) = vaults.find(&name) {
            assessment.finding = settings
                .ambiguity_finding(backend)
                .unwrap_or_else(|| assessment.finding.clone());
        }
    }
}

impl VerifyContext<'_> {
    /// Every reference: of a plan those of what will be live once it is done, owned and foreign.
    pub(crate) fn find_references(&self) -> Vec<ReferenceSite> {
        match self.planned {
            Some((_, plan, planned)) => find_planned_references(self.catalog, self.desired, plan, planned),
            None => find_declared_references(self.catalog, self.desired),
        }
    }
}

fn find_planned_references(
    catalog: &Catalog,
    desired: &DesiredState,
    plan: &Plan,
    planned: &PlannedState<'_>,
) -> Vec<ReferenceSite> {
    let mut referrers: Vec<_> = planned.owned.iter().filter(|entity| entity.has_reference).collect();
    let owned = par_map_chunks(&mut referrers, |chunk| {
        let sites = chunk
            .iter()
            .flat_map(|entity| find_owned_references(catalog, desired, plan, entity));
        sites.collect::<Vec<_>>()
    });
    let foreign = planned
        .foreign
        .iter()
        .flat_map(|(kind, entity)| find_foreign_references(catalog, *kind, entity));
    owned.into_iter().flatten().chain(foreign).collect()
}

fn find_owned_references(
    catalog: &Catalog,
    desired: &DesiredState,
    plan: &Plan,
    entity: &PlannedEntity<'_>,
) -> Vec<ReferenceSite> {
    let declared = entity.declared.map(|declared| desired.entity(declared));
    let is_templated_text = |text: &str| declared.is_some_and(|declared| is_templated(declared, text));
    with_planned_view(catalog, plan, entity, |view| {
        reference::find_references(catalog, view, &is_templated_text)
    })
}

/// Whether a template filled in that text of an entity. By the text, for a plan may have it in another place.
fn is_templated(declared: &DeclaredEntity, text: &str) -> bool {
    any_field_equals(declared, &declared.secret_fields, text)
}

/// Whether one of those fields of an entity holds that text.
fn any_field_equals(declared: &DeclaredEntity, fields: &BTreeSet<FieldPath>, text: &str) -> bool {
    let body = declared.body.expose();
    fields
        .iter()
        .any(|path| path.value_in(body).and_then(Value::as_str) == Some(text))
}

/// Of a foreign entity only the fields of its references were kept: they are put back where they stood.
fn find_foreign_references(catalog: &Catalog, kind: KindId, entity: &ForeignEntity) -> Vec<ReferenceSite> {
    if entity.references.is_empty() {
        return Vec::new();
    }
    let mut body = entity.index.expose().clone();
    for (path, text) in &entity.references {
        body.put_path(&path.0, Value::from(text.as_str()));
    }
    let view = EntityView {
        kind,
        id: entity.id,
        title: &|| public_name(catalog, kind, entity.id, &body),
        body: &body,
        change_state: ChangeState::Foreign,
        declared: None,
    };
    reference::find_references(catalog, &view, &|_| false)
}

/// Whether one of them stops a run.
pub(crate) fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    let mut severities = diagnostics.iter().map(|diagnostic| diagnostic.severity);
    severities.any(|severity| severity == Severity::Error)
}

/// Every reference that the documents declare.
pub(crate) fn find_declared_references(catalog: &Catalog, desired: &DesiredState) -> Vec<ReferenceSite> {
    let entities = (0..).map(DeclaredId).zip(&desired.entities);
    let sites = entities.flat_map(|(declared, entity)| {
        let is_templated_text = |text: &str| is_templated(entity, text);
        let find = |view: &EntityView<'_>| reference::find_references(catalog, view, &is_templated_text);
        with_declared_view(catalog, (declared, entity), entity.body.expose(), find)
    });
    sites.collect()
}
