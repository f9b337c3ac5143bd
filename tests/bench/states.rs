use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::{Value, json};
use uuid::Uuid;

/// A state: as a file says it, and as requests make it.
pub struct State {
    /// The state file.
    pub text: String,
    /// What makes the same: paths and bodies, in order.
    pub bodies: Vec<(String, Value)>,
    /// How many entities the control plane holds.
    pub entities: usize,
}

impl State {
    /// Nothing.
    pub fn empty() -> Self {
        Self {
            text: String::new(),
            bodies: Vec::new(),
            entities: 0,
        }
    }

    /// Writes the state file to the folder of the build.
    pub fn write(&self) -> PathBuf {
        self.save("yaml", &self.text)
    }

    /// Writes the requests to the folder of the build: a path and a body each line.
    pub fn write_bodies(&self) -> PathBuf {
        let lines: Vec<String> = self
            .bodies
            .iter()
            .map(|(path, body)| format!("{path} {body}"))
            .collect();
        self.save("bodies", &lines.join("\n"))
    }

    fn save(&self, extension: &str, text: &str) -> PathBuf {
        let name = format!("bench-{}-{}.{extension}", std::process::id(), self.entities);
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&path, text).expect("a file");
        path
    }
}

/// Makes a state piece by piece. The same for the same arguments, ids apart.
struct Maker {
    lists: Vec<(&'static str, Vec<Value>)>,
    bodies: Vec<(String, Value)>,
    random: u64,
}

impl Maker {
    fn new() -> Self {
        Self {
            lists: Vec::new(),
            bodies: Vec::new(),
            random: 1,
        }
    }

    fn below(&mut self, end: u64) -> u64 {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) % end
    }

    /// Declares an entity at top level.
    fn declare(&mut self, list: &'static str, entity: Value) {
        match self.lists.iter_mut().find(|(name, _)| *name == list) {
            Some((_, entities)) => entities.push(entity),
            None => self.lists.push((list, vec![entity])),
        }
    }

    /// Makes one on the control plane.
    fn make(&mut self, path: impl Into<String>, body: Value) {
        self.bodies.push((path.into(), body));
    }

    fn done(self, select: Option<&str>) -> State {
        let mut text = String::from("_format_version: '3.0'\n");
        if let Some(tag) = select {
            let _ = writeln!(text, "_info:\n  select_tags:\n  - {tag}");
        }
        for (name, entities) in &self.lists {
            let _ = writeln!(text, "{name}:");
            for entity in entities {
                item(&mut text, entity, 0);
            }
        }
        State {
            text,
            entities: self.bodies.len(),
            bodies: self.bodies,
        }
    }
}

/// Writes a member of a list in block style, as people and decK write state files.
fn item(text: &mut String, value: &Value, indent: usize) {
    let mut first = true;
    for (name, member) in value.as_object().into_iter().flatten() {
        let lead = if first {
            format!("{:indent$}- ", "")
        } else {
            format!("{:1$}", "", indent + 2)
        };
        first = false;
        field(text, &lead, name, member, indent + 2);
    }
    if first {
        let _ = writeln!(text, "{:indent$}- {value}", "");
    }
}

fn field(text: &mut String, lead: &str, name: &str, value: &Value, indent: usize) {
    match value {
        Value::String(block) if block.contains('\n') => {
            let _ = writeln!(text, "{lead}{name}: |");
            for line in block.lines() {
                let _ = writeln!(text, "{:1$}{line}", "", indent + 2);
            }
        }
        Value::Array(members) if !members.is_empty() => {
            let _ = writeln!(text, "{lead}{name}:");
            members.iter().for_each(|member| item(text, member, indent));
        }
        Value::Object(members) if !members.is_empty() => {
            let _ = writeln!(text, "{lead}{name}:");
            let lead = format!("{:1$}", "", indent + 2);
            for (name, member) in members {
                field(text, &lead, name, member, indent + 2);
            }
        }
        other => {
            let _ = writeln!(text, "{lead}{name}: {other}");
        }
    }
}

