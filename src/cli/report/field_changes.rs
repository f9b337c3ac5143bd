use similar::{Algorithm, ChangeTag, DiffOp, capture_diff_slices, group_diff_ops};

use super::escape::{escape_block_line, to_single_line};
use super::pem::describe_pem;
use super::style::{ADDED, CHANGED, DIM, REMOVED, paint};
use super::value::{is_block, render_inline};
use plan::{FieldChange, PlanValue};

/// How many unchanged lines are shown around those that differ.
const CONTEXT_LINES: usize = 3;
/// A longer value is shown as a block.
const MAX_LINE_WIDTH: usize = 100;

/// Renders the fields that differ: one a line with before and after where that is readable, else as a block.
pub(super) fn render_field_changes(changes: &[FieldChange]) -> String {
    changes.iter().map(render_field_change).collect()
}

fn render_field_change(change: &FieldChange) -> String {
    let name = to_single_line(&change.path.to_string());
    match (&change.before, &change.after) {
        (PlanValue::Null, after) => render_one_sided('+', &name, after),
        (before, PlanValue::Null) => render_one_sided('-', &name, before),
        (before, after) => render_two_sided(&name, before, after),
    }
}

fn render_one_sided(sign: char, name: &str, value: &PlanValue) -> String {
    let style = if sign == '+' { ADDED } else { REMOVED };
    match render_value(value) {
        RenderedValue::Line(line) => format!("  {}\n", paint(style, format!("{sign} {name}: {line}"))),
        RenderedValue::Block(block) => {
            let heading = format!("  {}\n", paint(style, format!("{sign} {name}:")));
            block
                .iter()
                .fold(heading, |text, line| text + &render_diff_line(sign, line))
        }
    }
}

fn render_two_sided(name: &str, before: &PlanValue, after: &PlanValue) -> String {
    let heading = format!("  {}\n", paint(CHANGED, format!("~ {name}:")));
    if let (PlanValue::List(before), PlanValue::List(after)) = (before, after) {
        return heading + &render_line_diff(&list_lines(before), &list_lines(after));
    }
    match (render_value(before), render_value(after)) {
        (RenderedValue::Line(before), RenderedValue::Line(after)) if before.len() + after.len() < MAX_LINE_WIDTH => {
            let (before, after) = (paint(REMOVED, before), paint(ADDED, after));
            format!("  {} {before} → {after}\n", paint(CHANGED, format!("~ {name}:")))
        }
        (before, after) => heading + &render_line_diff(&before.into_lines(), &after.into_lines()),
    }
}

enum RenderedValue {
    Line(String),
    Block(Vec<String>),
}

impl RenderedValue {
    fn into_lines(self) -> Vec<String> {
        match self {
            Self::Line(line) => vec![line],
            Self::Block(lines) => lines,
        }
    }
}

fn render_value(value: &PlanValue) -> RenderedValue {
    match value {
        PlanValue::String(text) => match describe_pem(text) {
            Some(description) => RenderedValue::Block(
                description
                    .into_iter()
                    .map(|(label, value)| format!("{label:<9}{value}"))
                    .collect(),
            ),
            None if is_block(text) => RenderedValue::Block(text.lines().map(str::to_owned).collect()),
            None => RenderedValue::Line(render_inline(value)),
        },
        PlanValue::List(list) if render_inline(value).len() > MAX_LINE_WIDTH => RenderedValue::Block(list_lines(list)),
        PlanValue::Map(map) if render_inline(value).len() > MAX_LINE_WIDTH => RenderedValue::Block(map_lines(map)),
        _ => RenderedValue::Line(render_inline(value)),
    }
}

fn map_lines(map: &[(String, PlanValue)]) -> Vec<String> {
    let entry = |(name, value): &(String, PlanValue)| match render_value(value) {
        RenderedValue::Line(line) => vec![format!("{name}: {line}")],
        RenderedValue::Block(block) => std::iter::once(format!("{name}:"))
            .chain(block.into_iter().map(|line| format!("  {line}")))
            .collect(),
    };
    map.iter().flat_map(entry).collect()
}

fn list_lines(list: &[PlanValue]) -> Vec<String> {
    list.iter()
        .flat_map(|member| match member {
            PlanValue::Map(_) | PlanValue::List(_) => vec![render_inline(member)],
            _ => render_value(member).into_lines(),
        })
        .collect()
}

/// A line diff with context.
fn render_line_diff(before: &[String], after: &[String]) -> String {
    let ops = capture_diff_slices(Algorithm::Myers, before, after);
    let groups = group_diff_ops(ops, CONTEXT_LINES);
    let mut text = String::new();
    let mut shown = 0;
    for group in &groups {
        if group.first().is_some_and(|op| op.old_range().start > shown) {
            text += &render_elision();
        }
        for op in group {
            text += &render_hunk(op, before, after);
            shown = op.old_range().end;
        }
    }
    if !groups.is_empty() && shown < before.len() {
        text += &render_elision();
    }
    text
}

fn render_hunk(op: &DiffOp, before: &[String], after: &[String]) -> String {
    op.iter_changes(before, after)
        .map(|change| match change.tag() {
            ChangeTag::Equal => render_diff_line(' ', &change.value()),
            ChangeTag::Delete => render_diff_line('-', &change.value()),
            ChangeTag::Insert => render_diff_line('+', &change.value()),
        })
        .collect()
}

fn render_diff_line(sign: char, line: &str) -> String {
    let line = format!("{sign} {}", escape_block_line(line));
    let line = match sign {
        '+' => paint(ADDED, line),
        '-' => paint(REMOVED, line),
        _ => line,
    };
    format!("      {line}\n")
}

fn render_elision() -> String {
    format!("      {}\n", paint(DIM, "  …"))
}
