//! Whether a text is a chunk of Lua, as the LuaJIT of Kong's nodes compiles it.
//!
//! Kong refuses functions of plugins that do not compile, with LuaJIT's own words; these are written here after what LuaJIT 2.1
//! answers. Where a build option of LuaJIT decides (a semicolon alone, a call that begins a line), the wider reading
//! holds, so that nothing is refused that a node may take.

mod expression;
mod lexer;
mod parser;
mod scope;

/// How long a chunk's name may be.
const MAX_NAME: usize = 59;

/// How much of a chunk its name shows.
const MAX_SHOWN: usize = 45;

/// Why a text does not compile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LuaError {
    /// The line, from 1.
    pub(crate) line: usize,
    /// What is wrong, as LuaJIT says it, without the chunk's name.
    pub(crate) message: String,
}

impl LuaError {
    fn new(line: usize, message: &str) -> Self {
        Self {
            line,
            message: message.to_owned(),
        }
    }

    fn near(line: usize, message: &str, near: &str) -> Self {
        let shown = near.split('\0').next().unwrap_or_default();
        Self::new(line, &format!("{message} near '{shown}'"))
    }
}

/// Compiles a chunk and throws it away.
///
/// # Errors
/// It does not compile: what LuaJIT says, with the chunk's name (its own first line) and the line.
pub(crate) fn check_lua_syntax(source: &str) -> Result<(), String> {
    parser::parse_chunk(source).map_err(|error| format!("{}:{}: {}", chunk_name(source), error.line, error.message))
}

/// The name that LuaJIT gives to a chunk that came from a text: what stands before its first control character, shortened. A text
/// that begins with `=` or `@` is taken for a name.
fn chunk_name(source: &str) -> String {
    if let Some(name) = source.strip_prefix(['=', '@']) {
        return String::from_utf8_lossy(&name.as_bytes()[..name.len().min(MAX_NAME)]).into_owned();
    }
    let bytes = source.as_bytes();
    let shown = bytes
        .iter()
        .take(MAX_SHOWN + 3)
        .take_while(|byte| **byte >= b' ')
        .count();
    match shown == bytes.len() {
        true => format!("[string \"{source}\"]"),
        false => {
            let start = String::from_utf8_lossy(&bytes[..shown.min(MAX_SHOWN)]);
            format!("[string \"{start}...\"]")
        }
    }
}

#[cfg(test)]
mod tests;
