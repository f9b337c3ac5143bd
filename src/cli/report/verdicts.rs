use std::collections::BTreeMap;

use reference::{Finding, Reason, Verdict};

/// Counts references by their verdicts, in one line. Empty if there are none.
pub(crate) fn render_verdict_counts<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> String {
    let mut counts: BTreeMap<(Verdict, &str), usize> = BTreeMap::new();
    for finding in findings {
        *counts.entry((finding.verdict(), verdict_word(finding))).or_default() += 1;
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|((_, word), count)| format!("{count} {word}"))
        .collect();
    if counts.is_empty() {
        return String::new();
    }
    format!("references: {}\n", counts.join(", "))
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
