//! Reads scalars as values, and fills in their templates and variables.

use super::composer::Composer;
use super::events::{Scalar, ScalarStyle};
use super::mask::MaskedPiece;
use super::placeholder::{Placeholder, PlaceholderKind};
use super::scalar::{self, ResolvedScalar, ScalarError, ScalarValue, parse_plain_scalar};
use super::template::{TemplateEnvironment, TemplateError, TemplateValue, evaluate, look_up_variable};
use super::yaml11::{scalar_error, yaml11_warning};
use crate::{Diagnostic, DiagnosticCode, Node, NodeData, Span, StringStyle, ValueOrigin};

impl Composer<'_> {
    /// Reads a scalar as a value.
    pub(super) fn read_value(&mut self, scalar: &Scalar<'_>, span: Span) -> Node {
        let value = match self.mask.has_no_placeholders() {
            true => None,
            false => self.fill_placeholders(scalar, span),
        };
        value.unwrap_or_else(|| Node {
            span,
            data: self.scalar_data(scalar, scalar.value, span),
            origin: ValueOrigin::File,
        })
    }

    fn scalar_data(&mut self, scalar: &Scalar<'_>, text: &str, span: Span) -> NodeData {
        let resolved = match scalar.tag {
            Some(tag) => scalar::resolve_tagged(tag, text),
            None if scalar.implicit => scalar::resolve_plain(text),
            None => return NodeData::String(text.to_owned(), StringStyle::Quoted),
        };
        match resolved {
            Ok(resolved) => self.data_from_resolved(resolved, scalar, span),
            Err(error) => self.report_scalar_error(error, span),
        }
    }

    fn data_from_resolved(&mut self, resolved: ResolvedScalar<'_>, scalar: &Scalar<'_>, span: Span) -> NodeData {
        if let Some(difference) = resolved.yaml11 {
            self.diagnostics.add(yaml11_warning(difference, span));
        }
        let style = match scalar.style {
            ScalarStyle::Plain if scalar.tag.is_none() => StringStyle::Plain,
            _ => StringStyle::Quoted,
        };
        match resolved.value {
            ScalarValue::Null => NodeData::Null,
            ScalarValue::Bool(truth) => NodeData::Bool(truth),
            ScalarValue::Number(number) => NodeData::Number(number),
            ScalarValue::Text(text) => NodeData::String(text.into_owned(), style),
        }
    }

    fn report_scalar_error(&mut self, error: ScalarError, span: Span) -> NodeData {
        self.diagnostics.add(scalar_error(error, span));
        NodeData::Null
    }

    /// The value with its placeholders filled in; none if it has none to fill in.
    fn fill_placeholders(&mut self, scalar: &Scalar<'_>, span: Span) -> Option<Node> {
        let mut diagnostics = Vec::new();
        let mut builder = ScalarBuilder::default();
        // a block's head may bear a comment
        let start = if scalar.style == ScalarStyle::Block {
            self.next_line_start(span.start)
        } else {
            span.start
        };
        let placeholders = self.mask.placeholders_in(start, span.end);
        diagnostics.extend(
            placeholders
                .iter()
                .filter_map(|placeholder| placeholder_diagnostic(placeholder, span)),
        );
        if !placeholders.iter().any(Placeholder::is_masked) {
            self.report_all(diagnostics);
            return None;
        }
        let indentation = self.block_indentation(scalar.style, span);
        for piece in self.mask.split_at_placeholders(scalar.value, placeholders) {
            builder.add_piece(piece, &self.options.environment, indentation, &mut diagnostics, span);
        }
        if builder.has_backslash && scalar.style == ScalarStyle::Quoted && self.is_double_quoted(span) {
            diagnostics.push(backslash_warning(span));
        }
        self.report_all(diagnostics);
        Some(self.build_node(builder, scalar, span))
    }

    fn build_node(&mut self, builder: ScalarBuilder, scalar: &Scalar<'_>, span: Span) -> Node {
        let data = match (scalar.style, scalar.tag) {
            (ScalarStyle::Plain, None) if builder.is_typed && builder.piece_count == 1 => {
                parse_plain_scalar(&builder.text)
            }
            (ScalarStyle::Plain, None) if builder.variables.is_empty() => self.scalar_data(scalar, &builder.text, span),
            (ScalarStyle::Plain, None) => NodeData::String(builder.text, StringStyle::Template),
            (_, Some(_)) => self.scalar_data(scalar, &builder.text, span),
            (_, None) => NodeData::String(builder.text, StringStyle::Quoted),
        };
        let origin = match builder.variables.is_empty() {
            _ if builder.has_unset_variable => ValueOrigin::UnsetVariable,
            true => ValueOrigin::File,
            false => ValueOrigin::Environment(builder.variables.into()),
        };
        Node { span, data, origin }
    }

    fn report_all(&mut self, diagnostics: Vec<Diagnostic>) {
        for diagnostic in diagnostics {
            self.diagnostics.add(diagnostic);
        }
    }

    fn next_line_start(&self, start: u32) -> u32 {
        let rest = &self.original[start as usize..];
        start + rest.find('\n').map_or(rest.len(), |at| at + 1) as u32
    }

    fn is_double_quoted(&self, span: Span) -> bool {
        self.original[span.start as usize..span.end as usize]
            .trim_start()
            .starts_with('"')
    }

    /// By how much the lines of a block are indented.
    fn block_indentation(&self, style: ScalarStyle, span: Span) -> Option<usize> {
        let text = &self.original[span.start as usize..span.end as usize];
        let spaces = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let lines = text.lines().skip(1).filter(|line| !line.trim().is_empty());
        (style == ScalarStyle::Block).then(|| lines.map(spaces).min().unwrap_or(0))
    }
}

