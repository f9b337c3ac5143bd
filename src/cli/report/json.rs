use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};

use super::apply_report::ApplyReport as Account;
use super::body::BodyRenderer;
use super::diagnostic::{render_diagnostic_line, severity_word, sort_by_position};
use super::position::PositionJson;
use super::references::ReferenceJson;
use super::title::entity_title;
use apply::ChangeOutcome;
use json::Value;
use plan::{Change, GuardViolation, PlanValue};
use yaml::{Diagnostic, Severity, SourceFiles};

/// What a run has to say as one JSON document: decK's keys as decK has them, and ours beside them.
#[derive(Debug, Default, Serialize)]
pub(crate) struct JsonReport {
    /// What changes, or has changed.
    pub(crate) changes: ChangesJson,
    /// How many.
    pub(crate) summary: ChangeSummary,
    /// What to look at.
    pub(crate) warnings: Vec<String>,
    /// What went wrong.
    pub(crate) errors: Vec<String>,
    /// Good to know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) notes: Vec<String>,
    /// Warnings, errors and notes with their places.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) diagnostics: Vec<DiagnosticJson>,
    /// What is known of the references.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) references: Vec<ReferenceJson>,
    /// How changes ended that are not done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) not_done: Vec<UnfinishedChangeJson>,
    /// What the guards refuse.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) refusals: Vec<GuardViolationJson>,
    /// The version of the control plane, where that is what was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kong_version: Option<String>,
    /// The exit code.
    pub(crate) exit_code: u8,
    /// Whether it is about references alone: then nothing is said of changes.
    #[serde(skip)]
    pub(crate) references_only: bool,
}

/// What `refs` has to say: the same, without changes.
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
    /// What is made.
    pub(crate) creating: Vec<EntityChangeJson>,
    /// What is changed.
    pub(crate) updating: Vec<EntityChangeJson>,
    /// What is deleted.
    pub(crate) deleting: Vec<EntityChangeJson>,
    /// What was not made because the run failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) dropped_creations: Vec<EntityChangeJson>,
    /// What was not changed because the run failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) dropped_updates: Vec<EntityChangeJson>,
    /// What was not deleted because the run failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) dropped_deletions: Vec<EntityChangeJson>,
}

/// One change.
#[derive(Debug, Serialize)]
pub(crate) struct EntityChangeJson {
    /// The entity's name.
    pub(crate) name: String,
    /// Its kind.
    pub(crate) kind: String,
    /// The body before and after; decK has what is deleted under `new`.
    pub(crate) body: ChangeBodiesJson,
}

/// The body before and after.
#[derive(Debug, Serialize)]
pub(crate) struct ChangeBodiesJson {
    /// After.
    pub(crate) new: Value,
    /// Before, of an update.
    pub(crate) old: Value,
}

/// How many changes of each sort.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct ChangeSummary {
    /// Created.
    pub(crate) creating: usize,
    /// Updated.
    pub(crate) updating: usize,
    /// Deleted.
    pub(crate) deleting: usize,
    /// All of them.
    pub(crate) total: usize,
}

/// A diagnostic with its places.
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

/// What a guard refuses.
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
    /// An empty report.
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
        let told = match self.references_only {
            true => ReferencesReportJson::from_report(self).serialize(&mut serializer),
            false => self.serialize(&mut serializer),
        };
        match told {
            Ok(()) => String::from_utf8_lossy(&text).into_owned() + "\n\n",
            Err(_) => "{\"errors\": [\"the report cannot be written as JSON\"]}\n\n".to_owned(),
        }
    }

    /// Adds what there is to tell of the files, in the order of the files.
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

    /// Adds changes: done or to be done, or dropped.
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

    /// Adds how changes ended that are not done.
    pub(crate) fn add_unfinished_changes(&mut self, told: &Account<'_>) {
        let ends = told.plan.changes.iter().zip(told.outcome.change_outcomes(told.plan));
        let not_done = ends
            .filter(|(_, end)| *end != ChangeOutcome::Done)
            .map(|(change, end)| {
                let (end, why) = told.describe_end(end);
                UnfinishedChangeJson {
                    name: entity_title(told.catalog, told.plan, change),
                    kind: told.catalog.kind(change.entity().kind).name.clone(),
                    end,
                    why,
                }
            });
        self.not_done.extend(not_done);
    }

    /// Adds what the guards refuse.
    pub(crate) fn add_guard_violations(&mut self, refusals: &[GuardViolation]) {
        for refusal in refusals {
            self.errors
                .push(format!("{} ({} allows it)", refusal.message, refusal.allow_flag));
            self.refusals.push(GuardViolationJson {
                message: refusal.message.clone(),
                allowed_by: refusal.allow_flag,
            });
        }
    }

    /// Adds what is known of the references.
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
        let subject = change.entity();
        let body = |tree: &PlanValue| bodies.render(subject.kind, subject.id, tree);
        let (new, old) = match change {
            Change::Create { after, .. } => (body(after), Value::Null),
            Change::Update { before, after, .. } => (body(after), body(before)),
            Change::Delete { before, .. } => (body(before), Value::Null),
        };
        Self {
            name: entity_title(bodies.catalog, bodies.plan, change),
            kind: bodies.catalog.kind(subject.kind).name.clone(),
            body: ChangeBodiesJson { new, old },
        }
    }
}

impl DiagnosticJson {
    fn from_diagnostic(diagnostic: &Diagnostic, sources: &SourceFiles) -> Self {
        Self {
            severity: severity_word(diagnostic.severity),
            code: diagnostic.code,
            message: diagnostic.message.clone(),
            places: diagnostic
                .locations
                .iter()
                .map(|place| PositionJson::from_span(place.span, sources))
                .collect(),
            help: diagnostic.help.clone(),
        }
    }
}
