use super::admin_route::NestedCollection;
use super::control_plane::{EmbeddedControlPlane, text_response};
use super::draft::DraftOrigin;
use super::error::EmbeddedError;
use super::locate::{parse_id, unique_endpoint_key};
use super::read::{parse_stored_body, remove_mirrored_shorthands};
use super::store::{EntityRow, WriteTransaction};
use http::Response;
use json::{Object, Value};
use schema::{KindId, apply_patch};

impl EmbeddedControlPlane {
    /// `PATCH /services/S`
    pub(super) fn patch(&self, kind: KindId, name: &str, change: Object) -> Result<Response, EmbeddedError> {
        self.store.write(|edit| {
            self.remove_expired(edit, kind)?;
            let row = self
                .locate(**edit, kind, name)?
                .ok_or_else(|| self.entity_not_found(kind, name))?;
            self.patch_row(edit, kind, row, change)
        })
    }

    /// `PATCH /services/S/routes/R`
    pub(super) fn patch_nested(
        &self,
        under: &NestedCollection,
        name: &str,
        change: Object,
    ) -> Result<Response, EmbeddedError> {
        self.store.write(|edit| {
            let parent = self.locate_parent(**edit, under)?;
            let row = self
                .locate_nested(**edit, under, &parent, name)?
                .ok_or(EmbeddedError::NotFound)?;
            self.patch_row(edit, under.kind, row, change)
        })
    }

    fn patch_row(
        &self,
        edit: &WriteTransaction<'_>,
        kind: KindId,
        row: EntityRow,
        mut change: Object,
    ) -> Result<Response, EmbeddedError> {
        let described = self.catalog.kind(kind);
        change.remove("id");
        self.resolve_foreign_keys(**edit, kind, &mut change)?;
        let names = self.read_child_names(**edit, kind, Some(&row.id), &change)?;
        let plain = described
            .hashed_field
            .as_ref()
            .is_some_and(|hashed| change.contains_key(&hashed.field));
        let lives_on = described
            .ttl_field
            .as_ref()
            .is_some_and(|field| !change.contains_key(field));
        let mut body = parse_stored_body(&row.body);
        let record = self.catalog.record(kind, &body);
        remove_mirrored_shorthands(&record, &mut body);
        let body = apply_patch(&self.catalog, kind, &body, &change)?;
        let touches_overlap = described
            .overlaps
            .iter()
            .any(|rule| change.contains_key(&rule.field) || change.contains_key(&rule.of));
        let mut draft = self.prepare_draft(kind, body, DraftOrigin::PatchedBody { is_plaintext: plain })?;
        if lives_on {
            draft.expires = row.expires;
        }
        if touches_overlap {
            self.check_overlaps(**edit, kind, &draft.body)?;
        }
        let text = self.save_entity(edit, kind, &row.id, draft, names)?;
        Ok(text_response(200, text))
    }

    fn entity_not_found(&self, kind: KindId, name: &str) -> EmbeddedError {
        match (parse_id(name), unique_endpoint_key(self.catalog.kind(kind))) {
            (Some(id), _) => EmbeddedError::IdNotFound(id),
            (None, Some(key)) => EmbeddedError::KeyNotFound(Object::from_iter([(key.clone(), Value::from(name))])),
            (None, None) => EmbeddedError::NotFound,
        }
    }
}
