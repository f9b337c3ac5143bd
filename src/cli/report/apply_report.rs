use super::changes::entity_label;
use super::escape::to_single_line;
use super::style::{DIM, paint};
use apply::{ApplyOutcome, ChangeOutcome, HaltReason, StepFailure, StepOutcome};
use plan::{Change, Plan, StepId};
use schema::{Catalog, FieldPath};
use state::DesiredState;
use yaml::{Diagnostic, DiagnosticCode};

/// How a plan was applied, and what of it was not.
pub(crate) struct ApplyReport<'a> {
    pub(crate) catalog: &'a Catalog,
    /// For the positions of fields.
    pub(crate) desired: &'a DesiredState,
    pub(crate) plan: &'a Plan,
    pub(crate) outcome: &'a ApplyOutcome,
}

impl ApplyReport<'_> {
    /// The changes that failed or are not known to be done, each with its position in a document if it has one, and why the
    /// run stopped.
    pub(crate) fn error_diagnostics(&self) -> Vec<Diagnostic> {
        let outcomes = self.plan.changes.iter().zip(self.outcome.change_outcomes(self.plan));
        let errors = outcomes.filter_map(|(change, outcome)| match outcome {
            ChangeOutcome::Failed(step) => Some(self.failed_diagnostic(change, step)),
            ChangeOutcome::Unknown(step) => Some(self.unknown_diagnostic(change, step)),
            _ => None,
        });
        errors
            .chain(self.outcome.halt_reason.as_ref().map(halt_diagnostic))
            .collect()
    }

    /// The changes that were not tried, and why: a line each, those first that failed steps prevented.
    pub(crate) fn render_not_tried(&self) -> String {
        let mut skipped = String::new();
        let mut not_begun = String::new();
        for (change, outcome) in self.plan.changes.iter().zip(self.outcome.change_outcomes(self.plan)) {
            let name = to_single_line(&describe_change(self.catalog, change));
            match outcome {
                ChangeOutcome::Skipped(step) => {
                    let cause = to_single_line(&self.describe_step(step));
                    skipped += &format!("  {name} {}\n", paint(DIM, format!("because {cause} failed")));
                }
                ChangeOutcome::NotStarted => not_begun += &format!("  {name}\n"),
                _ => {}
            }
        }
        with_heading("Skipped:", &skipped) + &with_heading("Not begun:", &not_begun)
    }

    /// The outcome of a change in a word for programs, and its cause.
    pub(crate) fn describe_outcome(&self, outcome: ChangeOutcome) -> (&'static str, Option<String>) {
        match outcome {
            ChangeOutcome::Done => ("done", None),
            ChangeOutcome::Failed(step) => ("failed", self.step_failure(step).map(ToString::to_string)),
            ChangeOutcome::Skipped(step) => ("skipped", Some(format!("because {} failed", self.describe_step(step)))),
            ChangeOutcome::NotStarted => ("not_begun", None),
            ChangeOutcome::Unknown(_) => ("unknown", Some("no answer came".to_owned())),
        }
    }

    fn failed_diagnostic(&self, change: &Change, step: StepId) -> Diagnostic {
        let failure = self.step_failure(step);
        let cause = failure.map(ToString::to_string).unwrap_or_default();
        let message = format!("{} failed: {cause}", describe_change(self.catalog, change));
        let paths = failure
            .into_iter()
            .flat_map(|failure| &failure.fields)
            .map(|(path, _)| path);
        self.with_locations(Diagnostic::error(DiagnosticCode::NotWritten, message), change, paths)
    }

    fn unknown_diagnostic(&self, change: &Change, step: StepId) -> Diagnostic {
        let cause = match self.outcome.steps.get(step.0 as usize) {
            Some(StepOutcome::Unknown(error)) => error.to_string(),
            _ => String::new(),
        };
        let message = format!(
            "{}: nobody knows whether it was done: {cause}",
            describe_change(self.catalog, change)
        );
        let diagnostic = Diagnostic::error(DiagnosticCode::NotKnown, message)
            .help("run it again: what is done already is no change");
        self.with_locations(diagnostic, change, std::iter::empty())
    }

    /// Adds the positions of the fields, or that of the entity if no field is at fault.
    fn with_locations<'p>(
        &self,
        diagnostic: Diagnostic,
        change: &Change,
        paths: impl Iterator<Item = &'p FieldPath>,
    ) -> Diagnostic {
        let Some(declared) = change.entity().declared else {
            return diagnostic;
        };
        let source = &self.desired.entity(declared).location;
        let mut spans: Vec<_> = paths.map(|path| source.value_span(path)).collect();
        if spans.is_empty() {
            spans.push(source.span);
        }
        // what a server rejects may be a secret, or stand on one line with one
        spans.into_iter().fold(diagnostic, Diagnostic::at_secret)
    }

    fn step_failure(&self, step: StepId) -> Option<&StepFailure> {
        match self.outcome.steps.get(step.0 as usize) {
            Some(StepOutcome::Failed(failure)) => Some(failure),
            _ => None,
        }
    }

    fn describe_step(&self, step: StepId) -> String {
        let step = self.plan.steps.get(step.0 as usize);
        let change = step.and_then(|step| self.plan.changes.get(step.change));
        change.map_or_else(
            || "another step".to_owned(),
            |change| describe_change(self.catalog, change),
        )
    }
}

/// `creating vault my-secret`
fn describe_change(catalog: &Catalog, change: &Change) -> String {
    let verb = match change {
        Change::Create { .. } => "creating",
        Change::Update { .. } => "updating",
        Change::Delete { .. } => "deleting",
    };
    format!("{verb} {}", entity_label(catalog, change.entity()))
}

fn halt_diagnostic(halt: &HaltReason) -> Diagnostic {
    match halt {
        HaltReason::Cancelled => Diagnostic::warning(
            DiagnosticCode::Interrupted,
            "the run was interrupted: what was under way is finished",
        ),
        HaltReason::NoResponse => Diagnostic::error(
            DiagnosticCode::NoAnswer,
            "the control plane does not answer any more: the run stopped",
        ),
        HaltReason::Unauthorized => Diagnostic::error(
            DiagnosticCode::Unauthorised,
            "the control plane does not accept the credentials any more: the run stopped",
        ),
    }
}

fn with_heading(heading: &str, lines: &str) -> String {
    if lines.is_empty() {
        String::new()
    } else {
        format!("{heading}\n{lines}")
    }
}
