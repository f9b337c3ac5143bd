use super::control_plane::EmbeddedControlPlane;
use super::error::EmbeddedError;
use super::locate::foreign_id;
use super::read::parse_stored_body;
use super::store::ReadTransaction;
use json::{Object, Value};
use schema::{ForeignField, KindId, OverlapRule, SchemaViolations};

impl EmbeddedControlPlane {
    /// Lists of an entity must have a member in common with those of what it refers to.
    ///
    /// # Errors
    /// The rule whose foreign key is set is broken.
    pub(super) fn check_overlaps(
        &self,
        view: ReadTransaction<'_>,
        kind: KindId,
        body: &Object,
    ) -> Result<(), EmbeddedError> {
        let described = self.catalog.kind(kind);
        let foreign = |rule: &OverlapRule| described.foreign_fields.iter().find(|foreign| foreign.field == rule.of);
        let applicable = described
            .overlaps
            .iter()
            .find_map(|rule| Some((rule, foreign(rule)?, foreign_id(body, &rule.of)?)));
        let Some((rule, foreign, target)) = applicable else {
            return Ok(());
        };
        let lists = self.opposite_lists(view, rule, foreign, &target)?;
        let overlaps = |list: &Value| has_common_member(body.get(&rule.field), list);
        if lists.is_empty() || lists.iter().any(overlaps) {
            return Ok(());
        }
        let told = Object::from_iter([(rule.field.clone(), Value::from(rule.message.as_str()))]);
        Err(EmbeddedError::Violations(SchemaViolations(told)))
    }

    /// The lists of which one must have a member in common.
    fn opposite_lists(
        &self,
        view: ReadTransaction<'_>,
        rule: &OverlapRule,
        foreign: &ForeignField,
        target: &str,
    ) -> Result<Vec<Value>, EmbeddedError> {
        let list_of = |collection: &str, id: &str| -> Result<Option<Value>, EmbeddedError> {
            let row = view.get(collection, id, self.now())?;
            Ok(row.and_then(|row| parse_stored_body(&row.body).remove(&rule.field)))
        };
        let Some(collection) = &rule.through else {
            let collection = &self.catalog.kind(foreign.kind).collection;
            return Ok(list_of(collection, target)?.into_iter().collect());
        };
        let through = self.catalog.find_kind(collection).map(|kind| self.catalog.kind(kind));
        let mut links = through.iter().flat_map(|kind| &kind.foreign_fields);
        let Some(link) = links.find(|link| link.kind == foreign.kind) else {
            return Ok(Vec::new());
        };
        let ids = view.linked_ids(collection, &link.field, target)?;
        let lists = ids.iter().map(|id| list_of(collection, id));
        lists.filter_map(Result::transpose).collect()
    }
}

fn has_common_member(list: Option<&Value>, other: &Value) -> bool {
    match (list, other) {
        (Some(Value::Array(list)), Value::Array(other)) => list.iter().any(|member| other.contains(member)),
        _ => true,
    }
}
