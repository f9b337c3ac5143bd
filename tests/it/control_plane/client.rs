//! The client against the embedded control plane: what is asked, what is read, what answers mean.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::common::closed_port::ClosedPort;
use crate::common::{FilteredTransport, Node, body, tags};
use strongroom::control_plane::{
    Dialect, EntityAddress, EntityWrite, HttpSettings, HttpTransport, Method, PageRequest, ReadError, ReadScope,
    Request, Response, ResponseOutcome, SchemaId, SchemaRequest, Transport, TransportError, Uncertainty,
    WriteOperation, WriteOutcome, retry_silently,
};
use strongroom::plan::MissingContext;
use strongroom::schema::{Catalog, Edition, LiveSchemas};
use strongroom::state::{Scope, entity_tags};
use uuid::Uuid;

fn answer(status: u16, body: &str) -> Response {
    Response {
        status,
        retry_after: None,
        body: body.as_bytes().to_vec(),
    }
}

#[test]
fn requests_name_what_they_are_about() {
    let catalog = Catalog::recorded();
    let kind = |word: &str| catalog.find_kind(word).expect("a kind");
    let dialect = Dialect::gateway();
    let listing = PageRequest {
        kind: kind("vaults"),
        parent: None,
        tags: vec!["with space".to_owned(), "ünïcode".to_owned()],
        offset: Some("WyJ4Il0".to_owned()),
        page_size: 1000,
    };
    let path = "/vaults?size=1000&tags=with%20space,%C3%BCn%C3%AFcode&offset=WyJ4Il0";
    assert_eq!(dialect.page_request(&catalog, &listing).path, path);
    let targets = PageRequest {
        kind: kind("targets"),
        parent: Some("a/b".to_owned()),
        tags: Vec::new(),
        offset: None,
        page_size: 10,
    };
    assert_eq!(
        dialect.page_request(&catalog, &targets).path,
        "/upstreams/a%2Fb/targets?size=10"
    );
    let id = Uuid::from_u128(7);
    let address = EntityAddress {
        kind: kind("targets"),
        id,
        parent: Some(Uuid::from_u128(8)),
    };
    let delete = dialect.write_request(
        &catalog,
        &EntityWrite {
            address,
            operation: WriteOperation::Delete,
        },
    );
    assert_eq!((delete.method, delete.body), (Method::Delete, None));
    assert_eq!(delete.path, format!("/upstreams/{}/targets/{id}", Uuid::from_u128(8)));
    let schema = dialect.schema_request(SchemaId::Plugin("key-auth"));
    assert_eq!(schema.path, "/schemas/plugins/key-auth");
}

