//! A long text in chunks that can be read at the same time, split between the members of its top-level lists.

use super::scanner::{FastScanner, SourceText};
use crate::composer::Composer;
use crate::events::Mark;
use crate::mask::MaskedText;
use crate::{ComposeOptions, FileId, MapEntry, Node, NodeData, check_limits, start_of_file};

/// A chunk must be worth a thread.
const MIN_CHUNK_BYTES: usize = 64 << 10;

/// How many chunks a text is split into: more than there are threads, so that none waits long for the last.
const TARGET_CHUNK_COUNT: usize = 16;

/// A text in chunks.
pub struct YamlChunks<'t> {
    file: FileId,
    text: &'t str,
    mask: MaskedText<'t>,
    options: &'t ComposeOptions<'t>,
    is_ascii: bool,
    starts: Vec<ChunkStart>,
}

/// Where a chunk begins.
#[derive(Clone, Copy, Debug, PartialEq)]
struct ChunkStart {
    start: usize,
    /// Counted from 0.
    line: u32,
    /// The column of the list in which it stands; none at the beginning of the text.
    list_column: Option<usize>,
}

impl<'t> YamlChunks<'t> {
    /// Splits a text. None if it is short or holds what the fast scanner does not support: it is read as one then.
    pub fn split(file: FileId, text: &'t str, options: &'t ComposeOptions<'t>) -> Option<Self> {
        Self::split_by_size(
            file,
            text,
            options,
            MIN_CHUNK_BYTES.max(text.len() / TARGET_CHUNK_COUNT),
        )
    }

    fn split_by_size(file: FileId, text: &'t str, options: &'t ComposeOptions<'t>, size: usize) -> Option<Self> {
        if text.starts_with('\u{feff}') || text.len() <= size || check_limits(file, text).is_some() {
            return None;
        }
        let mask = MaskedText::new(text, options.substitute_env)?;
        let ascii = SourceText::new(&mask.text)?.is_ascii;
        let starts = find_chunk_starts(mask.text.as_bytes(), size);
        (starts.len() > 1).then_some(Self {
            file,
            text,
            mask,
            options,
            is_ascii: ascii,
            starts,
        })
    }

    /// How many chunks there are.
    pub fn chunk_count(&self) -> usize {
        self.starts.len()
    }

    /// Reads a chunk. None if it holds what the fast scanner does not support, or anything to diagnose.
    pub fn read_chunk(&self, at: usize) -> Option<Node> {
        let start = *self.starts.get(at)?;
        let next = self.starts.get(at + 1);
        let text_before_next = &self.mask.text[..next.map_or(self.mask.text.len(), |next| next.start)];
        let text = SourceText {
            source: text_before_next,
            is_ascii: self.is_ascii,
        };
        let end = next.map(|next| Mark {
            byte: next.start as u32,
            line: next.line,
            column: 0,
        });
        let scanner = FastScanner::starting_at(text, (start.start, start.line), start.list_column, end);
        let composer = Composer::new(self.file, self.text, &self.mask, self.options);
        composer.compose_chunk(scanner, start.list_column.map(|_| start_of_file(self.file)))
    }

    /// Joins the chunks, in order. None if one is missing, or two do not fit.
    pub fn join_chunks(chunks: Vec<Option<Node>>) -> Option<Node> {
        let mut chunks = chunks.into_iter();
        let mut joined = chunks.next()??;
        let NodeData::Map(entries) = &mut joined.data else {
            return None;
        };
        for chunk in chunks {
            let NodeData::Map(more) = chunk?.data else { return None };
            let mut more = more.into_iter();
            append_members(&mut entries.last_mut()?.value, more.next()?)?;
            for entry in more {
                if entries.iter().any(|known| known.key == entry.key) {
                    return None;
                }
                entries.push(entry);
            }
        }
        let last = entries.last()?.value.span.end;
        joined.span.end = joined.span.end.max(last);
        Some(joined)
    }
}

/// Appends the members with which a list continues in the next chunk.
fn append_members(list: &mut Node, rest: MapEntry) -> Option<()> {
    let (NodeData::List(members), NodeData::List(more)) = (&mut list.data, rest.value.data) else {
        return None;
    };
    members.extend(more);
    list.span.end = members.last()?.span.end;
    Some(())
}

/// What is known of the value of the current top-level field.
#[derive(Clone, Copy, PartialEq)]
enum TopLevelValue {
    /// Nothing yet.
    Expected,
    /// A list, in that column.
    List(usize),
    /// Anything else: it is not split.
    Other,
}

