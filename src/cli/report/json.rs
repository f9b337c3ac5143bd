use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};

use super::apply_report::ApplyReport;
use super::body::BodyRenderer;
use super::diagnostic::{render_diagnostic_line, severity_word, sort_by_position};
use super::position::PositionJson;
use super::references::ReferenceJson;
use super::title::entity_title;
use apply::ChangeOutcome;
use json::Value;
use plan::{Change, GuardViolation, PlanValue};
use yaml::{Diagnostic, Severity, SourceFiles};

/// The report of a run as one JSON document: decK's keys as decK has them, and ours beside them.
#[derive(Debug, Default, Serialize)]
pub(crate) struct JsonReport {
    pub(crate) changes: ChangesJson,
    pub(crate) summary: ChangeSummary,
    pub(crate) warnings: Vec<String>,
    pub(crate) errors: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) notes: Vec<String>,
    /// Warnings, errors and notes with their positions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) diagnostics: Vec<DiagnosticJson>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) references: Vec<ReferenceJson>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) not_done: Vec<UnfinishedChangeJson>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) refusals: Vec<GuardViolationJson>,
    /// The version of the control plane, of `ping`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kong_version: Option<String>,
    pub(crate) exit_code: u8,
    /// Whether the document leaves out changes.
    #[serde(skip)]
    pub(crate) references_only: bool,
}

/// The report of `refs`: the same without changes.
#[derive(Serialize)]
struct ReferencesReportJson<'a> {
    references: &'a [ReferenceJson],
    warnings: &'a [String],
    errors: &'a [String],
    notes: &'a [String],
    diagnostics: &'a [DiagnosticJson],
    exit_code: u8,
}

impl<'a> ReferencesReportJson<'a> {
    fn from_report(report: &'a JsonReport) -> Self {
        Self {
            references: &report.references,
            warnings: &report.warnings,
            errors: &report.errors,
            notes: &report.notes,
            diagnostics: &report.diagnostics,
            exit_code: report.exit_code,
        }
    }
}

/// decK's lists of changes.
#[derive(Debug, Default, Serialize)]
pub(crate) struct ChangesJson {
    pub(crate) creating: Vec<EntityChangeJson>,
    pub(crate) updating: Vec<EntityChangeJson>,
    pub(crate) deleting: Vec<EntityChangeJson>,
    /// Not created because the run failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) dropped_creations: Vec<EntityChangeJson>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) dropped_updates: Vec<EntityChangeJson>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) dropped_deletions: Vec<EntityChangeJson>,
}

#[derive(Debug, Serialize)]
pub(crate) struct EntityChangeJson {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) body: ChangeBodiesJson,
}

/// The bodies before and after.
#[derive(Debug, Serialize)]
pub(crate) struct ChangeBodiesJson {
    /// The body after; of a deletion, as decK has it, the body before.
    pub(crate) new: Value,
    /// The body before an update.
    pub(crate) old: Value,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct ChangeSummary {
    pub(crate) creating: usize,
    pub(crate) updating: usize,
    pub(crate) deleting: usize,
    pub(crate) total: usize,
}

#[derive(Debug, Serialize)]
pub(crate) struct DiagnosticJson {
    severity: &'static str,
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    places: Vec<PositionJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct GuardViolationJson {
    message: String,
    allowed_by: &'static str,
}

/// A change that is not done.
#[derive(Debug, Serialize)]
pub(crate) struct UnfinishedChangeJson {
    name: String,
    kind: String,
    /// `failed`, `skipped`, `not_begun`, `unknown`.
    end: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

impl JsonReport {
    pub(crate) fn new(references_only: bool) -> Self {
        Self {
            references_only,
            ..Self::default()
        }
    }

    /// The document as decK prints it: indented by tabs, with an empty line at the end.
    pub(crate) fn render(&self) -> String {
        let mut text = Vec::new();
        let mut serializer = Serializer::with_formatter(&mut text, PrettyFormatter::with_indent(b"\t"));
        let written = match self.references_only {
            true => ReferencesReportJson::from_report(self).serialize(&mut serializer),
            false => self.serialize(&mut serializer),
        };
        match written {
            Ok(()) => String::from_utf8_lossy(&text).into_owned() + "\n\n",
            Err(_) => "{\"errors\": [\"the report cannot be written as JSON\"]}\n\n".to_owned(),
        }
    }

