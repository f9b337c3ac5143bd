use std::collections::BTreeSet;

use super::diagnostics::DocumentDiagnostics;
use crate::{NamedSpanTree, SpanChildren, SpanTree};
use json::{Number, Value};
use schema::{Field, FieldPath, FieldType};
use yaml::{Diagnostic, DiagnosticCode, MapEntry, Node, NodeData, Span, StringStyle, ValueOrigin};
use yaml::{format_float, parse_plain_scalar};

/// Reads values of one entity: types them as their fields ask, and notes which are secret.
pub(super) struct ValueReader<'a> {
    /// What there is to report.
    pub(super) diagnostics: &'a mut DocumentDiagnostics,
    /// Fields whose value came from the environment.
    pub(super) secret_fields: &'a mut BTreeSet<FieldPath>,
    /// Those of them whose value is made up: the environment does not have it.
    pub(super) unset_fields: &'a mut BTreeSet<FieldPath>,
}

/// What is known of the field that a value is for.
#[derive(Clone, Copy)]
pub(super) struct FieldContext<'f> {
    /// Its field, if there is a schema that has it.
    pub(super) field: Option<&'f Field>,
    /// Whether decK passes values on as YAML types them (the `config` of plugins and vaults), numbers for texts included.
    pub(super) keeps_yaml_types: bool,
    /// Whether the value, or what encloses it, may be secret.
    pub(super) may_be_secret: bool,
}

/// The path from an entity to a value, as a list on the stack: most values need no [`FieldPath`].
#[derive(Clone, Copy)]
pub(super) enum PathTrail<'t> {
    Field(&'t str),
    Name(&'t PathTrail<'t>, &'t str),
    Index(&'t PathTrail<'t>, usize),
}

impl PathTrail<'_> {
    fn to_field_path(self) -> FieldPath {
        match self {
            Self::Field(name) => FieldPath::from_field(name),
            Self::Name(outer, name) => outer.to_field_path().with_name(name),
            Self::Index(outer, index) => outer.to_field_path().with_index(index),
        }
    }
}

impl<'f> FieldContext<'f> {
    pub(super) fn new(field: Option<&'f Field>, keeps_yaml_types: bool, may_be_secret: bool) -> Self {
        let may_be_secret = may_be_secret || field.is_some_and(|field| field.secret || field.referenceable);
        Self {
            field,
            keeps_yaml_types,
            may_be_secret,
        }
    }

    fn for_child(self, field: Option<&'f Field>) -> Self {
        Self::new(field, self.keeps_yaml_types, self.may_be_secret)
    }
}

