//! The names of fields.

use super::composer::Composer;
use super::events::{Form, Scalar};
use super::find::HoleKind;
use super::frame::Key;
use super::number::spell_float;
use super::scalar::{self, Meaning, Misfit, Surprise};
use super::surprise::{misfit, surprising_key};
use super::syntax::FOREIGN_TEMPLATE;
use super::template::Complaint;
use crate::{Data, Diagnostic, Node, Origin, Span, Style};

impl Composer<'_> {
    /// Reads a scalar as a field's name: text, or a number or truth spelled as decK does.
    pub(super) fn key(&mut self, scalar: &Scalar<'_>, span: Span) -> Key {
        if !self.mask.is_empty() && self.has_holes(span) {
            return Key::Dropped;
        }
        if scalar.value == "<<" && (scalar.implicit || scalar.tag == Some("tag:yaml.org,2002:merge")) {
            return Key::Merge(span);
        }
        let resolved = match scalar.tag {
            Some(tag) => scalar::tagged(tag, scalar.value),
            None if scalar.implicit => scalar::plain(scalar.value),
            None => return Key::Named(scalar.value.into(), span),
        };
        match resolved {
            Ok(resolved) => {
                if let Some(Surprise::Word(truth)) = resolved.surprise {
                    self.problems.tell(surprising_key(truth, span));
                }
                self.name(resolved.meaning, span)
            }
            Err(Misfit::NotFinite) => Key::Named(scalar.value.into(), span),
            Err(cause) => {
                self.problems.tell(misfit(cause, span));
                Key::Dropped
            }
        }
    }

    /// Reads a node (an alias') as a field's name.
    pub(super) fn key_of_node(&mut self, node: &Node) -> Key {
        match &node.data {
            Data::Null => self.name(Meaning::Null, node.span),
            Data::Bool(truth) => self.name(Meaning::Bool(*truth), node.span),
            Data::Number(number) => self.name(Meaning::Number(number.clone()), node.span),
            Data::String(text, _) => Key::Named(text.as_str().into(), node.span),
            Data::Map(_) if self.is_foreign_template(node.span) => {
                let (message, help) = FOREIGN_TEMPLATE;
                let error = Diagnostic::error("yaml-syntax", message).at_secret(node.span);
                self.problems.tell(error.help(help));
                Key::Dropped
            }
            Data::List(_) | Data::Map(_) => {
                let message = format!("{} cannot be the name of a field", node.word());
                let error = Diagnostic::error("yaml-key", message).at_secret(node.span);
                self.problems
                    .tell(error.help("put the name in quotes if it is text with brackets or braces"));
                Key::Dropped
            }
        }
    }

    /// Whether a map that is a field's name is the inner half of `{{ … }}`, another program's template.
    fn is_foreign_template(&self, span: Span) -> bool {
        let before = self.original.get(..span.start as usize).unwrap_or_default();
        let here = self.original.get(span.start as usize..).unwrap_or_default();
        before.ends_with('{') && here.starts_with('{')
    }

    fn name(&mut self, meaning: Meaning<'_>, span: Span) -> Key {
        let name = match meaning {
            Meaning::Text(text) => text.into(),
            Meaning::Bool(truth) => truth.to_string().into(),
            Meaning::Number(number) => match number.as_f64() {
                Some(float) if number.is_f64() => spell_float(float).into(),
                _ => number.to_string().into(),
            },
            Meaning::Null => {
                let error = Diagnostic::error("yaml-key", "a field has no name").at(span);
                self.problems
                    .tell(error.help("write `name: value`; put the name in quotes if it is the word `null`"));
                return Key::Dropped;
            }
        };
        Key::Named(name, span)
    }

    /// Tells of templates and variables in a name; true if the name cannot be used.
    fn has_holes(&mut self, span: Span) -> bool {
        let holes = self.mask.holes_in(span.start, span.end);
        let mut complaints = Vec::new();
        for hole in holes {
            let complaint = match &hole.kind {
                HoleKind::Broken(complaint) => complaint.clone(),
                HoleKind::Template(_) | HoleKind::Variable(_) | HoleKind::Character(_) => Complaint::InKey,
                HoleKind::Mention(_) => continue,
            };
            complaints.push((complaint, hole.span(span.file)));
        }
        for (complaint, at) in &complaints {
            self.problems.tell(complaint.diagnostic().at(*at));
        }
        !complaints.is_empty()
    }
}

/// A name as a value, for aliases of it.
pub(super) fn as_node(scalar: &Scalar<'_>, span: Span) -> Node {
    let style = match scalar.form {
        Form::Plain => Style::Plain,
        Form::Quoted | Form::Block => Style::Quoted,
    };
    Node {
        span,
        data: Data::String(scalar.value.to_owned(), style),
        origin: Origin::File,
    }
}