/// Where a text can be split into chunks of about that size.
fn find_chunk_starts(text: &[u8], size: usize) -> Vec<ChunkStart> {
    let mut starts = vec![ChunkStart {
        start: 0,
        line: 0,
        list_column: None,
    }];
    let (mut value, mut start, mut due) = (TopLevelValue::Other, 0, size);
    for (line, stop) in (0..).zip(memchr::memchr_iter(b'\n', text)) {
        let bytes = &text[start..stop];
        match (bytes.first(), value) {
            (None | Some(b'#'), _) => {}
            (Some(b' ' | b'-'), TopLevelValue::Expected) => {
                value = list_member_value(bytes).unwrap_or(TopLevelValue::Other);
            }
            (Some(b' ' | b'-'), TopLevelValue::List(column))
                if start >= due && list_member_value(bytes) == Some(value) =>
            {
                let list = Some(column);
                starts.push(ChunkStart {
                    start,
                    line,
                    list_column: list,
                });
                due = start + size;
            }
            (Some(b' ' | b'-'), _) => {}
            (Some(_), _) if bytes.ends_with(b":") => value = TopLevelValue::Expected,
            (Some(_), _) => value = TopLevelValue::Other,
        }
        start = stop + 1;
    }
    starts
}

/// The list of which a member begins on a line. A comment line does not decide it.
fn list_member_value(line: &[u8]) -> Option<TopLevelValue> {
    let column = line.iter().position(|byte| *byte != b' ')?;
    match &line[column..] {
        [b'-'] | [b'-', b' ', ..] => Some(TopLevelValue::List(column)),
        [b'#', ..] => Some(TopLevelValue::Expected),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::{TemplateEnvironment, compose};

    const OPTIONS: ComposeOptions<'_> = ComposeOptions {
        environment: TemplateEnvironment::Strict(&|name| (name == "DECK_A").then(|| "filled: in".to_owned())),
        substitute_env: false,
    };

    /// What the chunks of a text make together.
    fn split_and_join(text: &str, size: usize) -> Option<Node> {
        let chunks = YamlChunks::split_by_size(FileId(0), text, &OPTIONS, size)?;
        YamlChunks::join_chunks((0..chunks.chunk_count()).map(|at| chunks.read_chunk(at)).collect())
    }

    /// A node with its spans.
    fn show_node(node: &Node) -> String {
        let inside = match &node.data {
            NodeData::Null => "null".to_owned(),
            NodeData::Bool(truth) => truth.to_string(),
            NodeData::Number(number) => number.to_string(),
            NodeData::String(text, style) => format!("{text:?} {style:?}"),
            NodeData::List(members) => members.iter().map(|member| show_node(member) + "\n").collect(),
            NodeData::Map(entries) => {
                let shown =
                    |entry: &MapEntry| format!("{} {:?} {}\n", entry.key, entry.key_span, show_node(&entry.value));
                entries.iter().map(shown).collect()
            }
        };
        format!("{:?} {:?} ({inside})", node.span, node.origin)
    }

    /// The chunks make the same of a text as `compose`, if they make anything of it. Says whether they do.
    fn assert_same_reading(text: &str, size: usize) -> bool {
        let Some(joined) = split_and_join(text, size) else {
            return false;
        };
        let (whole, diagnostics) = compose(FileId(0), text, &OPTIONS);
        assert_eq!(diagnostics, [], "{text}");
        let whole = whole.unwrap_or_else(|| panic!("{text}"));
        assert_eq!(show_node(&joined), show_node(&whole), "{text}");
        true
    }

    #[test]
    fn ordinary_texts_are_read_in_chunks() {
        for text in [
            "services:\n- name: a\n  host: b\n- name: c\n- name: d\nroutes:\n- name: e\n",
            "---\n_format_version: '3.0'\nvaults:\n  # why\n  - name: a\n    text: |\n      - name: b\n  - name: ü\n\n  -\nlast:",
            "vaults:\n- name: ${{ env \"DECK_A\" }}\n- name: b # c\n- plugins:\n  - name: x\n  tags: [a, b]\nend: 1",
        ] {
            assert!((1..60).any(|size| assert_same_reading(text, size)), "{text}");
            let sizes = (1..60).filter(|size| split_and_join(text, *size).is_none());
            assert!(sizes.count() < 45, "{text}");
        }
    }

    #[test]
    fn what_is_not_supported_is_read_as_one() {
        for text in [
            "a:\n- b\n- c\na:\n- d\n- e\n",
            "a:\n- b\n- \"c\n- d\"\n- e\n",
            "a:\n- b\n- &c d\n- *c\n",
            "a:\n- b\n- yes\n- c\n",
            "a:\n- b\n- c\n---\n- d\n- e\n",
            "a: |\n  - b\n  - c\n  - d\n",
            "\u{feff}a:\n- b\n- c\n",
        ] {
            assert!(split_and_join(text, 1).is_none(), "{text}");
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
            assert_same_reading(&lines.join("\n"), size);
            assert_same_reading(&(lines.join("\n") + "\n"), size);
        }
    }
}
