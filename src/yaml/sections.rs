//! A long text in parts that can be read at the same time: cut between the members of the lists at its top.

use super::ComposeOptions;
use super::composer::Composer;
use super::events::Mark;
use super::lines::{Lines, Text};
use super::mask::Mask;
use super::{refusal, start};
use crate::{Data, Entry, FileId, Node};

/// A part is to be worth a thread.
const SHORTEST: usize = 64 << 10;

/// How many parts a text is cut into, so that nobody waits long for the last.
const MANY: usize = 16;

/// A text in parts.
pub struct Sections<'t> {
    file: FileId,
    text: &'t str,
    mask: Mask<'t>,
    options: &'t ComposeOptions<'t>,
    ascii: bool,
    cuts: Vec<Cut>,
}

/// Where a part begins.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cut {
    start: usize,
    /// Counted from 0.
    line: u32,
    /// The column of the list in which it stands; none at the beginning of the text.
    list: Option<usize>,
}

impl<'t> Sections<'t> {
    /// Cuts a text. None if it is short, or in anything out of the ordinary: then it is read as one.
    pub fn of(file: FileId, text: &'t str, options: &'t ComposeOptions<'t>) -> Option<Self> {
        Self::of_size(file, text, options, SHORTEST.max(text.len() / MANY))
    }

    fn of_size(file: FileId, text: &'t str, options: &'t ComposeOptions<'t>, size: usize) -> Option<Self> {
        if text.starts_with('\u{feff}') || text.len() <= size || refusal(file, text).is_some() {
            return None;
        }
        let mask = Mask::of(text, options.substitute_env)?;
        let ascii = Text::of(&mask.text)?.ascii;
        let cuts = cuts(mask.text.as_bytes(), size);
        (cuts.len() > 1).then_some(Self {
            file,
            text,
            mask,
            options,
            ascii,
            cuts,
        })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.cuts.len()
    }

    /// Reads one of them. None if there is anything out of the ordinary in it, or to tell of it.
    pub fn read(&self, at: usize) -> Option<Node> {
        let cut = *self.cuts.get(at)?;
        let next = self.cuts.get(at + 1);
        let whole = &self.mask.text[..next.map_or(self.mask.text.len(), |next| next.start)];
        let text = Text {
            whole,
            ascii: self.ascii,
        };
        let end = next.map(|next| Mark {
            byte: next.start as u32,
            line: next.line,
            column: 0,
        });
        let lines = Lines::within(text, (cut.start, cut.line), cut.list, end);
        let composer = Composer::new(self.file, self.text, &self.mask, self.options);
        composer.run_part(lines, cut.list.map(|_| start(self.file)))
    }

    /// The whole, made of all that was read, in order. None if a part is missing, or two do not fit.
    pub fn join(parts: Vec<Option<Node>>) -> Option<Node> {
        let mut parts = parts.into_iter();
        let mut whole = parts.next()??;
        let Data::Map(entries) = &mut whole.data else {
            return None;
        };
        for part in parts {
            let Data::Map(more) = part?.data else { return None };
            let mut more = more.into_iter();
            go_on(&mut entries.last_mut()?.value, more.next()?)?;
            for entry in more {
                if entries.iter().any(|known| known.key == entry.key) {
                    return None;
                }
                entries.push(entry);
            }
        }
        let last = entries.last()?.value.span.end;
        whole.span.end = whole.span.end.max(last);
        Some(whole)
    }
}

/// Adds the members with which a list goes on in the next part.
fn go_on(list: &mut Node, rest: Entry) -> Option<()> {
    let (Data::List(members), Data::List(more)) = (&mut list.data, rest.value.data) else {
        return None;
    };
    members.extend(more);
    list.span.end = members.last()?.span.end;
    Some(())
}

/// What is known of the value of the field at the top that is read.
#[derive(Clone, Copy, PartialEq)]
enum Value {
    /// Nothing yet.
    Awaited,
    /// A list, in that column.
    List(usize),
    /// Anything else: it is not cut.
    Other,
}

/// Where a text can be cut into parts of about that size.
fn cuts(text: &[u8], size: usize) -> Vec<Cut> {
    let mut cuts = vec![Cut {
        start: 0,
        line: 0,
        list: None,
    }];
    let (mut value, mut start, mut due) = (Value::Other, 0, size);
    for (line, stop) in (0..).zip(memchr::memchr_iter(b'\n', text)) {
        let bytes = &text[start..stop];
        match (bytes.first(), value) {
            (None | Some(b'#'), _) => {}
            (Some(b' ' | b'-'), Value::Awaited) => {
                value = member(bytes).unwrap_or(Value::Other);
            }
            (Some(b' ' | b'-'), Value::List(column)) if start >= due && member(bytes) == Some(value) => {
                let list = Some(column);
                cuts.push(Cut { start, line, list });
                due = start + size;
            }
            (Some(b' ' | b'-'), _) => {}
            (Some(_), _) if bytes.ends_with(b":") => value = Value::Awaited,
            (Some(_), _) => value = Value::Other,
        }
        start = stop + 1;
    }
    cuts
}

