use super::ParsedState;
use super::diagnostics::DocumentDiagnostics;
use super::invalid_entity::InvalidEntity;
use crate::{DeclaredEntity, DeclaredForeignKey, DeclaredId, DesiredState, EntityBody, ForeignKeyTarget};
use json::{Object, Value, json};
use schema::{self, Catalog, CheckPurpose, DiscardedValue, FieldPath};
use yaml::{Diagnostic, DiagnosticCode, FileId, Severity, Span, suggest_similar};

/// Reports what the control plane of this catalog would refuse in the bodies of the desired state: the same checks that
/// the embedded control plane makes, and plugins and vaults that are not there. `now` is in seconds since
/// 1970; `is_selected` says which entities are checked.
pub fn check_entities(
    catalog: &Catalog,
    desired: &DesiredState,
    now: i64,
    is_selected: &dyn Fn(DeclaredId) -> bool,
) -> Vec<Diagnostic> {
    let mut diagnostics = DocumentDiagnostics::default();
    let entities = (0..).map(DeclaredId).zip(&desired.entities);
    for (_, entity) in entities.filter(|(declared, _)| is_selected(*declared)) {
        check_entity(catalog, entity, now, &|_| true, &mut diagnostics);
    }
    diagnostics.into_diagnostics()
}

impl ParsedState {
    /// Checks the entities as [`check_entities`] does, without what only repeats errors that were reported `before`, or
    /// follows from a part of an entity that could not be read.
    pub fn check_entities(&self, catalog: &Catalog, now: i64, before: &[Diagnostic]) -> Vec<Diagnostic> {
        let errors = before
            .iter()
            .filter(|diagnostic| diagnostic.severity == Severity::Error);
        let locations = errors.chain(&self.errors).flat_map(|error| &error.locations);
        let mut known: Vec<(FileId, u32)> = locations
            .map(|location| (location.span.file, location.span.start))
            .collect();
        known.sort_unstable();
        let mut diagnostics = DocumentDiagnostics::default();
        for (declared, entity) in (0..).map(DeclaredId).zip(&self.desired.entities) {
            let is_incomplete = self.incomplete.contains(&declared);
            let is_new = |diagnostic: &Diagnostic| {
                let mut spans = diagnostic.locations.iter().map(|location| location.span);
                let follows = is_incomplete && spans.clone().all(|span| span == entity.location.span);
                !follows && spans.all(|span| !is_reported(&known, span))
            };
            check_entity(catalog, entity, now, &is_new, &mut diagnostics);
        }
        diagnostics.into_diagnostics()
    }
}

/// Whether an error was reported at that span, or within it.
fn is_reported(known: &[(FileId, u32)], span: Span) -> bool {
    let from = known.partition_point(|position| *position < (span.file, span.start));
    known
        .get(from)
        .is_some_and(|(file, start)| *file == span.file && (*start == span.start || *start < span.end))
}

/// Adds the diagnostics of one entity.
fn check_entity(
    catalog: &Catalog,
    entity: &DeclaredEntity,
    now: i64,
    is_new: &dyn Fn(&Diagnostic) -> bool,
    diagnostics: &mut DocumentDiagnostics,
) {
    let body = body_for_check(catalog, entity);
    let body = body.expose();
    let mut found: Vec<Diagnostic> = unchecked_config_warning(catalog, entity, body).into_iter().collect();
    found.extend(discarded_value_warnings(catalog, entity, body));
    if let Err(violations) = schema::check_body(catalog, entity.kind, body, CheckPurpose::Store, now) {
        let invalid = InvalidEntity::new(catalog, entity, body);
        found.extend(
            violations
                .flatten()
                .iter()
                .map(|(path, message)| invalid.to_diagnostic(path, message)),
        );
    }
    found
        .into_iter()
        .filter(is_new)
        .for_each(|diagnostic| diagnostics.add(diagnostic));
}

/// The body of a declared entity as a client would send it to have it checked, with a placeholder for each id that is not
/// known yet.
pub fn body_for_check(catalog: &Catalog, entity: &DeclaredEntity) -> EntityBody {
    let mut body = entity.body.expose().clone();
    if let Some(id) = entity.id {
        body.insert("id", Value::String(id.to_string()));
    }
    for foreign_key in &entity.foreign_keys {
        body.insert(foreign_key.field.clone(), foreign_key_value(foreign_key));
    }
    for foreign in &catalog.kind(entity.kind).foreign_fields {
        // declared but unreadable, which is reported elsewhere
        if !body.contains_key(&foreign.field) && entity.location.span_tree.get(&foreign.field).is_some() {
            body.insert(foreign.field.clone(), json!({ "id": STAND_IN_ID }));
        }
    }
    EntityBody::new(body)
}

fn foreign_key_value(foreign_key: &DeclaredForeignKey) -> Value {
    match &foreign_key.target {
        ForeignKeyTarget::Null => Value::Null,
        ForeignKeyTarget::List(members) => Value::Array(members.iter().map(|_| json!(STAND_IN_ID)).collect()),
        ForeignKeyTarget::Parent(_) | ForeignKeyTarget::Named(_) => json!({ "id": STAND_IN_ID }),
    }
}

const STAND_IN_ID: &str = "00000000-0000-4000-8000-000000000000";

/// Warns of what the document itself says and the control plane throws away, since it derives the field from others.
fn discarded_value_warnings(catalog: &Catalog, entity: &DeclaredEntity, body: &Object) -> Vec<Diagnostic> {
    let is_declared = |value: &DiscardedValue| entity.location.span_tree.get(&value.field).is_some();
    let discarded = schema::find_discarded_values(catalog, entity.kind, body);
    let warning = |value: DiscardedValue| {
        let (field, stored) = (&value.field, to_display(&value.stored));
        let others = value.derived_from.join(", ");
        let span = entity.location.value_span(&FieldPath::from_field(field));
        let message =
            format!("{field} is stored as {stored} whatever stands here, since Kong derives it from {others}");
        Diagnostic::warning(DiagnosticCode::DiscardedValue, message)
            .at(span)
            .help(format!(
                "write {stored} or leave it out, or give {others} a value that goes with it"
            ))
    };
    discarded.into_iter().filter(is_declared).map(warning).collect()
}

fn to_display(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), |text| format!("'{text}'"))
}

/// Warns of a plugin or vault whose schema is not known, so that its `config` is not checked. Where the node's own list
/// is known, the checks report what is not on it.
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
    let span = entity.location.value_span(&FieldPath::from_field(&sub.by));
    let warning = Diagnostic::warning(DiagnosticCode::Unchecked, message).at(span);
    let is_enterprise = catalog.is_enterprise_subschema(&sub.family, name);
    let suggestion = suggest_similar(name, catalog.subschema_names(&sub.family)).filter(|_| !is_enterprise);
    Some(match suggestion {
        Some(suggestion) => warning.help(format!(
            "did you mean '{suggestion}'? With a control plane to ask, its own schema is used"
        )),
        None => warning.help("with a control plane to ask (`validate --online`, `diff`), its own schema is used"),
    })
}
