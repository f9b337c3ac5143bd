use std::collections::BTreeMap;

use serde::Serialize;

use super::diagnostic::to_single_line;
use reference::{Assessment, Finding, Reason, Verdict, is_reference, parse_reference};
use schema::Catalog;
use state::DesiredState;
use yaml::{SourceFiles, Span};

/// What is known of one use of a reference, for programs.
#[derive(Debug, Serialize)]
pub struct ReferenceJson {
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
    certificate: Option<CertificateJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<ReferencePositionJson>,
}

/// What a certificate says to everybody.
#[derive(Debug, Serialize)]
struct CertificateJson {
    subject: String,
    names: Vec<String>,
    expires: String,
    sha256: String,
}

#[derive(Debug, Serialize)]
struct ReferencePositionJson {
    file: String,
    line: u32,
    column: u32,
}

/// What is known of references, each with the place where it is declared, if it is.
pub fn reference_reports(
    catalog: &Catalog,
    desired: &DesiredState,
    sources: &SourceFiles,
    judged: &[Assessment],
) -> Vec<ReferenceJson> {
    judged
        .iter()
        .map(|one| reference_report(catalog, desired, sources, one))
        .collect()
}

fn reference_report(
    catalog: &Catalog,
    desired: &DesiredState,
    sources: &SourceFiles,
    one: &Assessment,
) -> ReferenceJson {
    let told = one.verdict() != Verdict::Found;
    ReferenceJson {
        kind: catalog.kind(one.site.entity.kind).name.clone(),
        name: one.site.entity.title.clone(),
        field: one.site.path.to_string(),
        reference: one.site.text.clone(),
        vault: one.vault_name().filter(|_| !one.site.is_templated),
        verdict: one.verdict(),
        reason: one.finding.reason,
        message: told.then(|| one.finding.message.clone()),
        help: one.finding.help.clone().filter(|_| told),
        certificate: one.certificate.as_ref().map(|certificate| CertificateJson {
            subject: certificate.subject.clone(),
            names: certificate.names.clone(),
            expires: certificate.format_expiry(),
            sha256: certificate.fingerprint.clone(),
        }),
        place: reference_position(desired, sources, one),
    }
}

/// A value that speaks of a vault in a property of a node, with what is known of it.
pub struct PropertyAssessment<'a> {
    /// The file, or the data plane whose variable it is.
    pub source_name: &'a str,
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
pub fn property_reports(properties: &[PropertyAssessment<'_>], sources: &SourceFiles) -> Vec<ReferenceJson> {
    properties.iter().map(|one| property_report(one, sources)).collect()
}

fn property_report(one: &PropertyAssessment<'_>, sources: &SourceFiles) -> ReferenceJson {
    let told = one.finding.verdict() != Verdict::Found;
    let whole = is_reference(one.text);
    let parsed = parse_reference(one.text).ok().filter(|_| whole);
    ReferenceJson {
        kind: "property".to_owned(),
        name: one.source_name.to_owned(),
        field: one.name.to_owned(),
        reference: if whole { one.text } else { "{vault://…}" }.to_owned(),
        vault: parsed.map(|reference| String::from_utf8_lossy(&reference.name).into_owned()),
        verdict: one.finding.verdict(),
        reason: one.finding.reason,
        message: told.then(|| one.finding.message.clone()),
        help: one.finding.help.clone().filter(|_| told),
        certificate: None,
        place: one.span.map(|span| position_json(sources, span)),
    }
}

fn position_json(sources: &SourceFiles, span: Span) -> ReferencePositionJson {
    ReferencePositionJson {
        file: sources.file(span.file).name.clone(),
        line: span.line,
        column: span.column,
    }
}

fn reference_position(
    desired: &DesiredState,
    sources: &SourceFiles,
    one: &Assessment,
) -> Option<ReferencePositionJson> {
    let declared = desired.entity(one.site.entity.declared?);
    Some(position_json(sources, declared.location.value_span(&one.site.path)))
}

/// The references as a table for people: each with what is known of it, and below it who uses it.
pub fn render_inventory(
    catalog: &Catalog,
    desired: &DesiredState,
    sources: &SourceFiles,
    judged: &[Assessment],
) -> String {
    let mut rows: BTreeMap<[String; 4], Vec<&Assessment>> = BTreeMap::new();
    for one in judged {
        let expiry = one
            .certificate
            .as_ref()
            .map(|certificate| format!("expires {}", certificate.format_expiry()));
        let message = match one.verdict() {
            Verdict::Found => String::new(),
            _ => to_single_line(&one.finding.message),
        };
        let row = [
            to_single_line(&one.site.text),
            verdict_with_reason(one),
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
            let by = describe_usage(catalog, desired, sources, one);
            text.push_str(&format!("  {}\n", to_single_line(&by)));
        }
    }
    text
}

fn verdict_with_reason(one: &Assessment) -> String {
    let word = super::verdicts::verdict_word(&one.finding);
    let reason = one.finding.reason.code().replace('-', "_");
    match one.verdict() {
        Verdict::Found => word.to_owned(),
        _ => format!("{word} ({reason})"),
    }
}

/// Who uses a reference: the entity, its field, and where that is declared.
pub fn describe_usage(catalog: &Catalog, desired: &DesiredState, sources: &SourceFiles, one: &Assessment) -> String {
    let kind = &catalog.kind(one.site.entity.kind).name;
    let at = reference_position(desired, sources, one)
        .map(|ReferencePositionJson { file, line, column }| format!(", {file}:{line}:{column}"));
    let (title, path) = (&one.site.entity.title, &one.site.path);
    format!("used by {kind} {title} ({path}{})", at.unwrap_or_default())
}
