use std::io::{BufRead, BufWriter, ErrorKind, Write, stdin, stdout};

use crate::ExitStatus;
use crate::args::ParseArgs;
use crate::command_error::CommandResult;
use reference::{parse_line_to_json, parse_to_json};

/// Takes references apart, one JSON object a line. What is no reference is an answer too, not a failure.
pub fn run(args: &ParseArgs) -> CommandResult {
    let mut out = BufWriter::new(stdout().lock());
    let told = if args.references.is_empty() {
        answer_stdin_lines(&mut out)
    } else {
        let mut texts = args.references.iter().map(|text| text.as_encoded_bytes());
        texts.try_for_each(|text| writeln!(out, "{}", parse_to_json(text)))
    };
    match told.and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitStatus::Success),
    }
}

fn answer_stdin_lines(out: &mut impl Write) -> std::io::Result<()> {
    for line in stdin().lock().split(b'\n') {
        writeln!(out, "{}", parse_line_to_json(&line?))?;
    }
    Ok(())
}