#[test]
fn a_create_bears_its_id_and_a_workspace_stands_before_the_path() {
    let catalog = Catalog::recorded();
    let dialect = Dialect::Gateway {
        workspace: Some("team a".to_owned()),
    };
    let address = EntityAddress {
        kind: catalog.find_kind("vaults").expect("a kind"),
        id: Uuid::from_u128(7),
        parent: None,
    };
    let operation = WriteOperation::Create(body(r#"{"name":"env","prefix":"p"}"#));
    let request = dialect.write_request(&catalog, &EntityWrite { address, operation });
    assert_eq!(
        (request.method, request.path.as_str()),
        (Method::Post, "/team%20a/vaults")
    );
    let sent: serde_json::Value = serde_json::from_slice(&request.body.expect("a body")).expect("JSON");
    assert_eq!(sent["id"], "00000000-0000-0000-0000-000000000007");
    assert_eq!(dialect.node_info_request().path, "/team%20a/kong");
}

#[test]
fn answers_are_told_apart() {
    let read = |status, body: &str| Dialect::gateway().classify_response(&answer(status, body));
    assert_eq!(read(204, ""), ResponseOutcome::Success);
    assert_eq!(read(404, r#"{"message":"Not found"}"#), ResponseOutcome::NotFound);
    let wasm = r#"{"message":"this endpoint is only available when wasm is enabled"}"#;
    assert_eq!(read(400, wasm), ResponseOutcome::Unsupported);
    let key = r#"{"code":3,"name":"primary key violation","fields":{"id":"x"},"message":"primary key violation on key '{id=\"x\"}'"}"#;
    assert_eq!(read(400, key), ResponseOutcome::IdTaken);
    assert_eq!(read(401, ""), ResponseOutcome::Unauthorized);
    assert_eq!(read(403, ""), ResponseOutcome::Forbidden);
    assert!(matches!(read(503, "<html>"), ResponseOutcome::RetryLater(later) if later.may_have_applied));
    assert!(matches!(read(429, "{}"), ResponseOutcome::RetryLater(later) if !later.may_have_applied));
    assert!(matches!(read(500, "<html>"), ResponseOutcome::Unexpected(_)));
    assert!(matches!(read(400, "<html>"), ResponseOutcome::Unexpected(_)));
}

#[test]
fn a_taken_name_is_told_without_its_value() {
    let body = r#"{"code":5,"name":"unique constraint violation","fields":{"key":"hush"},
                   "message":"UNIQUE violation detected on '{key=\"hush\"}'"}"#;
    let ResponseOutcome::Conflict(refusal) = Dialect::gateway().classify_response(&answer(409, body)) else {
        panic!("no conflict");
    };
    let told: Vec<String> = refusal
        .fields
        .iter()
        .map(|(path, text)| format!("{path} {text}"))
        .collect();
    assert_eq!(told, ["key is taken by another entity"]);
    assert_eq!(refusal.message, None);
}

#[test]
fn a_schema_violation_is_told_field_by_field() {
    let body = r#"{"code":2,"name":"schema violation","message":"2 schema violations (…)",
                   "fields":{"config":{"minute":"expected a number"},"tags":[null,"invalid tag"],"@entity":["at least one of …"]}}"#;
    let ResponseOutcome::Invalid(refusal) = Dialect::gateway().classify_response(&answer(400, body)) else {
        panic!("not refused");
    };
    let told: BTreeSet<String> = refusal
        .fields
        .iter()
        .map(|(path, text)| format!("{path}: {text}"))
        .collect();
    assert_eq!(
        told,
        tags(&[
            "config.minute: expected a number",
            "tags[1]: invalid tag",
            ": at least one of …"
        ])
    );
}

#[tokio::test]
async fn everything_is_read_once_whatever_the_pages() {
    let node = Node::new();
    let client = node.client();
    let made = node.vaults(2_345, "a").await;
    let live = client.read_owned(&node.catalog, &everything()).await.expect("live");
    let read: BTreeSet<Uuid> = live.owned[&node.kind("vaults")].iter().map(|vault| vault.id).collect();
    assert_eq!(live.owned[&node.kind("vaults")].len(), 2_345);
    assert_eq!(read, made);
    assert!(live.absent.contains(&node.kind("filter_chains")));
    assert!(live.owned[&node.kind("services")].is_empty());
}

#[tokio::test]
async fn a_scope_is_read_by_its_tags_however_many() {
    let node = Node::new();
    let client = node.client();
    let all = ["t1", "t2", "t3", "t4", "t5", "t6"];
    let ours = node
        .make("vaults", None, r#"{"name":"env","prefix":"ours"}"#, &all)
        .await;
    node.make("vaults", None, r#"{"name":"env","prefix":"five"}"#, &all[..5])
        .await;
    let foreign_upstream = node.make("upstreams", None, r#"{"name":"foreign"}"#, &[]).await;
    let target = node
        .make("targets", Some(foreign_upstream), r#"{"target":"192.0.2.1:80"}"#, &all)
        .await;
    node.make("targets", Some(foreign_upstream), r#"{"target":"192.0.2.2:80"}"#, &[])
        .await;
    let live = client.read_owned(&node.catalog, &scope(&all)).await.expect("live");
    let ids = |kind: &str| -> Vec<Uuid> { live.owned[&node.kind(kind)].iter().map(|entity| entity.id).collect() };
    assert_eq!(ids("vaults"), [ours]);
    assert_eq!(ids("targets"), [target]);
    assert!(ids("upstreams").is_empty());
}

#[tokio::test]
async fn what_is_foreign_is_reduced_to_an_index() {
    let node = Node::new();
    let client = node.client();
    node.make("vaults", None, r#"{"name":"env","prefix":"ours"}"#, &["ours"])
        .await;
    let foreign =
        r#"{"name":"hcv","prefix":"theirs","config":{"host":"h","token":"t"},"description":"{vault://ours/x}"}"#;
    let foreign = node.make("vaults", None, foreign, &["theirs"]).await;
    let upstream = node.make("upstreams", None, r#"{"name":"theirs"}"#, &[]).await;
    let target = node
        .make("targets", Some(upstream), r#"{"target":"192.0.2.1:80"}"#, &[])
        .await;
    let mut live = client.read_owned(&node.catalog, &scope(&["ours"])).await.expect("live");
    let needs = MissingContext {
        foreign_kinds: [node.kind("vaults")].into(),
        parents_by_kind: [(node.kind("targets"), tags(&["theirs", "nobody"]))].into(),
    };
    client
        .read_foreign(&node.catalog, &mut live, &needs)
        .await
        .expect("foreign");
    let [vault] = live.foreign[&node.kind("vaults")].as_slice() else {
        panic!("not one foreign vault");
    };
    let borne: Vec<&str> = entity_tags(vault.index.expose()).collect();
    assert_eq!((vault.id, borne), (foreign, vec!["theirs"]));
    let mut kept: Vec<&str> = vault.index.expose().keys().collect();
    kept.sort_unstable();
    assert_eq!(kept, ["config", "name", "prefix", "tags"]);
    let config = &vault.index.expose()["config"];
    assert_eq!(
        (&config["host"], config.get("token")),
        (&strongroom::json::Value::from("h"), None)
    );
    assert_eq!(vault.references.len(), 1);
    assert_eq!(vault.references[0].1, "{vault://ours/x}");
    assert_eq!(live.foreign[&node.kind("targets")][0].id, target);
}

#[tokio::test]
async fn not_there_not_allowed_and_not_known_are_three_things() {
    let node = Node::new();
    let node_403 = FilteredTransport::new(&node, 403, |path| !path.starts_with("/vaults"));
    let live = node_403
        .client()
        .read_owned(&node.catalog, &everything())
        .await
        .expect("live");
    assert!(live.owned.contains_key(&node.kind("vaults")));
    assert!(live.forbidden.contains(&node.kind("services")) && live.forbidden.contains(&node.kind("targets")));
    let node_401 = FilteredTransport::new(&node, 401, |path| path.starts_with("/services"));
    let refused = node_401.client().read_owned(&node.catalog, &everything()).await;
    assert!(matches!(refused, Err(ReadError::Unauthorized { .. })), "{refused:?}");
    let node_302 = FilteredTransport::new(&node, 302, |path| path.starts_with("/services"));
    let refused = node_302.client().read_owned(&node.catalog, &everything()).await;
    assert!(
        matches!(refused, Err(ReadError::Unexpected { status: 302, .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn an_open_source_node_is_not_asked_for_enterprise_kinds() {
    let node = Node::new();
    let counted = FilteredTransport::new(&node, 500, |path| {
        path.starts_with("/licenses") || path.starts_with("/partials")
    });
    let asked = ReadScope {
        edition: Some(Edition::Community),
        ..everything()
    };
    let live = counted.client().read_owned(&node.catalog, &asked).await.expect("live");
    assert!(live.absent.contains(&node.kind("licenses")));
}

#[tokio::test]
async fn a_node_tells_who_it_is_and_shows_its_schemas() {
    let node = Node::new();
    let client = node.client();
    let root = client.read_node_info().await.expect("root");
    assert_eq!(root.edition, Some(Edition::Community));
    assert!(root.loaded_vaults.as_ref().is_some_and(|loaded| loaded.contains("env")));
    assert!(
        root.loaded_plugins
            .as_ref()
            .is_some_and(|loaded| loaded.contains("key-auth"))
    );
    let mut known: LiveSchemas = root.to_live_schemas();
    let wanted = SchemaRequest {
        entities: tags(&["vaults", "no-such-kind"]),
        plugins: tags(&["key-auth", "no-such-plugin"]),
        vaults: tags(&["env"]),
    };
    client.read_schemas(&wanted, &mut known).await.expect("schemas");
    assert_eq!(
        (known.entities.len(), known.plugins.len(), known.vaults.len()),
        (1, 1, 1)
    );
}

#[tokio::test]
async fn the_same_works_over_http() {
    let node = Node::new();
    let server = node.serve().await;
    let transport = HttpTransport::new(&HttpSettings::new(server.address())).expect("a transport");
    let client = crate::common::client(transport);
    let made = node.vaults(1_500, "a").await;
    let live = client.read_owned(&node.catalog, &everything()).await.expect("live");
    let read: BTreeSet<Uuid> = live.owned[&node.kind("vaults")].iter().map(|vault| vault.id).collect();
    assert_eq!(read, made);
    let address = EntityAddress {
        kind: node.kind("vaults"),
        id: *made.first().expect("one"),
        parent: None,
    };
    let written = client
        .write_entity(
            &node.catalog,
            &EntityWrite {
                address,
                operation: WriteOperation::Delete,
            },
            &retry_silently,
        )
        .await;
    assert_eq!(written, WriteOutcome::Applied);
    server.stop().await;
}

#[tokio::test]
async fn an_address_where_nobody_listens_is_told_at_once() {
    let address = ClosedPort::shared().host();
    let settings = HttpSettings::new(format!("http://admin:hush@{address}"));
    let transport = HttpTransport::new(&settings).expect("a transport");
    let client = crate::common::client(transport);
    let refused = client.read_node_info().await.expect_err("nobody answers").to_string();
    assert!(
        refused.starts_with(&format!("cannot connect to {address}: ")),
        "{refused}"
    );
    assert!(!refused.contains("hush"), "{refused}");
}

#[tokio::test]
async fn a_create_that_meets_another_entity_of_its_id_is_no_success() {
    let node = Node::new();
    let id = node
        .make("vaults", None, r#"{"name":"env","prefix":"there"}"#, &[])
        .await;
    let address = EntityAddress {
        kind: node.kind("vaults"),
        id,
        parent: None,
    };
    let operation = WriteOperation::Create(body(r#"{"name":"env","prefix":"other"}"#));
    let written = node
        .client()
        .write_entity(&node.catalog, &EntityWrite { address, operation }, &retry_silently)
        .await;
    assert_eq!(written, WriteOutcome::Rejected(ResponseOutcome::IdTaken));
}

/// Responds in a node's place, to the requests of one method, and passes the others on.
struct ProxyTransport<T> {
    inner: T,
    method: Method,
    response: Response,
}

impl<T: Transport> Transport for ProxyTransport<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        match request.method == self.method {
            true => Ok(self.response.clone()),
            false => self.inner.send(request).await,
        }
    }
}

#[tokio::test]
async fn a_success_that_is_not_the_entity_is_no_write() {
    let node = Node::new();
    let id = node
        .make("vaults", None, r#"{"name":"env","prefix":"there"}"#, &[])
        .await;
    let changed = || body(r#"{"name":"env","prefix":"there","description":"changed"}"#);
    let new = Uuid::new_v4();
    let writes = [
        (
            Method::Post,
            new,
            WriteOperation::Create(body(r#"{"name":"env","prefix":"new"}"#)),
        ),
        (Method::Put, id, WriteOperation::Replace(changed())),
        (Method::Patch, id, WriteOperation::Patch(changed())),
        (Method::Delete, id, WriteOperation::Delete),
    ];
    let other = r#"{"id":"00000000-0000-0000-0000-000000000007","name":"env","prefix":"new","description":"changed"}"#;
    let bodies = [
        ("<html><title>Log in</title></html>", "a web page"),
        ("{}", "an empty object"),
        ("[]", "a list"),
        ("null", "null"),
        ("", "no body"),
        ("ok", "a text that is not JSON"),
        (other, "an object that is not the entity"),
    ];
    for (method, id, operation) in writes {
        for (text, what) in bodies {
            let response = answer(if method == Method::Post { 201 } else { 200 }, text);
            let proxy = ProxyTransport {
                inner: node.transport(),
                method,
                response,
            };
            let address = EntityAddress {
                kind: node.kind("vaults"),
                id,
                parent: None,
            };
            let write = EntityWrite {
                address,
                operation: operation.clone(),
            };
            let written = crate::common::client(proxy)
                .write_entity(&node.catalog, &write, &retry_silently)
                .await;
            let WriteOutcome::Rejected(ResponseOutcome::Unexpected(error)) = written else {
                panic!("{method} answered with {text:?}: {written:?}");
            };
            let message = error.message.expect("a message");
            assert!(message.contains(&format!("with {what} in")), "{method}: {message}");
        }
    }
}

#[tokio::test]
async fn a_read_back_that_is_not_the_entity_tells_nothing() {
    let node = Node::new();
    let id = node
        .make("vaults", None, r#"{"name":"env","prefix":"there"}"#, &[])
        .await;
    let login = answer(200, "<html>");
    let reads = ProxyTransport {
        inner: node.transport(),
        method: Method::Get,
        response: login.clone(),
    };
    let proxy = ProxyTransport {
        inner: reads,
        method: Method::Delete,
        response: login,
    };
    let address = EntityAddress {
        kind: node.kind("vaults"),
        id,
        parent: None,
    };
    let write = EntityWrite {
        address,
        operation: WriteOperation::Delete,
    };
    let written = crate::common::client(proxy)
        .write_entity(&node.catalog, &write, &retry_silently)
        .await;
    assert_eq!(written, WriteOutcome::Unknown(Uncertainty::NotAnEntity("a web page")));
}

/// Answers so many requests with an internal error before it passes any on.
struct FailingTransport<T> {
    inner: T,
    failures_left: AtomicUsize,
}

impl<T: Transport> Transport for FailingTransport<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let decrement = |left: usize| left.checked_sub(1);
        let left = self
            .failures_left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, decrement);
        match left {
            Ok(_) => Ok(answer(500, r#"{"message":"An unexpected error occurred"}"#)),
            Err(_) => self.inner.send(request).await,
        }
    }
}

#[tokio::test]
async fn an_internal_error_is_retried_and_told_if_it_stays() {
    let node = Node::new();
    let failing = |failures| {
        crate::common::client(FailingTransport {
            inner: node.transport(),
            failures_left: AtomicUsize::new(failures),
        })
    };
    failing(3).read_node_info().await.expect("an answer after three errors");
    let error = failing(usize::MAX).read_node_info().await.expect_err("no answer");
    let ReadError::Unexpected {
        status: 500, message, ..
    } = error
    else {
        panic!("{error:?}");
    };
    assert_eq!(message.as_deref(), Some("An unexpected error occurred"));
}

fn everything() -> ReadScope {
    scope(&[])
}

fn scope(of: &[&str]) -> ReadScope {
    ReadScope {
        scopes: vec![Scope { tags: tags(of) }],
        ..ReadScope::default()
    }
}
