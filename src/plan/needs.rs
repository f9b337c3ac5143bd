use std::collections::{BTreeMap, BTreeSet};

use super::Question;
use crate::schema::KindId;

/// What has to be known of the entities outside the scopes before a plan can be made, and no more: a token that sees
/// nothing but vaults manages vaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The kinds whose index has to be read.
    pub foreign: BTreeSet<KindId>,
    /// For kinds that live on the path of a parent: the ids, names or keys, as the documents say them, of parents that
    /// are not among the owned, and under which they have to be looked for as well.
    pub under: BTreeMap<KindId, BTreeSet<String>>,
}

/// Says what has to be known besides the owned entities (`question.live` holds nothing else yet).
pub fn needs(question: &Question<'_>) -> Needs {
    let _ = question;
    todo!()
}
