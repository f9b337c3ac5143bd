//! For random live and desired states of all kinds: apply gives desired, a second diff is empty, a dump read back is no
//! change, nothing of others is written, and the server never refuses a foreign key or a unique value.
//!
//! `PROPERTY_CASES` and `PROPERTY_SEED` ask for more or other cases.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use crate::common::property_model::{Materials, RandomState, StateDocument, Tape};
use crate::common::real_servers::effort;
use crate::common::run::{ask, make_plan, read};
use crate::common::{InstantClock, client};
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use strongroom::apply::{self, ApplyEvent, CancelToken};
use strongroom::cli::report::{DumpOptions, dump};
use strongroom::control_plane::{Client, Method, Request, Response, Transport, TransportError};
use strongroom::embedded::{EmbeddedControlPlane, EmbeddedOptions, EmbeddedTransport};
use strongroom::json::{Value, json};
use strongroom::plan::{self, DeleteLimit, Guards, Plan, PlanError, StepAction};
use strongroom::schema::{Catalog, Edition, Kind};
use strongroom::state::DesiredState;
use uuid::Uuid;

const THREADS: u32 = 4;

/// Keeps book of every write that is sent.
#[derive(Clone)]
struct RecordingTransport {
    inner: EmbeddedTransport,
    writes: Arc<Mutex<Vec<(String, u16, String)>>>,
}

impl Transport for RecordingTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let (method, path, body) = (request.method, request.path.clone(), request.body.clone());
        let answer = self.inner.send(request).await?;
        if method != Method::Get {
            let text = String::from_utf8_lossy(&body.unwrap_or_default()).into_owned();
            let told = format!("{text} => {}", String::from_utf8_lossy(&answer.body));
            self.writes
                .lock()
                .unwrap()
                .push((format!("{method} {path}"), answer.status, told));
        }
        Ok(answer)
    }
}

/// A node with what belongs to another team.
struct World {
    catalog: Arc<Catalog>,
    control_plane: Arc<EmbeddedControlPlane>,
    book: RecordingTransport,
    client: Client<RecordingTransport, InstantClock>,
    theirs: Vec<(String, Value)>,
}

impl World {
    fn new(catalog: &Arc<Catalog>) -> Self {
        let options = EmbeddedOptions {
            wasm_filters: BTreeSet::from(["filter".to_owned()]),
            ..EmbeddedOptions::default()
        };
        let control_plane = Arc::new(EmbeddedControlPlane::open(Arc::clone(catalog), options).unwrap());
        let book = RecordingTransport {
            inner: EmbeddedTransport::new(Arc::clone(&control_plane)),
            writes: Arc::default(),
        };
        let client = client(book.clone());
        let mut world = Self {
            catalog: Arc::clone(catalog),
            control_plane,
            book,
            client,
            theirs: Vec::new(),
        };
        world.theirs("/services", json!({"name": "their-service", "host": "their.example"}));
        world.theirs("/consumers", json!({"username": "their-consumer"}));
        world.theirs("/upstreams", json!({"name": "their-upstream"}));
        world.theirs("/vaults", json!({"name": "env", "prefix": "their-vault"}));
        world
    }

