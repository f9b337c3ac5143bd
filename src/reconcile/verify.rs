use std::collections::BTreeSet;

use super::entity_view::{entity_title, with_declared_view, with_planned_view};
use super::material;
use super::vaults::{backend_prefix_diagnostics, unused_settings_notes};
use backends::BackendContext;
use json::parallel::par_map_chunks;
use json::{Object, Value};
use plan::{self, Plan, PlannedState};
use plan::{ForeignEntity, LiveState};
use reference::{
    self, Assessment, ChangeState, EntityView, Finding, Policies, Policy, Reason, ReferenceSettings, ReferenceSite,
    VaultRef, Vaults,
};
use schema::{Catalog, FieldPath, KindId, PathSegment};
use state::{DeclaredEntity, DeclaredId, DesiredState};
use yaml::Diagnostic;

/// For how many days certificates should be good still, if nobody says.
pub const DEFAULT_EXPIRY_DAYS: u32 = 30;

/// How references are proven.
pub struct VerifyOptions {
    /// What a verdict may do to a run.
    pub policy: Policy,
    /// What the side that runs the check says of the vaults.
    pub settings: ReferenceSettings,
    /// What it gives to their backends.
    pub context: BackendContext,
    /// Whether secrets that other teams' entities refer to are asked for, too.
    pub include_foreign: bool,
    /// For how many days certificates should be good still.
    pub expiry_days: u32,
}

impl VerifyOptions {
    /// With nothing said by the side that runs the check.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            settings: ReferenceSettings::default(),
            context: BackendContext::default(),
            include_foreign: false,
            expiry_days: DEFAULT_EXPIRY_DAYS,
        }
    }
}

impl VerifyOptions {
    /// Whether the secrets of other teams' references are asked for.
    pub fn includes_foreign(&self) -> bool {
        self.include_foreign && self.policy != Policy::Off
    }
}

/// What is known of references, and what there is to tell of them.
pub struct Verification {
    /// What is known of each.
    pub assessments: Vec<Assessment>,
    /// What there is to tell: errors stop the run.
    pub diagnostics: Vec<Diagnostic>,
    /// The vaults by which they resolve.
    pub vaults: Vaults,
}

/// The entities whose references are proven: as they will stand once a plan is done, or as files declare them.
#[derive(Clone, Copy)]
pub struct VerifyContext<'a> {
    /// What exists.
    pub catalog: &'a Catalog,
    /// What the documents say.
    pub desired: &'a DesiredState,
    /// What is live, what becomes of it and what will stand, if there is a plan.
    pub planned: Option<(&'a LiveState, &'a Plan, &'a PlannedState<'a>)>,
    /// In seconds since 1970.
    pub now: i64,
}

/// Proves references: says what is known without asking, asks for the secrets of the rest, and looks at what comes.
pub async fn verify_references(
    scene: &VerifyContext<'_>,
    uses: Vec<ReferenceSite>,
    vaults: Vaults,
    proof: &VerifyOptions,
) -> Verification {
    let VerifyContext { catalog, desired, .. } = *scene;
    let policies = Policies {
        general: proof.policy,
        settings: Some(&proof.settings),
    };
    let mut judged = reference::classify_sites(uses, &vaults);
    mark_unset_variables(desired, &mut judged);
    mark_ambiguous_settings(&vaults, &proof.settings, &mut judged);
    let asked = |name: &str| policies.for_vault(name) != Policy::Off;
    let errands = reference::collect_queries(
        catalog,
        &judged,
        &vaults,
        &proof.settings,
        proof.include_foreign,
        &asked,
    );
    let fetched = backends::resolve_queries(&errands.queries, &proof.context).await;
    let resolved = reference::verify_references(&mut judged, &errands, &fetched);
    let remarks = match proof.policy {
        Policy::Off => Vec::new(),
        _ => material::examine_material(scene, &mut judged, &resolved, proof.expiry_days),
    };
    let lints = reference::lint(catalog, desired, &judged, &vaults);
    reference::redact_templated(&mut judged);
    let mut diagnostics = backend_prefix_diagnostics(catalog, desired, &vaults);
    diagnostics.extend(unused_settings_notes(&proof.settings, &vaults));
    diagnostics.extend(lints);
    diagnostics.extend(reference::apply_policy(catalog, desired, &judged, policies));
    diagnostics.extend(reference::report_issues(catalog, desired, &remarks, policies));
    Verification {
        assessments: judged,
        diagnostics,
        vaults,
    }
}

