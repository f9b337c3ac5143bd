//! What tests of plans share: reading states, making control planes of JSON, and plans as text for people.
#![allow(dead_code, reason = "each test uses a part")]

use std::collections::BTreeSet;
use std::fmt::Write as _;

use strongroom::json::{Object, Value};
use strongroom::plan::{Change, Fingerprinter, Phase, Plan, PlanError, PlanInput, PlanOptions, PlanValue, StepAction};
use strongroom::plan::{ForeignEntity, LiveEntity, LiveState};
use strongroom::schema::{Catalog, Kind, complete_body};
use strongroom::state::{self, DesiredState, EntityBody, Scope};
use strongroom::yaml::{ComposeOptions, SourceFiles, TemplateEnvironment, compose};
use uuid::Uuid;

/// 2026-11-21, when the recorded certificates were new.
pub const NOW: i64 = 1_795_219_200;

/// Reads the desired state of some texts, which must be right.
pub fn desired(catalog: &Catalog, texts: &[(String, String)], options: &state::StateOptions) -> DesiredState {
    let mut sources = SourceFiles::default();
    let environment = |name: &str| Some(format!("value of {name}"));
    let compose_options = ComposeOptions {
        environment: TemplateEnvironment::Strict(&environment),
        substitute_env: false,
    };
    let mut files = Vec::new();
    for (name, text) in texts {
        let file = sources.add(name.clone(), text.clone());
        let (node, _) = compose(file, text, &compose_options);
        files.extend(node.map(|node| (file, node)));
    }
    state::read_desired_state(files, options, catalog).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// A control plane of which all is known. It holds some entities, by collection; what a body leaves out is filled in as
/// Kong would. `absent` lists the kinds that it does not have.
pub fn live(catalog: &Catalog, held: &Value, scopes: &[Scope]) -> LiveState {
    let mut live = LiveState {
        foreign: catalog.kinds().map(|(kind, _)| (kind, Vec::new())).collect(),
        ..LiveState::default()
    };
    for (collection, bodies) in held.as_object().expect("an object of collections") {
        if collection == "absent" {
            let absent = bodies
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|kind| catalog.find_kind(kind.as_str()?));
            live.absent.extend(absent);
            continue;
        }
        let id = catalog
            .find_kind(collection)
            .unwrap_or_else(|| panic!("no kind {collection}"));
        let kind = catalog.kind(id);
        for body in bodies.as_array().expect("a list of bodies") {
            let mut body = body.as_object().expect("a body").clone();
            body = complete_body(catalog, id, &body).unwrap_or(body);
            body.get_or_insert_with("created_at", || Value::from(1_700_000_000));
            let entity = body["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
            let tags: BTreeSet<String> = texts(&body["tags"]);
            if !kind.taggable || scopes.iter().any(|scope| scope.tags.is_subset(&tags)) {
                live.owned.entry(id).or_default().push(LiveEntity::new(entity, body));
            } else {
                let (index, references) = (index(kind, &body), Vec::new());
                live.foreign.entry(id).or_default().push(ForeignEntity {
                    id: entity,
                    index,
                    references,
                });
            }
        }
    }
    live
}

fn index(kind: &Kind, body: &Object) -> EntityBody {
    let keys = kind
        .identity
        .iter()
        .chain(&kind.unique_sets)
        .flatten()
        .chain(&kind.endpoint_key);
    let mut fields: BTreeSet<&str> = keys.map(String::as_str).collect();
    fields.extend(kind.foreign_fields.iter().map(|foreign| foreign.field.as_str()));
    fields.insert("tags");
    EntityBody::new(
        body.iter()
            .filter(|(field, _)| fields.contains(field))
            .map(|(field, value)| (field, value.clone()))
            .collect(),
    )
}

fn texts(tags: &Value) -> BTreeSet<String> {
    tags.as_array()
        .into_iter()
        .flatten()
        .filter_map(|tag| tag.as_str().map(str::to_owned))
        .collect()
}

/// Makes a plan with ids that count up.
pub fn plan(
    catalog: &Catalog,
    desired: &DesiredState,
    live: &LiveState,
    options: &PlanOptions,
) -> Result<Plan, Vec<PlanError>> {
    let fingerprinter = Fingerprinter::new(&[7; 64]);
    let question = PlanInput {
        catalog,
        desired,
        live,
        options,
        fingerprinter: &fingerprinter,
        foreign_references: false,
        now: NOW,
    };
    let mut last = 0_u128;
    super::run::make_plan(&question, &mut || {
        last += 1;
        Uuid::from_u128(0xaaaa_aaaa_0000_4000_8000_0000_0000_0000 + last)
    })
}

/// A plan as text: changes, then steps, then remarks.
pub fn show(catalog: &Catalog, plan: &Plan) -> String {
    let mut text = String::new();
    for change in &plan.changes {
        let subject = change.entity();
        let verb = match change {
            Change::Create { .. } => "create",
            Change::Update { .. } => "update",
            Change::Delete { .. } => "delete",
        };
        let because = subject
            .reason
            .as_ref()
            .map(|because| format!(" ({because})"))
            .unwrap_or_default();
        let _ = writeln!(
            text,
            "{verb} {} {}{because}",
            catalog.kind(subject.kind).name,
            subject.name
        );
        if let Change::Update { fields, .. } = change {
            for field in fields {
                let _ = writeln!(
                    text,
                    "    {}: {} -> {}",
                    field.path,
                    tree(&field.before),
                    tree(&field.after)
                );
            }
        }
    }
    for (at, step) in plan.steps.iter().enumerate() {
        let (verb, body) = match &step.action {
            StepAction::Create(body) => ("POST", Some(body)),
            StepAction::Replace(body) => ("PUT", Some(body)),
            StepAction::Patch(body) => ("PATCH", Some(body)),
            StepAction::Delete => ("DELETE", None),
        };
        let parent = step
            .parent
            .map(|parent| format!(" under {}", parent))
            .unwrap_or_default();
        let after: Vec<String> = step.depends_on.iter().map(|step| step.0.to_string()).collect();
        let after = if after.is_empty() {
            String::new()
        } else {
            format!(" after {}", after.join(", "))
        };
        let end = if step.phase == Phase::Delete { " at the end" } else { "" };
        let kind = &catalog.kind(step.kind).name;
        let _ = writeln!(text, "{at}. {verb} {kind} {}{parent}{end}{after}", step.id);
        if let Some(body) = body {
            let _ = writeln!(text, "    {}", tree(body));
        }
    }
    for remark in &plan.diagnostics {
        let _ = writeln!(text, "{:?}: {}", remark.severity, remark.message);
    }
    short(&text)
}

/// Problems as text.
pub fn show_problems(problems: &[PlanError], names: &[(String, String)]) -> String {
    let mut text = String::new();
    for problem in problems {
        let _ = writeln!(text, "{:?}: {}", problem.kind, problem.diagnostic.message);
        for place in &problem.diagnostic.locations {
            let name = &names[place.span.file.0 as usize].0;
            let _ = writeln!(text, "    at {name}:{}:{}", place.span.line, place.span.column);
        }
        if let Some(help) = &problem.diagnostic.help {
            let _ = writeln!(text, "    help: {help}");
        }
    }
    short(&text)
}

fn tree(tree: &PlanValue) -> String {
    match tree {
        PlanValue::Null => "null".to_owned(),
        PlanValue::Bool(value) => value.to_string(),
        PlanValue::Number(value) => value.to_string(),
        PlanValue::String(value) => Value::from(value.as_str()).to_string(),
        PlanValue::List(members) => format!("[{}]", members.iter().map(self::tree).collect::<Vec<_>>().join(", ")),
        PlanValue::Map(members) => {
            let members = members
                .iter()
                .map(|(name, value)| format!("{name}: {}", self::tree(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        PlanValue::Secret(secret) => format!("<secret {}>", secret.fingerprint()),
    }
}

/// Ids as numbers, certificates as a word.
fn short(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("-----BEGIN") {
        let end = rest[at..].find('"').map_or(rest.len(), |end| at + end);
        shown.push_str(&rest[..at]);
        shown.push_str("PEM");
        rest = &rest[end..];
    }
    shown.push_str(rest);
    let id = |at: usize| {
        shown
            .get(at..at + 36)
            .and_then(|text| text.parse::<Uuid>().ok())
            .map(|id| (at, id))
    };
    let ids: Vec<Uuid> = (0..shown.len()).filter_map(id).map(|(_, id)| id).collect();
    for id in ids {
        let text = id.to_string();
        let name = match text.strip_prefix("aaaaaaaa") {
            Some(_) => format!("NEW{}", id.as_u128() & 0xffff),
            None => format!("#{}", text[..8].trim_start_matches('0')),
        };
        shown = shown.replace(&text, &name);
    }
    shown
}
