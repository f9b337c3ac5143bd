use std::collections::BTreeMap;

use serde::Serialize;

use crate::reference::{Judged, Reason, Verdict};
use crate::schema::Catalog;
use crate::state::{Desired, Sources};

/// What is known of one use of a reference, for programs.
#[derive(Debug, Serialize)]
pub struct Reference {
    kind: String,
    name: String,
    field: String,
    reference: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    vault: Option<String>,
    verdict: Verdict,
    reason: Reason,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<Certificate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Place>,
}

/// What a certificate says to everybody.
#[derive(Debug, Serialize)]
struct Certificate {
    subject: String,
    names: Vec<String>,
    expires: String,
    sha256: String,
}

#[derive(Debug, Serialize)]
struct Place {
    file: String,
    line: u32,
    column: u32,
}

/// What is known of references, each with the place where it is declared, if it is.
pub fn references(catalog: &Catalog, desired: &Desired, sources: &Sources, judged: &[Judged]) -> Vec<Reference> {
    judged
        .iter()
        .map(|one| reference(catalog, desired, sources, one))
        .collect()
}

fn reference(catalog: &Catalog, desired: &Desired, sources: &Sources, one: &Judged) -> Reference {
    let told = one.verdict() != Verdict::Found;
    Reference {
        kind: catalog.kind(one.usage.kind).name.clone(),
        name: one.usage.title.clone(),
        field: one.usage.path.to_string(),
        reference: one.usage.text.clone(),
        vault: one.vault().filter(|_| !one.usage.filled),
        verdict: one.verdict(),
        reason: one.finding.reason,
        message: told.then(|| one.finding.message.clone()),
        help: one.finding.help.clone().filter(|_| told),
        certificate: one.certificate.as_ref().map(|certificate| Certificate {
            subject: certificate.subject.clone(),
            names: certificate.names.clone(),
            expires: certificate.expiry(),
            sha256: certificate.fingerprint.clone(),
        }),
        place: place(desired, sources, one),
    }
}

fn place(desired: &Desired, sources: &Sources, one: &Judged) -> Option<Place> {
    let declared = desired.entity(one.usage.declared?);
    let span = declared.source.position_of(&one.usage.path);
    Some(Place {
        file: sources.file(span.file).name.clone(),
        line: span.line,
        column: span.column,
    })
}

/// The references as a table for people: each with what is known of it, and below it who uses it.
pub fn inventory(catalog: &Catalog, desired: &Desired, sources: &Sources, judged: &[Judged]) -> String {
    let mut rows: BTreeMap<[String; 4], Vec<&Judged>> = BTreeMap::new();
    for one in judged {
        let expiry = one
            .certificate
            .as_ref()
            .map(|certificate| format!("expires {}", certificate.expiry()));
        let message = match one.verdict() {
            Verdict::Found => String::new(),
            _ => one.finding.message.clone(),
        };
        let row = [
            one.usage.text.clone(),
            verdict(one),
            expiry.unwrap_or_default(),
            message,
        ];
        rows.entry(row).or_default().push(one);
    }
    let width = |column: usize| rows.keys().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (first, second) = (width(0), width(1));
    let mut text = String::new();
    for ([reference, verdict, expiry, message], uses) in &rows {
        let line = format!("{reference:first$}  {verdict:second$}  {expiry}");
        text.push_str(line.trim_end());
        text.push('\n');
        if !message.is_empty() {
            text.push_str(&format!("  {message}\n"));
        }
        for one in uses {
            text.push_str(&format!("  {}\n", used_by(catalog, desired, sources, one)));
        }
    }
    text
}

fn verdict(one: &Judged) -> String {
    let word = super::verdicts::word(one);
    let reason = one.finding.reason.code().replace('-', "_");
    match one.verdict() {
        Verdict::Found => word.to_owned(),
        _ => format!("{word} ({reason})"),
    }
}

/// Who uses a reference: the entity, its field, and where that is declared.
pub fn used_by(catalog: &Catalog, desired: &Desired, sources: &Sources, one: &Judged) -> String {
    let kind = &catalog.kind(one.usage.kind).name;
    let at = place(desired, sources, one).map(|Place { file, line, column }| format!(", {file}:{line}:{column}"));
    let (title, path) = (&one.usage.title, &one.usage.path);
    format!("used by {kind} {title} ({path}{})", at.unwrap_or_default())
}
