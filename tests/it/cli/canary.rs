//! Secrets never show: canaries are planted in every secret field and in the environment, and nothing that the program
//! prints at its highest verbosity may hold one, whatever it is asked to do and however it ends.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{Method as HttpMethod, StatusCode, Uri};
use strongroom::control_plane::{Method, Request};
use strongroom::embedded::{EmbeddedControlPlane, EmbeddedOptions};
use strongroom::json::{Object, Value, json};
use strongroom::schema::{Catalog, Field, FieldType, Record};

/// Everything that must not be seen, and where it may not be seen.
struct Canaries {
    folder: tempfile::TempDir,
    planted: Mutex<BTreeSet<String>>,
    count: AtomicUsize,
    address: String,
    forgotten: AtomicBool,
    /// Lines logged at the highest verbosity.
    logs: AtomicUsize,
}

impl Canaries {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let address = format!("embedded:{}", folder.path().join("kong.db").display());
        Self {
            folder,
            planted: Mutex::default(),
            count: AtomicUsize::new(0),
            address,
            forgotten: AtomicBool::new(false),
            logs: AtomicUsize::new(0),
        }
    }

    /// A value that no output may hold.
    fn plant(&self) -> String {
        let canary = format!("canary{:04}zyzzyva", self.count.fetch_add(1, Ordering::Relaxed));
        self.add(&canary);
        canary
    }

    fn add(&self, canary: &str) {
        self.planted.lock().expect("the canaries").insert(canary.to_owned());
    }

    /// A private key and its certificate; every line of the key is a canary.
    fn key_pair(&self, name: &str) -> (String, String) {
        let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).expect("a certificate");
        let key = made.signing_key.serialize_pem();
        key.lines()
            .filter(|line| !line.starts_with("-----"))
            .for_each(|line| self.add(line));
        (made.cert.pem(), key)
    }

    fn file(&self, name: &str, state: &Value) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, serde_yaml::to_string(state).expect("YAML")).expect("written");
        path
    }

    /// Runs the program, in words and in JSON, and looks at all it prints. Says how it ended.
    fn run(&self, verb: &[&str], state: &Path, address: &str) -> i32 {
        let mut exits = Vec::new();
        // a dump is JSON or YAML by itself; what writes has less to do the second time
        let forms: &[bool] = if verb[0] == "dump" { &[false] } else { &[false, true] };
        for json in forms {
            let mut command = Command::new(env!("CARGO_BIN_EXE_strongroom"));
            command.args(verb).arg(state).args(["-vvv", "--kong-addr", address]);
            command.args([
                "--kong-admin-token",
                &self.plant(),
                "--headers",
                &format!("x-other:{}", self.plant()),
            ]);
            if *json {
                command.arg("--json-output");
            }
            for variable in [
                "DECK_UNUSED",
                "DECK_CANARY_HOST",
                "DECK_CANARY_PATH",
                "DECK_CANARY_TAGLESS",
            ] {
                command.env(variable, self.variable(variable));
            }
            let output = command.output().expect("the program runs");
            self.look(verb, &output.stdout);
            self.look(verb, &output.stderr);
            let logs = String::from_utf8_lossy(&output.stderr).matches("TRACE").count();
            self.logs.fetch_add(logs, Ordering::Relaxed);
            exits.push(output.status.code().expect("it ends by itself"));
        }
        assert!(
            exits.iter().all(|exit| *exit == exits[0]),
            "{verb:?} ended with {exits:?}"
        );
        exits[0]
    }

    fn variable(&self, name: &str) -> String {
        let value = match name {
            "DECK_CANARY_PATH" => format!("/{}", name.to_lowercase().replace('_', "-") + "-canary"),
            _ => format!("{}.canary", name.to_lowercase().replace('_', "-")),
        };
        if !self.forgotten.load(Ordering::Relaxed) {
            self.add(&value);
        }
        value
    }

    fn forget_variables(&self) {
        self.forgotten.store(true, Ordering::Relaxed);
        self.planted
            .lock()
            .expect("the canaries")
            .retain(|canary| !canary.contains("deck-"));
    }

    fn look(&self, verb: &[&str], printed: &[u8]) {
        let printed = String::from_utf8_lossy(printed);
        for canary in self.planted.lock().expect("the canaries").iter() {
            if let Some(at) = printed.find(canary.as_str()) {
                let line = printed[..at].lines().last().unwrap_or_default();
                let rest = &printed[at..].lines().take(12).collect::<Vec<_>>().join("\n");
                panic!("{canary} shows in {verb:?}, after: {line}: {rest}");
            }
        }
    }
}

