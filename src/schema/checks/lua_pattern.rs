/// A pattern of Lua's `string.find`, as Kong's schemas hold them under `match` and its kin.
///
/// Bytes are compared, not characters, as Lua does. What is malformed matches nothing.
pub(crate) struct LuaPattern<'a>(pub &'a str);

/// How deep a match may nest before it is given up: patterns of live nodes are not ours to trust.
const MAX_DEPTH: usize = 200;

impl LuaPattern<'_> {
    /// Whether the pattern is found anywhere in the text (at its start only, if it begins with `^`).
    pub fn is_match(&self, text: &str) -> bool {
        let (pattern, anchored) = match self.0.as_bytes() {
            [b'^', rest @ ..] => (rest, true),
            all => (all, false),
        };
        let matcher = LuaMatcher {
            text: text.as_bytes(),
            pattern,
        };
        let last = if anchored { 0 } else { text.len() };
        (0..=last).any(|start| matcher.match_from(start, 0, MAX_DEPTH).is_some())
    }
}

struct LuaMatcher<'a> {
    text: &'a [u8],
    pattern: &'a [u8],
}

impl LuaMatcher<'_> {
    /// Where a match of the pattern from `p` on ends, if the text at `s` starts one.
    fn match_from(&self, mut s: usize, mut p: usize, depth: usize) -> Option<usize> {
        let depth = depth.checked_sub(1)?;
        loop {
            match self.pattern.get(p) {
                None => return Some(s),
                Some(b'(' | b')') => p += 1,
                Some(b'$') if p + 1 == self.pattern.len() => return (s == self.text.len()).then_some(s),
                Some(b'%') if self.pattern.get(p + 1) == Some(&b'f') => {
                    p = self.match_frontier(s, p + 2)?;
                }
                Some(b'%') if self.pattern.get(p + 1) == Some(&b'b') => {
                    s = self.match_balanced(s, p + 2)?;
                    p += 4;
                }
                Some(_) => {
                    let after = self.class_end(p)?;
                    match self.pattern.get(after) {
                        Some(b'?') => {
                            if self.matches_single(s, p, after)
                                && let Some(end) = self.match_from(s + 1, after + 1, depth)
                            {
                                return Some(end);
                            }
                            p = after + 1;
                        }
                        Some(b'*') => return self.match_greedy(s, p, after, 0, depth),
                        Some(b'+') => return self.match_greedy(s, p, after, 1, depth),
                        Some(b'-') => return self.match_lazy(s, p, after, depth),
                        _ if self.matches_single(s, p, after) => {
                            s += 1;
                            p = after;
                        }
                        _ => return None,
                    }
                }
            }
        }
    }

    fn match_greedy(&self, s: usize, p: usize, after: usize, least: usize, depth: usize) -> Option<usize> {
        let most = (s..self.text.len())
            .take_while(|at| self.matches_single(*at, p, after))
            .count();
        (least..=most)
            .rev()
            .find_map(|count| self.match_from(s + count, after + 1, depth))
    }

    fn match_lazy(&self, mut s: usize, p: usize, after: usize, depth: usize) -> Option<usize> {
        loop {
            if let Some(end) = self.match_from(s, after + 1, depth) {
                return Some(end);
            }
            if !self.matches_single(s, p, after) {
                return None;
            }
            s += 1;
        }
    }

    /// `%f[set]`: the place where the set begins to hold.
    fn match_frontier(&self, s: usize, set: usize) -> Option<usize> {
        let after = self.class_end(set)?;
        let before = if s == 0 { 0 } else { self.text[s - 1] };
        let here = self.text.get(s).copied().unwrap_or(0);
        (!self.matches_class(before, set, after) && self.matches_class(here, set, after)).then_some(after)
    }

    /// `%bxy`: from an x to the y that closes it.
    fn match_balanced(&self, s: usize, p: usize) -> Option<usize> {
        let (&open, &close) = (self.pattern.get(p)?, self.pattern.get(p + 1)?);
        if self.text.get(s) != Some(&open) {
            return None;
        }
        let mut level = 1usize;
        for (at, &byte) in self.text.iter().enumerate().skip(s + 1) {
            if byte == close {
                level -= 1;
                if level == 0 {
                    return Some(at + 1);
                }
            } else if byte == open {
                level += 1;
            }
        }
        None
    }

    /// The place after the single-character class that starts at `p`.
    fn class_end(&self, p: usize) -> Option<usize> {
        match self.pattern.get(p)? {
            b'%' => self.pattern.get(p + 1).map(|_| p + 2),
            b'[' => self.set_end(p),
            _ => Some(p + 1),
        }
    }

    fn set_end(&self, p: usize) -> Option<usize> {
        let mut at = p + 1;
        if self.pattern.get(at) == Some(&b'^') {
            at += 1;
        }
        loop {
            let byte = *self.pattern.get(at)?;
            at += if byte == b'%' { 2 } else { 1 };
            if self.pattern.get(at)? == &b']' {
                return Some(at + 1);
            }
        }
    }

    fn matches_single(&self, s: usize, p: usize, after: usize) -> bool {
        self.text.get(s).is_some_and(|byte| self.matches_class(*byte, p, after))
    }

    fn matches_class(&self, byte: u8, p: usize, after: usize) -> bool {
        match self.pattern[p] {
            b'.' => true,
            b'%' => is_in_class(byte, self.pattern[p + 1]),
            b'[' => self.is_in_set(byte, p + 1, after - 1),
            literal => literal == byte,
        }
    }

    fn is_in_set(&self, byte: u8, start: usize, end: usize) -> bool {
        let negated = self.pattern[start] == b'^';
        let mut at = start + usize::from(negated);
        while at < end {
            let found = match self.pattern[at] {
                b'%' if at + 1 < end => {
                    at += 2;
                    is_in_class(byte, self.pattern[at - 1])
                }
                low if at + 2 < end && self.pattern[at + 1] == b'-' => {
                    at += 3;
                    (low..=self.pattern[at - 1]).contains(&byte)
                }
                literal => {
                    at += 1;
                    literal == byte
                }
            };
            if found {
                return !negated;
            }
        }
        negated
    }
}

