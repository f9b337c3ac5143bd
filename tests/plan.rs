//! The cases under `fixtures/plan`: a state, what the control plane holds, and the plan that comes of it.
//!
//! `state.yaml` (and further `*.yaml`) are the documents; their first line may say options after `# options:`.
//! `BLESS=1 cargo test --test plan` writes `plan.txt` anew: read what it wrote.

mod plan_case;

use std::collections::BTreeSet;
use std::path::Path;

use strongroom::plan::Options;
use strongroom::schema::Catalog;
use strongroom::state;

#[test]
fn every_case_gives_its_plan() {
    let catalog = Catalog::recorded();
    let mut folders: Vec<_> = std::fs::read_dir("fixtures/plan")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    assert!(folders.len() > 20, "the cases are gone");
    let only = std::env::var("CASE").ok();
    let wrong: Vec<String> = folders
        .iter()
        .filter(|folder| only.as_ref().is_none_or(|only| folder.ends_with(only)))
        .filter_map(|folder| differs(&catalog, folder))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn differs(catalog: &Catalog, folder: &Path) -> Option<String> {
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
    let desired = plan_case::desired(catalog, &texts, &reading);
    let held = std::fs::read_to_string(folder.join("live.json")).unwrap();
    let held = serde_json::from_str(&held).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let live = plan_case::live(catalog, &held, &desired.scopes);
    let shown = match plan_case::plan(catalog, &desired, &live, &options) {
        Ok(plan) => plan_case::show(catalog, &plan),
        Err(problems) => plan_case::show_problems(&problems, &texts),
    };
    let file = folder.join("plan.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, &shown).unwrap();
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    (expected != shown).then(|| format!("{}\n--- expected\n{expected}--- got\n{shown}", folder.display()))
}

fn options(catalog: &Catalog, text: &str) -> (state::Options, Options) {
    let (mut reading, mut options) = (state::Options::default(), Options::default());
    let Some(said) = text.lines().next().and_then(|line| line.strip_prefix("# options:")) else {
        return (reading, options);
    };
    for word in said.split_whitespace() {
        match word.split_once('=').unwrap_or((word, "")) {
            ("--no-delete", _) => options.no_delete = true,
            ("--skip-consumers", _) => options.skip = BTreeSet::from([catalog.find("consumers").unwrap()]),
            ("--filter-tag", tag) => reading.filter_tags.extend([tag.to_owned()]),
            ("--select-tag", tag) => reading.select_tags.extend([tag.to_owned()]),
            _ => panic!("no option {word}"),
        }
    }
    (reading, options)
}
