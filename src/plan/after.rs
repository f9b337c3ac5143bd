use std::borrow::Cow;

use uuid::Uuid;

use super::Plan;
use crate::control_plane::{ForeignEntity, Live};
use crate::schema::{FieldPath, KindId};
use crate::state::{Body, DeclaredId};

/// What will stand once a plan is done: computed, not read.
pub struct After<'a> {
    /// The entities of the scopes, and those that the plan leaves alone though it could see all of them.
    pub owned: Vec<Standing<'a>>,
    /// The entities outside the scopes, as far as they are known.
    pub foreign: Vec<(KindId, &'a ForeignEntity)>,
}

/// One entity of the scopes as it will stand.
pub struct Standing<'a> {
    /// Its kind.
    pub kind: KindId,
    /// Its id.
    pub id: Uuid,
    /// All of it: as the server shows it, or as the plan will have written it (canonical: defaults filled in).
    pub body: Cow<'a, Body>,
    /// Where it is declared, if it is.
    pub declared: Option<DeclaredId>,
    /// The change that made it so, by its place in the plan; none if it stands so already.
    pub change: Option<usize>,
    /// The fields that the plan adds or changes; of an entity it creates, all that are set.
    pub changed: Vec<FieldPath>,
}

/// What will stand once the plan is done.
pub fn after<'a>(live: &'a Live, plan: &Plan) -> After<'a> {
    let _ = (live, plan);
    todo!()
}
