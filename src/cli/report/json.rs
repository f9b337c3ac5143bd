use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};

use super::apply_report::ApplyReport as Account;
use super::body::BodyRenderer;
use super::diagnostic::{render_diagnostic_line, sort_by_position};
use super::references::ReferenceJson;
use super::title::entity_title;
use apply::ChangeOutcome;
use json::Value;
use plan::{Change, GuardViolation, Plan, PlanValue};
use yaml::{Diagnostic, Severity, SourceFiles};

/// What a run has to say as one JSON document: decK's keys as decK has them, and ours beside them.
#[derive(Debug, Default, Serialize)]
pub struct JsonReport {
    /// What changes, or has changed.
    pub changes: ChangesJson,
    /// How many.
    pub summary: ChangeSummary,
    /// What to look at.
    pub warnings: Vec<String>,
    /// What went wrong.
    pub errors: Vec<String>,
    /// Good to know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Warnings, errors and notes with their places.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<DiagnosticJson>,
    /// What is known of the references.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<ReferenceJson>,
    /// How changes ended that are not done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_done: Vec<UnfinishedChangeJson>,
    /// What the guards refuse.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<GuardViolationJson>,
    /// The version of the control plane, where that is what was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kong_version: Option<String>,
    /// The exit code.
    pub exit_code: u8,
    /// Whether it is about references alone: then nothing is said of changes.
    #[serde(skip)]
    pub references_only: bool,
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
pub struct ChangesJson {
    /// What is made.
    pub creating: Vec<EntityChangeJson>,
    /// What is changed.
    pub updating: Vec<EntityChangeJson>,
    /// What is deleted.
    pub deleting: Vec<EntityChangeJson>,
    /// What was not made because the run failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dropped_creations: Vec<EntityChangeJson>,
    /// What was not changed because the run failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dropped_updates: Vec<EntityChangeJson>,
    /// What was not deleted because the run failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dropped_deletions: Vec<EntityChangeJson>,
}

/// One change.
#[derive(Debug, Serialize)]
pub struct EntityChangeJson {
    /// The entity's name.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// The body before and after; decK has what is deleted under `new`.
    pub body: ChangeBodiesJson,
}

/// The body before and after.
#[derive(Debug, Serialize)]
pub struct ChangeBodiesJson {
    /// After.
    pub new: Value,
    /// Before, of an update.
    pub old: Value,
}

/// How many changes of each sort.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ChangeSummary {
    /// Created.
    pub creating: usize,
    /// Updated.
    pub updating: usize,
    /// Deleted.
    pub deleting: usize,
    /// All of them.
    pub total: usize,
}

/// A diagnostic with its places.
#[derive(Debug, Serialize)]
pub struct DiagnosticJson {
    severity: &'static str,
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    places: Vec<DiagnosticPositionJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

#[derive(Debug, Serialize)]
struct DiagnosticPositionJson {
    file: String,
    line: u32,
    column: u32,
}

/// What a guard refuses.
#[derive(Debug, Serialize)]
pub struct GuardViolationJson {
    message: String,
    allowed_by: &'static str,
}

/// A change that is not done.
#[derive(Debug, Serialize)]
pub struct UnfinishedChangeJson {
    name: String,
    kind: String,
    /// `failed`, `skipped`, `not_begun`, `unknown`.
    end: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

impl JsonReport {
    /// The document as decK prints it: indented by tabs, with an empty line at the end.
    pub fn render(&self) -> String {
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
    pub fn add_diagnostics(&mut self, diagnostics: &[Diagnostic], sources: &SourceFiles) {
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
    pub fn add_change(&mut self, bodies: &BodyRenderer<'_>, change: &Change, dropped: bool) {
        let entity = EntityChangeJson::from_change(bodies, change);
        let (list, count) = match change {
            Change::Create { .. } if dropped => return self.changes.dropped_creations.push(entity),
            Change::Update { .. } if dropped => return self.changes.dropped_updates.push(entity),
            Change::Delete { .. } if dropped => return self.changes.dropped_deletions.push(entity),
            Change::Create { .. } => (&mut self.changes.creating, &mut self.summary.creating),
            Change::Update { .. } => (&mut self.changes.updating, &mut self.summary.updating),
            Change::Delete { .. } => (&mut self.changes.deleting, &mut self.summary.deleting),
        };
        list.push(entity);
        *count += 1;
        self.summary.total += 1;
    }

    /// Adds how changes ended that are not done.
    pub fn add_unfinished_changes(&mut self, told: &Account<'_>) {
        let ends = told.plan.changes.iter().zip(told.account.change_outcomes(told.plan));
        let not_done = ends
            .filter(|(_, end)| *end != ChangeOutcome::Done)
            .map(|(change, end)| {
                let (end, why) = told.describe_end(end);
                UnfinishedChangeJson {
                    name: entity_title(told.catalog, change),
                    kind: told.catalog.kind(change.entity().kind).name.clone(),
                    end,
                    why,
                }
            });
        self.not_done.extend(not_done);
    }

    /// Adds what the guards refuse.
    pub fn add_guard_violations(&mut self, refusals: &[GuardViolation]) {
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
    pub fn add_references(&mut self, references: Vec<ReferenceJson>) {
        self.references.extend(references);
    }
}

impl ChangeSummary {
    /// Counts the changes of a plan.
    pub fn from_plan(plan: &Plan) -> Self {
        plan.changes.iter().fold(Self::default(), Self::with_change)
    }

    /// One more.
    pub fn with_change(mut self, change: &Change) -> Self {
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
            name: entity_title(bodies.catalog, change),
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
                .map(|place| DiagnosticPositionJson::from_span(place.span, sources))
                .collect(),
            help: diagnostic.help.clone(),
        }
    }
}

impl DiagnosticPositionJson {
    fn from_span(span: yaml::Span, sources: &SourceFiles) -> Self {
        Self {
            file: sources.file(span.file).name.clone(),
            line: span.line,
            column: span.column,
        }
    }
}

fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}
