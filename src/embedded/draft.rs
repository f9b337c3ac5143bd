use super::control_plane::EmbeddedControlPlane;
use super::error::EmbeddedError;
use super::expiry::take_expiry;
use super::hashing::hash_field;
use super::server_generated::{compute_field, generate_absent_fields, generate_fields, generate_nested_fields};
use json::Object;
use schema::{CheckPurpose, KindId, check_body, complete_body, to_response_body};

/// An entity on its way into the store: checked, complete, as it will be answered.
pub(super) struct EntityDraft {
    /// The body, all but the id.
    pub(super) body: Object,
    /// When it vanishes, if ever.
    pub(super) expires: Option<f64>,
}

/// What a draft is made for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum DraftOrigin {
    /// Of a body alone: what is hashed was sent plain.
    FullBody,
    /// Of a stored body, changed; the hashed field was not sent, so that it is a hash already.
    PatchedBody {
        /// Whether the hashed field was sent.
        is_plaintext: bool,
    },
}

impl EmbeddedControlPlane {
    /// Makes a draft of a body as it was sent.
    ///
    /// # Errors
    /// Whatever Kong's schemas and checks find.
    pub(super) fn prepare_draft(
        &self,
        kind: KindId,
        mut body: Object,
        made: DraftOrigin,
    ) -> Result<EntityDraft, EmbeddedError> {
        let now = self.now();
        let described = self.catalog.kind(kind);
        let expires = take_expiry(described, &mut body, now)?;
        let mut checked = body.clone();
        generate_absent_fields(described, &mut checked, now);
        check_body(&self.catalog, kind, &checked, CheckPurpose::Store, now as i64)?;
        let mut body = complete_body(&self.catalog, kind, &body)?;
        generate_fields(described, &mut body, now);
        generate_nested_fields(&self.catalog, kind, &mut body, now);
        compute_field(described, &mut body);
        if made != (DraftOrigin::PatchedBody { is_plaintext: false }) {
            hash_field(described, &mut body);
        }
        let mut body = to_response_body(&self.catalog, kind, &body);
        if let Some(named) = &described.child_names {
            body.remove(&named.field);
        }
        Ok(EntityDraft { body, expires })
    }
}
