use std::path::Path;

use futures_util::stream::{self, StreamExt};
use serde_json::Value;
use strongroom::control_plane::{HttpSettings, HttpTransport, Method, Request, Transport};

/// As many requests at once as the flow has by default.
const AT_ONCE: usize = 10;

/// Asks for every path of a file, and parses each answer once.
pub async fn read(address: &str, paths: &Path) {
    let text = std::fs::read_to_string(paths).expect("paths");
    let requests = text.lines().map(|path| Request {
        method: Method::Get,
        path: path.to_owned(),
        body: None,
    });
    send(address, requests).await;
}

/// Sends every line of a file: a path and a body.
pub async fn write(address: &str, bodies: &Path) {
    let text = std::fs::read_to_string(bodies).expect("bodies");
    let requests = text.lines().map(|line| {
        let (path, body) = line.split_once(' ').expect("a path and a body");
        Request {
            method: Method::Post,
            path: path.to_owned(),
            body: Some(body.as_bytes().to_vec()),
        }
    });
    send(address, requests).await;
}

async fn send(address: &str, requests: impl Iterator<Item = Request>) {
    let transport = HttpTransport::new(&HttpSettings::new(address)).expect("a transport");
    let answers = stream::iter(requests).map(|request| async {
        let answer = transport.send(request).await.expect("an answer");
        // a large answer is parsed where it disturbs no other
        let parsed = tokio::task::spawn_blocking(move || serde_json::from_slice::<Value>(&answer.body).is_ok());
        parsed.await.expect("parsed")
    });
    let parsed = answers
        .buffer_unordered(AT_ONCE)
        .filter(|parsed| std::future::ready(*parsed));
    assert!(parsed.count().await > 0, "nothing was answered");
}
