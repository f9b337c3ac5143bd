use tokio::sync::watch;

/// Tells a run to begin nothing new. What is in flight is finished.
#[derive(Clone, Debug)]
pub struct CancelToken(Option<watch::Receiver<bool>>);

/// Gives the signal that a [`Stop`] waits for.
#[derive(Debug)]
pub struct Canceller(watch::Sender<bool>);

impl CancelToken {
    /// A signal and whoever gives it.
    pub fn new() -> (Canceller, Self) {
        let (sender, receiver) = watch::channel(false);
        (Canceller(sender), Self(Some(receiver)))
    }

    /// A signal that never comes.
    pub fn never() -> Self {
        Self(None)
    }

    /// Whether it was given.
    pub fn is_cancelled(&self) -> bool {
        self.0.as_ref().is_some_and(|receiver| *receiver.borrow())
    }
}

impl Canceller {
    /// Gives the signal.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }
}