    /// Asks the node itself, around every layer.
    fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let body = body.map(|body| body.to_string().into_bytes());
        let answer = self.control_plane.handle(&Request {
            method,
            path: path.to_owned(),
            body,
        });
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
    }

    /// Makes something that belongs to another team.
    fn theirs(&mut self, path: &str, mut body: Value) -> bool {
        body.as_object_mut().unwrap().insert("tags", json!(["theirs"]));
        let (status, made) = self.ask(Method::Post, path, Some(body));
        if status == 201 {
            let path = format!("{path}/{}", made["id"].as_str().unwrap());
            let (_, stands) = self.ask(Method::Get, &path, None);
            self.theirs.push((path, stands));
        }
        status == 201
    }

    fn all(&self, path: &str) -> Vec<Value> {
        let (_, page) = self.ask(Method::Get, &format!("{path}?size=1000"), None);
        page["data"].as_array().cloned().unwrap_or_default()
    }

    async fn plan(&self, desired: &DesiredState) -> Result<Plan, Vec<PlanError>> {
        let live = read(&self.client, &self.catalog, desired).await.unwrap();
        ask(&self.catalog, desired, &live, |question| {
            make_plan(question, &mut Uuid::new_v4)
        })
    }

    /// Plans and carries out; the plan, if there is one.
    async fn sync(&self, desired: &DesiredState) -> Result<Plan, String> {
        self.book.writes.lock().unwrap().clear();
        let live = read(&self.client, &self.catalog, desired).await.unwrap();
        let guards = Guards {
            max_deletes: DeleteLimit::Count(u64::MAX),
            allow_empty: true,
            allow_delete_in_use: true,
        };
        let approved = ask(&self.catalog, desired, &live, |question| {
            let plan = make_plan(question, &mut Uuid::new_v4).map_err(|problems| words(&problems))?;
            let copy = plan.clone();
            Ok::<_, String>(
                guards
                    .approve(plan, question, &plan::compute_planned_state(&live, &copy))
                    .expect("every guard is open"),
            )
        })?;
        let account = apply::apply_plan(
            &approved,
            &self.catalog,
            &self.client,
            &|_: ApplyEvent<'_>| {},
            &CancelToken::never(),
        )
        .await;
        let refused: Vec<String> = self
            .book
            .writes
            .lock()
            .unwrap()
            .iter()
            .filter(|(_, status, _)| *status >= 300)
            .map(|write| format!("{write:?}"))
            .collect();
        assert!(account.is_complete() && refused.is_empty(), "refused: {refused:#?}");
        Ok(approved.plan().clone())
    }

    /// Whether all that belongs to others stands as it stood, and no write was sent to it.
    fn spares_others(&self) {
        let writes = self.book.writes.lock().unwrap();
        for (path, stood) in &self.theirs {
            let id = path.rsplit('/').next().unwrap();
            let touched = writes
                .iter()
                .find(|(to, ..)| to.contains(&format!("/{id}")) && !to.starts_with("POST") && to.ends_with(id));
            assert!(touched.is_none(), "written: {touched:?}");
            assert_eq!(self.ask(Method::Get, path, None).1, *stood, "{path}");
        }
    }

    /// Everything of one team, by kind, free of what differs from run to run. `said` is the document of it.
    fn stable(&self, desired: &DesiredState, said: &str) -> BTreeMap<String, Vec<String>> {
        let fixed: BTreeSet<String> = desired
            .entities
            .iter()
            .filter_map(|one| Some(one.id?.to_string()))
            .collect();
        let kinds = self.catalog.kinds().map(|(_, kind)| kind);
        let held: Vec<(&Kind, Vec<Value>)> = kinds
            .filter(|kind| kind.edition == Edition::Community)
            .map(|kind| (kind, self.rows(kind)))
            .collect();
        let mut names = BTreeMap::new();
        for (kind, row) in held
            .iter()
            .flat_map(|(kind, rows)| rows.iter().map(move |row| (kind, row)))
        {
            let id = row["id"].as_str().unwrap();
            if !fixed.contains(id) {
                names.insert(id.to_owned(), format!("<{} {}>", kind.name, said_name(kind, row, said)));
            }
        }
        let mine = |row: &&Value| {
            let tags = row["tags"].as_array();
            tags.is_some_and(|tags| tags.contains(&json!("mine")))
        };
        let texts = |(kind, rows): &(&Kind, Vec<Value>)| {
            let rows = rows.iter().filter(mine).map(|row| without_made_up(kind, row, said));
            let mut texts: Vec<String> = rows.map(|row| stable_text(row, &names)).collect();
            texts.sort();
            (kind.collection.clone(), texts)
        };
        held.iter().map(texts).collect()
    }

    fn rows(&self, kind: &Kind) -> Vec<Value> {
        let Some(_) = &kind.parent else {
            return self.all(&format!("/{}", kind.path));
        };
        let parents = self.all("/upstreams");
        let of = |parent: &Value| self.all(&format!("/upstreams/{}/{}", parent["id"].as_str().unwrap(), kind.path));
        parents.iter().flat_map(of).collect()
    }
}

/// The name of an entity, if the document says it.
fn said_name(kind: &Kind, row: &Value, said: &str) -> String {
    let mut names = kind
        .title
        .fields
        .iter()
        .filter_map(|field| Some((field, row[field].as_str()?)));
    let name = names.next().filter(|(field, name)| says(said, field, name));
    name.map_or(String::new(), |(_, name)| name.to_owned())
}