/// Says of references that are made of a variable that is not set that nobody can tell: they are none that anybody wrote.
fn mark_unset_variables(desired: &DesiredState, judged: &mut [Assessment]) {
    for one in judged {
        let declared = one.site.entity.declared.map(|declared| desired.entity(declared));
        let made_up =
            declared.is_some_and(|declared| any_field_equals(declared, &declared.unset_fields, &one.site.text));
        if made_up && one.finding.reason != Reason::NotReferenceable {
            let message = "a template of this reference names a variable that is not set here";
            one.finding = Finding::new(Reason::UnsetVariable, message)
                .about(&one.site.text)
                .help("set the variable");
        }
    }
}

/// Says of references that name a backend of which data planes say different things why nobody is asked.
fn mark_ambiguous_settings(vaults: &Vaults, settings: &ReferenceSettings, judged: &mut [Assessment]) {
    let unasked = judged.iter_mut().filter(|one| one.finding.reason == Reason::NotAsked);
    for one in unasked {
        let name = one.vault_name().unwrap_or_default();
        if let Some(VaultRef::Backend(backend)) = vaults.find(&name) {
            one.finding = settings
                .ambiguity_finding(backend)
                .unwrap_or_else(|| one.finding.clone());
        }
    }
}

impl VerifyContext<'_> {
    /// Every reference: of a plan those that will stand once it is done, owned and foreign.
    pub fn find_references(&self) -> Vec<ReferenceSite> {
        match self.planned {
            Some((_, plan, after)) => find_planned_references(self.catalog, self.desired, plan, after),
            None => find_declared_references(self.catalog, self.desired),
        }
    }
}

fn find_planned_references(
    catalog: &Catalog,
    desired: &DesiredState,
    plan: &Plan,
    after: &PlannedState<'_>,
) -> Vec<ReferenceSite> {
    let mut refer: Vec<_> = after.owned.iter().filter(|standing| standing.has_reference).collect();
    let owned = par_map_chunks(&mut refer, |stretch| {
        let uses = stretch
            .iter()
            .flat_map(|standing| find_owned_references(catalog, desired, plan, standing));
        uses.collect::<Vec<_>>()
    });
    let foreign = after
        .foreign
        .iter()
        .flat_map(|(kind, entity)| find_foreign_references(catalog, *kind, entity));
    owned.into_iter().flatten().chain(foreign).collect()
}

fn find_owned_references(
    catalog: &Catalog,
    desired: &DesiredState,
    plan: &Plan,
    standing: &plan::PlannedEntity<'_>,
) -> Vec<ReferenceSite> {
    let declared = standing.declared.map(|declared| desired.entity(declared));
    let filled = |text: &str| declared.is_some_and(|declared| is_templated(declared, text));
    with_planned_view(catalog, plan, standing, |holder| {
        reference::find_references(catalog, holder, &filled)
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

/// Of a foreign entity only the places of its references were kept: they are put back where they stood.
fn find_foreign_references(catalog: &Catalog, kind: KindId, entity: &ForeignEntity) -> Vec<ReferenceSite> {
    if entity.references.is_empty() {
        return Vec::new();
    }
    let mut body = Value::Object(entity.index.expose().clone());
    for (path, text) in &entity.references {
        insert_text_at(&mut body, &path.0, text);
    }
    let Value::Object(body) = body else { return Vec::new() };
    let holder = EntityView {
        kind,
        id: entity.id,
        title: &|| entity_title(catalog.kind(kind), entity.id, &body),
        body: &body,
        change_state: ChangeState::Foreign,
        declared: None,
    };
    reference::find_references(catalog, &holder, &|_| false)
}

/// Puts a text at a path, and makes what the path leads through.
fn insert_text_at(value: &mut Value, path: &[PathSegment], text: &str) {
    let Some((first, rest)) = path.split_first() else {
        *value = Value::String(text.to_owned());
        return;
    };
    match first {
        PathSegment::Name(name) => {
            if !value.is_object() {
                *value = Value::Object(Object::new());
            }
            if let Value::Object(members) = value {
                insert_text_at(members.get_or_null(name), rest, text);
            }
        }
        PathSegment::Index(index) => {
            let mut members = value.as_array_mut().map(std::mem::take).unwrap_or_default();
            members.resize(members.len().max(index + 1), Value::Null);
            insert_text_at(&mut members[*index], rest, text);
            *value = Value::Array(members);
        }
    }
}

/// Every reference that the documents declare.
pub fn find_declared_references(catalog: &Catalog, desired: &DesiredState) -> Vec<ReferenceSite> {
    let entities = (0..).map(DeclaredId).zip(&desired.entities);
    let uses = entities.flat_map(|(declared, entity)| {
        let filled = |text: &str| is_templated(entity, text);
        let find = |holder: &EntityView<'_>| reference::find_references(catalog, holder, &filled);
        with_declared_view(catalog, (declared, entity), entity.body.expose(), find)
    });
    uses.collect()
}
