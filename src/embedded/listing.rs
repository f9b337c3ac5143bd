use super::admin_route::{NestedCollection, served_kinds};
use super::control_plane::{EmbeddedControlPlane, text_response};
use super::error::EmbeddedError;
use super::pagination::{PageParams, encode_offset, next_link};
use super::request_target::RequestTarget;
use super::store::{ListFilter, PageQuery, ReadTransaction};
use super::tag_filter::parse_tag_filter;
use super::wire::tag_entry;
use http::Response;
use json::Value;
use schema::KindId;

impl EmbeddedControlPlane {
    /// `GET /services`, `GET /services/S/routes`
    pub(super) fn list(
        &self,
        incoming: &RequestTarget,
        kind: KindId,
        under: Option<&NestedCollection>,
    ) -> Result<Response, EmbeddedError> {
        let paging = PageParams::from_target(incoming)?;
        let described = self.catalog.kind(kind);
        self.store.read(|view| {
            let filter = match under {
                Some(under) => self.nested_filter(view, under)?,
                None => self.query_filter(incoming, kind)?,
            };
            let mut rows = view.page_rows(&PageQuery {
                kind: &described.collection,
                after: paging.after_key(0),
                size: paging.size + 1,
                filter: &filter,
                now: self.now(),
            })?;
            let more = rows.len() > paging.size;
            rows.truncate(paging.size);
            let last = rows.last().filter(|_| more).map(|row| encode_offset(&[&row.id]));
            let mut members = Vec::with_capacity(rows.len());
            for row in rows {
                members.push(self.render_entity(view, kind, row)?);
            }
            Ok(page_response(incoming, &members, last.as_deref(), under.is_some()))
        })
    }

    /// `GET /tags`, `GET /tags/T`
    pub(super) fn list_tags(&self, incoming: &RequestTarget, only: Option<&str>) -> Result<Response, EmbeddedError> {
        let paging = PageParams::from_target(incoming)?;
        let after = [paging.after_key(0), paging.after_key(1), paging.after_key(2)];
        let mut rows = self.store.read(|view| view.tag_rows(only, after, paging.size + 1))?;
        let more = rows.len() > paging.size;
        rows.truncate(paging.size);
        let last = rows
            .last()
            .filter(|_| more)
            .map(|row| encode_offset(&[&row.id, &row.tag, &row.kind]));
        let members: Vec<_> = rows
            .iter()
            .map(|row| {
                let table = self.table_name(&row.kind);
                tag_entry(&table, &row.id, &row.tag).to_string()
            })
            .collect();
        Ok(page_response(incoming, &members, last.as_deref(), false))
    }

    fn nested_filter(&self, view: ReadTransaction<'_>, under: &NestedCollection) -> Result<ListFilter, EmbeddedError> {
        Ok(ListFilter::Linked {
            field: under.foreign_field.clone(),
            target: self.locate_parent(view, under)?,
        })
    }

    fn query_filter(&self, incoming: &RequestTarget, kind: KindId) -> Result<ListFilter, EmbeddedError> {
        let described = self.catalog.kind(kind);
        let found = described
            .query_fields
            .iter()
            .find_map(|field| Some((field, incoming.query_param(field)?)));
        match (found, incoming.query_param("tags")) {
            (Some((fields, value)), _) => Ok(ListFilter::Unique {
                fields: fields.clone(),
                value: value.to_owned(),
            }),
            (None, Some(tags)) if described.taggable => parse_tag_filter(tags),
            (None, _) => Ok(ListFilter::All),
        }
    }

    fn table_name(&self, collection: &str) -> String {
        served_kinds(&self.catalog)
            .find(|(_, kind)| kind.collection == collection)
            .and_then(|(_, kind)| kind.table.clone())
            .unwrap_or_else(|| collection.to_owned())
    }
}

fn page_response(incoming: &RequestTarget, members: &[String], last: Option<&str>, nested: bool) -> Response {
    let data = members.join(",");
    let text = match last {
        None => format!(r#"{{"data":[{data}],"next":null}}"#),
        Some(last) => {
            let next = Value::from(next_link(incoming, last, nested));
            format!(r#"{{"data":[{data}],"next":{next},"offset":"{last}"}}"#)
        }
    };
    text_response(200, text)
}
