//! The cases under `fixtures/plan`: a state, what the control plane holds, and the plan that comes of it.
//!
//! `state.yaml` (and further `*.yaml`) are the documents; their first line may say options after `# options:`.
//! `BLESS=1 cargo test --test it plan::cases` writes `plan.txt` anew: read what it wrote.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use strongroom::json::json;
use strongroom::plan::LiveState;
use strongroom::plan::{
    DeleteLimit, Fingerprinter, Guards, MissingContext, PlanInput, PlanOptions, compute_planned_state, match_entities,
};
use strongroom::schema::Catalog;
use strongroom::state::{self, DesiredState};
use uuid::Uuid;

#[test]
fn every_case_gives_its_plan() {
    let catalog = Catalog::recorded();
    let folders = case_folders();
    let only = std::env::var("CASE").ok();
    let wrong: Vec<String> = folders
        .iter()
        .filter(|folder| only.as_ref().is_none_or(|only| folder.ends_with(only)))
        .filter_map(|folder| differs(&catalog, folder))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn case_folders() -> Vec<PathBuf> {
    let mut folders: Vec<_> = std::fs::read_dir("fixtures/plan")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    assert!(folders.len() > 20, "the cases are gone");
    folders
}

/// A case: the documents, what the control plane holds, and the options of the run.
struct Case {
    texts: Vec<(String, String)>,
    desired: DesiredState,
    live: LiveState,
    options: PlanOptions,
}

impl Case {
    fn read(catalog: &Catalog, folder: &Path) -> Self {
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        names.retain(|name| name.extension().is_some_and(|extension| extension == "yaml"));
        names.sort();
        let texts: Vec<(String, String)> = names
            .iter()
            .map(|name| {
                (
                    name.file_name().unwrap().to_string_lossy().into_owned(),
                    std::fs::read_to_string(name).unwrap(),
                )
            })
            .collect();
        let (reading, options) = options(catalog, &texts[0].1);
        let desired = crate::common::plan_case::desired(catalog, &texts, &reading);
        let held = std::fs::read_to_string(folder.join("live.json")).unwrap();
        let held = serde_json::from_str(&held).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let live = crate::common::plan_case::live(catalog, &held, &desired.scopes);
        Self {
            texts,
            desired,
            live,
            options,
        }
    }

    fn missing_context(&self, catalog: &Catalog, live: &LiveState) -> Option<MissingContext> {
        let input = PlanInput {
            catalog,
            desired: &self.desired,
            live,
            options: &self.options,
            fingerprinter: &Fingerprinter::new(&[7; 64]),
            foreign_references: false,
            now: crate::common::plan_case::NOW,
        };
        match_entities(&input, &mut Uuid::new_v4).err()
    }

    /// The plan by what is known, as text.
    fn plan(&self, catalog: &Catalog, live: &LiveState) -> String {
        match crate::common::plan_case::plan(catalog, &self.desired, live, &self.options) {
            Ok(plan) => crate::common::plan_case::show(catalog, &plan),
            Err(problems) => crate::common::plan_case::show_problems(&problems, &self.texts),
        }
    }
}

fn differs(catalog: &Catalog, folder: &Path) -> Option<String> {
    let case = Case::read(catalog, folder);
    let shown = case.plan(catalog, &case.live);
    let file = folder.join("plan.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, &shown).unwrap();
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    (expected != shown).then(|| format!("{}\n--- expected\n{expected}--- got\n{shown}", folder.display()))
}

fn options(catalog: &Catalog, text: &str) -> (state::StateOptions, PlanOptions) {
    let (mut reading, mut options) = (state::StateOptions::default(), PlanOptions::default());
    let Some(said) = text.lines().next().and_then(|line| line.strip_prefix("# options:")) else {
        return (reading, options);
    };
    for word in said.split_whitespace() {
        match word.split_once('=').unwrap_or((word, "")) {
            ("--no-delete", _) => options.no_delete = true,
            ("--skip-consumers", _) => options.skip = BTreeSet::from([catalog.find_kind("consumers").unwrap()]),
            ("--filter-tag", tag) => reading.filter_tags.extend([tag.to_owned()]),
            ("--select-tag", tag) => reading.select_tags.extend([tag.to_owned()]),
            _ => panic!("no option {word}"),
        }
    }
    (reading, options)
}

fn held(catalog: &Catalog, text: &str, held: strongroom::json::Value) -> (DesiredState, LiveState) {
    let desired = crate::common::plan_case::desired(
        catalog,
        &[("state.yaml".to_owned(), text.to_owned())],
        &state::StateOptions::default(),
    );
    let live = crate::common::plan_case::live(catalog, &held, &desired.scopes);
    (desired, live)
}

fn id(at: usize) -> String {
    format!("{at:08}-1111-4111-8111-111111111111")
}

fn services(count: usize) -> strongroom::json::Value {
    let service = |at| json!({"id": id(at), "name": format!("s{at}"), "host": "a.example"});
    json!({"services": (1..=count).map(service).collect::<Vec<_>>()})
}

/// What the guards refuse of the plan for a state: the flags that would allow it.
fn refused(guards: &Guards, text: &str, control_plane: strongroom::json::Value) -> Vec<&'static str> {
    let catalog = Catalog::recorded();
    let (desired, live) = held(&catalog, text, control_plane);
    let plan = crate::common::plan_case::plan(&catalog, &desired, &live, &PlanOptions::default()).unwrap();
    let copy = plan.clone();
    let approved = asked(&catalog, &desired, &live, |question| {
        guards.approve(plan, question, &compute_planned_state(&live, &copy))
    });
    match approved {
        Ok(_) => Vec::new(),
        Err((_, refusals)) => refusals.iter().map(|refusal| refusal.allow_flag).collect(),
    }
}

/// Puts a question without options.
fn asked<R>(
    catalog: &Catalog,
    desired: &DesiredState,
    live: &LiveState,
    answer: impl FnOnce(&PlanInput<'_>) -> R,
) -> R {
    answer(&PlanInput {
        catalog,
        desired,
        live,
        options: &PlanOptions::default(),
        fingerprinter: &Fingerprinter::new(&[7; 64]),
        foreign_references: false,
        now: crate::common::plan_case::NOW,
    })
}

const FOUR_OF_TEN: &str = "_format_version: '3.0'\nservices: [{name: s1, host: a.example}, {name: s2, host: a.example}, {name: s3, host: a.example}, {name: s4, host: a.example}, {name: s5, host: a.example}, {name: s6, host: a.example}]\n";

#[test]
fn guards_refuse_to_delete_too_much_of_a_scope() {
    let limited = |max_deletes| Guards {
        max_deletes,
        ..Guards::default()
    };
    let flags = ["--max-deletes"];
    assert_eq!(refused(&Guards::default(), FOUR_OF_TEN, services(10)), flags);
    assert_eq!(
        refused(&Guards::default(), &scoped(FOUR_OF_TEN), services_of(&["mine"; 9])),
        [""; 0],
        "a scope of nine is too small for a share"
    );
    assert_eq!(
        refused(&limited(DeleteLimit::Percent(40.0)), FOUR_OF_TEN, services(10)),
        [""; 0]
    );
    assert_eq!(
        refused(&limited(DeleteLimit::Count(3)), FOUR_OF_TEN, services(10)),
        flags
    );
    assert_eq!(
        refused(&limited(DeleteLimit::Count(4)), FOUR_OF_TEN, services(10)),
        [""; 0]
    );
}

/// The same state, of a scope.
fn scoped(text: &str) -> String {
    text.replacen("services:", "_info: {select_tags: [mine]}\nservices:", 1)
}

/// A service for each tag; an empty one is none.
fn services_of(tags: &[&str]) -> strongroom::json::Value {
    let service = |(at, tag): (usize, &&str)| {
        let tags: Vec<&str> = [*tag].into_iter().filter(|tag| !tag.is_empty()).collect();
        json!({"id": id(at + 1), "name": format!("s{}", at + 1), "host": "a.example", "tags": tags})
    };
    json!({"services": tags.iter().enumerate().map(service).collect::<Vec<_>>()})
}

#[test]
fn guards_of_a_run_without_tags_refuse_to_delete_a_third() {
    let kept = |count: usize| {
        let services = (1..=count).map(|at| format!("{{name: s{at}, host: a.example}}"));
        let services = services.collect::<Vec<_>>().join(", ");
        format!("_format_version: '3.0'\nservices: [{services}]\n")
    };
    let guards = Guards::default();
    assert_eq!(refused(&guards, &kept(2), services(3)), ["--max-deletes"]);
    assert_eq!(refused(&guards, &kept(3), services(4)), [""; 0]);
    assert_eq!(refused(&guards, &kept(1), services(2)), [""; 0]);
    assert_eq!(refused(&guards, &scoped(&kept(2)), services_of(&["mine"; 3])), [""; 0]);
}

#[test]
fn guards_of_a_run_without_tags_refuse_to_delete_all_that_bear_a_tag() {
    let control_plane = services_of(&["", "", "", "", "", "", "team-c", "team-b", "team-b"]);
    let seven = FOUR_OF_TEN.replace(
        "s6, host: a.example}",
        "s6, host: a.example}, {name: s7, host: a.example}",
    );
    assert_eq!(
        refused(&Guards::default(), &seven, control_plane.clone()),
        ["--max-deletes"]
    );
    let limited = |max_deletes| Guards {
        max_deletes,
        ..Guards::default()
    };
    let allowed = refused(&limited(DeleteLimit::Count(2)), &seven, control_plane);
    assert_eq!(allowed, [""; 0]);
    let one_stays = services_of(&["team-b", "", "", "", "", "", "team-c", "team-b", "team-b"]);
    assert_eq!(refused(&Guards::default(), &seven, one_stays), [""; 0]);
}

#[test]
fn guards_refuse_an_empty_state_only_if_it_deletes() {
    let nothing = "_format_version: '3.0'\n";
    assert_eq!(refused(&Guards::default(), nothing, services(2)), ["--allow-empty"]);
    assert_eq!(refused(&Guards::default(), nothing, json!({})), [""; 0]);
}

#[test]
fn guards_refuse_to_delete_a_vault_that_something_still_names() {
    let text = "_format_version: '3.0'\n_info: {select_tags: [mine]}\nservices: [{name: s1, host: a.example}]\n";
    let vault = json!({"vaults": [{"id": id(1), "name": "env", "prefix": "in-use", "tags": ["mine"]}]});
    let certificate = json!({"id": id(2), "cert": "{vault://in-use/c}", "key": "{vault://in-use/k}", "tags": ["mine"]});
    let both = json!({"vaults": vault["vaults"], "certificates": [certificate]});
    let keeps = format!(
        "{text}certificates: [{{id: {}, cert: '{{vault://in-use/c}}', key: '{{vault://in-use/k}}'}}]\n",
        id(2)
    );
    assert_eq!(
        refused(&Guards::default(), &keeps, both.clone()),
        ["--allow-delete-in-use"]
    );
    let allowed = Guards {
        allow_delete_in_use: true,
        ..Guards::default()
    };
    assert_eq!(refused(&allowed, &keeps, both.clone()), [""; 0]);
    assert_eq!(
        refused(&Guards::default(), text, both),
        [""; 0],
        "what names it goes too"
    );
}

/// The kinds whose foreign index a plan needs.
fn needed(text: &str, control_plane: strongroom::json::Value) -> Vec<String> {
    let catalog = Catalog::recorded();
    let (desired, mut live) = held(&catalog, text, control_plane);
    live.foreign.clear();
    let missing = asked(&catalog, &desired, &live, |input| {
        match_entities(input, &mut Uuid::new_v4).err()
    });
    let kinds = missing.unwrap_or_default().foreign_kinds;
    kinds
        .into_iter()
        .map(|kind| catalog.kind(kind).collection.clone())
        .collect()
}

#[test]
fn what_a_plan_needs_is_asked_for_once_and_is_enough() {
    let catalog = Catalog::recorded();
    for folder in case_folders() {
        let case = Case::read(&catalog, &folder);
        let mut read = LiveState {
            foreign: BTreeMap::new(),
            ..case.live.clone()
        };
        if let Some(missing) = case.missing_context(&catalog, &read) {
            let kinds = missing.foreign_kinds.iter().chain(missing.parents_by_kind.keys());
            let answers = kinds.filter_map(|kind| Some((*kind, case.live.foreign.get(kind)?.clone())));
            read.foreign = answers.collect();
        }
        assert_eq!(case.missing_context(&catalog, &read), None, "{}", folder.display());
        let (with_some, with_all) = (case.plan(&catalog, &read), case.plan(&catalog, &case.live));
        assert_eq!(with_some, with_all, "{}", folder.display());
    }
}

#[test]
fn no_more_is_read_than_a_plan_needs() {
    let vault = json!({"vaults": [{"id": id(1), "name": "env", "prefix": "v", "tags": ["mine"]}]});
    let state = |rest: &str| format!("_format_version: '3.0'\n_info: {{select_tags: [mine]}}\n{rest}\n");
    let in_sync = state("vaults: [{name: env, prefix: v, description: new}]");
    assert_eq!(needed(&in_sync, vault.clone()), [""; 0]);
    let created = state("vaults: [{name: env, prefix: v}, {name: env, prefix: w}]");
    assert_eq!(needed(&created, vault.clone()), ["vaults"]);
    let referring = state("routes: [{name: r, paths: [/r], service: theirs}]\nvaults: [{name: env, prefix: v}]");
    assert_eq!(needed(&referring, vault.clone()), ["routes", "services"]);
    let unknown = state(
        "vaults: [{name: env, prefix: v}]\nplugins: [{name: http-log, config: {http_endpoint: '{vault://theirs/x}'}}]",
    );
    assert_eq!(needed(&unknown, vault.clone()), ["plugins", "vaults"]);
    let gone = needed(&state("vaults: []"), vault);
    assert!(
        gone.contains(&"certificates".to_owned()) && gone.contains(&"plugins".to_owned()),
        "{gone:?}"
    );
    assert!(!gone.contains(&"acls".to_owned()), "{gone:?}");
}
