//! Control planes behind TLS: whom the program trusts, and what it shows of itself.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

const ROOT: &str = r#"{"version":"3.9.1","tagline":"Welcome to kong","configuration":{}}"#;

#[test]
fn a_server_is_trusted_for_its_authority_or_by_decree_alone() {
    let certificates = CertificateFolder::new();
    let server = certificates.serves("localhost", false);
    let ca = certificates.path("ca.crt");
    let text = std::fs::read_to_string(&ca).expect("a certificate");
    let other = certificates.file("other.crt", &ServerAuthority::new("other").0.pem());
    assert_eq!(ping(&server, &[]), 1, "an unknown authority");
    assert_eq!(ping(&server, &["--ca-cert-file", &other]), 1, "another authority");
    assert_eq!(ping(&server, &["--ca-cert-file", &shown(&ca)]), 0, "a file");
    assert_eq!(ping(&server, &["--ca-cert", &text]), 0, "a text");
    assert_eq!(ping(&server, &["--tls-skip-verify"]), 0, "trust in any");
}

#[test]
fn a_server_must_bear_the_name_that_it_is_asked_by() {
    let certificates = CertificateFolder::new();
    let server = certificates.serves("kong.example.test", false);
    let ca = shown(&certificates.path("ca.crt"));
    assert_eq!(ping(&server, &["--ca-cert-file", &ca]), 1, "another name");
    let named = |name| ping(&server, &["--ca-cert-file", &ca, "--tls-server-name", name]);
    assert_eq!(named("kong.example.test"), 0);
    assert_eq!(named("other.example.test"), 1);
}

#[test]
fn a_server_that_asks_for_a_certificate_is_shown_the_given_one() {
    let certificates = CertificateFolder::new();
    let server = certificates.serves("localhost", true);
    let ca = shown(&certificates.path("ca.crt"));
    let client = |certificate: &str, key: &str| {
        let files = ["--tls-client-cert-file", certificate, "--tls-client-key-file", key];
        ping(&server, &[&["--ca-cert-file", &ca][..], &files].concat())
    };
    let ours = certificates.leaf(&certificates.authority, "client");
    let foreign = certificates.leaf(&ServerAuthority::new("other"), "foreign");
    assert_eq!(ping(&server, &["--ca-cert-file", &ca]), 1, "none is shown");
    assert_eq!(client(&ours.0, &ours.1), 0);
    assert_eq!(client(&foreign.0, &foreign.1), 1, "of another authority");
    assert_eq!(client(&ours.0, &ours.0), 3, "no key");
}

/// Runs `ping`: 0 if the server was trusted and answered.
fn ping(address: &str, flags: &[&str]) -> i32 {
    let mut command = Command::new(env!("CARGO_BIN_EXE_strongroom"));
    command
        .args(["ping", "--kong-addr", address, "--timeout", "120"])
        .args(flags);
    command.env_clear().env("HOME", "/nowhere");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().expect("the program runs").code().unwrap_or(-1)
}

struct ServerAuthority(CertifiedIssuer<'static, KeyPair>);

impl ServerAuthority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("an authority"))
    }
}

/// A folder with an authority's certificate and those that it signed.
struct CertificateFolder {
    folder: tempfile::TempDir,
    authority: ServerAuthority,
}

impl CertificateFolder {
    fn new() -> Self {
        let certificates = Self {
            folder: tempfile::tempdir().expect("a folder"),
            authority: ServerAuthority::new("strongroom test"),
        };
        certificates.file("ca.crt", &certificates.authority.0.pem());
        certificates
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).expect("written");
        shown(&self.path(name))
    }

    /// Writes a certificate for a name, and its key.
    fn leaf(&self, authority: &ServerAuthority, name: &str) -> (String, String) {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new([name.to_owned()]).expect("a name");
        let signed = params.signed_by(&key, &authority.0).expect("a certificate");
        (
            self.file(&format!("{name}.crt"), &signed.pem()),
            self.file(&format!("{name}.key"), &key.serialize_pem()),
        )
    }

    /// Serves what a node says of itself under that name, until the test ends.
    fn serves(&self, name: &str, asks: bool) -> String {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new([name.to_owned()]).expect("a name");
        let signed = params.signed_by(&key, &self.authority.0).expect("a certificate");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.0.der().clone()).expect("an authority");
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let verifier = verifier.build().expect("a verifier");
        let building = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions");
        let building = match asks {
            true => building.with_client_cert_verifier(verifier),
            false => building.with_no_client_auth(),
        };
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let config = building
            .with_single_cert(vec![signed.der().clone()], key)
            .expect("a certificate with its key");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let config = Arc::new(config);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // whoever is not trusted hangs up
                let _ = answer(stream, &config);
            }
        });
        format!("https://localhost:{port}")
    }
}

fn answer(stream: TcpStream, config: &Arc<ServerConfig>) -> std::io::Result<()> {
    let session = ServerConnection::new(Arc::clone(config)).map_err(std::io::Error::other)?;
    let mut stream = StreamOwned::new(session, stream);
    let mut asked = Vec::new();
    let mut part = [0; 1024];
    while !asked.ends_with(b"\r\n\r\n") {
        match stream.read(&mut part)? {
            0 => return Ok(()),
            read => asked.extend_from_slice(&part[..read]),
        }
    }
    let length = ROOT.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{ROOT}"
    )?;
    stream.conn.send_close_notify();
    stream.flush()
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
