use std::io;

use anyhow::anyhow;

use super::ExitStatus;
use super::command_error::CommandError;
use super::output_mode::OutputMode;
use crate::printer::{print_stderr, print_stdout};
use crate::report::{self, ApplyReport, BodyRenderer, ChangeSummary, EntityNames, JsonReport, PropertyAssessment};
use plan::{GuardViolation, Plan};
use reference::Assessment;
use schema::Catalog;
use state::DesiredState;
use yaml::{Diagnostic, SourceFiles};

/// Reports to people as it happens, or to programs in one JSON document at the end.
pub(crate) struct Reporter {
    json: Option<Box<JsonReport>>,
    silence_events: bool,
}

impl Reporter {
    pub(crate) fn new(mode: OutputMode) -> Self {
        let (json, silence_events) = match mode {
            OutputMode::Text { silence_events } => (None, silence_events),
            OutputMode::Json { references_only } => (Some(Box::new(JsonReport::new(references_only))), false),
            OutputMode::Raw => (None, false),
        };
        Self { json, silence_events }
    }

    pub(crate) fn is_text(&self) -> bool {
        self.json.is_none()
    }

    pub(crate) fn report_diagnostics(&mut self, diagnostics: &[Diagnostic], sources: &SourceFiles) {
        match &mut self.json {
            Some(json) => json.add_diagnostics(diagnostics, sources),
            None => print_stderr(&report::render_diagnostics(diagnostics, sources)),
        }
    }

    /// Reports why a command failed, unless that is done.
    pub(crate) fn report_command_error(&mut self, error: &CommandError) {
        match error {
            CommandError::InvalidInput(message) | CommandError::Failed(message) => {
                self.report_error(&message.error, message.help);
            }
            CommandError::Interrupted => self.report_error(&anyhow!("interrupted: nothing was written"), None),
            CommandError::AlreadyReported(_) => {}
        }
    }

    /// Reports an error with its causes.
    pub(crate) fn report_error(&mut self, error: &anyhow::Error, help: Option<&str>) {
        let text = format!("{error:#}");
        match &mut self.json {
            Some(json) => json.errors.push(text),
            None => print_stderr(&(report::render_error(&text) + &help.map(report::render_help).unwrap_or_default())),
        }
    }

    /// Reports the verdicts of references: to people as counts, for the diagnostics say what is wrong with each.
    pub(crate) fn report_references(
        &mut self,
        catalog: &Catalog,
        desired: &DesiredState,
        sources: &SourceFiles,
        assessments: &[Assessment],
    ) {
        match &mut self.json {
            Some(json) => json.add_references(report::reference_reports(catalog, desired, sources, assessments)),
            None if self.silence_events => {}
            None => print_stderr(&report::render_verdict_counts(
                assessments.iter().map(|assessment| &assessment.finding),
            )),
        }
    }

    pub(crate) fn report_properties(&mut self, properties: Vec<PropertyAssessment<'_>>, sources: &SourceFiles) {
        match &mut self.json {
            Some(json) => json.add_references(report::property_reports(&properties, sources)),
            None => print_stderr(&report::render_verdict_counts(
                properties.iter().map(|property| property.finding),
            )),
        }
    }

    /// Reports all references, each with its verdict and where it is used.
    pub(crate) fn report_inventory(
        &mut self,
        catalog: &Catalog,
        desired: &DesiredState,
        sources: &SourceFiles,
        assessments: &[Assessment],
    ) -> io::Result<()> {
        self.report_references(catalog, desired, sources, assessments);
        match self.is_text() {
            true => print_stdout(&report::render_inventory(catalog, desired, sources, assessments)),
            false => Ok(()),
        }
    }

    /// Tells people that all entities are valid.
    pub(crate) fn report_valid(&mut self, count: usize) {
        if self.is_text() {
            let entities = if count == 1 { "entity is" } else { "entities are" };
            print_stderr(&format!("{count} {entities} valid\n"));
        }
    }

    /// Reports that a control plane answers, and its version, if it shows that to this token.
    pub(crate) fn report_connected(&mut self, version: Option<&str>) -> io::Result<()> {
        if let Some(json) = &mut self.json {
            json.kong_version = version.map(str::to_owned);
            return Ok(());
        }
        let version = report::to_single_line(version.unwrap_or("not told to this token"));
        print_stdout(&format!("Successfully connected to Kong!\nKong version:  {version}\n"))
    }

    /// Shows people the changes, in the order in which they run.
    pub(crate) fn report_plan(&mut self, catalog: &Catalog, plan: &Plan) -> io::Result<()> {
        if self.json.is_some() || self.silence_events {
            return Ok(());
        }
        print_stdout(&report::render_changes(catalog, plan))
    }

    /// Reports how many changes there are (to programs, the changes themselves): those that `is_done` names are done, or to
    /// be done; the others are dropped.
    pub(crate) fn report_summary(
        &mut self,
        catalog: &Catalog,
        plan: &Plan,
        names: &EntityNames,
        is_done: impl Fn(usize) -> bool,
    ) -> io::Result<()> {
        let bodies = BodyRenderer { catalog, names };
        let changes = plan.changes.iter().enumerate();
        if let Some(json) = &mut self.json {
            changes.for_each(|(at, change)| json.add_change(&bodies, change, !is_done(at)));
            return Ok(());
        }
        let done = changes.filter(|(at, _)| is_done(*at)).map(|(_, change)| change);
        print_stdout(&report::render_summary(&ChangeSummary::from_changes(done)))
    }

    /// Reports a plan that is not applied. People are not shown its changes: they would think them done.
    pub(crate) fn report_withheld_plan(
        &mut self,
        catalog: &Catalog,
        plan: &Plan,
        names: &EntityNames,
        violations: &[GuardViolation],
    ) -> io::Result<()> {
        self.report_guard_violations(violations);
        if self.json.is_some() {
            return self.report_summary(catalog, plan, names, |_| false);
        }
        print_stderr("nothing was written; `diff` shows the plan\n");
        Ok(())
    }

    /// Reports the changes that failed, and those that were not tried because of it.
    pub(crate) fn report_apply(&mut self, report: &ApplyReport<'_>, sources: &SourceFiles) {
        self.report_diagnostics(&report.error_diagnostics(), sources);
        match &mut self.json {
            Some(json) => json.add_unfinished_changes(report),
            None => print_stderr(&report.render_not_tried()),
        }
    }

    pub(crate) fn report_guard_violations(&mut self, violations: &[GuardViolation]) {
        match &mut self.json {
            Some(json) => json.add_guard_violations(violations),
            None => print_stderr(&report::render_guard_violations(violations)),
        }
    }

    /// Prints the document, if there is one. Ends in failure if that fails.
    pub(crate) fn finish(self, status: ExitStatus) -> ExitStatus {
        let Some(mut json) = self.json else { return status };
        json.exit_code = status.code();
        match print_stdout(&json.render()) {
            Ok(()) => status,
            Err(_) => status.max(ExitStatus::Failed),
        }
    }
}
