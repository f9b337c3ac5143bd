//! A server of the test's own: it keeps every byte that it is sent, and answers as it is told.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A request that came.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    pub method: String,
    /// Path and query as they were sent.
    pub path: String,
    /// All headers, as they were sent.
    pub head: String,
    pub body: String,
}

impl ReceivedRequest {
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines
            .filter(|(said, _)| said.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
            .next()
    }
}

/// An answer: status, further headers, body.
pub struct Reply(pub u16, pub Vec<(&'static str, String)>, pub String);

impl Reply {
    pub fn new(status: u16, body: impl Into<String>) -> Self {
        Self(status, Vec::new(), body.into())
    }
}

pub struct FakeServer {
    address: SocketAddr,
    scheme: &'static str,
    bytes: Arc<Mutex<Vec<u8>>>,
    requests: Arc<Mutex<Vec<ReceivedRequest>>>,
}

impl FakeServer {
    pub fn start(answer: impl Fn(&ReceivedRequest) -> Reply + Send + Sync + 'static) -> Self {
        Self::serve(None, answer)
    }

    /// One that speaks TLS; says which authority to trust for it.
    pub fn secure(answer: impl Fn(&ReceivedRequest) -> Reply + Send + Sync + 'static) -> (Self, String) {
        let (config, authority) = identity();
        (Self::serve(Some(Arc::new(config)), answer), authority)
    }

    fn serve(
        tls: Option<Arc<ServerConfig>>,
        answer: impl Fn(&ReceivedRequest) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let fake = Self {
            address: listener.local_addr().expect("an address"),
            scheme: if tls.is_some() { "https" } else { "http" },
            bytes: Arc::default(),
            requests: Arc::default(),
        };
        let (bytes, requests, answer) = (Arc::clone(&fake.bytes), Arc::clone(&fake.requests), Arc::new(answer));
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (bytes, requests, answer) = (Arc::clone(&bytes), Arc::clone(&requests), Arc::clone(&answer));
                let tls = tls.clone();
                thread::spawn(move || match tls {
                    None => serve(connection, &bytes, &requests, &*answer),
                    Some(tls) => {
                        let tls = ServerConnection::new(tls).expect("a connection");
                        serve(StreamOwned::new(tls, connection), &bytes, &requests, &*answer);
                    }
                });
            }
        });
        fake
    }

    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    pub fn host(&self) -> String {
        self.address.to_string()
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.requests.lock().expect("the requests").clone()
    }

    /// Every byte that came, of whatever protocol; those of TLS as they were meant.
    pub fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().expect("the bytes").clone()
    }
}

/// A certificate for this machine, and the authority that signed it.
fn identity() -> (ServerConfig, String) {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "test CA");
    let key = KeyPair::generate().expect("a key");
    let authority = params.self_signed(&key).expect("an authority").pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("parameters");
    let certificate = params.signed_by(&key, &issuer).expect("a certificate");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let config = ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![certificate.der().clone()], key);
    (config.expect("the settings of TLS"), authority)
}

/// What a TLS connection begins with. Servers of plain HTTP answer it in plain HTTP.
const TLS: u8 = 0x16;

fn serve(
    mut connection: impl Read + Write,
    bytes: &Mutex<Vec<u8>>,
    requests: &Mutex<Vec<ReceivedRequest>>,
    answer: &dyn Fn(&ReceivedRequest) -> Reply,
) {
    let mut pending = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let length = match connection.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(length) => length,
        };
        bytes.lock().expect("the bytes").extend_from_slice(&buffer[..length]);
        pending.extend_from_slice(&buffer[..length]);
        if pending.first() == Some(&TLS) {
            let _ = connection.write_all(b"HTTP/1.1 400 X\r\ncontent-length: 0\r\n\r\n");
            return;
        }
        while let Some((heard, rest)) = take(&pending) {
            pending = rest;
            requests.lock().expect("the requests").push(heard.clone());
            let Reply(status, headers, body) = answer(&heard);
            let headers: String = headers
                .iter()
                .map(|(name, value)| format!("{name}: {value}\r\n"))
                .collect();
            let text = format!(
                "HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\n\r\n{body}",
                body.len()
            );
            if connection.write_all(text.as_bytes()).is_err() {
                return;
            }
        }
    }
}

/// The first whole request, and what follows it.
fn take(pending: &[u8]) -> Option<(ReceivedRequest, Vec<u8>)> {
    let end = pending.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&pending[..end]).into_owned();
    let (line, head) = head.split_once("\r\n").unwrap_or((&head, ""));
    let mut words = line.split(' ');
    let mut heard = ReceivedRequest {
        method: words.next().unwrap_or_default().to_owned(),
        path: words.next().unwrap_or_default().to_owned(),
        head: head.to_owned(),
        body: String::new(),
    };
    let length: usize = heard
        .header("content-length")
        .map_or(0, |text| text.parse().expect("a length"));
    let body = pending.get(end + 4..end + 4 + length)?;
    heard.body = String::from_utf8_lossy(body).into_owned();
    Some((heard, pending[end + 4 + length..].to_vec()))
}
