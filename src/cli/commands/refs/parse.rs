use std::io::{self, BufRead, BufWriter, ErrorKind, Write};

use crate::args::{GlobalArgs, ParseArgs};
use crate::command_error::{CommandResult, CommandSuccess};
use crate::commands::RunCommand;
use crate::output_mode::OutputMode;
use crate::reporter::Reporter;
use reference::{parse_line_to_json, parse_to_json};

impl RunCommand for ParseArgs {
    fn output_mode(&self) -> OutputMode {
        OutputMode::Raw
    }

    /// Takes references apart, one JSON object a line. A text that is no reference is an answer too, not a failure.
    fn run(self, _: &GlobalArgs, _: &mut Reporter) -> CommandResult {
        let mut stdout = BufWriter::new(io::stdout().lock());
        let printed = if self.references.is_empty() {
            parse_stdin_lines(&mut stdout)
        } else {
            let mut texts = self.references.iter().map(|text| text.as_encoded_bytes());
            texts.try_for_each(|text| writeln!(stdout, "{}", parse_to_json(text)))
        };
        match printed.and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(CommandSuccess::Done),
        }
    }
}

fn parse_stdin_lines(stdout: &mut impl Write) -> io::Result<()> {
    for line in io::stdin().lock().split(b'\n') {
        writeln!(stdout, "{}", parse_line_to_json(&line?))?;
    }
    Ok(())
}
