use std::io;

use super::ExitStatus;
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
    /// Tells programs if so; events are the lines of single changes.
    pub fn new(json: bool, silence_events: bool) -> Self {
        Self {
            json: json.then(Box::default),
            silence_events,
        }
    }

    /// Tells of references alone; programs if so.
    pub fn for_references(json: bool) -> Self {
        let report = || JsonReport {
            references_only: true,
            ..JsonReport::default()
        };
        Self {
            json: json.then(|| Box::new(report())),
            silence_events: false,
        }
    }

    /// Whether it tells people.
    pub fn is_text(&self) -> bool {
        self.json.is_none()
    }

    /// What there is to tell of the files, errors and all.
    pub fn report_diagnostics(&mut self, diagnostics: &[Diagnostic], sources: &SourceFiles) {
        match &mut self.json {
            Some(json) => json.add_diagnostics(diagnostics, sources),
            None => report::print_stderr(&report::render_diagnostics(diagnostics, sources)),
        }
    }

    /// What went wrong, causes and all.
    pub fn report_error(&mut self, error: &anyhow::Error, help: Option<&str>) {
        let text = format!("{error:#}");
        match &mut self.json {
            Some(json) => json.errors.push(text),
            None => report::print_stderr(
                &(report::render_error(&text) + &help.map(report::render_help).unwrap_or_default()),
            ),
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
            None => report::print_stderr(&report::render_verdict_counts(judged.iter().map(|one| &one.finding))),
        }
    }

    /// The same of values that properties of a node have.
    pub fn report_properties(&mut self, properties: Vec<PropertyAssessment<'_>>, sources: &SourceFiles) {
        match &mut self.json {
            Some(json) => json.add_references(report::property_reports(&properties, sources)),
            None => report::print_stderr(&report::render_verdict_counts(properties.iter().map(|one| one.finding))),
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
            true => report::print_stdout(&report::render_inventory(catalog, desired, sources, judged)),
            false => Ok(()),
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
        let version = version.unwrap_or("not told to this token");
        report::print_stdout(&format!("Successfully connected to Kong!\nKong version:  {version}\n"))
    }

    /// The changes, in the order in which they run.
    ///
    /// # Errors
    /// When it cannot be printed.
    pub fn report_plan(&mut self, catalog: &Catalog, plan: &Plan) -> io::Result<()> {
        if self.json.is_some() || self.silence_events {
            return Ok(());
        }
        report::print_stdout(&report::render_changes(catalog, plan))
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
        let bodies = BodyRenderer { catalog, names };
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
        report::print_stdout(&report::render_summary(&summary))
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
        report::print_stderr("nothing was written; `diff` shows the plan\n");
        Ok(())
    }

    /// What failed, and what was not done because of it.
    pub fn report_apply(&mut self, told: &ApplyReport<'_>, sources: &SourceFiles) {
        self.report_diagnostics(&told.error_diagnostics(), sources);
        match &mut self.json {
            Some(json) => json.add_unfinished_changes(told),
            None => report::print_stderr(&told.render_not_tried()),
        }
    }

    /// What the guards refuse.
    pub fn report_guard_violations(&mut self, refusals: &[GuardViolation]) {
        match &mut self.json {
            Some(json) => json.add_guard_violations(refusals),
            None => report::print_stderr(&report::render_guard_violations(refusals)),
        }
    }

    /// Says the last word: the document, if it tells programs.
    pub fn finish(self, outcome: ExitStatus) -> ExitStatus {
        let Some(mut json) = self.json else { return outcome };
        json.exit_code = outcome.code();
        match report::print_stdout(&json.render()) {
            Ok(()) => outcome,
            Err(_) => outcome.max(ExitStatus::Failed),
        }
    }
}
