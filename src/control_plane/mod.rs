//! Who is asked: the dialects of control planes (pure), the transport (one async function), the clock, and reading live state.

mod clock;
mod live;
mod wire;

pub use clock::{Clock, SystemClock};
pub use live::{ForeignEntity, Live, LiveEntity};
pub use wire::{Method, Request, Response, Transport, TransportError};
