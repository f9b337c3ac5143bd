//! The words of references: what the operators' text and the help list is what there is, and what backends ask for can
//! be said.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use strongroom::reference::{Reason, Verdict};
use strongroom::schema::Catalog;
use strongroom::settings::SettingNames;

fn reasons() -> &'static [Reason] {
    Reason::ALL
}

fn word(of: impl serde::Serialize) -> String {
    let word = serde_json::to_value(of).expect("a word");
    word.as_str().expect("a word").to_owned()
}

/// Every verdict with its reasons, in words.
fn reasons_by_verdict() -> Vec<(String, BTreeSet<String>)> {
    let reasons = reasons();
    assert!(reasons.len() > 30, "{}", reasons.len());
    let verdicts = [
        Verdict::Found,
        Verdict::Missing,
        Verdict::Malformed,
        Verdict::Denied,
        Verdict::Unreachable,
        Verdict::NotCheckable,
    ];
    let of = |verdict| reasons.iter().filter(move |reason| reason.verdict() == verdict);
    let words = verdicts.map(|verdict| (word(verdict), of(verdict).map(|reason| word(*reason)).collect()));
    words.into()
}

#[test]
fn the_operators_text_lists_every_verdict_with_its_reasons() {
    let text = fs::read_to_string("schemas/vaults/README.md").expect("the operators' text");
    for (verdict, reasons) in reasons_by_verdict() {
        let start = format!("| `{verdict}` |");
        let line = text.lines().find(|line| line.starts_with(&start)).expect(&start);
        let listed: BTreeSet<String> = line.split('`').skip(3).step_by(2).map(str::to_owned).collect();
        assert_eq!(listed, reasons, "{start}");
    }
}

#[test]
fn the_help_lists_every_verdict_with_its_reasons() {
    let text = fs::read_to_string("src/cli/args/help_references.txt").expect("the help");
    let (_, table) = text.split_once("Verdicts and their reasons").expect("the table");
    let (table, _) = table.split_once("\n\n").expect("its end");
    let mut listed: Vec<(String, BTreeSet<String>)> = Vec::new();
    for line in table.lines().skip(1) {
        let (verdict, reasons) = line.split_at(17);
        if !verdict.trim().is_empty() {
            listed.push((verdict.trim().to_owned(), BTreeSet::new()));
        }
        let words = reasons.split(',').map(|reason| reason.trim().to_owned());
        let words = words.filter(|reason| !reason.is_empty());
        listed.last_mut().expect("a verdict").1.extend(words);
    }
    assert_eq!(listed, reasons_by_verdict());
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
