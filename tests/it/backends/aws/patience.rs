//! How long AWS may take: all the time that the vault has, though the SDK itself would give a server up much sooner.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use strongroom::reference::Reason;

use super::server::asked;
use crate::backends::vault_probe::{check, reason};

/// Longer than the SDK waits for a byte.
const LIMIT: Duration = Duration::from_secs(8);

/// A server that does that with each connection.
fn server(serve: fn(TcpStream)) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            thread::spawn(move || serve(connection));
        }
    });
    address
}

/// Reads, and never says a word.
fn silent(mut connection: TcpStream) {
    let _ = connection.read_to_end(&mut Vec::new());
}

/// Says that there is more to come, one byte at a time.
fn dripping(mut connection: TcpStream) {
    let _ = connection.read(&mut [0; 4096]);
    let _ = connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n");
    while connection.write_all(b" ").is_ok() {
        thread::sleep(Duration::from_millis(300));
    }
}

/// The same, with its head.
fn dripping_head(mut connection: TcpStream) {
    let _ = connection.read(&mut [0; 4096]);
    let _ = connection.write_all(b"HTTP/1.1 200 OK\r\nx-more: ");
    while connection.write_all(b"x").is_ok() {
        thread::sleep(Duration::from_millis(300));
    }
}

#[tokio::test]
async fn a_server_that_never_comes_to_an_end_has_the_vaults_time() {
    let told = [silent, dripping, dripping_head].map(|serve| {
        let asked = asked(&format!("http://{}", server(serve))).within(LIMIT);
        let role = asked
            .clone()
            .checker("assume_role_arn", "arn:aws:iam::123456789012:role/reader")
            .checker("sts_endpoint", &format!("http://{}", server(serve)));
        async move {
            tokio::join!(
                asked.refused("pg"),
                asked.all(&[("pg", None), ("other", None)]),
                role.refused("pg")
            )
        }
    });
    let [silent, dripping, dripping_head] = told;
    for (one, both, role) in <[_; 3]>::from(tokio::join!(silent, dripping, dripping_head)) {
        check(&one, Reason::TimedOut, &["gives no answer in time"]);
        assert!(
            both.iter().all(|one| reason(one) == "timed-out"),
            "{:?}",
            both.iter().map(reason).collect::<Vec<_>>()
        );
        check(&role, Reason::TimedOut, &["gives no answer in time"]);
    }
}