/// A value that is built from text and what is filled in.
#[derive(Default)]
struct ScalarBuilder {
    text: String,
    piece_count: usize,
    /// Whether the last piece is a number or a boolean.
    is_typed: bool,
    /// Whether what was filled in holds a backslash.
    has_backslash: bool,
    /// Whether white space at the beginning of the next text goes.
    trims_next: bool,
    /// Whether a variable is not set.
    has_unset_variable: bool,
    variables: Vec<String>,
}

impl ScalarBuilder {
    fn add_piece(
        &mut self,
        piece: MaskedPiece<'_>,
        environment: &TemplateEnvironment<'_>,
        indentation: Option<usize>,
        diagnostics: &mut Vec<Diagnostic>,
        span: Span,
    ) {
        self.piece_count += 1;
        match piece {
            MaskedPiece::Text(text) if self.trims_next => self.text.push_str(text.trim_start()),
            MaskedPiece::Text(text) => self.text.push_str(text),
            MaskedPiece::Placeholder(placeholder) => match self.evaluate_placeholder(placeholder, environment) {
                Ok(mut value) => {
                    let unset = value.unset_variable.take().map(TemplateError::UnsetVariable);
                    self.has_unset_variable |= unset.is_some();
                    diagnostics.extend(unset.map(|unset| unset.to_note().at(placeholder.span(span.file))));
                    self.append_value(value, indentation);
                }
                Err(error) => diagnostics.push(error.to_diagnostic().at(placeholder.span(span.file))),
            },
        }
        self.trims_next = matches!(piece, MaskedPiece::Placeholder(placeholder) if placeholder.trims_after());
    }

    fn evaluate_placeholder(
        &mut self,
        placeholder: &Placeholder,
        environment: &TemplateEnvironment<'_>,
    ) -> Result<TemplateValue, TemplateError> {
        match &placeholder.kind {
            PlaceholderKind::Template(template) => {
                if template.trims_before {
                    self.text.truncate(self.text.trim_end().len());
                }
                evaluate(template.expression.as_ref().map_err(TemplateError::clone)?, environment)
            }
            PlaceholderKind::Variable(name) => look_up_variable(name.clone(), environment),
            PlaceholderKind::SurrogatePair(character) => Ok(TemplateValue::from_char(*character)),
            PlaceholderKind::LiteralVariable(_) | PlaceholderKind::Invalid(_) => Err(TemplateError::Unreadable),
        }
    }

    fn append_value(&mut self, value: TemplateValue, indentation: Option<usize>) {
        self.is_typed = value.is_typed;
        self.has_backslash |= value.text.contains('\\');
        for name in value.variables {
            if !self.variables.contains(&name) {
                self.variables.push(name);
            }
        }
        match indentation.map_or(0, |own| value.indent.saturating_sub(own)) {
            0 => self.text.push_str(&value.text),
            // more than the block's own indentation is part of its lines
            spaces => self
                .text
                .push_str(&value.text.replace('\n', &format!("\n{}", " ".repeat(spaces)))),
        }
    }
}

/// The diagnostic of a placeholder that is not filled in.
fn placeholder_diagnostic(placeholder: &Placeholder, span: Span) -> Option<Diagnostic> {
    let at = placeholder.span(span.file);
    match &placeholder.kind {
        PlaceholderKind::Invalid(error) => Some(error.to_diagnostic().at(at)),
        PlaceholderKind::LiteralVariable(name) => Some(
            Diagnostic::warning(
                DiagnosticCode::Variable,
                format!("`${name}` stays as it is: variables are not filled in"),
            )
            .at(at)
            .help("fill them in with `--substitute-env`, or write `${{ env \"DECK_NAME\" }}`"),
        ),
        _ => None,
    }
}

fn backslash_warning(span: Span) -> Diagnostic {
    let message =
        "the value filled in between double quotes holds a backslash, which is kept; decK reads it as an escape";
    Diagnostic::warning(DiagnosticCode::TemplateEscape, message).at_secret(span)
}
