use super::admin_route::{NestedCollection, served_kinds};
use super::children::ChildNames;
use super::control_plane::{EmbeddedControlPlane, text_response};
use super::error::EmbeddedError;
use super::store::WriteTransaction;
use http::Response;
use schema::{ForeignField, Kind, KindId, OnDelete};

impl EmbeddedControlPlane {
    /// `DELETE /services/S`: done as well when there is none.
    pub(super) fn delete(&self, kind: KindId, name: &str) -> Result<Response, EmbeddedError> {
        if let Some(row) = self.store.read(|view| self.locate(view, kind, name))? {
            self.delete_by_id(kind, &row.id)?;
        }
        Ok(text_response(204, String::new()))
    }

    /// `DELETE /services/S/routes/R`
    pub(super) fn delete_nested(&self, under: &NestedCollection, name: &str) -> Result<Response, EmbeddedError> {
        let row = self.store.read(|view| {
            let parent = self.locate_parent(view, under)?;
            self.locate_nested(view, under, &parent, name)
        })?;
        if let Some(row) = row {
            self.delete_by_id(under.kind, &row.id)?;
        }
        Ok(text_response(204, String::new()))
    }

    /// Children that are named in the body go first, and stay gone if the rest is refused.
    fn delete_by_id(&self, kind: KindId, id: &str) -> Result<(), EmbeddedError> {
        if self.catalog.kind(kind).child_names.is_some() {
            self.store
                .write(|edit| self.save_children(edit, kind, id, ChildNames::Exactly(Vec::new())))?;
        }
        self.store.write(|edit| self.remove_with_dependents(edit, kind, id))
    }

    /// Removes an entity with all that its deletion takes along.
    fn remove_with_dependents(&self, edit: &WriteTransaction<'_>, kind: KindId, id: &str) -> Result<(), EmbeddedError> {
        for (by, referrer, foreign) in self.referrers(kind) {
            for user in edit.linked_ids(&referrer.collection, &foreign.field, id)? {
                match foreign.on_delete {
                    OnDelete::Cascade => self.remove_with_dependents(edit, by, &user)?,
                    OnDelete::Restrict => return Err(self.in_use_error(kind, id, referrer, foreign, user)),
                    OnDelete::Dangle => {}
                }
            }
        }
        Ok(edit.remove(&self.catalog.kind(kind).collection, id)?)
    }

    fn in_use_error(&self, kind: KindId, id: &str, by: &Kind, foreign: &ForeignField, by_id: String) -> EmbeddedError {
        let kind = self.catalog.kind(kind);
        if foreign.is_list {
            EmbeddedError::ReferencedByOthers {
                kind_name: kind.name.replace('-', " "),
                id: id.to_owned(),
                by: by.collection.clone(),
                by_id,
            }
        } else {
            EmbeddedError::ReferencedBy {
                by: by.collection.clone(),
                this: kind.collection.clone(),
            }
        }
    }

    /// The kinds whose entities may refer to one of this kind, with the field by which they do.
    fn referrers(&self, kind: KindId) -> impl Iterator<Item = (KindId, &Kind, &ForeignField)> {
        served_kinds(&self.catalog).flat_map(move |(by, referrer)| {
            let foreign = referrer
                .foreign_fields
                .iter()
                .filter(move |foreign| foreign.kind == kind);
            foreign.map(move |foreign| (by, referrer, foreign))
        })
    }
}
