use super::control_plane::EmbeddedControlPlane;
use super::error::EmbeddedError;
use super::expiry::take_expiry;
use super::hashing::hash_field;
use super::server_generated::{compute_field, generate_absent_fields, generate_fields, generate_nested_fields};
use json::Object;
use schema::{CheckPurpose, KindId, check_body, complete_body, to_response_body};

/// An entity to be stored: checked, completed, as it will be answered.
pub(super) struct EntityDraft {
    /// The body, all but the id.
    pub(super) body: Object,
    /// In seconds since 1970.
    pub(super) expires: Option<f64>,
}

/// Where the body of a draft comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum DraftOrigin {
    /// It was sent as a whole: the hashed field is plaintext.
    FullBody,
    /// A stored body was patched; if the hashed field was not sent, it is a hash already.
    PatchedBody {
        /// Whether the hashed field was sent.
        is_plaintext: bool,
    },
}

impl EmbeddedControlPlane {
    /// Checks and completes a body as it was sent.
    ///
    /// # Errors
    /// Whatever Kong's schemas and checks find.
    pub(super) fn prepare_draft(
        &self,
        kind: KindId,
        mut body: Object,
        origin: DraftOrigin,
    ) -> Result<EntityDraft, EmbeddedError> {
        let now = self.now();
        let kind_schema = self.catalog.kind(kind);
        let expires = take_expiry(kind_schema, &mut body, now)?;
        let mut checked = body.clone();
        generate_absent_fields(kind_schema, &mut checked, now);
        check_body(&self.catalog, kind, &checked, CheckPurpose::Store, now as i64)?;
        let mut body = complete_body(&self.catalog, kind, &body)?;
        generate_fields(kind_schema, &mut body, now);
        generate_nested_fields(&self.catalog, kind, &mut body, now);
        compute_field(kind_schema, &mut body);
        if origin != (DraftOrigin::PatchedBody { is_plaintext: false }) {
            hash_field(kind_schema, &mut body);
        }
        let mut body = to_response_body(&self.catalog, kind, &body);
        if let Some(named) = &kind_schema.child_names {
            body.remove(&named.field);
        }
        Ok(EntityDraft { body, expires })
    }
}