const SYNC: &[&str] = &[
    "sync",
    "--allow-empty",
    "--max-deletes",
    "100%",
    "--allow-delete-in-use",
    "--references",
    "warn",
];
const DIFF: &[&str] = &["diff", "--max-deletes", "100%", "--references", "warn"];

#[test]
fn no_secret_is_ever_seen() {
    let canaries = Canaries::new();
    let address = canaries.address.clone();
    let before = canaries.file("before.yaml", &state(&canaries));
    assert_eq!(canaries.run(&["validate"], &before, &address), 0);
    assert_eq!(canaries.run(&["validate", "--online"], &before, &address), 0);
    assert_eq!(canaries.run(DIFF, &before, &address), 0);
    assert_eq!(canaries.run(SYNC, &before, &address), 0);
    let mut changed = state(&canaries);
    // what is gone from the file is deleted with its live values
    let plugins = changed.get_mut("plugins").and_then(Value::as_array_mut);
    plugins.expect("plugins").truncate(2);
    let changed = canaries.file("changed.yaml", &changed);
    assert_eq!(canaries.run(DIFF, &changed, &address), 0);
    assert_eq!(canaries.run(SYNC, &changed, &address), 0);
    // what no file declares as a variable's any more is a plain value of a plain field
    canaries.forget_variables();
    let empty = canaries.file("empty.yaml", &json!({ "_format_version": "3.0" }));
    assert_eq!(canaries.run(DIFF, &empty, &address), 5);
    assert_eq!(
        canaries.run(
            &["dump", "--sanitize", "--skip-defaults", "-o"],
            Path::new("-"),
            &address
        ),
        0
    );
    assert_eq!(canaries.run(SYNC, &empty, &address), 0);
    assert!(canaries.logs.load(Ordering::Relaxed) > 100, "everything is logged");
}

#[test]
fn no_secret_is_seen_where_everything_is_wrong() {
    let canaries = Canaries::new();
    let address = canaries.address.clone();
    let state = canaries.file("wrong.yaml", &every_secret(&canaries));
    for verb in [&["validate"][..], &["validate", "--online"], DIFF, SYNC] {
        assert_eq!(canaries.run(verb, &state, &address), 3, "{verb:?}");
    }
    let broken = canaries.folder.path().join("broken.yaml");
    let text = format!(
        "consumers:\n- username: a\n  keyauth_credentials: [{{key: {}]\n",
        canaries.plant()
    );
    std::fs::write(&broken, text).expect("written");
    assert_eq!(canaries.run(SYNC, &broken, &address), 3);
}

#[test]
fn no_secret_is_seen_that_a_server_repeats() {
    let canaries = Canaries::new();
    let state = canaries.file("state.yaml", &state(&canaries));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let address = runtime.block_on(parrot());
    assert_eq!(canaries.run(SYNC, &state, &address), 1);
    assert_eq!(canaries.run(&["validate", "--online"], &state, &address), 3);
}

/// A valid state with a canary in every secret field of the kinds of open source, in shorthands, and from the environment.
fn state(canaries: &Canaries) -> Value {
    let canary = || canaries.plant();
    let (cert, key) = canaries.key_pair("one.test");
    let (_, pem) = canaries.key_pair("two.test");
    json!({
        "_format_version": "3.0",
        "vaults": [{"name": "env", "prefix": "my-secret", "config": {"prefix": "A_"}}],
        "certificates": [{"id": "4b1e1c1e-0000-4000-8000-000000000001", "cert": cert, "key": key, "snis": [{"name": "one.test"}]}],
        "services": [{
            "name": "s",
            "host": "${{ env \"DECK_CANARY_HOST\" }}",
            "path": "${{ env \"DECK_CANARY_PATH\" }}",
            "routes": [{"name": "r", "paths": ["/a"]}],
        }],
        "consumers": [{
            "username": "alice",
            "keyauth_credentials": [{"key": canary()}],
            "basicauth_credentials": [{"username": "a", "password": canary()}],
            "hmacauth_credentials": [{"username": "a", "secret": canary()}],
            "jwt_secrets": [{"key": "issuer", "algorithm": "HS256", "secret": canary()}],
            "oauth2_credentials": [{"name": "app", "client_id": "app", "client_secret": canary(), "redirect_uris": ["http://a.test"]}],
        }],
        "keys": [{"name": "k", "kid": "1", "pem": {"private_key": pem}}],
        "plugins": [
            {"name": "rate-limiting", "config": {"minute": 1, "policy": "redis", "redis_host": "redis.test", "redis_password": canary()}},
            {"name": "session", "config": {"secret": canary()}},
            {"name": "response-ratelimiting", "config": {
                "limits": {"sms": {"minute": 1}}, "policy": "redis", "redis": {"host": "redis.test", "password": canary()},
            }},
            {"name": "aws-lambda", "config": {"function_name": "f", "aws_key": canary(), "aws_secret": canary()}},
            {"name": "azure-functions", "config": {"functionname": "f", "appname": "a", "apikey": canary(), "clientid": canary()}},
            {"name": "loggly", "config": {"key": canary()}},
            {"name": "http-log", "config": {
                "http_endpoint": "http://log.test", "headers": {"x-env": "${{ env \"DECK_CANARY_TAGLESS\" }}"},
            }},
        ],
    })
}