/// An entity without what the server may have made up.
fn without_made_up(kind: &Kind, row: &Value, said: &str) -> Value {
    let mut row = row.clone();
    for (name, _) in kind
        .record
        .fields
        .iter()
        .filter(|(name, field)| field.auto && name != "id")
    {
        let names_it = kind.identity.iter().flatten().any(|known| known == name);
        let is_made_up = row[name].as_str().is_some_and(|text| !says(said, name, text));
        let row = row.as_object_mut().unwrap();
        if !names_it {
            row.remove(name);
        } else if is_made_up {
            row.insert(name.as_str(), json!("<made up>"));
        }
    }
    row
}

fn says(document: &str, field: &str, value: &str) -> bool {
    document.contains(&format!("\"{field}\":\"{value}\""))
}

/// An entity as text without times, made-up ids and secrets, and hashes.
fn stable_text(mut row: Value, names: &BTreeMap<String, String>) -> String {
    for field in ["created_at", "updated_at", "snis"] {
        row.as_object_mut().unwrap().remove(field);
    }
    fn walk(value: &mut Value, names: &BTreeMap<String, String>) {
        match value {
            Value::String(text) => {
                let random = text.len() >= 32
                    && text
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b"+/=_".contains(&byte));
                if let Some(name) = names.get(text) {
                    *text = name.clone();
                } else if random {
                    *text = "<made up>".to_owned();
                }
            }
            Value::Array(members) => members.iter_mut().for_each(|member| walk(member, names)),
            Value::Object(members) => members.values_mut().for_each(|member| walk(member, names)),
            _ => {}
        }
    }
    walk(&mut row, names);
    row.to_string()
}

fn words(problems: &[PlanError]) -> String {
    problems
        .iter()
        .map(|problem| format!("{:?}: {}", problem.kind, problem.diagnostic.message))
        .collect::<Vec<_>>()
        .join("\n")
}

/// How often each thing happened.
#[derive(Default)]
struct Coverage(BTreeMap<String, usize>);

impl Coverage {
    fn see(&mut self, what: impl IntoIterator<Item = String>) {
        for one in what.into_iter().collect::<BTreeSet<_>>() {
            *self.0.entry(one).or_default() += 1;
        }
    }

    /// The kinds and foreign keys of the open-source gateway, and the moves that hurt.
    fn wanted(catalog: &Catalog) -> Vec<String> {
        let mut wanted: Vec<String> = [
            "changed id",
            "rename",
            "swapped name",
            "moved sni",
            "foreign neighbour",
            "vault reference",
            "parked",
            "replaced",
            "created",
            "updated",
            "deleted",
            "conflict",
        ]
        .map(str::to_owned)
        .to_vec();
        for (_, kind) in catalog.kinds().filter(|(_, kind)| kind.edition == Edition::Community) {
            wanted.push(format!("kind {}", kind.collection));
            let community =
                |foreign: &&strongroom::schema::ForeignField| catalog.kind(foreign.kind).edition == Edition::Community;
            wanted.extend(
                kind.foreign_fields
                    .iter()
                    .filter(community)
                    .map(|foreign| format!("edge {}.{}", kind.collection, foreign.field)),
            );
        }
        wanted
    }
}

fn seen(
    catalog: &Catalog,
    before: &RandomState,
    after: &RandomState,
    desired: &DesiredState,
    plan: &Plan,
) -> Vec<String> {
    let mut seen = Vec::new();
    for declared in &desired.entities {
        let collection = &catalog.kind(declared.kind).collection;
        seen.push(format!("kind {collection}"));
        let linked = declared
            .foreign_keys
            .iter()
            .filter(|link| link.target != strongroom::state::ForeignKeyTarget::Null);
        seen.extend(linked.map(|link| format!("edge {collection}.{}", link.field)));
    }
    let text = after.text("mine");
    seen.extend(text.contains("{vault://v").then(|| "vault reference".to_owned()));
    seen.extend(text.contains("their-").then(|| "foreign neighbour".to_owned()));
    let pairs = before
        .items
        .iter()
        .flat_map(|old| after.of(old.kind).map(move |new| (old, new)));
    for (old, new) in pairs {
        let same_id = old.id.is_some() && old.id == new.id;
        seen.extend((old.name == new.name && new.id.is_some() && old.id != new.id).then(|| "changed id".to_owned()));
        seen.extend((same_id && old.name != new.name).then(|| "rename".to_owned()));
        seen.extend(
            (old.name == new.name && old.at.is_some() && new.at.is_some() && old.at != new.at)
                .then(|| "moved sni".to_owned()),
        );
        if same_id && old.name != new.name {
            let back = before
                .of(old.kind)
                .find(|other| other.name == new.name && other.id.is_some());
            let swapped = back.is_some_and(|back| {
                after
                    .of(old.kind)
                    .any(|other| other.id == back.id && other.name == old.name)
            });
            seen.extend(swapped.then(|| "swapped name".to_owned()));
        }
    }
    for step in &plan.steps {
        let what = match (&step.action, &step.note) {
            (StepAction::Patch(_), Some(_)) => "parked",
            (StepAction::Delete, Some(_)) => "replaced",
            (StepAction::Delete, None) => "deleted",
            (StepAction::Create(_), _) => "created",
            (StepAction::Patch(_) | StepAction::Replace(_), _) => "updated",
        };
        seen.push(what.to_owned());
    }
    seen
}

