use super::control_plane::{ControlPlane, text_response};
use super::incoming::Incoming;
use super::paging::{Paging, next, offset};
use super::place::{Under, served};
use super::refusal::Refusal;
use super::store::{Filter, Page, View};
use super::tag_filter::tag_filter;
use super::wire::tag_use;
use control_plane::Response;
use json::Value;
use schema::KindId;

impl ControlPlane {
    /// `GET /services`, `GET /services/S/routes`
    pub(super) fn list(&self, incoming: &Incoming, kind: KindId, under: Option<&Under>) -> Result<Response, Refusal> {
        let paging = Paging::of(incoming)?;
        let described = self.catalog.kind(kind);
        self.store.read(|view| {
            let filter = match under {
                Some(under) => self.linked_to(view, under)?,
                None => self.filter(incoming, kind)?,
            };
            let mut rows = view.page(&Page {
                kind: &described.collection,
                after: paging.key(0),
                size: paging.size + 1,
                filter: &filter,
                now: self.now(),
            })?;
            let more = rows.len() > paging.size;
            rows.truncate(paging.size);
            let last = rows.last().filter(|_| more).map(|row| offset(&[&row.id]));
            let mut members = Vec::with_capacity(rows.len());
            for row in rows {
                members.push(self.dressed(view, kind, row)?);
            }
            Ok(page(incoming, &members, last.as_deref(), under.is_some()))
        })
    }

    /// `GET /tags`, `GET /tags/T`
    pub(super) fn tags(&self, incoming: &Incoming, only: Option<&str>) -> Result<Response, Refusal> {
        let paging = Paging::of(incoming)?;
        let after = [paging.key(0), paging.key(1), paging.key(2)];
        let mut rows = self.store.read(|view| view.tags(only, after, paging.size + 1))?;
        let more = rows.len() > paging.size;
        rows.truncate(paging.size);
        let last = rows
            .last()
            .filter(|_| more)
            .map(|row| offset(&[&row.id, &row.tag, &row.kind]));
        let members: Vec<_> = rows
            .iter()
            .map(|row| {
                let table = self.table_of(&row.kind);
                tag_use(&table, &row.id, &row.tag).to_string()
            })
            .collect();
        Ok(page(incoming, &members, last.as_deref(), false))
    }

    fn linked_to(&self, view: View<'_>, under: &Under) -> Result<Filter, Refusal> {
        Ok(Filter::Linked {
            field: under.field.clone(),
            target: self.locate_parent(view, under)?,
        })
    }

    fn filter(&self, incoming: &Incoming, kind: KindId) -> Result<Filter, Refusal> {
        let described = self.catalog.kind(kind);
        let found = described
            .finds_by
            .iter()
            .find_map(|field| Some((field, incoming.query(field)?)));
        match (found, incoming.query("tags")) {
            (Some((fields, value)), _) => Ok(Filter::Unique {
                fields: fields.clone(),
                value: value.to_owned(),
            }),
            (None, Some(tags)) if described.taggable => tag_filter(tags),
            (None, _) => Ok(Filter::All),
        }
    }

    fn table_of(&self, collection: &str) -> String {
        served(&self.catalog)
            .find(|(_, kind)| kind.collection == collection)
            .and_then(|(_, kind)| kind.table.clone())
            .unwrap_or_else(|| collection.to_owned())
    }
}

fn page(incoming: &Incoming, members: &[String], last: Option<&str>, nested: bool) -> Response {
    let data = members.join(",");
    let text = match last {
        None => format!(r#"{{"data":[{data}],"next":null}}"#),
        Some(last) => {
            let next = Value::from(next(incoming, last, nested));
            format!(r#"{{"data":[{data}],"next":{next},"offset":"{last}"}}"#)
        }
    };
    text_response(200, text)
}
