use std::collections::{BTreeMap, BTreeSet};

use reference::{Finding, Reason, Verdict};

/// Counts references by their verdicts, in one line, and names the vaults that were not asked for want of credentials, in
/// another. Empty if there are none.
pub(crate) fn render_verdict_counts<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> String {
    let mut counts: BTreeMap<(Verdict, &str), usize> = BTreeMap::new();
    let mut vaults_not_asked: BTreeSet<&str> = BTreeSet::new();
    for finding in findings {
        if finding.reason == Reason::NoCredentials {
            vaults_not_asked.insert(&finding.subject);
        }
        *counts.entry((finding.verdict(), verdict_word(finding))).or_default() += 1;
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|((_, word), count)| format!("{count} {word}"))
        .collect();
    if counts.is_empty() {
        return String::new();
    }
    let vaults = render_vaults_not_asked(&vaults_not_asked);
    format!("references: {}\n{vaults}", counts.join(", "))
}

fn render_vaults_not_asked(vaults: &BTreeSet<&str>) -> String {
    let names: Vec<&str> = vaults.iter().copied().collect();
    let subject = match names.len() {
        0 => return String::new(),
        1 => "1 vault was".to_owned(),
        count => format!("{count} vaults were"),
    };
    format!("{subject} not asked: no credentials ({})\n", names.join(", "))
}

pub(super) fn verdict_word(finding: &Finding) -> &'static str {
    match finding.verdict() {
        Verdict::Found => "found",
        Verdict::NotCheckable if finding.reason == Reason::NotAsked => "not asked for",
        Verdict::NotCheckable => "not checkable from here",
        Verdict::Unreachable => "unreachable",
        Verdict::Denied => "denied",
        Verdict::Missing => "missing",
        Verdict::Malformed => "malformed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vaults_without_credentials_are_named_once() {
        let finding = |reason, vault: &str| Finding::new(reason, "a message").about(vault);
        let one = [
            finding(Reason::NoCredentials, "my-vault"),
            finding(Reason::NoCredentials, "my-vault"),
            finding(Reason::SecretFound, "found"),
        ];
        let line = "1 vault was not asked: no credentials (my-vault)\n";
        assert!(render_verdict_counts(&one).ends_with(line));
        let two = [one[0].clone(), finding(Reason::NoCredentials, "other")];
        let line = "\n2 vaults were not asked: no credentials (my-vault, other)\n";
        assert!(render_verdict_counts(&two).ends_with(line));
        assert!(!render_verdict_counts(&one[2..]).contains("not asked"));
    }
}
