use std::future::Future;

use tokio::signal::unix::{SignalKind, signal};

use super::Outcome;
use crate::report;
use apply::{Stop, Stopper};

/// Waits until somebody asks the program to end: Ctrl-C, or SIGTERM.
pub async fn interrupted() {
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
pub async fn unless_interrupted<T>(work: impl Future<Output = T>) -> Result<T, super::stop::Stop> {
    tokio::select! {
        done = work => Ok(done),
        () = interrupted() => Err(super::stop::Stop {
            outcome: Outcome::Interrupted,
            error: anyhow::anyhow!("interrupted: nothing was written"),
            help: None,
        }),
    }
}

/// A stop that the first signal gives; the second ends the program at once.
pub fn stop_on_signal() -> Stop {
    let (stopper, stop) = Stop::new();
    tokio::spawn(give(stopper));
    stop
}

async fn give(stopper: Stopper) {
    interrupted().await;
    stopper.stop();
    report::to_stderr(&report::warning(
        "interrupted: finishing what is under way (again to end at once)",
    ));
    interrupted().await;
    std::process::exit(i32::from(Outcome::Interrupted.code()));
}
