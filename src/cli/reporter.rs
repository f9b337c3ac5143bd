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

/// Tells people, as it happens, or programs, in one document at the end.
pub struct Reporter {
    json: Option<Box<JsonReport>>,
    silence_events: bool,
}

impl Reporter {
    pub fn new(mode: OutputMode) -> Self {
        let (json, silence_events) = match mode {
            OutputMode::Text { silence_events } => (None, silence_events),
            OutputMode::Json { references_only } => (Some(Box::new(JsonReport::new(references_only))), false),
            OutputMode::Raw => (None, false),
        };
        Self { json, silence_events }
    }

    pub fn is_text(&self) -> bool {
        self.json.is_none()
    }

    /// What there is to tell of the files, errors and all.
    pub fn report_diagnostics(&mut self, diagnostics: &[Diagnostic], sources: &SourceFiles) {
        match &mut self.json {
            Some(json) => json.add_diagnostics(diagnostics, sources),
            None => print_stderr(&report::render_diagnostics(diagnostics, sources)),
        }
    }

    /// Reports why a command failed, unless that is done.
    pub fn report_command_error(&mut self, error: &CommandError) {
        match error {
            CommandError::InvalidInput(message) | CommandError::Failed(message) => {
                self.report_error(&message.error, message.help);
            }
            CommandError::Interrupted => self.report_error(&anyhow!("interrupted: nothing was written"), None),
            CommandError::AlreadyReported(_) => {}
        }
    }

    /// Reports an error with its causes.
    pub fn report_error(&mut self, error: &anyhow::Error, help: Option<&str>) {
        let text = format!("{error:#}");
        match &mut self.json {
            Some(json) => json.errors.push(text),
            None => print_stderr(&(report::render_error(&text) + &help.map(report::render_help).unwrap_or_default())),
        }
    }

    /// What is known of the references; people are told how many are what, and of each by the diagnostics.
    pub fn report_references(
        &mut self,
        catalog: &Catalog,
        desired: &DesiredState,
        sources: &SourceFiles,
        judged: &[Assessment],
    ) {
        match &mut self.json {
            Some(json) => json.add_references(report::reference_reports(catalog, desired, sources, judged)),
            None if self.silence_events => {}
            None => print_stderr(&report::render_verdict_counts(judged.iter().map(|one| &one.finding))),
        }
    }

    /// The same of values that properties of a node have.
    pub fn report_properties(&mut self, properties: Vec<PropertyAssessment<'_>>, sources: &SourceFiles) {
        match &mut self.json {
            Some(json) => json.add_references(report::property_reports(&properties, sources)),
            None => print_stderr(&report::render_verdict_counts(properties.iter().map(|one| one.finding))),
        }
    }

    /// All references, with what is known of each and who uses it.
    ///
    /// # Errors
    /// When it cannot be printed.
    pub fn report_inventory(
        &mut self,
        catalog: &Catalog,
        desired: &DesiredState,
        sources: &SourceFiles,
        judged: &[Assessment],
    ) -> io::Result<()> {
        self.report_references(catalog, desired, sources, judged);
        match self.is_text() {
            true => print_stdout(&report::render_inventory(catalog, desired, sources, judged)),
            false => Ok(()),
        }
    }

    /// Reports to people that all entities are valid.
    pub fn report_valid(&mut self, count: usize) {
        if self.is_text() {
            let entities = if count == 1 { "entity is" } else { "entities are" };
            print_stderr(&format!("{count} {entities} valid\n"));
        }
    }

    /// That a control plane answers, and its version, if that is told to this token.
    ///
    /// # Errors
    /// When it cannot be printed.
    pub fn report_connected(&mut self, version: Option<&str>) -> io::Result<()> {
        if let Some(json) = &mut self.json {
            json.kong_version = version.map(str::to_owned);
            return Ok(());
        }
        let version = report::to_single_line(version.unwrap_or("not told to this token"));
        print_stdout(&format!("Successfully connected to Kong!\nKong version:  {version}\n"))
    }

    /// The changes, in the order in which they run.
    ///
    /// # Errors
    /// When it cannot be printed.
    pub fn report_plan(&mut self, catalog: &Catalog, plan: &Plan, names: &EntityNames) -> io::Result<()> {
        if self.json.is_some() || self.silence_events {
            return Ok(());
        }
        print_stdout(&report::render_changes(catalog, plan, names))
    }

    /// What a plan is, or was, about: the changes that `done` names are done or to be done, the others dropped.
    ///
    /// # Errors
    /// When it cannot be printed.
    pub fn report_summary(
        &mut self,
        catalog: &Catalog,
        plan: &Plan,
        names: &EntityNames,
        done: impl Fn(usize) -> bool,
    ) -> io::Result<()> {
        let bodies = BodyRenderer { catalog, plan, names };
        let changes = plan.changes.iter().enumerate();
        if let Some(json) = &mut self.json {
            changes.for_each(|(at, change)| json.add_change(&bodies, change, !done(at)));
            return Ok(());
        }
        let summary = changes
            .filter(|(at, _)| done(*at))
            .fold(ChangeSummary::default(), |summary, (_, change)| {
                summary.with_change(change)
            });
        print_stdout(&report::render_summary(&summary))
    }

    /// A plan that is not carried out. People are not shown lines that they would take for deeds.
    ///
    /// # Errors
    /// When it cannot be printed.
    pub fn report_withheld_plan(
        &mut self,
        catalog: &Catalog,
        plan: &Plan,
        names: &EntityNames,
        refusals: &[GuardViolation],
    ) -> io::Result<()> {
        self.report_guard_violations(refusals);
        if self.json.is_some() {
            return self.report_summary(catalog, plan, names, |_| false);
        }
        print_stderr("nothing was written; `diff` shows the plan\n");
        Ok(())
    }

    /// What failed, and what was not done because of it.
    pub fn report_apply(&mut self, told: &ApplyReport<'_>, sources: &SourceFiles) {
        self.report_diagnostics(&told.error_diagnostics(), sources);
        match &mut self.json {
            Some(json) => json.add_unfinished_changes(told),
            None => print_stderr(&told.render_not_tried()),
        }
    }

    /// What the guards refuse.
    pub fn report_guard_violations(&mut self, refusals: &[GuardViolation]) {
        match &mut self.json {
            Some(json) => json.add_guard_violations(refusals),
            None => print_stderr(&report::render_guard_violations(refusals)),
        }
    }

    /// Says the last word: the document, if it tells programs.
    pub fn finish(self, outcome: ExitStatus) -> ExitStatus {
        let Some(mut json) = self.json else { return outcome };
        json.exit_code = outcome.code();
        match print_stdout(&json.render()) {
            Ok(()) => outcome,
            Err(_) => outcome.max(ExitStatus::Failed),
        }
    }
}
