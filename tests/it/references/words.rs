//! The words of references: what the README lists is what there is, and what backends ask for can be said.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use strongroom::reference::{Reason, Verdict};
use strongroom::schema::Catalog;
use strongroom::settings::SettingNames;

/// Every reason, by the words that the code gives diagnostics.
fn reasons() -> Vec<Reason> {
    let code = fs::read_to_string("src/reference/verdict.rs").expect("the reasons");
    let words = code.split("=> \"").skip(1).filter_map(|rest| rest.split('"').next());
    let reasons = words.map(|word| {
        let word = word.replace('-', "_");
        serde_json::from_value(word.clone().into()).unwrap_or_else(|_| panic!("{word} is no reason"))
    });
    reasons.collect()
}

fn word(of: impl serde::Serialize) -> String {
    let word = serde_json::to_value(of).expect("a word");
    word.as_str().expect("a word").to_owned()
}

#[test]
fn the_readme_lists_every_verdict_with_its_reasons() {
    let readme = fs::read_to_string("README.md").expect("the README");
    let reasons = reasons();
    assert!(reasons.len() > 30, "{}", reasons.len());
    for verdict in [
        Verdict::Found,
        Verdict::Missing,
        Verdict::Malformed,
        Verdict::Denied,
        Verdict::Unreachable,
        Verdict::NotCheckable,
    ] {
        let start = format!("| `{}` |", word(verdict));
        let line = readme.lines().find(|line| line.starts_with(&start)).expect(&start);
        let listed: BTreeSet<&str> = line.split('`').skip(3).step_by(2).collect();
        let known = reasons
            .iter()
            .filter(|reason| reason.verdict() == verdict)
            .map(|reason| word(*reason));
        let known: BTreeSet<String> = known.collect();
        assert_eq!(listed, known.iter().map(String::as_str).collect(), "{start}");
    }
}

#[test]
fn what_backends_ask_for_can_be_said() {
    let words = SettingNames::from_catalog(&Catalog::recorded());
    let mut asked = BTreeSet::new();
    walk(Path::new("src/backends"), &mut |code| {
        for call in [
            "target.get(\"",
            "target.text(\"",
            "target.is_enabled(\"",
            ".take_non_credential(\"",
        ] {
            let names = code.split(call).skip(1).filter_map(|rest| rest.split('"').next());
            asked.extend(names.map(str::to_owned));
        }
    });
    assert!(asked.len() > 10, "the calls have other names now: {asked:?}");
    let unknown: Vec<&String> = asked.iter().filter(|name| !words.contains(name)).collect();
    assert!(unknown.is_empty(), "words that no settings can say: {unknown:?}");
}

#[test]
fn every_reason_is_given_somewhere() {
    let mut unused: BTreeSet<String> = reasons().iter().map(|reason| format!("Reason::{reason:?}")).collect();
    for folder in ["src/reference", "src/backends", "src/reconcile"] {
        walk(Path::new(folder), &mut |code| {
            unused.retain(|reason| !code.contains(reason))
        });
    }
    assert!(unused.is_empty(), "reasons that no reference can have: {unused:?}");
}

fn walk(folder: &Path, tell: &mut dyn FnMut(&str)) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            walk(&path, tell);
        } else {
            let text = fs::read_to_string(&path).expect("a source file");
            tell(text.split("#[cfg(test)]").next().unwrap_or_default());
        }
    }
}
