//! Scalars that are values: what they are, with templates and variables filled in.

use super::composer::Composer;
use super::events::{Form, Scalar};
use super::find::{Hole, HoleKind};
use super::mask::Piece;
use super::scalar::{self, Meaning, Misfit, Resolved, type_as_yaml};
use super::surprise::{misfit, surprise};
use super::template::{Complaint, Environment, Filled, evaluate, look_up};
use crate::{Data, Diagnostic, Node, Origin, Span, Style};

impl Composer<'_> {
    /// Reads a scalar as a value.
    pub(super) fn value(&mut self, scalar: &Scalar<'_>, span: Span) -> Node {
        let filled = match self.mask.is_empty() {
            true => None,
            false => self.filled(scalar, span),
        };
        filled.unwrap_or_else(|| Node {
            span,
            data: self.data(scalar, scalar.value, span),
            origin: Origin::File,
        })
    }

    fn data(&mut self, scalar: &Scalar<'_>, text: &str, span: Span) -> Data {
        let resolved = match scalar.tag {
            Some(tag) => scalar::tagged(tag, text),
            None if scalar.implicit => scalar::plain(text),
            None => return Data::String(text.to_owned(), Style::Quoted),
        };
        match resolved {
            Ok(resolved) => self.resolved(resolved, scalar, span),
            Err(cause) => self.misfit(cause, span),
        }
    }

    fn resolved(&mut self, resolved: Resolved<'_>, scalar: &Scalar<'_>, span: Span) -> Data {
        if let Some(found) = resolved.surprise {
            self.problems.tell(surprise(found, span));
        }
        let style = match scalar.form {
            Form::Plain if scalar.tag.is_none() => Style::Plain,
            _ => Style::Quoted,
        };
        match resolved.meaning {
            Meaning::Null => Data::Null,
            Meaning::Bool(truth) => Data::Bool(truth),
            Meaning::Number(number) => Data::Number(number),
            Meaning::Text(text) => Data::String(text.into_owned(), style),
        }
    }

    fn misfit(&mut self, cause: Misfit, span: Span) -> Data {
        self.problems.tell(misfit(cause, span));
        Data::Null
    }

    /// The value with what is hidden in it filled in; none if nothing is.
    fn filled(&mut self, scalar: &Scalar<'_>, span: Span) -> Option<Node> {
        let mut told = Vec::new();
        let mut whole = Whole::default();
        // a block's head may bear a comment
        let start = if scalar.form == Form::Block {
            self.line_after(span.start)
        } else {
            span.start
        };
        let holes = self.mask.holes_in(start, span.end);
        told.extend(holes.iter().filter_map(|hole| remark(hole, span)));
        if !holes.iter().any(Hole::is_hidden) {
            self.tell_all(told);
            return None;
        }
        let indentation = self.indentation(scalar.form, span);
        for piece in self.mask.pieces(scalar.value, holes) {
            whole.add(piece, &self.options.environment, indentation, &mut told, span);
        }
        if whole.has_backslash && scalar.form == Form::Quoted && self.is_double_quoted(span) {
            told.push(backslash(span));
        }
        self.tell_all(told);
        Some(self.whole(whole, scalar, span))
    }

    fn whole(&mut self, whole: Whole, scalar: &Scalar<'_>, span: Span) -> Node {
        let data = match (scalar.form, scalar.tag) {
            (Form::Plain, None) if whole.typed && whole.pieces == 1 => type_as_yaml(&whole.text),
            (Form::Plain, None) if whole.variables.is_empty() => self.data(scalar, &whole.text, span),
            (Form::Plain, None) => Data::String(whole.text, Style::Template),
            (_, Some(_)) => self.data(scalar, &whole.text, span),
            (_, None) => Data::String(whole.text, Style::Quoted),
        };
        let origin = match whole.variables.is_empty() {
            _ if whole.is_made_up => Origin::Unset,
            true => Origin::File,
            false => Origin::Environment(whole.variables.into()),
        };
        Node { span, data, origin }
    }

    fn tell_all(&mut self, told: Vec<Diagnostic>) {
        for diagnostic in told {
            self.problems.tell(diagnostic);
        }
    }

    fn line_after(&self, start: u32) -> u32 {
        let rest = &self.original[start as usize..];
        start + rest.find('\n').map_or(rest.len(), |at| at + 1) as u32
    }

    fn is_double_quoted(&self, span: Span) -> bool {
        self.original[span.start as usize..span.end as usize]
            .trim_start()
            .starts_with('"')
    }

    /// By how much the lines of a block are indented.
    fn indentation(&self, form: Form, span: Span) -> Option<usize> {
        let text = &self.original[span.start as usize..span.end as usize];
        let spaces = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let lines = text.lines().skip(1).filter(|line| !line.trim().is_empty());
        (form == Form::Block).then(|| lines.map(spaces).min().unwrap_or(0))
    }
}

