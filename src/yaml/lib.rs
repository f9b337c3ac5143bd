//! Reads texts into nodes with positions, as decK reads YAML.

mod anchors;
mod composer;
mod diagnostic;
mod diagnostic_code;
mod diagnostic_set;
mod encoding;
mod events;
mod fast;
mod frame;
mod key;
mod libyaml;
mod map_builder;
mod mask;
mod node;
mod number;
mod placeholder;
mod scalar;
mod shell_variable;
mod suggest;
mod syntax;
mod template;
mod value;
mod yaml11;

pub use diagnostic::{Diagnostic, DiagnosticLocation, Severity};
pub use diagnostic_code::DiagnosticCode;
pub use encoding::decode;
pub use fast::YamlChunks;
pub use node::{FileId, MapEntry, Node, NodeData, SourceFile, SourceFiles, Span, StringStyle, ValueOrigin};
pub use number::format_float;
pub use scalar::parse_plain_scalar;
pub use suggest::suggest_similar;
pub use template::TemplateEnvironment;

use composer::Composer;
use mask::MaskedText;

/// How a text is read.
#[derive(Clone, Copy)]
pub struct ComposeOptions<'e> {
    /// Where the values of templates come from.
    pub environment: TemplateEnvironment<'e>,
    /// Whether `$NAME` and `${NAME}` are filled in too, whatever the name.
    pub substitute_env: bool,
}

/// How long a text may be: positions have 32 bits, and no state file comes near.
const MAX_LENGTH: usize = 1 << 30;

/// How many lines may begin with `%`: the parser compares each directive with all others.
const MAX_DIRECTIVES: usize = 100;

/// Reads a text of YAML or JSON into a node, and reports all that is wrong or doubtful in it, in its order.
///
/// An empty text is `null`. There is no node if the text could not be read to its end; with errors there may be one
/// still, so that what else is wrong is reported at once.
pub fn compose(file: FileId, text: &str, options: &ComposeOptions<'_>) -> (Option<Node>, Vec<Diagnostic>) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(error) = check_limits(file, text) {
        return (None, vec![error]);
    }
    match MaskedText::new(text, options.substitute_env) {
        Some(mask) => Composer::new(file, text, &mask, options).compose(),
        None => (
            None,
            vec![
                Diagnostic::error(DiagnosticCode::TooLong, "the text leaves no character unused")
                    .at_secret(start_of_file(file)),
            ],
        ),
    }
}

fn check_limits(file: FileId, text: &str) -> Option<Diagnostic> {
    if text.len() > MAX_LENGTH {
        return Some(
            Diagnostic::error(DiagnosticCode::TooLong, "the text is longer than 1 GiB").at_secret(start_of_file(file)),
        );
    }
    let directives = text
        .lines()
        .take_while(|line| line.starts_with(['%', '#']) || line.trim().is_empty());
    let has_many = directives
        .filter(|line| line.starts_with('%'))
        .nth(MAX_DIRECTIVES)
        .is_some();
    has_many.then(|| {
        Diagnostic::error(
            DiagnosticCode::YamlDirectives,
            "the text begins with too many directives",
        )
        .at_secret(start_of_file(file))
        .help("leave out the lines that begin with `%`")
    })
}

fn start_of_file(file: FileId) -> Span {
    Span {
        file,
        start: 0,
        end: 0,
        line: 1,
        column: 1,
    }
}