#[test]
fn whatever_stands_becomes_what_is_declared_and_nothing_else_is_touched() {
    let cases = std::env::var("PROPERTY_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or_else(|| effort(1000_u32, 200));
    let seed = std::env::var("PROPERTY_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(1_u8);
    let catalog = Catalog::recorded();
    let materials = Materials::new();
    let coverage = Mutex::new(Coverage::default());
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (catalog, materials, coverage) = (&catalog, &materials, &coverage);
            scope.spawn(move || {
                let config = Config {
                    cases: cases.div_ceil(THREADS),
                    failure_persistence: None,
                    max_shrink_iters: 60,
                    ..Config::default()
                };
                let rng = TestRng::from_seed(
                    RngAlgorithm::ChaCha,
                    &[seed.wrapping_mul(16).wrapping_add(thread as u8); 32],
                );
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                let mut runner = TestRunner::new_with_rng(config, rng);
                let outcome = runner.run(&vec(any::<u8>(), 500), |bytes| {
                    let case =
                        std::panic::AssertUnwindSafe(|| runtime.block_on(case(catalog, materials, coverage, &bytes)));
                    std::panic::catch_unwind(case).map_err(|panic| TestCaseError::fail(text_of(&*panic)))
                });
                if let Err(error) = outcome {
                    panic!(
                        "{}",
                        error
                            .to_string()
                            .split("minimal failing input")
                            .next()
                            .unwrap_or_default()
                    );
                }
            });
        }
    });
    let coverage = coverage.into_inner().unwrap();
    #[expect(clippy::print_stdout, reason = "the test tells what it covered")]
    for (what, times) in &coverage.0 {
        println!("{times:5} {what}");
    }
    for what in Coverage::wanted(&catalog) {
        let times = coverage.0.get(&what).copied().unwrap_or_default();
        assert!(times * 100 >= cases as usize, "{what} in {times} of {cases} cases only");
    }
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    brief(text.unwrap_or("a panic"))
}

/// A text without certificates and keys.
fn brief(text: &str) -> String {
    let mut parts = text.split("-----BEGIN ");
    let first = parts.next().unwrap_or_default().to_owned();
    let rest = parts.map(|part| {
        let (pem, rest) = part.split_once("-----END ").unwrap_or(("", part));
        format!(
            "<PEM {}>{}",
            pem.len() + usize::from(pem.as_bytes().get(90).copied().unwrap_or_default()),
            rest.split_once("-----").unwrap_or(("", rest)).1
        )
    });
    first + &rest.collect::<String>()
}

