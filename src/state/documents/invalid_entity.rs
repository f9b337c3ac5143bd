use std::sync::Arc;

use super::check::body_for_check;
use super::error_help::help_for_error;
use super::field_hints::{declaring_shorthand, field_span, record_at, suggest_field};
use super::phrases::with_article;
use crate::DeclaredEntity;
use json::{Object, Value};
use schema::{Catalog, FieldPath, FieldType, Kind, PathSegment, Record};
use yaml::{Diagnostic, DiagnosticCode, suggest_similar};

/// The error for what a control plane refuses in a declared entity, in its own words unless they could repeat a secret.
pub fn rejection_diagnostic(catalog: &Catalog, entity: &DeclaredEntity, path: &FieldPath, message: &str) -> Diagnostic {
    let body = body_for_check(catalog, entity);
    InvalidEntity::new(catalog, entity, body.expose()).to_diagnostic(path, message)
}

/// A declared entity that the checks or a control plane refuse.
pub(super) struct InvalidEntity<'a> {
    catalog: &'a Catalog,
    kind: &'a Kind,
    entity: &'a DeclaredEntity,
    body: &'a Object,
    record: Arc<Record>,
}

/// Of what a node has loaded, so many names are shown at most.
const MAX_LISTED_NAMES: usize = 10;
const UNKNOWN_FIELD_MESSAGE: &str = "unknown field";

impl<'a> InvalidEntity<'a> {
    pub(super) fn new(catalog: &'a Catalog, entity: &'a DeclaredEntity, body: &'a Object) -> Self {
        Self {
            catalog,
            kind: catalog.kind(entity.kind),
            entity,
            body,
            record: catalog.record(entity.kind, body),
        }
    }

    /// The error for what is refused at a path, in these words.
    pub(super) fn to_diagnostic(&self, path: &FieldPath, message: &str) -> Diagnostic {
        if message == UNKNOWN_FIELD_MESSAGE {
            let unknown = Diagnostic::error(DiagnosticCode::UnknownField, self.unknown_field_message(path))
                .at(self.entity.location.name_span(path));
            return match suggest_field(self.catalog, self.kind, &self.record, &self.entity.location, path) {
                Some(hint) => unknown.help(hint),
                None => unknown,
            };
        }
        if let Some(error) = self.unread_url_error(path) {
            return error;
        }
        let mut error = Diagnostic::error(DiagnosticCode::Refused, self.error_message(path, message));
        error.help = self
            .subschema_help(path, message)
            .or_else(|| self.help_text(path, message).map(str::to_owned));
        let span = field_span(&self.entity.location, &self.record, path);
        if self.is_confidential(path) {
            error.at_secret(span)
        } else {
            error.at(span)
        }
    }

    fn error_message(&self, path: &FieldPath, message: &str) -> String {
        let message = if self.repeats_secret(path, message) {
            "this value is refused, in words that repeat a secret"
        } else {
            message
        };
        if path.0.is_empty() {
            format!("{}: {message}", self.entity_phrase())
        } else {
            format!("{path} of {}: {message}", self.entity_phrase())
        }
    }

    /// What to do about a plugin or vault that the control plane does not know: whose it is, or the most similar that is
    /// loaded.
    fn subschema_help(&self, path: &FieldPath, message: &str) -> Option<String> {
        let sub = self.kind.subschemas.as_ref()?;
        let name = self.body.get(&sub.by)?.as_str()?;
        if *path != FieldPath::from_field(&sub.by) || message != sub.format_unknown(name) {
            return None;
        }
        let loaded = self.catalog.loaded_names(&sub.family);
        if self.catalog.is_enterprise_subschema(&sub.family, name) {
            let whose = format!("'{name}' comes with Kong's Enterprise edition");
            let few = loaded.filter(|loaded| !loaded.is_empty() && loaded.len() <= MAX_LISTED_NAMES);
            return Some(match few {
                Some(loaded) => {
                    let names: Vec<&str> = loaded.iter().map(String::as_str).collect();
                    format!("the node has loaded: {}; {whose}", names.join(", "))
                }
                None => whose,
            });
        }
        let names = self.catalog.subschema_names(&sub.family);
        let suggestion = suggest_similar(
            name,
            names.filter(|name| loaded.is_none_or(|loaded| loaded.contains(*name))),
        )?;
        Some(format!("did you mean '{suggestion}'?"))
    }

