use anstyle::{AnsiColor, Style};

/// What is new.
pub const ADDED: Style = AnsiColor::Green.on_default();
/// What changes.
pub const CHANGED: Style = AnsiColor::Yellow.on_default();
/// What goes.
pub const REMOVED: Style = AnsiColor::Red.on_default();
/// What is not what the reader is after.
pub const DIM: Style = Style::new().dimmed();
/// What names something.
pub const BOLD: Style = Style::new().bold();

/// The text in that style; whoever prints it takes the style away where it cannot be shown.
pub fn paint(style: Style, text: impl std::fmt::Display) -> String {
    format!("{}{text}{}", style.render(), style.render_reset())
}
