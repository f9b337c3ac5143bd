use super::control_plane::{ControlPlane, text_response};
use super::draft::Made;
use super::locate::{id_of, unique_endpoint_key};
use super::place::Under;
use super::refusal::Refusal;
use super::show::{parsed, without_shown};
use super::store::{Edit, Row};
use control_plane::Response;
use json::{Object, Value};
use schema::{KindId, patched};

impl ControlPlane {
    /// `PATCH /services/S`
    pub(super) fn change(&self, kind: KindId, name: &str, change: Object) -> Result<Response, Refusal> {
        self.store.write(|edit| {
            self.expire(edit, kind)?;
            let row = self
                .locate(**edit, kind, name)?
                .ok_or_else(|| self.not_there(kind, name))?;
            self.change_row(edit, kind, row, change)
        })
    }

    /// `PATCH /services/S/routes/R`
    pub(super) fn change_under(&self, under: &Under, name: &str, change: Object) -> Result<Response, Refusal> {
        self.store.write(|edit| {
            let parent = self.locate_parent(**edit, under)?;
            let row = self
                .locate_under(**edit, under, &parent, name)?
                .ok_or(Refusal::NotFound)?;
            self.change_row(edit, under.kind, row, change)
        })
    }

    fn change_row(&self, edit: &Edit<'_>, kind: KindId, row: Row, mut change: Object) -> Result<Response, Refusal> {
        let described = self.catalog.kind(kind);
        change.remove("id");
        self.resolve_foreign(**edit, kind, &mut change)?;
        let names = self.names(**edit, kind, Some(&row.id), &change)?;
        let plain = described
            .hashed
            .as_ref()
            .is_some_and(|hashed| change.contains_key(&hashed.field));
        let lives_on = described
            .expires
            .as_ref()
            .is_some_and(|field| !change.contains_key(field));
        let mut body = parsed(&row.body);
        let record = self.catalog.record(kind, &body);
        without_shown(&record, &mut body);
        let body = patched(&self.catalog, kind, &body, &change)?;
        let mut draft = self.draft(kind, body, Made::Changed { plain })?;
        if lives_on {
            draft.expires = row.expires;
        }
        let text = self.save(edit, kind, &row.id, draft, names)?;
        Ok(text_response(200, text))
    }

    fn not_there(&self, kind: KindId, name: &str) -> Refusal {
        match (id_of(name), unique_endpoint_key(self.catalog.kind(kind))) {
            (Some(id), _) => Refusal::NoEntityOfId(id),
            (None, Some(key)) => Refusal::NoEntityOfKey(Object::from_iter([(key.clone(), Value::from(name))])),
            (None, None) => Refusal::NotFound,
        }
    }
}
