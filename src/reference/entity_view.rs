use uuid::Uuid;

use json::Object;
use schema::KindId;
use state::DeclaredId;

/// An entity whose references and field values are checked.
#[derive(Clone, Copy)]
pub struct EntityView<'a> {
    /// Its kind.
    pub kind: KindId,
    /// Its id.
    pub id: Uuid,
    /// Computes its name in reports.
    pub title: &'a dyn Fn() -> String,
    /// Its body, references as they are; of a foreign entity only the fields that hold them.
    pub body: &'a Object,
    /// What the plan does to it.
    pub change_state: ChangeState,
    /// Where it is declared, if it is.
    pub declared: Option<DeclaredId>,
}

/// An entity as reports name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityRef {
    /// Its kind.
    pub kind: KindId,
    /// Its id; nil where a file says none.
    pub id: Uuid,
    /// Its name in reports.
    pub title: String,
    /// What the plan does to it.
    pub change_state: ChangeState,
    /// Where it is declared, if it is.
    pub declared: Option<DeclaredId>,
}

/// What a plan does to an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeState {
    /// It creates or changes it.
    Changed,
    /// It leaves it as it is.
    Unchanged,
    /// It may not touch it: the entity is another team's.
    Foreign,
}

impl EntityView<'_> {
    pub(crate) fn to_ref(self) -> EntityRef {
        EntityRef {
            kind: self.kind,
            id: self.id,
            title: (self.title)(),
            change_state: self.change_state,
            declared: self.declared,
        }
    }
}
