use std::io::{BufRead, IsTerminal};

use anyhow::anyhow;

use super::command_error::CommandError;
use super::printer::print_stderr;
use super::report::to_single_line;

/// Asks on the terminal; only `yes` and `y` confirm.
///
/// # Errors
/// Without a terminal: there `flag` confirms.
pub(crate) fn confirm(question: &str, flag: &str) -> Result<bool, CommandError> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        let error = anyhow!("{question} Nobody is there to answer: {flag} says yes");
        return Err(CommandError::invalid_input(error));
    }
    print_stderr(&format!("{} [y/N] ", to_single_line(question)));
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
