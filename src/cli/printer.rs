use std::io::{self, ErrorKind, Write};

/// Prints to standard output, without colours where they cannot be shown. A closed pipe is no failure; a full disk is.
pub(crate) fn print_stdout(text: &str) -> io::Result<()> {
    ignore_broken_pipe(|| {
        let mut stdout = anstream::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        stdout.flush()
    })
}

/// Prints to standard error, without colours where they cannot be shown. Failures are ignored.
pub(crate) fn print_stderr(text: &str) {
    let mut stderr = anstream::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

fn ignore_broken_pipe(print: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    match print() {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}
