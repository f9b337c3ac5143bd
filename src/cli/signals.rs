use std::future::Future;

use tokio::signal::unix::{SignalKind, signal};

use super::ExitStatus;
use super::command_error::CommandError;
use crate::printer::print_stderr;
use crate::report;
use apply::{CancelToken, Canceller};

/// Waits until somebody asks the program to end: Ctrl-C, or SIGTERM.
pub async fn wait_for_interrupt() {
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

/// Does something that may be left at any moment, because it writes nothing.
///
/// # Errors
/// When somebody asked the program to end.
pub async fn run_unless_interrupted<T>(work: impl Future<Output = T>) -> Result<T, CommandError> {
    tokio::select! {
        done = work => Ok(done),
        () = wait_for_interrupt() => Err(CommandError::Interrupted),
    }
}

/// A stop that the first signal gives; the second ends the program at once.
pub fn cancel_on_signal() -> CancelToken {
    let (stopper, stop) = CancelToken::new();
    tokio::spawn(cancel_when_interrupted(stopper));
    stop
}

async fn cancel_when_interrupted(stopper: Canceller) {
    wait_for_interrupt().await;
    stopper.cancel();
    print_stderr(&report::render_warning(
        "interrupted: finishing what is under way (again to end at once)",
    ));
    wait_for_interrupt().await;
    std::process::exit(i32::from(ExitStatus::Interrupted.code()));
}
