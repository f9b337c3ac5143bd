use super::changes::entity_label;
use super::escape::to_single_line;
use super::style::{DIM, paint};
use apply::{ApplyOutcome, ChangeOutcome, HaltReason, StepFailure, StepOutcome};
use plan::{Change, Plan, StepId};
use schema::{Catalog, FieldPath};
use state::DesiredState;
use yaml::Diagnostic;

/// A run that was not wholly carried out, told truly.
pub(crate) struct ApplyReport<'a> {
    /// What exists.
    pub(crate) catalog: &'a Catalog,
    /// What the documents say, for the places of fields.
    pub(crate) desired: &'a DesiredState,
    /// What was to be done.
    pub(crate) plan: &'a Plan,
    /// What was done.
    pub(crate) outcome: &'a ApplyOutcome,
}

impl ApplyReport<'_> {
    /// What failed and what is not known, each with its place where a document declares it, and why the run stopped.
    pub(crate) fn error_diagnostics(&self) -> Vec<Diagnostic> {
        let ends = self.plan.changes.iter().zip(self.outcome.change_outcomes(self.plan));
        let errors = ends.filter_map(|(change, end)| match end {
            ChangeOutcome::Failed(step) => Some(self.failed_diagnostic(change, step)),
            ChangeOutcome::Unknown(step) => Some(self.unknown_diagnostic(change, step)),
            _ => None,
        });
        errors
            .chain(self.outcome.halt_reason.as_ref().map(halt_diagnostic))
            .collect()
    }

    /// What was not tried, and why: a line each, the causes first.
    pub(crate) fn render_not_tried(&self) -> String {
        let mut skipped = String::new();
        let mut not_begun = String::new();
        for (change, end) in self.plan.changes.iter().zip(self.outcome.change_outcomes(self.plan)) {
            let name = to_single_line(&describe_change(self.catalog, change));
            match end {
                ChangeOutcome::Skipped(step) => {
                    let because = to_single_line(&format!("because {} failed", self.describe_step(step)));
                    let because = paint(DIM, because);
                    skipped += &format!("  {name} {because}\n");
                }
                ChangeOutcome::NotStarted => not_begun += &format!("  {name}\n"),
                _ => {}
            }
        }
        with_heading("Skipped:", &skipped) + &with_heading("Not begun:", &not_begun)
    }

    /// How a change ended, in a word for programs, with what there is to say.
    pub(crate) fn describe_end(&self, end: ChangeOutcome) -> (&'static str, Option<String>) {
        match end {
            ChangeOutcome::Done => ("done", None),
            ChangeOutcome::Failed(step) => ("failed", self.step_failure(step).map(ToString::to_string)),
            ChangeOutcome::Skipped(step) => ("skipped", Some(format!("because {} failed", self.describe_step(step)))),
            ChangeOutcome::NotStarted => ("not_begun", None),
            ChangeOutcome::Unknown(_) => ("unknown", Some("no answer came".to_owned())),
        }
    }

    fn failed_diagnostic(&self, change: &Change, step: StepId) -> Diagnostic {
        let failure = self.step_failure(step);
        let why = failure.map(ToString::to_string).unwrap_or_default();
        let message = format!("{} failed: {why}", describe_change(self.catalog, change));
        let paths = failure
            .into_iter()
            .flat_map(|failure| &failure.fields)
            .map(|(path, _)| path);
        self.with_locations(Diagnostic::error("not-written", message), change, paths)
    }

    fn unknown_diagnostic(&self, change: &Change, step: StepId) -> Diagnostic {
        let why = match self.outcome.steps.get(step.0 as usize) {
            Some(StepOutcome::Unknown(trouble)) => trouble.to_string(),
            _ => String::new(),
        };
        let message = format!(
            "{}: nobody knows whether it was done: {why}",
            describe_change(self.catalog, change)
        );
        let told = Diagnostic::error("not-known", message).help("run it again: what is done already is no change");
        self.with_locations(told, change, std::iter::empty())
    }

    /// The same with the places of the fields, or of the entity where no field is at fault.
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
        let mut places: Vec<_> = paths.map(|path| source.value_span(path)).collect();
        if places.is_empty() {
            places.push(source.span);
        }
        // what a server refuses may be a secret, or stand on one line with one
        places.into_iter().fold(diagnostic, Diagnostic::at_secret)
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

/// What is done to which entity: `creating vault my-secret`.
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
        HaltReason::Cancelled => {
            Diagnostic::warning("interrupted", "the run was interrupted: what was under way is finished")
        }
        HaltReason::NoResponse => Diagnostic::error(
            "no-answer",
            "the control plane does not answer any more: the run stopped",
        ),
        HaltReason::Unauthorized => Diagnostic::error(
            "unauthorised",
            "the control plane does not accept the credentials any more: the run stopped",
        ),
    }
}

fn with_heading(head: &str, lines: &str) -> String {
    if lines.is_empty() {
        String::new()
    } else {
        format!("{head}\n{lines}")
    }
}
