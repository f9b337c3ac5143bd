//! Scalars that are values: what they are, with templates and variables filled in.

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
        let filled = match self.mask.has_no_placeholders() {
            true => None,
            false => self.fill_placeholders(scalar, span),
        };
        filled.unwrap_or_else(|| Node {
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
            Err(cause) => self.report_scalar_error(cause, span),
        }
    }

    fn data_from_resolved(&mut self, resolved: ResolvedScalar<'_>, scalar: &Scalar<'_>, span: Span) -> NodeData {
        if let Some(found) = resolved.yaml11 {
            self.diagnostics.add(yaml11_warning(found, span));
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

    fn report_scalar_error(&mut self, cause: ScalarError, span: Span) -> NodeData {
        self.diagnostics.add(scalar_error(cause, span));
        NodeData::Null
    }

    /// The value with what is hidden in it filled in; none if nothing is.
    fn fill_placeholders(&mut self, scalar: &Scalar<'_>, span: Span) -> Option<Node> {
        let mut told = Vec::new();
        let mut whole = ScalarBuilder::default();
        // a block's head may bear a comment
        let start = if scalar.style == ScalarStyle::Block {
            self.next_line_start(span.start)
        } else {
            span.start
        };
        let holes = self.mask.placeholders_in(start, span.end);
        told.extend(holes.iter().filter_map(|hole| placeholder_diagnostic(hole, span)));
        if !holes.iter().any(Placeholder::is_masked) {
            self.report_all(told);
            return None;
        }
        let indentation = self.block_indentation(scalar.style, span);
        for piece in self.mask.split_at_placeholders(scalar.value, holes) {
            whole.add_piece(piece, &self.options.environment, indentation, &mut told, span);
        }
        if whole.has_backslash && scalar.style == ScalarStyle::Quoted && self.is_double_quoted(span) {
            told.push(backslash_warning(span));
        }
        self.report_all(told);
        Some(self.build_node(whole, scalar, span))
    }

    fn build_node(&mut self, whole: ScalarBuilder, scalar: &Scalar<'_>, span: Span) -> Node {
        let data = match (scalar.style, scalar.tag) {
            (ScalarStyle::Plain, None) if whole.is_typed && whole.piece_count == 1 => parse_plain_scalar(&whole.text),
            (ScalarStyle::Plain, None) if whole.variables.is_empty() => self.scalar_data(scalar, &whole.text, span),
            (ScalarStyle::Plain, None) => NodeData::String(whole.text, StringStyle::Template),
            (_, Some(_)) => self.scalar_data(scalar, &whole.text, span),
            (_, None) => NodeData::String(whole.text, StringStyle::Quoted),
        };
        let origin = match whole.variables.is_empty() {
            _ if whole.has_unset_variable => ValueOrigin::UnsetVariable,
            true => ValueOrigin::File,
            false => ValueOrigin::Environment(whole.variables.into()),
        };
        Node { span, data, origin }
    }

    fn report_all(&mut self, told: Vec<Diagnostic>) {
        for diagnostic in told {
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
    fn block_indentation(&self, form: ScalarStyle, span: Span) -> Option<usize> {
        let text = &self.original[span.start as usize..span.end as usize];
        let spaces = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let lines = text.lines().skip(1).filter(|line| !line.trim().is_empty());
        (form == ScalarStyle::Block).then(|| lines.map(spaces).min().unwrap_or(0))
    }
}

/// A value that is put together from text and what is filled in.
#[derive(Default)]
struct ScalarBuilder {
    text: String,
    piece_count: usize,
    /// Whether the last piece is a number or a truth.
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
        told: &mut Vec<Diagnostic>,
        span: Span,
    ) {
        self.piece_count += 1;
        match piece {
            MaskedPiece::Text(text) if self.trims_next => self.text.push_str(text.trim_start()),
            MaskedPiece::Text(text) => self.text.push_str(text),
            MaskedPiece::Placeholder(hole) => match self.evaluate_placeholder(hole, environment) {
                Ok(mut filled) => {
                    let unset = filled.unset_variable.take().map(TemplateError::UnsetVariable);
                    self.has_unset_variable |= unset.is_some();
                    told.extend(unset.map(|unset| unset.to_note().at(hole.span(span.file))));
                    self.append_value(filled, indentation);
                }
                Err(complaint) => told.push(complaint.to_diagnostic().at(hole.span(span.file))),
            },
        }
        self.trims_next = matches!(piece, MaskedPiece::Placeholder(hole) if hole.trims_after());
    }

    fn evaluate_placeholder(
        &mut self,
        hole: &Placeholder,
        environment: &TemplateEnvironment<'_>,
    ) -> Result<TemplateValue, TemplateError> {
        match &hole.kind {
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

    fn append_value(&mut self, filled: TemplateValue, indentation: Option<usize>) {
        self.is_typed = filled.is_typed;
        self.has_backslash |= filled.text.contains('\\');
        for name in filled.variables {
            if !self.variables.contains(&name) {
                self.variables.push(name);
            }
        }
        match indentation.map_or(0, |own| filled.indent.saturating_sub(own)) {
            0 => self.text.push_str(&filled.text),
            // more than the block's own indentation is part of its lines
            spaces => self
                .text
                .push_str(&filled.text.replace('\n', &format!("\n{}", " ".repeat(spaces)))),
        }
    }
}

/// What there is to tell of something that is not filled in.
fn placeholder_diagnostic(hole: &Placeholder, span: Span) -> Option<Diagnostic> {
    let at = hole.span(span.file);
    match &hole.kind {
        PlaceholderKind::Invalid(complaint) => Some(complaint.to_diagnostic().at(at)),
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
