use tokio::sync::watch;

/// Tells a run to begin nothing new. What is in flight is finished.
#[derive(Clone, Debug)]
pub struct CancelToken(Option<watch::Receiver<bool>>);

/// Cancels the runs that hold its [`CancelToken`].
#[derive(Debug)]
pub struct Canceller(watch::Sender<bool>);

impl CancelToken {
    /// A token, and what cancels it.
    pub fn new() -> (Canceller, Self) {
        let (sender, receiver) = watch::channel(false);
        (Canceller(sender), Self(Some(receiver)))
    }

    /// A token that is never cancelled.
    pub fn never() -> Self {
        Self(None)
    }

    /// Ends once it is cancelled.
    pub(crate) async fn cancelled(self) {
        let cancelled = match self.0 {
            Some(mut receiver) => receiver.wait_for(|is_cancelled| *is_cancelled).await.is_ok(),
            None => false,
        };
        if !cancelled {
            std::future::pending::<()>().await;
        }
    }

    /// Whether it was cancelled.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.0.as_ref().is_some_and(|receiver| *receiver.borrow())
    }
}

impl Canceller {
    /// Idempotent.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }
}