fn team(number: usize) -> Value {
    json!(["perf", format!("team-{:02}", number % 100)])
}

fn pem() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(vec!["a.example.test".to_owned()]).expect("a certificate");
    (made.cert.pem(), made.signing_key.serialize_pem())
}

fn with(mut body: Value, more: Value) -> Value {
    let (Some(fields), Value::Object(more)) = (body.as_object_mut(), more) else {
        return body;
    };
    fields.extend(more);
    body
}

fn vaults_and_certificates_of(vaults: usize, certificates: usize, declared: impl Fn(usize) -> bool) -> Maker {
    let mut maker = Maker::new();
    for at in 0..vaults {
        let vault = json!({"name": "env", "prefix": format!("env-{at}"), "description": "variables",
                           "config": {"prefix": format!("P{at}_")}, "tags": team(at)});
        if declared(at) {
            maker.declare("vaults", vault.clone());
        }
        maker.make("/vaults", vault);
    }
    let (cert, key) = pem();
    for at in 0..certificates {
        let certificate = json!({"id": Uuid::new_v4().to_string(), "cert": cert, "key": key, "tags": team(at)});
        if declared(at) {
            maker.declare("certificates", certificate.clone());
        }
        maker.make("/certificates", certificate);
    }
    maker
}

/// Vaults and certificates, all of them declared.
pub fn vaults_and_certificates(vaults: usize, certificates: usize) -> State {
    vaults_and_certificates_of(vaults, certificates, |_| true).done(None)
}

/// The same, of which the file declares those of one team; and a certificate more whose references name another
/// team's vault, so that what is foreign must be read.
pub fn of_one_team(vaults: usize, certificates: usize) -> State {
    let mut maker = vaults_and_certificates_of(vaults, certificates, |at| at % 100 == 7);
    let certificate = json!({"id": Uuid::new_v4().to_string(), "cert": "{vault://env-8/cert}",
                             "key": "{vault://env-8/key}", "tags": team(7)});
    maker.declare("certificates", certificate.clone());
    maker.make("/certificates", certificate);
    maker.done(Some("team-07"))
}

/// About as many entities of all kinds, in a realistic mix.
pub fn mixed(about: usize) -> State {
    let mut maker = Maker::new();
    (0..about * 155 / 1000).for_each(|at| service(&mut maker, at));
    (0..about * 145 / 1000).for_each(|at| consumer(&mut maker, at));
    (0..about * 25 / 1000).for_each(|at| upstream(&mut maker, at));
    let (cert, key) = pem();
    (0..about * 25 / 10_000).for_each(|at| certificate(&mut maker, at, &cert, &key));
    for at in 0..(about * 5 / 10_000) {
        let vault = json!({"name": "env", "prefix": format!("env-{at}"), "description": "variables",
                           "config": {"prefix": format!("P{at}_")}, "tags": team(at)});
        maker.declare("vaults", vault.clone());
        maker.make("/vaults", vault);
    }
    maker.done(None)
}

fn plugin(maker: &mut Maker, at: usize) -> Value {
    let number = maker.below(90) + 10;
    let (name, config) = match maker.below(4) {
        0 => ("rate-limiting", json!({"minute": number, "policy": "local"})),
        1 => (
            "cors",
            json!({"origins": [format!("https://app{number}.example")], "methods": ["GET", "POST"]}),
        ),
        2 => (
            "request-transformer",
            json!({"add": {"headers": [format!("x-rev:{number}")]}}),
        ),
        _ => ("key-auth", json!({"key_names": ["apikey", format!("x-key-{number}")]})),
    };
    json!({"name": name, "config": config, "tags": team(at)})
}