    /// Adds diagnostics in the order of the files.
    pub(crate) fn add_diagnostics(&mut self, diagnostics: &[Diagnostic], sources: &SourceFiles) {
        for diagnostic in sort_by_position(diagnostics) {
            let list = match diagnostic.severity {
                Severity::Error => &mut self.errors,
                Severity::Warning => &mut self.warnings,
                Severity::Note => &mut self.notes,
            };
            list.push(render_diagnostic_line(diagnostic, sources));
            self.diagnostics
                .push(DiagnosticJson::from_diagnostic(diagnostic, sources));
        }
    }

    /// Adds a change that is done, or to be done, or dropped.
    pub(crate) fn add_change(&mut self, bodies: &BodyRenderer<'_>, change: &Change, dropped: bool) {
        let entity = EntityChangeJson::from_change(bodies, change);
        let list = match (change, dropped) {
            (Change::Create { .. }, false) => &mut self.changes.creating,
            (Change::Update { .. }, false) => &mut self.changes.updating,
            (Change::Delete { .. }, false) => &mut self.changes.deleting,
            (Change::Create { .. }, true) => &mut self.changes.dropped_creations,
            (Change::Update { .. }, true) => &mut self.changes.dropped_updates,
            (Change::Delete { .. }, true) => &mut self.changes.dropped_deletions,
        };
        list.push(entity);
        if !dropped {
            self.summary = self.summary.with_change(change);
        }
    }

    /// Adds the changes that are not done.
    pub(crate) fn add_unfinished_changes(&mut self, report: &ApplyReport<'_>) {
        let outcomes = report.outcome.change_outcomes(report.plan);
        let unfinished = report
            .plan
            .changes
            .iter()
            .zip(outcomes)
            .filter(|(_, outcome)| *outcome != ChangeOutcome::Done)
            .map(|(change, outcome)| {
                let (end, why) = report.describe_outcome(outcome);
                UnfinishedChangeJson {
                    name: entity_title(report.catalog, change),
                    kind: report.catalog.kind(change.entity().kind).name.clone(),
                    end,
                    why,
                }
            });
        self.not_done.extend(unfinished);
    }

    pub(crate) fn add_guard_violations(&mut self, violations: &[GuardViolation]) {
        for violation in violations {
            self.errors
                .push(format!("{} ({} allows it)", violation.message, violation.allow_flag));
            self.refusals.push(GuardViolationJson {
                message: violation.message.clone(),
                allowed_by: violation.allow_flag,
            });
        }
    }

    pub(crate) fn add_references(&mut self, references: Vec<ReferenceJson>) {
        self.references.extend(references);
    }
}

impl ChangeSummary {
    pub(crate) fn from_changes<'c>(changes: impl Iterator<Item = &'c Change>) -> Self {
        changes.fold(Self::default(), Self::with_change)
    }

    fn with_change(mut self, change: &Change) -> Self {
        match change {
            Change::Create { .. } => self.creating += 1,
            Change::Update { .. } => self.updating += 1,
            Change::Delete { .. } => self.deleting += 1,
        }
        self.total += 1;
        self
    }
}

impl EntityChangeJson {
    fn from_change(bodies: &BodyRenderer<'_>, change: &Change) -> Self {
        let entity = change.entity();
        let body = |value: &PlanValue| bodies.render(entity.kind, entity.id, value);
        let (new, old) = match change {
            Change::Create { after, .. } => (body(after), Value::Null),
            Change::Update { before, after, .. } => (body(after), body(before)),
            Change::Delete { before, .. } => (body(before), Value::Null),
        };
        Self {
            name: entity_title(bodies.catalog, change),
            kind: bodies.catalog.kind(entity.kind).name.clone(),
            body: ChangeBodiesJson { new, old },
        }
    }
}

impl DiagnosticJson {
    fn from_diagnostic(diagnostic: &Diagnostic, sources: &SourceFiles) -> Self {
        Self {
            severity: severity_word(diagnostic.severity),
            code: diagnostic.code.as_str(),
            message: diagnostic.message.clone(),
            places: diagnostic
                .locations
                .iter()
                .map(|location| PositionJson::from_span(location.span, sources))
                .collect(),
            help: diagnostic.help.clone(),
        }
    }
}
