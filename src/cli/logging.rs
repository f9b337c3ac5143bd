use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts to log to standard error what this program does, never what its libraries do: that may hold secrets.
pub(crate) fn start(verbosity: u8) {
    let level = match verbosity {
        0 => return,
        1 => "info",
        2 => "debug",
        _ => "trace",
    };
    let use_colours =
        std::io::stderr().is_terminal() && anstream::ColorChoice::global() != anstream::ColorChoice::Never;
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(format!("off,strongroom={level}")))
        .with_writer(std::io::stderr)
        .with_ansi(use_colours)
        .with_target(false)
        .init();
}
