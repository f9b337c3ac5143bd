//! The names of fields.

use super::composer::Composer;
use super::events::{Scalar, ScalarStyle};
use super::frame::KeyState;
use super::number::format_float;
use super::placeholder::PlaceholderKind;
use super::scalar::{self, ScalarError, ScalarValue, Yaml11Difference};
use super::syntax::FOREIGN_TEMPLATE;
use super::template::TemplateError;
use super::yaml11::{scalar_error, yaml11_key_warning};
use crate::{Diagnostic, DiagnosticCode, Node, NodeData, Span, StringStyle, ValueOrigin};

impl Composer<'_> {
    /// Reads a scalar as a field's name: text, or a number or truth spelled as decK does.
    pub(super) fn read_key(&mut self, scalar: &Scalar<'_>, span: Span) -> KeyState {
        if !self.mask.has_no_placeholders() && self.report_key_placeholders(span) {
            return KeyState::Invalid;
        }
        if scalar.value == "<<" && (scalar.implicit || scalar.tag == Some("tag:yaml.org,2002:merge")) {
            return KeyState::Merge(span);
        }
        let resolved = match scalar.tag {
            Some(tag) => scalar::resolve_tagged(tag, scalar.value),
            None if scalar.implicit => scalar::resolve_plain(scalar.value),
            None => return KeyState::Named(scalar.value.into(), span),
        };
        match resolved {
            Ok(resolved) => {
                if let Some(Yaml11Difference::Word(truth)) = resolved.yaml11 {
                    self.diagnostics.add(yaml11_key_warning(truth, span));
                }
                self.key_from_value(resolved.value, span)
            }
            Err(ScalarError::NotFinite) => KeyState::Named(scalar.value.into(), span),
            Err(error) => {
                self.diagnostics.add(scalar_error(error, span));
                KeyState::Invalid
            }
        }
    }

    /// Reads a node (an alias') as a field's name.
    pub(super) fn key_from_node(&mut self, node: &Node) -> KeyState {
        match &node.data {
            NodeData::Null => self.key_from_value(ScalarValue::Null, node.span),
            NodeData::Bool(truth) => self.key_from_value(ScalarValue::Bool(*truth), node.span),
            NodeData::Number(number) => self.key_from_value(ScalarValue::Number(number.clone()), node.span),
            NodeData::String(text, _) => KeyState::Named(text.as_str().into(), node.span),
            NodeData::Map(_) if self.is_foreign_template(node.span) => {
                let (message, help) = FOREIGN_TEMPLATE;
                let error = Diagnostic::error(DiagnosticCode::YamlSyntax, message).at_secret(node.span);
                self.diagnostics.add(error.help(help));
                KeyState::Invalid
            }
            NodeData::List(_) | NodeData::Map(_) => {
                let message = format!("{} cannot be the name of a field", node.type_name());
                let error = Diagnostic::error(DiagnosticCode::YamlKey, message).at_secret(node.span);
                self.diagnostics
                    .add(error.help("put the name in quotes if it is text with brackets or braces"));
                KeyState::Invalid
            }
        }
    }

    /// Whether a map that is a field's name is the inner half of `{{ … }}`, another program's template.
    fn is_foreign_template(&self, span: Span) -> bool {
        let before = self.original.get(..span.start as usize).unwrap_or_default();
        let here = self.original.get(span.start as usize..).unwrap_or_default();
        before.ends_with('{') && here.starts_with('{')
    }

    fn key_from_value(&mut self, value: ScalarValue<'_>, span: Span) -> KeyState {
        let name = match value {
            ScalarValue::Text(text) => text.into(),
            ScalarValue::Bool(truth) => truth.to_string().into(),
            ScalarValue::Number(number) => match number.as_f64() {
                Some(float) if number.is_f64() => format_float(float).into(),
                _ => number.to_string().into(),
            },
            ScalarValue::Null => {
                let error = Diagnostic::error(DiagnosticCode::YamlKey, "a field has no name").at(span);
                self.diagnostics
                    .add(error.help("write `name: value`; put the name in quotes if it is the word `null`"));
                return KeyState::Invalid;
            }
        };
        KeyState::Named(name, span)
    }

    /// Reports templates and variables in a name; true if the name cannot be used.
    fn report_key_placeholders(&mut self, span: Span) -> bool {
        let placeholders = self.mask.placeholders_in(span.start, span.end);
        let mut errors = Vec::new();
        for placeholder in placeholders {
            let error = match &placeholder.kind {
                PlaceholderKind::Invalid(error) => error.clone(),
                PlaceholderKind::Template(_) | PlaceholderKind::Variable(_) | PlaceholderKind::SurrogatePair(_) => {
                    TemplateError::InKey
                }
                PlaceholderKind::LiteralVariable(_) => continue,
            };
            errors.push((error, placeholder.span(span.file)));
        }
        for (error, at) in &errors {
            self.diagnostics.add(error.to_diagnostic().at(*at));
        }
        !errors.is_empty()
    }
}

/// A name as a value, for aliases of it.
pub(super) fn key_as_node(scalar: &Scalar<'_>, span: Span) -> Node {
    let style = match scalar.style {
        ScalarStyle::Plain => StringStyle::Plain,
        ScalarStyle::Quoted | ScalarStyle::Block => StringStyle::Quoted,
    };
    Node {
        span,
        data: NodeData::String(scalar.value.to_owned(), style),
        origin: ValueOrigin::File,
    }
}
