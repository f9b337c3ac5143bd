use std::sync::Arc;

use super::EmbeddedControlPlane;
use control_plane::{Request, Response, Transport, TransportError};

/// Carries requests to a control plane in the same process.
#[derive(Clone)]
pub struct EmbeddedTransport(Arc<EmbeddedControlPlane>);

impl EmbeddedTransport {
    pub fn new(control_plane: Arc<EmbeddedControlPlane>) -> Self {
        Self(control_plane)
    }
}

impl Transport for EmbeddedTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        Ok(self.0.handle(&request))
    }
}