/// A value that is put together from text and what is filled in.
#[derive(Default)]
struct Whole {
    text: String,
    pieces: usize,
    /// Whether the last piece is a number or a truth.
    typed: bool,
    /// Whether what was filled in holds a backslash.
    has_backslash: bool,
    /// Whether white space at the beginning of the next text goes.
    trims: bool,
    /// Whether a variable is not set.
    is_made_up: bool,
    variables: Vec<String>,
}

impl Whole {
    fn add(
        &mut self,
        piece: Piece<'_>,
        environment: &Environment<'_>,
        indentation: Option<usize>,
        told: &mut Vec<Diagnostic>,
        span: Span,
    ) {
        self.pieces += 1;
        match piece {
            Piece::Text(text) if self.trims => self.text.push_str(text.trim_start()),
            Piece::Text(text) => self.text.push_str(text),
            Piece::Hole(hole) => match self.fill(hole, environment) {
                Ok(mut filled) => {
                    let unset = filled.unset.take().map(Complaint::Unset);
                    self.is_made_up |= unset.is_some();
                    told.extend(unset.map(|unset| unset.note().at(hole.span(span.file))));
                    self.take(filled, indentation);
                }
                Err(complaint) => told.push(complaint.diagnostic().at(hole.span(span.file))),
            },
        }
        self.trims = matches!(piece, Piece::Hole(hole) if hole.trims_after());
    }

    fn fill(&mut self, hole: &Hole, environment: &Environment<'_>) -> Result<Filled, Complaint> {
        match &hole.kind {
            HoleKind::Template(template) => {
                if template.trims_before {
                    self.text.truncate(self.text.trim_end().len());
                }
                evaluate(template.says.as_ref().map_err(Complaint::clone)?, environment)
            }
            HoleKind::Variable(name) => look_up(name.clone(), environment),
            HoleKind::Character(character) => Ok(Filled::character(*character)),
            HoleKind::Mention(_) | HoleKind::Broken(_) => Err(Complaint::Unreadable),
        }
    }

    fn take(&mut self, filled: Filled, indentation: Option<usize>) {
        self.typed = filled.typed;
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
fn remark(hole: &Hole, span: Span) -> Option<Diagnostic> {
    let at = hole.span(span.file);
    match &hole.kind {
        HoleKind::Broken(complaint) => Some(complaint.diagnostic().at(at)),
        HoleKind::Mention(name) => Some(
            Diagnostic::warning(
                "variable",
                format!("`${name}` stays as it is: variables are not filled in"),
            )
            .at(at)
            .help("fill them in with `--substitute-env`, or write `${{ env \"DECK_NAME\" }}`"),
        ),
        _ => None,
    }
}

fn backslash(span: Span) -> Diagnostic {
    let message =
        "the value filled in between double quotes holds a backslash, which is kept; decK reads it as an escape";
    Diagnostic::warning("template-escape", message).at_secret(span)
}
