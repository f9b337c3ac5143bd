//! How long a test waits for what must come: no machine is so busy that only a hang did not take as long.

use std::time::{Duration, Instant};

/// What takes longer hangs.
pub const HANG: Duration = Duration::from_secs(120);

/// What comes of that, which must not hang.
pub async fn without_hang<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(HANG, future).await.expect("it hangs")
}

/// What comes of that work, which must have been done before one would call it a hang.
#[track_caller]
pub fn done_without_hang<T>(work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let result = work();
    assert!(begun.elapsed() < HANG, "it took {:?}", begun.elapsed());
    result
}
