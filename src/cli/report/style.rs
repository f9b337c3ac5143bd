use anstyle::{AnsiColor, Style};

/// What is new.
pub(super) const ADDED: Style = AnsiColor::Green.on_default();
/// What changes.
pub(super) const CHANGED: Style = AnsiColor::Yellow.on_default();
/// What goes.
pub(super) const REMOVED: Style = AnsiColor::Red.on_default();
/// What is not what the reader is after.
pub(super) const DIM: Style = Style::new().dimmed();
/// What names something.
pub(super) const BOLD: Style = Style::new().bold();

/// The text in that style; whoever prints it takes the style away where it cannot be shown.
pub(super) fn paint(style: Style, text: impl std::fmt::Display) -> String {
    format!("{}{text}{}", style.render(), style.render_reset())
}
