use super::ParsedState;
use super::diagnostics::DocumentDiagnostics;
use super::invalid_entity::InvalidEntity;
use crate::{DeclaredEntity, DeclaredForeignKey, DeclaredId, DesiredState, EntityBody, ForeignKeyTarget};
use json::{Object, Value, json};
use schema::{self, Catalog, CheckPurpose, FieldPath};
use yaml::{Diagnostic, DiagnosticCode, FileId, Severity, Span, suggest_similar};

/// Says what the control plane of this catalog would refuse in the bodies of the desired state, each with its place: the
/// same checks that the embedded control plane makes, and plugins and vaults that are not there. `now` is in seconds since
/// 1970; `asked` says of which entities it is to be said.
pub fn check_entities(
    catalog: &Catalog,
    desired: &DesiredState,
    now: i64,
    asked: &dyn Fn(DeclaredId) -> bool,
) -> Vec<Diagnostic> {
    let mut problems = DocumentDiagnostics::default();
    let entities = (0..).map(DeclaredId).zip(&desired.entities);
    for (_, entity) in entities.filter(|(declared, _)| asked(*declared)) {
        check_entity(catalog, entity, now, &|_| true, &mut problems);
    }
    problems.into_diagnostics()
}

impl ParsedState {
    /// What [`check`] says of a reading, without echoes of what is known to be wrong with it: what was told `before`, and
    /// what follows of an entity of which a part could not be read.
    pub fn check_entities(&self, catalog: &Catalog, now: i64, before: &[Diagnostic]) -> Vec<Diagnostic> {
        let errors = before.iter().filter(|one| one.severity == Severity::Error);
        let places = errors.chain(&self.errors).flat_map(|one| &one.locations);
        let mut known: Vec<(FileId, u32)> = places.map(|place| (place.span.file, place.span.start)).collect();
        known.sort_unstable();
        let mut problems = DocumentDiagnostics::default();
        for (declared, entity) in (0..).map(DeclaredId).zip(&self.desired.entities) {
            let flawed = self.incomplete.contains(&declared);
            let is_news = |one: &Diagnostic| {
                let echo = flawed && one.locations.iter().all(|place| place.span == entity.location.span);
                !echo && one.locations.iter().all(|place| !is_reported(&known, place.span))
            };
            check_entity(catalog, entity, now, &is_news, &mut problems);
        }
        problems.into_diagnostics()
    }
}

/// Whether something that is known begins where a place is.
fn is_reported(known: &[(FileId, u32)], span: Span) -> bool {
    let from = known.partition_point(|one| *one < (span.file, span.start));
    known
        .get(from)
        .is_some_and(|(file, start)| *file == span.file && (*start == span.start || *start < span.end))
}

/// Adds what is to be told of one entity.
fn check_entity(
    catalog: &Catalog,
    entity: &DeclaredEntity,
    now: i64,
    told: &dyn Fn(&Diagnostic) -> bool,
    problems: &mut DocumentDiagnostics,
) {
    let body = body_for_check(catalog, entity);
    let body = body.expose();
    let mut found: Vec<Diagnostic> = unchecked_config_warning(catalog, entity, body).into_iter().collect();
    if let Err(violations) = schema::check_body(catalog, entity.kind, body, CheckPurpose::Store, now) {
        let refusal = InvalidEntity::new(catalog, entity, body);
        found.extend(
            violations
                .flatten()
                .iter()
                .map(|(path, message)| refusal.to_diagnostic(path, message)),
        );
    }
    found.into_iter().filter(told).for_each(|one| problems.add(one));
}

/// The body of a declared entity as a client would send it to have it checked, with a placeholder for each id that is not
/// known yet.
pub fn body_for_check(catalog: &Catalog, entity: &DeclaredEntity) -> EntityBody {
    let mut body = entity.body.expose().clone();
    if let Some(id) = entity.id {
        body.insert("id", Value::String(id.to_string()));
    }
    for link in &entity.foreign_keys {
        body.insert(link.field.clone(), foreign_key_value(link));
    }
    for foreign in &catalog.kind(entity.kind).foreign_fields {
        // said, but not to be read: that is told elsewhere
        if !body.contains_key(&foreign.field) && entity.location.span_tree.get(&foreign.field).is_some() {
            body.insert(foreign.field.clone(), json!({ "id": STAND_IN_ID }));
        }
    }
    EntityBody::new(body)
}

fn foreign_key_value(link: &DeclaredForeignKey) -> Value {
    match &link.target {
        ForeignKeyTarget::Null => Value::Null,
        ForeignKeyTarget::List(members) => Value::Array(members.iter().map(|_| json!(STAND_IN_ID)).collect()),
        ForeignKeyTarget::Parent(_) | ForeignKeyTarget::Named(_) => json!({ "id": STAND_IN_ID }),
    }
}

const STAND_IN_ID: &str = "00000000-0000-4000-8000-000000000000";

/// Warns of a plugin or vault whose schema nobody knows, so that its `config` goes unchecked. A live node's own list is
/// judged by the checks.
fn unchecked_config_warning(catalog: &Catalog, entity: &DeclaredEntity, body: &Object) -> Option<Diagnostic> {
    let kind = catalog.kind(entity.kind);
    let sub = kind.subschemas.as_ref()?;
    let name = body.get(&sub.by)?.as_str()?;
    if catalog.node_version().is_some() || catalog.subschema(&sub.family, name).is_some() {
        return None;
    }
    let message = format!(
        "the {} '{name}' is not known here, so that what it is given goes unchecked",
        kind.name
    );
    let place = entity.location.value_span(&FieldPath::from_field(&sub.by));
    let told = Diagnostic::warning(DiagnosticCode::Unchecked, message).at(place);
    Some(match suggest_similar(name, catalog.subschema_names(&sub.family)) {
        Some(near) => told.help(format!(
            "did you mean '{near}'? With a control plane to ask, its own schema is used"
        )),
        None => told.help("with a control plane to ask (`validate --online`, `diff`), its own schema is used"),
    })
}
