//! The embedded control plane behind HTTP: what its shell adds to the function inside.

use std::sync::Arc;

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use strongroom::embedded::{EmbeddedControlPlane, EmbeddedOptions, serve};
use strongroom::schema::Catalog;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// A served node and a client of it.
struct ServedNode {
    url: String,
    client: Client,
    stop: oneshot::Sender<()>,
    server: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl ServedNode {
    async fn start() -> Self {
        let node = EmbeddedControlPlane::open(Catalog::recorded(), EmbeddedOptions::default()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(serve(Arc::new(node), listener, async { _ = stopped.await }));
        let client = Client::builder().no_proxy().build().unwrap();
        Self {
            url,
            client,
            stop,
            server,
        }
    }

    async fn send(&self, method: &str, path: &str, sort: &str, body: &str) -> (StatusCode, Value) {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.url))
            .body(body.to_owned());
        if !sort.is_empty() {
            request = request.header("content-type", sort);
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    async fn end(self) {
        self.stop.send(()).unwrap();
        self.server.await.unwrap().unwrap();
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn bodies_are_json_or_forms() {
    let node = ServedNode::start().await;
    let (status, body) = node
        .send("POST", "/services", "application/json", r#"{"host":"h","name":"a"}"#)
        .await;
    assert_eq!((status.as_u16(), &body["name"]), (201, &json!("a")));
    let form = "name=b&host=h&retries=7&tags=x&tags=y&enabled=false&path=";
    let (status, body) = node.send("POST", "/services", FORM, form).await;
    assert_eq!(status, 201, "{body}");
    assert_eq!(
        (&body["retries"], &body["tags"], &body["enabled"], &body["path"]),
        (&json!(7), &json!(["x", "y"]), &json!(false), &Value::Null)
    );
    let form = "name=key-auth&config.key_names[]=one&config.key_names[]=two&config.hide_credentials=true";
    let (status, body) = node.send("POST", "/services/b/plugins", FORM, form).await;
    assert_eq!(status, 201, "{body}");
    assert_eq!(body["config"]["key_names"], json!(["one", "two"]));
    assert_eq!(body["config"]["hide_credentials"], json!(true));
    let (status, body) = node
        .send("POST", "/routes", FORM, "service.name=b&paths[1]=/p&headers.x=1")
        .await;
    assert_eq!(
        (status.as_u16(), &body["paths"], &body["headers"]),
        (201, &json!(["/p"]), &json!({"x": ["1"]}))
    );
    let parts = "--q\r\nContent-Disposition: form-data; name=\"username\"\r\n\r\nu\r\n--q--\r\n";
    let (status, body) = node
        .send("POST", "/consumers", "multipart/form-data; boundary=q", parts)
        .await;
    assert_eq!((status.as_u16(), &body["username"]), (201, &json!("u")));
    node.end().await;
}

#[tokio::test]
async fn other_bodies_are_refused() {
    let node = ServedNode::start().await;
    let (status, body) = node.send("POST", "/services", "text/plain", "host=h").await;
    assert_eq!(
        (status.as_u16(), body),
        (415, json!({"message": "Unsupported media type"}))
    );
    let (status, body) = node
        .send("PUT", "/services/a", "application/json; charset=utf-8", "{")
        .await;
    assert_eq!(
        (status.as_u16(), body),
        (400, json!({"message": "Cannot parse JSON body"}))
    );
    node.end().await;
}

#[tokio::test]
async fn other_methods_are_answered() {
    let node = ServedNode::start().await;
    let (status, body) = node.send("HEAD", "/services", "", "").await;
    assert_eq!((status.as_u16(), body), (200, Value::Null));
    let (status, _) = node.send("OPTIONS", "/services", "", "").await;
    assert_eq!(status, 204);
    let (status, body) = node.send("TRACE", "/services", "", "").await;
    assert_eq!((status.as_u16(), body), (405, json!({"message": "Method not allowed"})));
    let (status, body) = node.send("DELETE", "/services/a", "", "").await;
    assert_eq!((status.as_u16(), body), (204, Value::Null));
    node.end().await;
}