    fn help_text(&self, path: &FieldPath, message: &str) -> Option<&'static str> {
        let field = path.0.split_last().and_then(|(name, outer)| match name {
            PathSegment::Name(name) => record_at(&self.record, outer)?.field_or_shorthand(name),
            PathSegment::Index(_) => None,
        });
        help_for_error(message, path.value_in(self.body), field)
    }

    /// The error for a URL that names no host, so that the fields that it sets are missing: the URL is wrong, not those.
    fn unread_url_error(&self, path: &FieldPath) -> Option<Diagnostic> {
        let (shorthand, span) = declaring_shorthand(&self.entity.location, &self.record, path)?;
        let (PathSegment::Name(name), outer) = shorthand.0.split_last()? else {
            return None;
        };
        let url = shorthand.value_in(self.body)?.as_str()?;
        if !record_at(&self.record, outer)?
            .shorthand(name)?
            .is_url_without_host(url)
        {
            return None;
        }
        let help = match url.contains('$') {
            true => "a variable in it is not filled in: use `--substitute-env`, or `${{ env \"DECK_NAME\" }}`",
            false => "write it whole, as in `http://example.com:8000/path`",
        };
        let error = Diagnostic::error(
            DiagnosticCode::Refused,
            format!("{shorthand} of {} is no URL with a host", self.entity_phrase()),
        )
        .help(help);
        Some(if self.is_confidential(&shorthand) {
            error.at_secret(span)
        } else {
            error.at(span)
        })
    }

    fn unknown_field_message(&self, path: &FieldPath) -> String {
        match path.0.split_last() {
            Some((PathSegment::Name(name), [])) => format!("{} has no field '{name}'", with_article(&self.kind.name)),
            Some((PathSegment::Name(name), outer)) => {
                format!(
                    "there is no '{name}' in {} of {}",
                    FieldPath(outer.to_vec()),
                    self.entity_phrase()
                )
            }
            _ => format!("{path} is not known"),
        }
    }

    /// The entity in a sentence: `a route`, `the plugin 'cors'`.
    fn entity_phrase(&self) -> String {
        let by = self
            .kind
            .subschemas
            .as_ref()
            .filter(|sub| sub.family == "plugins")
            .map(|sub| &sub.by);
        match by.and_then(|by| self.body.get(by)).and_then(Value::as_str) {
            Some(name) => format!("the {} '{name}'", self.kind.name),
            None => with_article(&self.kind.name),
        }
    }

    /// Whether a message about a field, or about the whole, repeats a word of something secret there. Shorter ones than
    /// three letters are found everywhere.
    fn repeats_secret(&self, about: &FieldPath, message: &str) -> bool {
        let is_concerned = |path: &FieldPath| path.is_within(about) || about.is_within(path);
        let words: Vec<&str> = message
            .split(|letter: char| !letter.is_alphanumeric())
            .filter(|word| word.chars().count() > 2)
            .collect();
        let mut remaining: Vec<(FieldPath, &Value)> = self
            .body
            .iter()
            .map(|(name, value)| (FieldPath::from_field(name), value))
            .collect();
        while let Some((path, value)) = remaining.pop() {
            match value {
                Value::Array(members) => {
                    remaining.extend(
                        members
                            .iter()
                            .enumerate()
                            .map(|(at, member)| (path.with_index(at), member)),
                    );
                }
                Value::Object(members) => {
                    remaining.extend(members.iter().map(|(name, member)| (path.with_name(name), member)))
                }
                Value::String(text)
                    if is_concerned(&path)
                        && self.is_confidential(&path)
                        && words.iter().any(|word| text.contains(word)) =>
                {
                    return true;
                }
                _ => {}
            }
        }
        false
    }

    /// Whether a field may hold a secret, by its schema or by where its value came from.
    fn is_confidential(&self, path: &FieldPath) -> bool {
        let meets = |secret: &FieldPath| secret.is_within(path) || path.is_within(secret);
        self.entity.secret_fields.iter().any(meets) || self.is_secret_field(path)
    }

    /// Whether a path leads into a field that may hold a secret.
    fn is_secret_field(&self, path: &FieldPath) -> bool {
        (1..=path.0.len()).any(|length| {
            let Some((PathSegment::Name(name), outer)) = path.0[..length].split_last() else {
                return false;
            };
            record_at(&self.record, outer)
                .and_then(|record| record.field_or_shorthand(name))
                .is_some_and(|field| field.secret || field.referenceable || field.field_type == FieldType::Abstract)
        })
    }
}
