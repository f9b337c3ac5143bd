use std::collections::BTreeSet;

use super::holder::{of_files, of_plan, title};
use super::material;
use super::vaults::{named_as_backends, settings_of_nobody};
use backends::BackendContext;
use json::Value;
use json::parallel::stretches;
use plan::{self, After, Plan};
use plan::{ForeignEntity, LiveState};
use reference::{
    self, Assessment, ChangeState, EntityView, Finding, Policies, Policy, Reason, ReferenceSettings, ReferenceSite,
    VaultRef, Vaults,
};
use schema::{Catalog, FieldPath, KindId};
use state::{DeclaredEntity, DeclaredId, DesiredState};
use yaml::Diagnostic;

/// For how many days certificates should be good still, if nobody says.
pub const EXPIRY_DAYS: u32 = 30;

/// How references are proven.
pub struct Proof {
    /// What a verdict may do to a run.
    pub policy: Policy,
    /// What the side that runs the check says of the vaults.
    pub settings: ReferenceSettings,
    /// What it gives to their backends.
    pub context: BackendContext,
    /// Whether secrets that other teams' entities refer to are asked for, too.
    pub foreign: bool,
    /// For how many days certificates should be good still.
    pub expiry_days: u32,
}

impl Proof {
    /// With nothing said by the side that runs the check.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            settings: ReferenceSettings::default(),
            context: BackendContext::default(),
            foreign: false,
            expiry_days: EXPIRY_DAYS,
        }
    }
}

impl Proof {
    /// Whether the secrets of other teams' references are asked for.
    pub fn asks_foreign(&self) -> bool {
        self.foreign && self.policy != Policy::Off
    }
}

/// What is known of references, and what there is to tell of them.
pub struct Proven {
    /// What is known of each.
    pub judged: Vec<Assessment>,
    /// What there is to tell: errors stop the run.
    pub diagnostics: Vec<Diagnostic>,
    /// The vaults by which they resolve.
    pub vaults: Vaults,
}

/// The entities whose references are proven: as they will stand once a plan is done, or as files declare them.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// What exists.
    pub catalog: &'a Catalog,
    /// What the documents say.
    pub desired: &'a DesiredState,
    /// What is live, what becomes of it and what will stand, if there is a plan.
    pub planned: Option<(&'a LiveState, &'a Plan, &'a After<'a>)>,
    /// In seconds since 1970.
    pub now: i64,
}

/// Proves references: says what is known without asking, asks for the secrets of the rest, and looks at what comes.
pub async fn prove(scene: &Scene<'_>, uses: Vec<ReferenceSite>, vaults: Vaults, proof: &Proof) -> Proven {
    let Scene { catalog, desired, .. } = *scene;
    let policies = Policies {
        general: proof.policy,
        settings: Some(&proof.settings),
    };
    let mut judged = reference::classify_sites(uses, &vaults);
    leave_made_up(desired, &mut judged);
    leave_differing(&vaults, &proof.settings, &mut judged);
    let asked = |name: &str| policies.for_vault(name) != Policy::Off;
    let errands = reference::collect_queries(catalog, &judged, &vaults, &proof.settings, proof.foreign, &asked);
    let fetched = backends::resolve_queries(&errands.queries, &proof.context).await;
    let resolved = reference::verify_references(&mut judged, &errands, &fetched);
    let remarks = match proof.policy {
        Policy::Off => Vec::new(),
        _ => material::examine(scene, &mut judged, &resolved, proof.expiry_days),
    };
    let lints = reference::lint(catalog, desired, &judged, &vaults);
    reference::redact_templated(&mut judged);
    let mut diagnostics = named_as_backends(catalog, desired, &vaults);
    diagnostics.extend(settings_of_nobody(&proof.settings, &vaults));
    diagnostics.extend(lints);
    diagnostics.extend(reference::apply_policy(catalog, desired, &judged, policies));
    diagnostics.extend(reference::report_issues(catalog, desired, &remarks, policies));
    Proven {
        judged,
        diagnostics,
        vaults,
    }
}

