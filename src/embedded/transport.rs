use std::sync::Arc;

use super::ControlPlane;
use control_plane::{Request, Response, Transport, TransportError};

/// Carries requests to a control plane in the same process.
#[derive(Clone)]
pub struct EmbeddedTransport(Arc<ControlPlane>);

impl EmbeddedTransport {
    /// Carries to that one.
    pub fn new(control_plane: Arc<ControlPlane>) -> Self {
        Self(control_plane)
    }
}

impl Transport for EmbeddedTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        Ok(self.0.handle(&request))
    }
}
