use std::sync::Arc;

use super::check::whole;
use super::hint::{declared_by, fields_at, meant, place};
use super::remedy::remedy;
use super::value::named;
use super::words::a;
use crate::Declared;
use json::{Object, Value};
use schema::{Catalog, FieldPath, FieldType, Kind, Record, Segment};
use yaml::{Diagnostic, suggest_similar};

/// What a control plane refuses in a declared entity, in its own words unless they could repeat a secret, with its place.
pub fn refused(catalog: &Catalog, entity: &Declared, path: &FieldPath, message: &str) -> Diagnostic {
    let body = whole(catalog.kind(entity.kind), entity);
    Refusal::of(catalog, entity, &body).told(path, message)
}

/// An entity of which something is refused.
pub(super) struct Refusal<'a> {
    catalog: &'a Catalog,
    kind: &'a Kind,
    entity: &'a Declared,
    body: &'a Object,
    record: Arc<Record>,
}

const UNKNOWN: &str = "unknown field";

impl<'a> Refusal<'a> {
    /// Of an entity with that body.
    pub fn of(catalog: &'a Catalog, entity: &'a Declared, body: &'a Object) -> Self {
        Self {
            catalog,
            kind: catalog.kind(entity.kind),
            entity,
            body,
            record: catalog.record(entity.kind, body),
        }
    }

    /// The error for what is refused at a path, in these words.
    pub fn told(&self, path: &FieldPath, message: &str) -> Diagnostic {
        if message == UNKNOWN {
            let unknown = Diagnostic::error("unknown-field", self.unknown(path)).at(self.entity.source.name_of(path));
            return match meant(self.catalog, self.kind, &self.record, path) {
                Some(hint) => unknown.help(hint),
                None => unknown,
            };
        }
        if let Some(unread) = self.unread_url(path) {
            return unread;
        }
        let mut told = Diagnostic::error("refused", self.said(path, message));
        told.help = self
            .near_name(path, message)
            .or_else(|| self.remedy(path, message).map(str::to_owned));
        let span = place(&self.entity.source, &self.record, path);
        if self.is_hidden(path) {
            told.at_secret(span)
        } else {
            told.at(span)
        }
    }

    fn said(&self, path: &FieldPath, message: &str) -> String {
        let message = if self.repeats(path, message) {
            "this value is refused, in words that repeat a secret"
        } else {
            message
        };
        if path.0.is_empty() {
            format!("{}: {message}", self.noun())
        } else {
            format!("{path} of {}: {message}", self.noun())
        }
    }

    /// The loaded plugin or vault that is likely meant by a name that the control plane does not know.
    fn near_name(&self, path: &FieldPath, message: &str) -> Option<String> {
        let sub = self.kind.subschemas.as_ref()?;
        let name = self.body.get(&sub.by)?.as_str()?;
        if *path != FieldPath::field(&sub.by) || message != sub.unknown(name) {
            return None;
        }
        let near = suggest_similar(name, self.catalog.subschemas(&sub.family))?;
        Some(format!("did you mean '{near}'?"))
    }

    /// What to do about a refusal, and about what declares it under another name.
    fn remedy(&self, path: &FieldPath, message: &str) -> Option<&'static str> {
        let field = path.0.split_last().and_then(|(name, outer)| match name {
            Segment::Name(name) => named(fields_at(&self.record, outer)?, name),
            Segment::Index(_) => None,
        });
        remedy(message, path.value_in(self.body), field)
    }

    /// The error for a URL that names no host, so that what it stands for is missing: the URL is wrong, not those fields.
    fn unread_url(&self, path: &FieldPath) -> Option<Diagnostic> {
        let (short, span) = declared_by(&self.entity.source, &self.record, path)?;
        let (Segment::Name(name), outer) = short.0.split_last()? else {
            return None;
        };
        let url = short.value_in(self.body)?.as_str()?;
        if !fields_at(&self.record, outer)?.shorthand(name)?.is_unread_url(url) {
            return None;
        }
        let help = match url.contains('$') {
            true => "a variable in it is not filled in: use `--substitute-env`, or `${{ env \"DECK_NAME\" }}`",
            false => "write it whole, as in `http://example.com:8000/path`",
        };
        let unread =
            Diagnostic::error("refused", format!("{short} of {} is no URL with a host", self.noun())).help(help);
        Some(if self.is_hidden(&short) {
            unread.at_secret(span)
        } else {
            unread.at(span)
        })
    }

    fn unknown(&self, path: &FieldPath) -> String {
        match path.0.split_last() {
            Some((Segment::Name(name), [])) => format!("{} has no field '{name}'", a(&self.kind.name)),
            Some((Segment::Name(name), outer)) => {
                format!(
                    "there is no '{name}' in {} of {}",
                    FieldPath(outer.to_vec()),
                    self.noun()
                )
            }
            _ => format!("{path} is not known"),
        }
    }

    /// The entity in a sentence: `a route`, `the plugin 'cors'`.
    fn noun(&self) -> String {
        let by = self
            .kind
            .subschemas
            .as_ref()
            .filter(|sub| sub.family == "plugins")
            .map(|sub| &sub.by);
        match by.and_then(|by| self.body.get(by)).and_then(Value::as_str) {
            Some(name) => format!("the {} '{name}'", self.kind.name),
            None => a(&self.kind.name),
        }
    }

    /// Whether a message about a field, or about the whole, repeats a word of something secret there. Shorter ones than
    /// three letters are found everywhere.
    fn repeats(&self, about: &FieldPath, message: &str) -> bool {
        let concerned = |path: &FieldPath| path.is_within(about) || about.is_within(path);
        let words: Vec<&str> = message
            .split(|letter: char| !letter.is_alphanumeric())
            .filter(|word| word.chars().count() > 2)
            .collect();
        let mut left: Vec<(FieldPath, &Value)> = self
            .body
            .iter()
            .map(|(name, value)| (FieldPath::field(name), value))
            .collect();
        while let Some((path, value)) = left.pop() {
            match value {
                Value::Array(members) => {
                    left.extend(members.iter().enumerate().map(|(at, member)| (path.index(at), member)));
                }
                Value::Object(members) => left.extend(members.iter().map(|(name, member)| (path.name(name), member))),
                Value::String(text)
                    if concerned(&path) && self.is_hidden(&path) && words.iter().any(|word| text.contains(word)) =>
                {
                    return true;
                }
                _ => {}
            }
        }
        false
    }

    /// Whether a field may hold a secret, by its schema or by where its value came from.
    fn is_hidden(&self, path: &FieldPath) -> bool {
        let meets = |secret: &FieldPath| secret.is_within(path) || path.is_within(secret);
        self.entity.secrets.iter().any(meets) || self.is_secret(path)
    }

    /// Whether a path leads into a field that may hold a secret.
    fn is_secret(&self, path: &FieldPath) -> bool {
        (1..=path.0.len()).any(|length| {
            let Some((Segment::Name(name), outer)) = path.0[..length].split_last() else {
                return false;
            };
            fields_at(&self.record, outer)
                .and_then(|record| named(record, name))
                .is_some_and(|field| field.secret || field.referenceable || field.kind == FieldType::Abstract)
        })
    }
}
