use similar::{Algorithm, ChangeTag, DiffOp, capture_diff_slices, group_diff_ops};

use super::paint::{ADDED, CHANGED, FAINT, REMOVED, paint};
use super::pem::portrait;
use super::value::{inline, is_block};
use plan::{FieldChange, Tree};

/// How many unchanged lines or members are shown around those that differ.
const AROUND: usize = 3;
/// How long a line may become before its value is shown as a block.
const WIDE: usize = 100;

/// The fields that differ, for people: one a line with before and after where that is readable, else as a block.
pub fn fields(changes: &[FieldChange]) -> String {
    changes.iter().map(field).collect()
}

fn field(change: &FieldChange) -> String {
    let name = change.path.to_string();
    match (&change.before, &change.after) {
        (Tree::Null, after) => one_sided('+', &name, after),
        (before, Tree::Null) => one_sided('-', &name, before),
        (before, after) => two_sided(&name, before, after),
    }
}

fn one_sided(sign: char, name: &str, value: &Tree) -> String {
    let style = if sign == '+' { ADDED } else { REMOVED };
    match lines(value) {
        Shown::Line(line) => format!("  {}\n", paint(style, format!("{sign} {name}: {line}"))),
        Shown::Block(block) => {
            let head = format!("  {}\n", paint(style, format!("{sign} {name}:")));
            block.iter().fold(head, |text, line| text + &marked(sign, line))
        }
    }
}

fn two_sided(name: &str, before: &Tree, after: &Tree) -> String {
    let head = format!("  {}\n", paint(CHANGED, format!("~ {name}:")));
    if let (Tree::List(before), Tree::List(after)) = (before, after) {
        return head + &compared(&members(before), &members(after));
    }
    match (lines(before), lines(after)) {
        (Shown::Line(before), Shown::Line(after)) if before.len() + after.len() < WIDE => {
            let (before, after) = (paint(REMOVED, before), paint(ADDED, after));
            format!("  {} {before} → {after}\n", paint(CHANGED, format!("~ {name}:")))
        }
        (before, after) => head + &compared(&before.into_lines(), &after.into_lines()),
    }
}

/// A value as it is shown: on one line, or on several.
enum Shown {
    Line(String),
    Block(Vec<String>),
}

impl Shown {
    fn into_lines(self) -> Vec<String> {
        match self {
            Self::Line(line) => vec![line],
            Self::Block(lines) => lines,
        }
    }
}

fn lines(value: &Tree) -> Shown {
    match value {
        Tree::String(text) => match portrait(text) {
            Some(portrait) => Shown::Block(
                portrait
                    .into_iter()
                    .map(|(what, value)| format!("{what:<9}{value}"))
                    .collect(),
            ),
            None if is_block(text) => Shown::Block(text.lines().map(str::to_owned).collect()),
            None => Shown::Line(inline(value)),
        },
        Tree::List(list) if inline(value).len() > WIDE => Shown::Block(members(list)),
        Tree::Map(map) if inline(value).len() > WIDE => Shown::Block(entries(map)),
        _ => Shown::Line(inline(value)),
    }
}

fn entries(map: &[(String, Tree)]) -> Vec<String> {
    let entry = |(name, value): &(String, Tree)| match lines(value) {
        Shown::Line(line) => vec![format!("{name}: {line}")],
        Shown::Block(block) => std::iter::once(format!("{name}:"))
            .chain(block.into_iter().map(|line| format!("  {line}")))
            .collect(),
    };
    map.iter().flat_map(entry).collect()
}

fn members(list: &[Tree]) -> Vec<String> {
    list.iter()
        .flat_map(|member| match member {
            Tree::Map(_) | Tree::List(_) => vec![inline(member)],
            _ => lines(member).into_lines(),
        })
        .collect()
}

/// Both sides line by line, with what is common around what differs.
fn compared(before: &[String], after: &[String]) -> String {
    let ops = capture_diff_slices(Algorithm::Myers, before, after);
    let groups = group_diff_ops(ops, AROUND);
    let mut text = String::new();
    let mut shown = 0;
    for group in &groups {
        if group.first().is_some_and(|op| op.old_range().start > shown) {
            text += &elided();
        }
        for op in group {
            text += &hunk(op, before, after);
            shown = op.old_range().end;
        }
    }
    if !groups.is_empty() && shown < before.len() {
        text += &elided();
    }
    text
}

fn hunk(op: &DiffOp, before: &[String], after: &[String]) -> String {
    op.iter_changes(before, after)
        .map(|change| match change.tag() {
            ChangeTag::Equal => marked(' ', &change.value()),
            ChangeTag::Delete => marked('-', &change.value()),
            ChangeTag::Insert => marked('+', &change.value()),
        })
        .collect()
}

fn marked(sign: char, line: &str) -> String {
    let line = format!("{sign} {line}");
    let line = match sign {
        '+' => paint(ADDED, line),
        '-' => paint(REMOVED, line),
        _ => line,
    };
    format!("      {line}\n")
}

fn elided() -> String {
    format!("      {}\n", paint(FAINT, "  …"))
}