fn service(maker: &mut Maker, at: usize) {
    let id = Uuid::new_v4().to_string();
    let body = json!({"name": format!("service-{at:05}"), "host": format!("backend-{}.example", at % 500), "port": 8080,
                      "protocol": "http", "path": format!("/base/{at}"), "retries": maker.below(9) + 1,
                      "read_timeout": 30_000, "tags": team(at)});
    maker.make("/services", with(body.clone(), json!({"id": id})));
    let mut routes = Vec::new();
    for number in 0..[1, 1, 2, 2, 2, 3][maker.below(6) as usize] {
        routes.push(route(maker, at, number, &id));
    }
    let mut declared = with(body, json!({"routes": routes}));
    if maker.below(2) == 0 {
        let plugin = plugin(maker, at);
        maker.make("/plugins", with(plugin.clone(), json!({"service": {"id": id}})));
        declared = with(declared, json!({"plugins": [plugin]}));
    }
    maker.declare("services", declared);
}

fn route(maker: &mut Maker, at: usize, number: usize, service: &str) -> Value {
    let id = Uuid::new_v4().to_string();
    let name = format!("route-{at:05}-{number}");
    let body = json!({"name": name, "paths": [format!("/{name}"), format!("/v1/{name}")], "methods": ["GET", "POST"],
                      "protocols": ["http", "https"], "hosts": [format!("{name}.example")],
                      "strip_path": maker.below(2) == 0, "tags": team(at)});
    maker.make(
        "/routes",
        with(body.clone(), json!({"id": id, "service": {"id": service}})),
    );
    if maker.below(10) >= 3 {
        return body;
    }
    let plugin = plugin(maker, at);
    maker.make("/plugins", with(plugin.clone(), json!({"route": {"id": id}})));
    with(body, json!({"plugins": [plugin]}))
}

fn consumer(maker: &mut Maker, at: usize) {
    let id = Uuid::new_v4().to_string();
    let body = json!({"username": format!("consumer-{at:05}"), "custom_id": format!("c-{at:05}"), "tags": team(at)});
    maker.make("/consumers", with(body.clone(), json!({"id": id})));
    let of = json!({"consumer": {"id": id}});
    let key = json!({"key": Uuid::new_v4().simple().to_string(), "tags": team(at)});
    maker.make("/key-auths", with(key.clone(), of.clone()));
    let mut declared = with(body, json!({"keyauth_credentials": [key]}));
    if maker.below(3) > 0 {
        let group = ["read", "write", "admin", "ops"][maker.below(4) as usize];
        let acl = json!({"group": group, "tags": team(at)});
        maker.make("/acls", with(acl.clone(), of));
        declared = with(declared, json!({"acls": [acl]}));
    }
    maker.declare("consumers", declared);
}

fn upstream(maker: &mut Maker, at: usize) {
    let id = Uuid::new_v4().to_string();
    let body =
        json!({"name": format!("upstream-{at:04}"), "slots": 1000, "algorithm": "round-robin", "tags": team(at)});
    maker.make("/upstreams", with(body.clone(), json!({"id": id})));
    let mut targets = Vec::new();
    for number in 0..=maker.below(4) {
        let target =
            json!({"target": format!("198.51.{}.{}:80", at % 250, number + 1), "weight": 10, "tags": team(at)});
        maker.make(format!("/upstreams/{id}/targets"), target.clone());
        targets.push(target);
    }
    maker.declare("upstreams", with(body, json!({"targets": targets})));
}

fn certificate(maker: &mut Maker, at: usize, cert: &str, key: &str) {
    let id = Uuid::new_v4().to_string();
    let body = json!({"id": id, "cert": cert, "key": key, "tags": team(at)});
    maker.make("/certificates", body.clone());
    let mut snis = Vec::new();
    for number in 0..2 {
        let sni = json!({"name": format!("host-{at}-{number}.example"), "tags": team(at)});
        maker.make("/snis", with(sni.clone(), json!({"certificate": {"id": id}})));
        snis.push(sni);
    }
    maker.declare("certificates", with(body, json!({"snis": snis})));
}

/// A state file of about as many bytes.
pub fn of_about(bytes: usize) -> State {
    let few = mixed(1_000).text.len();
    mixed(1_000 * bytes / few)
}