async fn case(catalog: &Arc<Catalog>, materials: &Materials, coverage: &Mutex<Coverage>, bytes: &[u8]) {
    let mut tape = Tape::new(bytes);
    let (neighbours, in_the_way) = (tape.once_in(3), tape.once_in(12));
    let (from_scratch, with_ids) = (tape.once_in(4), tape.once_in(2));
    let before = StateDocument::random(&mut tape, materials, tape_is_even(bytes));
    let after = StateDocument::random(&mut tape, materials, tape_is_even(bytes));
    let texts = format!("before {}\nafter {}", before.text, after.text);
    let mut world = World::new(catalog);
    let first = crate::common::run::declared(catalog, &before.text);
    let made = world.sync(&first).await;
    made.unwrap_or_else(|problems| panic!("into an empty node: {problems}\n{texts}"));
    world.spares_others();
    if neighbours {
        add_neighbours(&mut world, &mut tape);
    }
    if in_the_way {
        world.theirs("/services", json!({"name": "service0", "host": "theirs"}));
        world.theirs("/vaults", json!({"name": "env", "prefix": "v1"}));
    }
    let desired = crate::common::run::declared(catalog, &after.text);
    match world.sync(&desired).await {
        Ok(plan) => {
            stands_as_declared(&world, &desired, &texts, with_ids).await;
            if from_scratch {
                is_as_from_scratch(&world, &desired, &after.text, &texts).await;
            }
            let seen = seen(catalog, &before.state, &after.state, &desired, &plan);
            coverage.lock().unwrap().see(seen);
        }
        Err(problems) => {
            let outcome = refused_rightly(&world, &problems, neighbours || in_the_way, &texts);
            coverage.lock().unwrap().see([outcome.to_owned()]);
        }
    }
}

/// Nothing of others was touched, a second diff is empty, and so is that of a dump.
async fn stands_as_declared(world: &World, desired: &DesiredState, texts: &str, with_ids: bool) {
    world.spares_others();
    let again = world.plan(desired).await;
    let again = again.unwrap_or_else(|problems| panic!("{}\n{texts}", words(&problems)));
    let shown = || crate::common::plan_case::show(&world.catalog, &again);
    assert!(again.changes.is_empty(), "the second diff: {}\n{texts}", shown());
    dump_is_no_change(world, desired, with_ids).await;
}

/// What stands is what the same documents make of a node without us.
async fn is_as_from_scratch(world: &World, desired: &DesiredState, said: &str, texts: &str) {
    let other = World::new(&world.catalog);
    other.sync(desired).await.unwrap();
    let there = other.stable(desired, said);
    for (kind, rows) in world.stable(desired, said) {
        assert_eq!(rows, there[&kind], "{texts}");
    }
}

/// Nothing was written, and either others are in the way or no order is possible.
fn refused_rightly(world: &World, problems: &str, others: bool, texts: &str) -> &'static str {
    assert!(world.book.writes.lock().unwrap().is_empty());
    let conflict = problems.contains("Conflict:");
    let allowed = if conflict {
        others
    } else {
        problems.contains("no order is possible")
    };
    assert!(allowed, "{problems}\n{texts}");
    if conflict { "conflict" } else { "impossible" }
}

fn tape_is_even(bytes: &[u8]) -> bool {
    bytes.last().is_some_and(|byte| byte % 2 == 0)
}

/// Puts things of another team on things of ours.
fn add_neighbours(world: &mut World, tape: &mut Tape<'_>) {
    let pick = |rows: Vec<Value>, tape: &mut Tape<'_>| {
        let mine: Vec<Value> = rows.into_iter().filter(|row| row["tags"] == json!(["mine"])).collect();
        (!mine.is_empty()).then(|| mine[tape.below(mine.len())]["id"].clone())
    };
    if let Some(service) = pick(world.all("/services"), tape) {
        world.theirs("/plugins", json!({"name": "prometheus", "service": {"id": service}}));
    }
    if let Some(certificate) = pick(world.all("/certificates"), tape) {
        world.theirs(
            "/snis",
            json!({"name": "their.example.test", "certificate": {"id": certificate}}),
        );
    }
    if let Some(Value::String(upstream)) = pick(world.all("/upstreams"), tape) {
        world.theirs(
            &format!("/upstreams/{upstream}/targets"),
            json!({"target": "198.51.100.1:80"}),
        );
    }
}

async fn dump_is_no_change(world: &World, desired: &DesiredState, with_id: bool) {
    let live = read(&world.client, &world.catalog, desired).await.unwrap();
    let select_tags = BTreeSet::from(["mine".to_owned()]);
    let options = DumpOptions {
        with_id,
        skip_defaults: false,
        hide_secrets: false,
        select_tags,
    };
    let text = Value::Object(dump(&world.catalog, &live, &options)).to_string();
    let dumped = crate::common::run::declared(&world.catalog, &text);
    let plan = world
        .plan(&dumped)
        .await
        .unwrap_or_else(|problems| panic!("a dump: {}\n{text}", words(&problems)));
    assert!(
        plan.changes.is_empty(),
        "a dump read back: {}\n{text}",
        crate::common::plan_case::show(&world.catalog, &plan)
    );
}