/// The list of which a member begins on a line. A line of nothing but a remark says nothing of it.
fn member(line: &[u8]) -> Option<Value> {
    let column = line.iter().position(|byte| *byte != b' ')?;
    match &line[column..] {
        [b'-'] | [b'-', b' ', ..] => Some(Value::List(column)),
        [b'#', ..] => Some(Value::Awaited),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::{Environment, compose};

    const OPTIONS: ComposeOptions<'_> = ComposeOptions {
        environment: Environment::Of(&|name| (name == "DECK_A").then(|| "filled: in".to_owned())),
        substitute_env: false,
    };

    /// What the sections of a text make together.
    fn joined(text: &str, size: usize) -> Option<Node> {
        let sections = Sections::of_size(FileId(0), text, &OPTIONS, size)?;
        Sections::join((0..sections.count()).map(|at| sections.read(at)).collect())
    }

    /// A node with its places.
    fn shown(node: &Node) -> String {
        let inside = match &node.data {
            Data::Null => "null".to_owned(),
            Data::Bool(truth) => truth.to_string(),
            Data::Number(number) => number.to_string(),
            Data::String(text, style) => format!("{text:?} {style:?}"),
            Data::List(members) => members.iter().map(|member| shown(member) + "\n").collect(),
            Data::Map(entries) => {
                let shown = |entry: &Entry| format!("{} {:?} {}\n", entry.key, entry.key_span, shown(&entry.value));
                entries.iter().map(shown).collect()
            }
        };
        format!("{:?} {:?} ({inside})", node.span, node.origin)
    }

    /// Whether the sections make the same of a text as reading it as one does; also, whether they make anything of it.
    fn agree(text: &str, size: usize) -> bool {
        let Some(joined) = joined(text, size) else { return false };
        let (whole, told) = compose(FileId(0), text, &OPTIONS);
        assert_eq!(told, [], "{text}");
        let whole = whole.unwrap_or_else(|| panic!("{text}"));
        assert_eq!(shown(&joined), shown(&whole), "{text}");
        true
    }

    #[test]
    fn ordinary_texts_are_read_in_sections() {
        for text in [
            "services:\n- name: a\n  host: b\n- name: c\n- name: d\nroutes:\n- name: e\n",
            "---\n_format_version: '3.0'\nvaults:\n  # why\n  - name: a\n    text: |\n      - name: b\n  - name: ü\n\n  -\nlast:",
            "vaults:\n- name: ${{ env \"DECK_A\" }}\n- name: b # c\n- plugins:\n  - name: x\n  tags: [a, b]\nend: 1",
        ] {
            assert!((1..60).any(|size| agree(text, size)), "{text}");
            let sizes = (1..60).filter(|size| joined(text, *size).is_none());
            assert!(sizes.count() < 45, "{text}");
        }
    }

    #[test]
    fn what_is_out_of_the_ordinary_is_read_as_one() {
        for text in [
            "a:\n- b\n- c\na:\n- d\n- e\n",
            "a:\n- b\n- \"c\n- d\"\n- e\n",
            "a:\n- b\n- &c d\n- *c\n",
            "a:\n- b\n- yes\n- c\n",
            "a:\n- b\n- c\n---\n- d\n- e\n",
            "a: |\n  - b\n  - c\n  - d\n",
            "\u{feff}a:\n- b\n- c\n",
        ] {
            assert!(joined(text, 1).is_none(), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn the_same_is_made_of_any_text(
            lines in vec(select(&[
                "a:", "b:", "c: 1", "d: |", "- name: x", "- name: y", "-", "- - z", "  - name: x", "  - y", "  name: z",
                "    name: u", "  e:", "    - v", "  f: |", "      - w", "   odd", "# remark", "  # remark", "", "  ",
                "g: 'q", "- r'", "---", "h: ${{ env \"DECK_A\" }}", "- ${{ env \"DECK_A\" }}", "i: [1, 2]", "  - &k l",
            ][..]), 1..24),
            size in 1_usize..40,
        ) {
            agree(&lines.join("\n"), size);
            agree(&(lines.join("\n") + "\n"), size);
        }
    }
}