impl ValueReader<'_> {
    /// The value of a node, and where its parts stand.
    pub(super) fn read_value(&mut self, node: Node, context: FieldContext, path: PathTrail) -> (Value, SpanTree) {
        let Node { span, data, origin } = node;
        if origin != ValueOrigin::File {
            self.secret_fields.insert(path.to_field_path());
        }
        if origin == ValueOrigin::UnsetVariable {
            self.unset_fields.insert(path.to_field_path());
        }
        match data {
            NodeData::List(members) => self.read_list(members, span, context, path),
            NodeData::Map(entries) => self.read_map(entries, span, context, path),
            scalar => {
                if context.may_be_secret {
                    self.diagnostics.mark_secret(span);
                }
                (self.read_scalar(scalar, span, context), SpanTree::leaf(span))
            }
        }
    }

    fn read_list(
        &mut self,
        members: Vec<Node>,
        span: Span,
        context: FieldContext,
        path: PathTrail,
    ) -> (Value, SpanTree) {
        let child = context.for_child(context.field.and_then(Field::element));
        let mut values = Vec::with_capacity(members.len());
        let mut span_trees = Vec::with_capacity(members.len());
        for (index, member) in members.into_iter().enumerate() {
            let (value, span_tree) = self.read_value(member, child, PathTrail::Index(&path, index));
            values.push(value);
            span_trees.push(span_tree);
        }
        let parts = SpanChildren::List(span_trees);
        (Value::Array(values), SpanTree { span, children: parts })
    }

    fn read_map(
        &mut self,
        entries: Vec<MapEntry>,
        span: Span,
        context: FieldContext,
        path: PathTrail,
    ) -> (Value, SpanTree) {
        let mut values = Vec::with_capacity(entries.len());
        let mut span_trees = Vec::with_capacity(entries.len());
        for entry in entries {
            let child = context.for_child(context.field.and_then(|field| field.child(&entry.key)));
            let (value, span_tree) = self.read_value(entry.value, child, PathTrail::Name(&path, &entry.key));
            span_trees.push(NamedSpanTree {
                name: entry.key.clone(),
                name_span: entry.key_span,
                tree: span_tree,
            });
            values.push((entry.key, value));
        }
        let parts = SpanChildren::from_named(span_trees);
        (Value::Object(values.into()), SpanTree { span, children: parts })
    }

    fn read_scalar(&mut self, data: NodeData, span: Span, context: FieldContext) -> Value {
        let takes_text = !context.keeps_yaml_types
            && context
                .field
                .is_some_and(|field| matches!(field.field_type, FieldType::String));
        match data {
            NodeData::Bool(truth) if takes_text => Value::String(truth.to_string()),
            NodeData::Number(number) if takes_text => {
                self.number_as_text(format_number(&number), span, context.may_be_secret)
            }
            NodeData::String(text, StringStyle::Template) => self.read_template(text, span, context),
            NodeData::Bool(truth) => Value::Bool(truth),
            NodeData::Number(number) => Value::Number(number),
            NodeData::String(text, _) => Value::String(text),
            NodeData::Null | NodeData::List(_) | NodeData::Map(_) => Value::Null,
        }
    }

    /// A number for a field that holds text, spelled as decK spells it; a warning where that is not how it is written.
    fn number_as_text(&mut self, text: String, span: Span, may_be_secret: bool) -> Value {
        let written_length = span.end.saturating_sub(span.start) as usize;
        if written_length != text.len() && written_length > 0 {
            let read_as = if may_be_secret {
                String::new()
            } else {
                format!(" as '{text}'")
            };
            self.diagnostics.add(
                Diagnostic::warning(
                    DiagnosticCode::TextExpected,
                    format!("text is expected here, and this number is read{read_as}, as decK reads it"),
                )
                .at(span)
                .help("put it in quotes"),
            );
        }
        Value::String(text)
    }

    /// The value of a template that stands without quotes: what its field asks for, or what YAML would make of it.
    fn read_template(&mut self, text: String, span: Span, context: FieldContext) -> Value {
        let typed = match context.field.map(|field| &field.field_type) {
            Some(FieldType::String | FieldType::Foreign(_) | FieldType::Function) => None,
            Some(FieldType::Integer | FieldType::Number) => parse_yaml_scalar(&text).filter(Value::is_number),
            Some(FieldType::Boolean) => parse_yaml_scalar(&text).filter(Value::is_boolean),
            Some(FieldType::Array(_) | FieldType::Set(_)) => return self.reject_template("a list", LIST_HELP, span),
            Some(FieldType::Map { .. } | FieldType::Record(_) | FieldType::Abstract) => {
                return self.reject_template("a map", MAP_HELP, span);
            }
            Some(FieldType::Json) | None => parse_yaml_scalar(&text),
        };
        typed.unwrap_or(Value::String(text))
    }

    fn reject_template(&mut self, expected: &str, help: &str, span: Span) -> Value {
        self.diagnostics.add(
            Diagnostic::error(
                DiagnosticCode::Template,
                format!("{expected} is expected here, which a template cannot give"),
            )
            .at(span)
            .help(help),
        );
        Value::Null
    }
}

const LIST_HELP: &str = "write the list in the file, with a template for each member";
const MAP_HELP: &str = "write the map in the file, with a template for each value";

fn parse_yaml_scalar(text: &str) -> Option<Value> {
    match parse_plain_scalar(text) {
        NodeData::Null => Some(Value::Null),
        NodeData::Bool(truth) => Some(Value::Bool(truth)),
        NodeData::Number(number) => Some(Value::Number(number)),
        _ => None,
    }
}

/// A number as decK spells it where a field holds text.
pub(super) fn format_number(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => format_float(float),
        _ => number.to_string(),
    }
}
