use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Finds the real host under a name that is only meant for TLS (`--tls-server-name`).
pub struct ServerNameResolver {
    /// The name that requests go by.
    pub server_name: String,
    /// Where they really go.
    pub target: (String, u16),
}

impl Resolve for ServerNameResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (host, port) = self.target.clone();
        let host = if name.as_str() == self.server_name {
            host
        } else {
            name.as_str().to_owned()
        };
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host, port)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
