use std::collections::BTreeMap;

use serde::Serialize;

use super::diagnostic::on_one_line;
use reference::{Assessment, Finding, Reason, Verdict, is_reference, parse_reference};
use schema::Catalog;
use state::DesiredState;
use yaml::{SourceFiles, Span};

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
pub fn references(
    catalog: &Catalog,
    desired: &DesiredState,
    sources: &SourceFiles,
    judged: &[Assessment],
) -> Vec<Reference> {
    judged
        .iter()
        .map(|one| reference(catalog, desired, sources, one))
        .collect()
}

fn reference(catalog: &Catalog, desired: &DesiredState, sources: &SourceFiles, one: &Assessment) -> Reference {
    let told = one.verdict() != Verdict::Found;
    Reference {
        kind: catalog.kind(one.site.kind).name.clone(),
        name: one.site.title.clone(),
        field: one.site.path.to_string(),
        reference: one.site.text.clone(),
        vault: one.vault_name().filter(|_| !one.site.is_templated),
        verdict: one.verdict(),
        reason: one.finding.reason,
        message: told.then(|| one.finding.message.clone()),
        help: one.finding.help.clone().filter(|_| told),
        certificate: one.certificate.as_ref().map(|certificate| Certificate {
            subject: certificate.subject.clone(),
            names: certificate.names.clone(),
            expires: certificate.format_expiry(),
            sha256: certificate.fingerprint.clone(),
        }),
        place: place(desired, sources, one),
    }
}

/// A value that speaks of a vault in a property of a node, with what is known of it.
pub struct Property<'a> {
    /// The file, or the data plane whose variable it is.
    pub said_by: &'a str,
    /// The property or the variable.
    pub name: &'a str,
    /// The value: shown only if it is a reference and nothing more.
    pub text: &'a str,
    /// What is known of it.
    pub finding: &'a Finding,
    /// Where it stands, if in a file.
    pub span: Option<Span>,
}

/// The same of properties of a node: their kind is `property`, their name the file or data plane that says it.
pub fn properties(properties: &[Property<'_>], sources: &SourceFiles) -> Vec<Reference> {
    properties.iter().map(|one| property(one, sources)).collect()
}

fn property(one: &Property<'_>, sources: &SourceFiles) -> Reference {
    let told = one.finding.verdict() != Verdict::Found;
    let whole = is_reference(one.text);
    let parsed = parse_reference(one.text).ok().filter(|_| whole);
    Reference {
        kind: "property".to_owned(),
        name: one.said_by.to_owned(),
        field: one.name.to_owned(),
        reference: if whole { one.text } else { "{vault://…}" }.to_owned(),
        vault: parsed.map(|reference| String::from_utf8_lossy(&reference.name).into_owned()),
        verdict: one.finding.verdict(),
        reason: one.finding.reason,
        message: told.then(|| one.finding.message.clone()),
        help: one.finding.help.clone().filter(|_| told),
        certificate: None,
        place: one.span.map(|span| at(sources, span)),
    }
}

fn at(sources: &SourceFiles, span: Span) -> Place {
    Place {
        file: sources.file(span.file).name.clone(),
        line: span.line,
        column: span.column,
    }
}

fn place(desired: &DesiredState, sources: &SourceFiles, one: &Assessment) -> Option<Place> {
    let declared = desired.entity(one.site.declared?);
    Some(at(sources, declared.location.value_span(&one.site.path)))
}

/// The references as a table for people: each with what is known of it, and below it who uses it.
pub fn inventory(catalog: &Catalog, desired: &DesiredState, sources: &SourceFiles, judged: &[Assessment]) -> String {
    let mut rows: BTreeMap<[String; 4], Vec<&Assessment>> = BTreeMap::new();
    for one in judged {
        let expiry = one
            .certificate
            .as_ref()
            .map(|certificate| format!("expires {}", certificate.format_expiry()));
        let message = match one.verdict() {
            Verdict::Found => String::new(),
            _ => on_one_line(&one.finding.message),
        };
        let row = [
            on_one_line(&one.site.text),
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
            let by = used_by(catalog, desired, sources, one);
            text.push_str(&format!("  {}\n", on_one_line(&by)));
        }
    }
    text
}

fn verdict(one: &Assessment) -> String {
    let word = super::verdicts::word(&one.finding);
    let reason = one.finding.reason.code().replace('-', "_");
    match one.verdict() {
        Verdict::Found => word.to_owned(),
        _ => format!("{word} ({reason})"),
    }
}

/// Who uses a reference: the entity, its field, and where that is declared.
pub fn used_by(catalog: &Catalog, desired: &DesiredState, sources: &SourceFiles, one: &Assessment) -> String {
    let kind = &catalog.kind(one.site.kind).name;
    let at = place(desired, sources, one).map(|Place { file, line, column }| format!(", {file}:{line}:{column}"));
    let (title, path) = (&one.site.title, &one.site.path);
    format!("used by {kind} {title} ({path}{})", at.unwrap_or_default())
}
