use super::children::Names;
use super::control_plane::{ControlPlane, text_response};
use super::place::{Under, served};
use super::refusal::Refusal;
use super::store::Edit;
use control_plane::Response;
use schema::{Foreign, Kind, KindId, OnDelete};

impl ControlPlane {
    /// `DELETE /services/S`: done as well when there is none.
    pub(super) fn delete(&self, kind: KindId, name: &str) -> Result<Response, Refusal> {
        if let Some(row) = self.store.read(|view| self.locate(view, kind, name))? {
            self.delete_id(kind, &row.id)?;
        }
        Ok(text_response(204, String::new()))
    }

    /// `DELETE /services/S/routes/R`
    pub(super) fn delete_under(&self, under: &Under, name: &str) -> Result<Response, Refusal> {
        let row = self.store.read(|view| {
            let parent = self.locate_parent(view, under)?;
            self.locate_under(view, under, &parent, name)
        })?;
        if let Some(row) = row {
            self.delete_id(under.kind, &row.id)?;
        }
        Ok(text_response(204, String::new()))
    }

    /// Children that are named in the body go first, and stay gone if the rest is refused.
    fn delete_id(&self, kind: KindId, id: &str) -> Result<(), Refusal> {
        if self.catalog.kind(kind).names_children.is_some() {
            self.store
                .write(|edit| self.save_children(edit, kind, id, Names::These(Vec::new())))?;
        }
        self.store.write(|edit| self.remove(edit, kind, id))
    }

    /// Removes an entity with all that its deletion takes along.
    fn remove(&self, edit: &Edit<'_>, kind: KindId, id: &str) -> Result<(), Refusal> {
        for (by, referrer, foreign) in self.referrers(kind) {
            for user in edit.linked(&referrer.collection, &foreign.field, id)? {
                match foreign.on_delete {
                    OnDelete::Cascade => self.remove(edit, by, &user)?,
                    OnDelete::Restrict => return Err(self.in_use(kind, id, referrer, foreign, user)),
                    OnDelete::Dangle => {}
                }
            }
        }
        Ok(edit.remove(&self.catalog.kind(kind).collection, id)?)
    }

    fn in_use(&self, kind: KindId, id: &str, by: &Kind, foreign: &Foreign, by_id: String) -> Refusal {
        let kind = self.catalog.kind(kind);
        if foreign.list {
            Refusal::Listed {
                what: kind.name.replace('-', " "),
                id: id.to_owned(),
                by: by.collection.clone(),
                by_id,
            }
        } else {
            Refusal::ReferencedBy {
                by: by.collection.clone(),
                this: kind.collection.clone(),
            }
        }
    }

    /// The kinds whose entities may refer to one of this kind, with the field by which they do.
    fn referrers(&self, kind: KindId) -> impl Iterator<Item = (KindId, &Kind, &Foreign)> {
        served(&self.catalog).flat_map(move |(by, referrer)| {
            let foreign = referrer.foreign.iter().filter(move |foreign| foreign.kind == kind);
            foreign.map(move |foreign| (by, referrer, foreign))
        })
    }
}
