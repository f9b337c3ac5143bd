use super::control_plane::ControlPlane;
use super::expiry::take_expiry;
use super::hashing::hash;
use super::made_up::{compute, make_up, make_up_absent, make_up_nested};
use super::refusal::Refusal;
use json::Object;
use schema::{KindId, Purpose, check, complete, shown};

/// An entity on its way into the store: checked, complete, as it will be answered.
pub(super) struct Draft {
    /// The body, all but the id.
    pub(super) body: Object,
    /// When it vanishes, if ever.
    pub(super) expires: Option<f64>,
}

/// What a draft is made for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    /// Of a body alone: what is hashed was sent plain.
    Whole,
    /// Of a stored body, changed; the hashed field was not sent, so that it is a hash already.
    Changed {
        /// Whether the hashed field was sent.
        plain: bool,
    },
}

impl ControlPlane {
    /// Makes a draft of a body as it was sent.
    ///
    /// # Errors
    /// Whatever Kong's schemas and checks find.
    pub(super) fn draft(&self, kind: KindId, mut body: Object, made: Made) -> Result<Draft, Refusal> {
        let now = self.now();
        let described = self.catalog.kind(kind);
        let expires = take_expiry(described, &mut body, now)?;
        let mut checked = body.clone();
        make_up_absent(described, &mut checked, now);
        check(&self.catalog, kind, &checked, Purpose::Store, now as i64)?;
        let mut body = complete(&self.catalog, kind, &body)?;
        make_up(described, &mut body, now);
        make_up_nested(&self.catalog, kind, &mut body, now);
        compute(described, &mut body);
        if made != (Made::Changed { plain: false }) {
            hash(described, &mut body);
        }
        let mut body = shown(&self.catalog, kind, &body);
        if let Some(named) = &described.names_children {
            body.remove(&named.field);
        }
        Ok(Draft { body, expires })
    }
}
