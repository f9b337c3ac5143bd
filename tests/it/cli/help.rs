//! What `strongroom help` says besides what follows from the flags: its topics.

use std::collections::BTreeSet;
use std::process::Command;

fn print(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_strongroom"))
        .env_clear()
        .args(args)
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(0), "{args:?}");
    assert!(output.stderr.is_empty(), "{args:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The words of a text that begin like a flag.
fn flags(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| c.is_whitespace() || ":;,.()`'".contains(c));
    words.filter(|word| word.starts_with("--")).collect()
}

#[test]
fn references_are_a_topic() {
    let topic = print(&["help", "references"]);
    for heading in [
        "How references are proven\n",
        "\nPolicies: ",
        "\nVerdicts and their reasons ",
        "\nWhere credentials come from: ",
        "\nFlags\n",
    ] {
        assert!(topic.contains(heading), "{heading:?} is missing in\n{topic}");
    }
    assert!(topic.lines().all(|line| line.len() <= 80), "{topic}");
    assert!(std::path::Path::new("schemas/vaults/README.md").is_file());
    assert!(topic.ends_with("schemas/vaults/README.md in the source\n"), "{topic}");
    for spelling in [&["references"][..], &["references", "--help"], &["references", "-h"]] {
        assert_eq!(print(spelling).trim_end(), topic.trim_end(), "{spelling:?}");
    }
}

#[test]
fn a_topic_is_named_by_the_help_and_is_no_command() {
    let help = print(&["--help"]);
    assert!(help.contains("`strongroom help references`"), "{help}");
    assert!(!help.contains("\n  references "), "{help}");
}

#[test]
fn the_topic_names_flags_that_there_are() {
    let topic = print(&["help", "references"]);
    let (help, named) = (print(&["sync", "--help"]), flags(&topic));
    assert!(named.len() > 6, "{named:?}");
    let known = flags(&help);
    assert!(named.is_subset(&known), "{named:?}\n{known:?}");
    // every flag about references is told
    let (_, section) = help.split_once("\nReferences:\n").expect("the section");
    let (section, _) = section.split_once("\n\n").unwrap_or((section, ""));
    let options = section.lines().map(str::trim).filter(|line| line.starts_with("--"));
    for option in options.filter_map(|line| line.split_whitespace().next()) {
        assert!(named.contains(option), "{option}");
    }
}
