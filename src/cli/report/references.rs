use std::collections::BTreeMap;

use serde::Serialize;

use super::escape::to_single_line;
use super::position::PositionJson;
use reference::{Assessment, Finding, Reason, Verdict, is_reference, parse_reference};
use schema::Catalog;
use state::DesiredState;
use yaml::{SourceFiles, Span};

/// A use of a reference and its verdict.
#[derive(Debug, Serialize)]
pub(crate) struct ReferenceJson {
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
    place: Option<PositionJson>,
}

/// The public part of a certificate.
#[derive(Debug, Serialize)]
struct CertificateJson {
    subject: String,
    names: Vec<String>,
    expires: String,
    sha256: String,
}

/// The references, each with the position where it is declared, if it is.
pub(crate) fn reference_reports(
    catalog: &Catalog,
    desired: &DesiredState,
    sources: &SourceFiles,
    assessments: &[Assessment],
) -> Vec<ReferenceJson> {
    assessments
        .iter()
        .map(|assessment| reference_report(catalog, desired, sources, assessment))
        .collect()
}

fn reference_report(
    catalog: &Catalog,
    desired: &DesiredState,
    sources: &SourceFiles,
    assessment: &Assessment,
) -> ReferenceJson {
    let is_wrong = assessment.verdict() != Verdict::Found;
    ReferenceJson {
        kind: catalog.kind(assessment.site.entity.kind).name.clone(),
        name: assessment.site.entity.title.clone(),
        field: assessment.site.path.to_string(),
        reference: assessment.site.text.clone(),
        vault: assessment.vault_name().filter(|_| !assessment.site.is_templated),
        verdict: assessment.verdict(),
        reason: assessment.finding.reason,
        message: is_wrong.then(|| assessment.finding.message.clone()),
        help: assessment.finding.help.clone().filter(|_| is_wrong),
        certificate: assessment.certificate.as_ref().map(|certificate| CertificateJson {
            subject: certificate.subject.clone(),
            names: certificate.names.clone(),
            expires: certificate.format_expiry(),
            sha256: certificate.fingerprint.clone(),
        }),
        place: reference_position(desired, sources, assessment),
    }
}

/// A value of a node's property that mentions a vault, and its verdict.
pub(crate) struct PropertyAssessment<'a> {
    /// The file, or the data plane whose variable it is.
    pub(crate) source_name: &'a str,
    /// The property or the variable.
    pub(crate) name: &'a str,
    /// The value. Shown only if all of it is a reference.
    pub(crate) text: &'a str,
    pub(crate) finding: &'a Finding,
    /// Its span, if it is in a file.
    pub(crate) span: Option<Span>,
}

/// The references of properties: their kind is `property`, their name the file or data plane that sets it.
pub(crate) fn property_reports(properties: &[PropertyAssessment<'_>], sources: &SourceFiles) -> Vec<ReferenceJson> {
    properties
        .iter()
        .map(|property| property_report(property, sources))
        .collect()
}

fn property_report(property: &PropertyAssessment<'_>, sources: &SourceFiles) -> ReferenceJson {
    let is_wrong = property.finding.verdict() != Verdict::Found;
    let is_whole = is_reference(property.text);
    let parsed = parse_reference(property.text).ok().filter(|_| is_whole);
    ReferenceJson {
        kind: "property".to_owned(),
        name: property.source_name.to_owned(),
        field: property.name.to_owned(),
        reference: if is_whole { property.text } else { "{vault://…}" }.to_owned(),
        vault: parsed.map(|reference| String::from_utf8_lossy(&reference.name).into_owned()),
        verdict: property.finding.verdict(),
        reason: property.finding.reason,
        message: is_wrong.then(|| property.finding.message.clone()),
        help: property.finding.help.clone().filter(|_| is_wrong),
        certificate: None,
        place: property.span.map(|span| PositionJson::from_span(span, sources)),
    }
}

fn reference_position(desired: &DesiredState, sources: &SourceFiles, assessment: &Assessment) -> Option<PositionJson> {
    let declared = desired.entity(assessment.site.entity.declared?);
    let span = declared.location.value_span(&assessment.site.path);
    Some(PositionJson::from_span(span, sources))
}

/// Renders the references as a table for people: each with its verdict, and below it where it is used.
pub(crate) fn render_inventory(
    catalog: &Catalog,
    desired: &DesiredState,
    sources: &SourceFiles,
    assessments: &[Assessment],
) -> String {
    let mut rows: BTreeMap<[String; 4], Vec<&Assessment>> = BTreeMap::new();
    for assessment in assessments {
        let expiry = assessment
            .certificate
            .as_ref()
            .map(|certificate| format!("expires {}", certificate.format_expiry()));
        let message = match assessment.verdict() {
            Verdict::Found => String::new(),
            _ => to_single_line(&assessment.finding.message),
        };
        let row = [
            to_single_line(&assessment.site.text),
            verdict_with_reason(assessment),
            expiry.unwrap_or_default(),
            message,
        ];
        rows.entry(row).or_default().push(assessment);
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
        for assessment in uses {
            let usage = describe_usage(catalog, desired, sources, assessment);
            text.push_str(&format!("  {}\n", to_single_line(&usage)));
        }
    }
    text
}

fn verdict_with_reason(assessment: &Assessment) -> String {
    let word = super::verdicts::verdict_word(&assessment.finding);
    let reason = assessment.finding.reason.code().to_snake_case();
    match assessment.verdict() {
        Verdict::Found => word.to_owned(),
        _ => format!("{word} ({reason})"),
    }
}

/// Where a reference is used: the entity, its field, and the position of its declaration.
pub(crate) fn describe_usage(
    catalog: &Catalog,
    desired: &DesiredState,
    sources: &SourceFiles,
    assessment: &Assessment,
) -> String {
    let kind = &catalog.kind(assessment.site.entity.kind).name;
    let at = reference_position(desired, sources, assessment)
        .map(|PositionJson { file, line, column }| format!(", {file}:{line}:{column}"));
    let (title, path) = (&assessment.site.entity.title, &assessment.site.path);
    format!("used by {kind} {title} ({path}{})", at.unwrap_or_default())
}