fn is_in_class(byte: u8, class: u8) -> bool {
    let found = match class.to_ascii_lowercase() {
        b'a' => byte.is_ascii_alphabetic(),
        b'c' => byte.is_ascii_control(),
        b'd' => byte.is_ascii_digit(),
        b'g' => byte.is_ascii_graphic(),
        b'l' => byte.is_ascii_lowercase(),
        b'p' => byte.is_ascii_punctuation(),
        b's' => byte.is_ascii_whitespace() || byte == 0x0b,
        b'u' => byte.is_ascii_uppercase(),
        b'w' => byte.is_ascii_alphanumeric(),
        b'x' => byte.is_ascii_hexdigit(),
        b'z' => byte == 0,
        _ => return class == byte,
    };
    found != class.is_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::LuaPattern;

    #[test]
    fn finds_what_lua_finds() {
        for (pattern, yes, no) in [
            ("^%u+$", vec!["GET", "A"], vec!["get", "G T", "X-Y", ""]),
            (
                "^[a-z][a-z%d-]-[a-z%d]+$",
                vec!["ab", "a--b", "konnect"],
                vec!["a", "a_b", "A-b", "a-", "-a"],
            ),
            ("^[%a_-][%a%d_-]*$", vec!["A_", "a-b", "-"], vec!["1-bad", "", "é"]),
            (
                "^[^*&%%\\`]+$",
                vec!["/tmp/x", "é"],
                vec!["", "a*", "a%b", "a\\b", "a`"],
            ),
            ("%w*%p*@+%w*%.?%w*", vec!["a@b.c", "@"], vec!["x", ""]),
            ("^[^*]*%*?[^*]*$", vec!["*", "a.*", ""], vec!["**", "*a*"]),
            ("^[^:]+:.*$", vec!["a:b", "a:"], vec!["x", ":b"]),
            ("^.*[^:]$", vec!["a:b"], vec!["a:", ""]),
            ("//", vec!["/a//b"], vec!["/a/b", ""]),
            ("%b()", vec!["a(b(c)d)"], vec!["(("]),
            ("%f[%w]b", vec!["a b"], vec!["ab"]),
        ] {
            for text in yes {
                assert!(LuaPattern(pattern).is_match(text), "{pattern} should find {text}");
            }
            for text in no {
                assert!(!LuaPattern(pattern).is_match(text), "{pattern} should not find {text}");
            }
        }
    }

    #[test]
    fn malformed_patterns_find_nothing() {
        for pattern in ["[", "[a", "%", "[%", "%f", "%b", "%bx", "[^", "a[]"] {
            assert!(!LuaPattern(pattern).is_match("a("), "{pattern}");
        }
    }
}