/// A state, wrong in many ways, with a canary in every secret field of every plugin, vault backend and kind there is.
fn every_secret(canaries: &Canaries) -> Value {
    let catalog = Catalog::recorded();
    let mut state = Object::new();
    state.insert("_format_version".to_owned(), "3.0".into());
    let mut planted = 0;
    for family in ["plugins", "vaults"] {
        let kind = catalog.find_kind(family).expect("a kind");
        let mut list = Vec::new();
        for name in catalog.subschema_names(family) {
            let mut body = Object::from_iter([("name".to_owned(), name.into())]);
            let record = catalog.record(kind, &body);
            if family == "vaults" {
                body.insert("prefix".to_owned(), format!("my-{name}").into());
            }
            if let Some(Field {
                field_type: FieldType::Record(config),
                ..
            }) = record.get("config")
            {
                let secrets = secrets_of(config, canaries);
                planted += secrets.len();
                body.insert("config".to_owned(), Value::Object(secrets));
            }
            list.push(Value::Object(body));
        }
        state.insert(family.to_owned(), Value::Array(list));
    }
    for (_, kind) in catalog.kinds() {
        let mut secrets = secrets_of(&kind.record, canaries);
        for path in &kind.secret_fields {
            secrets.insert(path.to_string(), canaries.plant().into());
        }
        planted += secrets.len();
        if !secrets.is_empty() && !state.contains_key(&kind.collection) {
            state.insert(kind.collection.clone(), json!([secrets]));
        }
    }
    assert!(planted >= 40, "{planted} secrets");
    Value::Object(state)
}

/// A canary for every secret field of a record, shorthands included.
fn secrets_of(record: &Record, canaries: &Canaries) -> Object {
    let fields = record.fields.iter().chain(&record.shorthands);
    fields
        .filter_map(|(name, field)| Some((name.clone(), secret_of(field, canaries)?)))
        .collect()
}

fn secret_of(field: &Field, canaries: &Canaries) -> Option<Value> {
    match &field.field_type {
        FieldType::Record(record) => {
            let secrets = secrets_of(record, canaries);
            (!secrets.is_empty()).then_some(Value::Object(secrets))
        }
        FieldType::Array(member) | FieldType::Set(member) => {
            let secret = if field.secret {
                Some(canaries.plant().into())
            } else {
                secret_of(member, canaries)
            };
            Some(json!([secret?]))
        }
        FieldType::Map { values, .. } => {
            let secret = if field.secret {
                Some(canaries.plant().into())
            } else {
                secret_of(values, canaries)
            };
            Some(json!({ "a": secret? }))
        }
        // of another type than the field's, a value is wrong, and must not show for that either
        _ => field.secret.then(|| canaries.plant().into()),
    }
}

/// A control plane that reads as an empty one, and refuses every write with words that repeat what was sent.
async fn parrot() -> String {
    let opened = EmbeddedControlPlane::open(Catalog::recorded(), EmbeddedOptions::default()).expect("a control plane");
    let router = axum::Router::new().fallback(repeat).with_state(Arc::new(opened));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn repeat(
    State(control_plane): State<Arc<EmbeddedControlPlane>>,
    method: HttpMethod,
    uri: Uri,
    body: Bytes,
) -> (StatusCode, Vec<u8>) {
    if method == HttpMethod::GET {
        let request = Request {
            method: Method::Get,
            path: uri.to_string(),
            body: None,
        };
        let answer = control_plane.handle(&request);
        return (StatusCode::from_u16(answer.status).expect("a status"), answer.body);
    }
    let sent: Value = serde_json::from_slice(&body).unwrap_or_default();
    let words = format!("this will not do: {sent}");
    let fields: Object = sent
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name, format!("wrong: {value}").into()))
        .chain([("@entity", json!([words.clone()]))])
        .collect();
    let error = json!({ "code": 2, "name": "schema violation", "message": words, "fields": fields });
    (StatusCode::BAD_REQUEST, error.to_string().into_bytes())
}
