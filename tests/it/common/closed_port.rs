//! Addresses of this machine at which nobody listens, whatever else runs on it.

use std::net::SocketAddr;
use std::sync::LazyLock;

use tokio::net::TcpSocket;

/// A port that is taken, so that nobody else can listen there, and refuses connections.
pub struct ClosedPort {
    address: SocketAddr,
    _bound: TcpSocket,
}

impl ClosedPort {
    pub fn new() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        socket.bind(any).expect("a port");
        Self {
            address: socket.local_addr().expect("an address"),
            _bound: socket,
        }
    }

    /// One for all tests to whom it does not matter which.
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<ClosedPort> = LazyLock::new(ClosedPort::new);
        &SHARED
    }

    /// Such as `127.0.0.1:40123`.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}
