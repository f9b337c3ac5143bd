use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Resolves a name that is only meant for TLS (`--tls-server-name`) to the host that is connected to.
pub(crate) struct ServerNameResolver {
    /// The name in the URLs of requests.
    pub server_name: String,
    /// The host and port to connect to.
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
            let addresses: Vec<SocketAddr> = tokio::net::lookup_host((host, port)).await?.collect();
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
