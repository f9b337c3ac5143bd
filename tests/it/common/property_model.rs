//! Random states of all kinds of the open-source gateway, told by a tape of random bytes.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// Certificates, certificate authorities and their keys, made once.
pub struct Materials {
    pub leaves: Vec<(String, String)>,
    pub authorities: Vec<String>,
}

impl Materials {
    pub fn new() -> Self {
        let leaf = |at: usize| {
            let made =
                rcgen::generate_simple_self_signed(vec![format!("leaf{at}.example.test")]).expect("a certificate");
            (made.cert.pem(), made.signing_key.serialize_pem())
        };
        let authority = |_| {
            let key = rcgen::KeyPair::generate().expect("a key");
            let mut params = rcgen::CertificateParams::new(Vec::<String>::new()).expect("parameters");
            params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
            params.self_signed(&key).expect("a certificate").pem()
        };
        Self {
            leaves: (0..4).map(leaf).collect(),
            authorities: (0..4).map(authority).collect(),
        }
    }
}

/// Random bytes that are read one after another; then zeros.
pub struct Tape<'a> {
    bytes: std::slice::Iter<'a, u8>,
}

impl<'a> Tape<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: bytes.iter() }
    }

    /// A number below that one.
    pub fn below(&mut self, most: usize) -> usize {
        usize::from(self.bytes.next().copied().unwrap_or_default()) % most
    }

    /// True once in so many times.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }
}

/// One entity of a state.
#[derive(Clone, Debug)]
pub struct Item {
    pub kind: &'static str,
    /// What tells it apart among its kind, apart from its id.
    pub name: String,
    pub id: Option<String>,
    /// Where an SNI points.
    pub at: Option<String>,
    pub body: Map<String, Value>,
}

/// A state: what the documents of one team say.
#[derive(Clone, Debug, Default)]
pub struct RandomState {
    pub items: Vec<Item>,
}

/// A state with its document.
pub struct StateDocument {
    pub state: RandomState,
    pub text: String,
}

impl StateDocument {
    /// A random state, told as a document of the team `mine`.
    pub fn random(tape: &mut Tape<'_>, materials: &Materials, others: bool) -> Self {
        let state = RandomState::random(tape, materials, others);
        let text = state.text("mine");
        Self { state, text }
    }
}

/// The ids that documents say: three a kind.
pub fn id(kind: &str, at: usize) -> String {
    let number = kind
        .bytes()
        .fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    format!("{number:08x}-0000-4000-8000-00000000000{at}")
}

impl RandomState {
    /// A random state. `others` says whether something of another team may be referred to.
    pub fn random(tape: &mut Tape<'_>, materials: &Materials, others: bool) -> Self {
        let mut state = Self::default();
        state.vaults(tape);
        state.certificates(tape, materials);
        state.keys(tape);
        state.services(tape, others);
        state.upstreams(tape, others);
        state.consumers(tape);
        state.credentials(tape, others);
        state.plugins(tape, others);
        state.filter_chains(tape);
        state
    }

    /// The state as a document.
    pub fn text(&self, tag: &str) -> String {
        let mut document = json!({"_format_version": "3.0", "_info": {"select_tags": [tag]}});
        for item in &self.items {
            let mut body = item.body.clone();
            if let Some(id) = &item.id {
                body.insert("id".to_owned(), json!(id));
            }
            let list = &mut document[item.kind];
            if list.is_null() {
                *list = json!([]);
            }
            list.as_array_mut().expect("a list").push(Value::Object(body));
        }
        document.to_string()
    }

    pub fn of<'s>(&'s self, kind: &'s str) -> impl Iterator<Item = &'s Item> {
        self.items.iter().filter(move |item| item.kind == kind)
    }

    fn add(&mut self, kind: &'static str, name: &str, id: Option<usize>, body: Value) {
        let Value::Object(body) = body else { unreachable!() };
        let at = body.get("certificate").and_then(Value::as_str).map(str::to_owned);
        let id = id.map(|at| self::id(kind, at));
        self.items.push(Item {
            kind,
            name: name.to_owned(),
            id,
            at,
            body,
        });
    }