/// Says of references that are made of a variable that is not set that nobody can tell: they are none that anybody wrote.
fn leave_made_up(desired: &DesiredState, judged: &mut [Assessment]) {
    for one in judged {
        let declared = one.site.declared.map(|declared| desired.entity(declared));
        let made_up = declared.is_some_and(|declared| holds(declared, &declared.unset_fields, &one.site.text));
        if made_up && one.finding.reason != Reason::NotReferenceable {
            let message = "a template of this reference names a variable that is not set here";
            one.finding = Finding::new(Reason::UnsetVariable, message)
                .about(&one.site.text)
                .help("set the variable");
        }
    }
}

/// Says of references that name a backend of which data planes say different things why nobody is asked.
fn leave_differing(vaults: &Vaults, settings: &ReferenceSettings, judged: &mut [Assessment]) {
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

impl Scene<'_> {
    /// Every reference: of a plan those that will stand once it is done, owned and foreign.
    pub fn uses(&self) -> Vec<ReferenceSite> {
        match self.planned {
            Some((_, plan, after)) => standing(self.catalog, self.desired, plan, after),
            None => declared(self.catalog, self.desired),
        }
    }
}

fn standing(catalog: &Catalog, desired: &DesiredState, plan: &Plan, after: &After<'_>) -> Vec<ReferenceSite> {
    let mut refer: Vec<_> = after.owned.iter().filter(|standing| standing.refers).collect();
    let owned = stretches(&mut refer, |stretch| {
        let uses = stretch
            .iter()
            .flat_map(|standing| owned(catalog, desired, plan, standing));
        uses.collect::<Vec<_>>()
    });
    let foreign = after
        .foreign
        .iter()
        .flat_map(|(kind, entity)| foreign(catalog, *kind, entity));
    owned.into_iter().flatten().chain(foreign).collect()
}

fn owned(catalog: &Catalog, desired: &DesiredState, plan: &Plan, standing: &plan::Standing<'_>) -> Vec<ReferenceSite> {
    let declared = standing.declared.map(|declared| desired.entity(declared));
    let filled = |text: &str| declared.is_some_and(|declared| is_filled(declared, text));
    of_plan(catalog, plan, standing, |holder| {
        reference::find_references(catalog, holder, &filled)
    })
}

/// Whether a template filled in that text of an entity. By the text, for a plan may have it in another place.
fn is_filled(declared: &DeclaredEntity, text: &str) -> bool {
    holds(declared, &declared.secret_fields, text)
}

/// Whether one of those fields of an entity holds that text.
fn holds(declared: &DeclaredEntity, fields: &BTreeSet<FieldPath>, text: &str) -> bool {
    let body = declared.body.expose();
    fields
        .iter()
        .any(|path| path.value_in(body).and_then(Value::as_str) == Some(text))
}

/// Of a foreign entity only the places of its references were kept: they are put back where they stood.
fn foreign(catalog: &Catalog, kind: KindId, entity: &ForeignEntity) -> Vec<ReferenceSite> {
    if entity.references.is_empty() {
        return Vec::new();
    }
    let mut body = entity.index.expose().clone();
    for (path, text) in &entity.references {
        body.put_path(&path.0, Value::from(text.as_str()));
    }
    let holder = EntityView {
        kind,
        id: entity.id,
        title: &|| title(catalog.kind(kind), entity.id, &body),
        body: &body,
        change_state: ChangeState::Foreign,
        declared: None,
    };
    reference::find_references(catalog, &holder, &|_| false)
}

/// Every reference that the documents declare.
pub fn declared(catalog: &Catalog, desired: &DesiredState) -> Vec<ReferenceSite> {
    let entities = (0..).map(DeclaredId).zip(&desired.entities);
    let uses = entities.flat_map(|(declared, entity)| {
        let filled = |text: &str| is_filled(entity, text);
        let find = |holder: &EntityView<'_>| reference::find_references(catalog, holder, &filled);
        of_files(catalog, (declared, entity), entity.body.expose(), find)
    });
    uses.collect()
}
