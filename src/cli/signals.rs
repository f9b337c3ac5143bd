use std::future::Future;

use tokio::signal::unix::{SignalKind, signal};

use super::ExitStatus;
use super::command_error::CommandError;
use crate::printer::print_stderr;
use crate::report;
use apply::{CancelToken, Canceller};

/// Waits for Ctrl-C or SIGTERM.
pub(crate) async fn wait_for_interrupt() {
    let term = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => _ = signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = term => {}
    }
}

/// Runs work that may be interrupted at any moment, because it writes nothing.
pub(crate) async fn run_unless_interrupted<T>(work: impl Future<Output = T>) -> Result<T, CommandError> {
    tokio::select! {
        result = work => Ok(result),
        () = wait_for_interrupt() => Err(CommandError::Interrupted),
    }
}

/// A token that the first signal cancels; the second ends the program at once.
pub(crate) fn cancel_on_signal() -> CancelToken {
    let (canceller, token) = CancelToken::new();
    tokio::spawn(cancel_when_interrupted(canceller));
    token
}

async fn cancel_when_interrupted(canceller: Canceller) {
    wait_for_interrupt().await;
    canceller.cancel();
    print_stderr(&report::render_warning(
        "interrupted: finishing what is under way (again to end at once)",
    ));
    wait_for_interrupt().await;
    std::process::exit(i32::from(ExitStatus::Interrupted.code()));
}