    /// Up to three names of a kind, each with or without an id of its own.
    fn named(tape: &mut Tape<'_>) -> Vec<(usize, Option<usize>)> {
        const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [1, 0, 2], [0, 2, 1], [2, 1, 0], [1, 2, 0], [2, 0, 1]];
        let (count, first, order) = (tape.below(4), tape.below(3), ORDERS[tape.below(6)]);
        let names = (0..count).map(|at| (first + at) % 3);
        let chosen = names.map(|name| (name, (tape.below(5) > 1).then_some(order[name])));
        chosen.collect()
    }

    fn vaults(&mut self, tape: &mut Tape<'_>) {
        for (name, id) in Self::named(tape) {
            let prefix = format!("v{name}");
            let body = json!({"name": "env", "prefix": prefix, "config": {"prefix": format!("P{}_", tape.below(3))}});
            self.add("vaults", &prefix, id, body);
        }
    }

    fn certificates(&mut self, tape: &mut Tape<'_>, materials: &Materials) {
        for (name, _) in Self::named(tape) {
            let (cert, key) = &materials.leaves[tape.below(3)];
            if tape.once_in(3) {
                let body = json!({"cert": cert, "key": key, "snis": [{"name": format!("n{name}.example.test")}]});
                self.add("certificates", &format!("nested{name}"), None, body);
            } else {
                self.add(
                    "certificates",
                    &name.to_string(),
                    Some(name),
                    json!({"cert": cert, "key": key}),
                );
            }
        }
        let ids: Vec<String> = self.of("certificates").filter_map(|item| item.id.clone()).collect();
        if !ids.is_empty() {
            for (name, id) in Self::named(tape) {
                let (name, at) = (format!("s{name}.example.test"), &ids[tape.below(ids.len())]);
                self.add("snis", &name, id, json!({"name": name, "certificate": at}));
            }
        }
        for (name, id) in Self::named(tape) {
            let id = id.filter(|_| tape.below(2) == 0).map(|_| name);
            self.add(
                "ca_certificates",
                &name.to_string(),
                id,
                json!({"cert": materials.authorities[name]}),
            );
        }
    }

    fn keys(&mut self, tape: &mut Tape<'_>) {
        for (name, id) in Self::named(tape) {
            let name = format!("set{name}");
            self.add("key_sets", &name, id, json!({"name": name}));
        }
        let sets: Vec<String> = self.of("key_sets").map(|item| item.name.clone()).collect();
        for (name, id) in Self::named(tape) {
            let mut body =
                json!({"name": format!("key{name}"), "kid": format!("kid{name}"), "jwk": self.reference(tape)});
            if !sets.is_empty() && tape.below(2) == 0 {
                body["set"] = json!(sets[tape.below(sets.len())]);
            }
            self.add("keys", &format!("key{name}"), id, body);
        }
    }

    /// A reference to a vault of the state, or to the backend.
    fn reference(&self, tape: &mut Tape<'_>) -> String {
        let vaults: Vec<&str> = self
            .of("vaults")
            .map(|item| item.name.as_str())
            .chain(["env"])
            .collect();
        format!("{{vault://{}/secret}}", vaults[tape.below(vaults.len())])
    }

    fn services(&mut self, tape: &mut Tape<'_>, others: bool) {
        let certificates: Vec<String> = self.of("certificates").filter_map(|item| item.id.clone()).collect();
        let authorities: Vec<String> = self.of("ca_certificates").filter_map(|item| item.id.clone()).collect();
        for (name, id) in Self::named(tape) {
            let name = format!("service{name}");
            let mut body = json!({"name": name, "host": format!("h{}.example", tape.below(3)), "protocol": "https"});
            if !certificates.is_empty() && tape.once_in(3) {
                body["client_certificate"] = json!(certificates[tape.below(certificates.len())]);
            }
            if !authorities.is_empty() && tape.once_in(3) {
                body["ca_certificates"] = json!([authorities[tape.below(authorities.len())]]);
            }
            self.add("services", &name, id, body);
        }
        let mut services: Vec<String> = self.of("services").map(|item| item.name.clone()).collect();
        services.extend(others.then(|| "their-service".to_owned()));
        for (name, id) in Self::named(tape) {
            let mut body = json!({"name": format!("route{name}"), "paths": [format!("/{}", tape.below(4))]});
            if !services.is_empty() && tape.below(3) > 0 {
                body["service"] = json!(services[tape.below(services.len())]);
            }
            self.add("routes", &format!("route{name}"), id, body);
        }
        if tape.once_in(4) {
            let path = tape.below(3);
            self.add(
                "routes",
                &format!("nameless{path}"),
                None,
                json!({"paths": [format!("/nameless{path}")]}),
            );
        }
    }

    fn upstreams(&mut self, tape: &mut Tape<'_>, others: bool) {
        let certificates: Vec<String> = self.of("certificates").filter_map(|item| item.id.clone()).collect();
        for (name, id) in Self::named(tape) {
            let name = format!("upstream{name}");
            let mut body = json!({"name": name, "slots": 100 + tape.below(2)});
            if !certificates.is_empty() && tape.once_in(3) {
                body["client_certificate"] = json!(certificates[tape.below(certificates.len())]);
            }
            self.add("upstreams", &name, id, body);
        }
        let mut upstreams: Vec<String> = self.of("upstreams").map(|item| item.name.clone()).collect();
        upstreams.extend(others.then(|| "their-upstream".to_owned()));
        if !upstreams.is_empty() {
            for (name, id) in Self::named(tape) {
                let target = format!("192.0.2.{name}:80");
                let upstream = &upstreams[tape.below(upstreams.len())];
                let body = json!({"target": target, "upstream": upstream, "weight": tape.below(3)});
                self.add("targets", &format!("{upstream} {target}"), id, body);
            }
        }
    }

    fn consumers(&mut self, tape: &mut Tape<'_>) {
        let custom_ids = tape.below(3);
        for (at, (name, id)) in Self::named(tape).into_iter().enumerate() {
            let (mut body, name) = (json!({}), format!("consumer{name}"));
            let form = tape.below(4);
            if form != 3 || at > 0 {
                body["username"] = json!(name);
            }
            if form >= 2 {
                body["custom_id"] = json!(format!("custom{}", (at + custom_ids) % 3));
            }
            self.add("consumers", &name, id, body);
        }
    }

    fn credentials(&mut self, tape: &mut Tape<'_>, others: bool) {
        let usernames = self
            .of("consumers")
            .filter_map(|item| item.body.get("username")?.as_str());
        let mut consumers: Vec<String> = usernames.map(str::to_owned).collect();
        consumers.extend(others.then(|| "their-consumer".to_owned()));
        if consumers.is_empty() {
            return;
        }
        let kinds = [
            "keyauth_credentials",
            "basicauth_credentials",
            "hmacauth_credentials",
            "jwt_secrets",
            "acls",
            "oauth2_credentials",
        ];
        for kind in kinds.into_iter().filter(|_| tape.below(2) == 0).collect::<Vec<_>>() {
            for (name, id) in Self::named(tape) {
                let consumer = consumers[tape.below(consumers.len())].clone();
                let name = format!("{}{name}", &kind[..3]);
                let mut body = json!({"consumer": consumer});
                match kind {
                    "keyauth_credentials" if tape.once_in(4) => {}
                    "keyauth_credentials" => body["key"] = json!(name),
                    "basicauth_credentials" => {
                        body["username"] = json!(name);
                        body["password"] = json!(format!("password{}", tape.below(2)));
                    }
                    "hmacauth_credentials" => {
                        body["username"] = json!(name);
                        if tape.below(2) == 0 {
                            body["secret"] = json!(format!("secret{}", tape.below(2)));
                        }
                    }
                    "jwt_secrets" => {
                        body["key"] = json!(name);
                        body["algorithm"] = json!(["HS256", "HS384"][tape.below(2)]);
                    }
                    "acls" => body["group"] = json!(name),
                    _ => {
                        body["name"] = json!("an application");
                        body["client_id"] = json!(name);
                        body["redirect_uris"] = json!([format!("https://{}.example", tape.below(2))]);
                    }
                }
                let keyless = kind == "keyauth_credentials" && body.get("key").is_none();
                self.add(kind, &name, id.filter(|_| !keyless), body);
            }
        }
    }

    fn plugins(&mut self, tape: &mut Tape<'_>, others: bool) {
        let mut taken = BTreeSet::new();
        let (count, shift) = (tape.below(6), tape.below(3));
        for at in 0..count {
            let plugin = ["cors", "http-log", "session"][tape.below(3)];
            let mut body = json!({"name": plugin});
            match plugin {
                "http-log" => body["config"] = json!({"http_endpoint": self.reference(tape)}),
                "session" => body["config"] = json!({"cookie_name": format!("c{}", tape.below(2))}),
                _ => {}
            }
            let (kind, field, theirs) = [
                ("services", "service", "their-service"),
                ("routes", "route", ""),
                ("consumers", "consumer", "their-consumer"),
                ("", "", ""),
            ][tape.below(4)];
            // Kong takes these on every entity but a consumer
            if field == "consumer" && plugin != "http-log" {
                continue;
            }
            let key = if kind == "consumers" { "username" } else { "name" };
            let bodies = self.of(kind).filter_map(|item| item.body.get(key)?.as_str());
            let mut names: Vec<String> = bodies.map(str::to_owned).collect();
            names.extend((others && !theirs.is_empty()).then(|| theirs.to_owned()));
            if !names.is_empty() {
                body[field] = json!(names[tape.below(names.len())]);
            } else if !field.is_empty() {
                continue;
            }
            let name = format!("{plugin} {field} {}", body.get(field).unwrap_or(&Value::Null));
            if at < 3 && tape.below(2) == 0 {
                body["instance_name"] = json!(format!("instance{}", (at + shift) % 3));
            }
            let id = (at < 3 && tape.below(2) == 0).then_some(at);
            if taken.insert(name.clone()) {
                self.add("plugins", &name, id, body);
            }
        }
    }

    fn filter_chains(&mut self, tape: &mut Tape<'_>) {
        let mut taken = BTreeSet::new();
        for (name, id) in Self::named(tape) {
            let (kind, field) = [("services", "service"), ("routes", "route")][tape.below(2)];
            let bodies = self.of(kind).filter_map(|item| item.body.get("name")?.as_str());
            let names: Vec<String> = bodies.map(str::to_owned).collect();
            if names.is_empty() {
                continue;
            }
            let on = &names[tape.below(names.len())];
            let body = json!({"name": format!("chain{name}"), field: on, "filters": [{"name": "filter", "enabled": tape.below(2) == 0}]});
            if taken.insert(on.clone()) {
                self.add("filter_chains", &format!("chain{name}"), id, body);
            }
        }
    }
}
