use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Logs to standard error: what this program does, never what its libraries see, which may be secret.
pub fn start(verbosity: u8) {
    let level = match verbosity {
        0 => return,
        1 => "info",
        2 => "debug",
        _ => "trace",
    };
    let colours = std::io::stderr().is_terminal() && anstream::ColorChoice::global() != anstream::ColorChoice::Never;
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(format!("off,strongroom={level}")))
        .with_writer(std::io::stderr)
        .with_ansi(colours)
        .with_target(false)
        .init();
}
