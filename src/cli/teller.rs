use std::io;

use super::Outcome;
use crate::report::{self, Bodies, JsonReport, Names, Property, Summary, Told};
use plan::{Plan, Refusal};
use reference::Assessment;
use schema::Catalog;
use state::DesiredState;
use yaml::{Diagnostic, SourceFiles};

/// Tells people, as it happens, or programs, in one document at the end.
pub struct Teller {
    json: Option<Box<JsonReport>>,
    silent: bool,
}

impl Teller {
    /// Tells programs if so; events are the lines of single changes.
    pub fn new(json: bool, silence_events: bool) -> Self {
        Self {
            json: json.then(Box::default),
            silent: silence_events,
        }
    }

    /// Tells of references alone; programs if so.
    pub fn of_references(json: bool) -> Self {
        let report = || JsonReport {
            of_references: true,
            ..JsonReport::default()
        };
        Self {
            json: json.then(|| Box::new(report())),
            silent: false,
        }
    }

    /// Whether it tells people.
    pub fn is_text(&self) -> bool {
        self.json.is_none()
    }

    /// What there is to tell of the files, errors and all.
    pub fn diagnostics(&mut self, diagnostics: &[Diagnostic], sources: &SourceFiles) {
        match &mut self.json {
            Some(json) => json.tell(diagnostics, sources),
            None => report::to_stderr(&report::diagnostics(diagnostics, sources)),
        }
    }

    /// What went wrong, causes and all.
    pub fn error(&mut self, error: &anyhow::Error, help: Option<&str>) {
        let text = format!("{error:#}");
        match &mut self.json {
            Some(json) => json.errors.push(text),
            None => report::to_stderr(&(report::error(&text) + &help.map(report::help).unwrap_or_default())),
        }
    }

    /// What is known of the references; people are told how many are what, and of each by the diagnostics.
    pub fn references(
        &mut self,
        catalog: &Catalog,
        desired: &DesiredState,
        sources: &SourceFiles,
        judged: &[Assessment],
    ) {
        match &mut self.json {
            Some(json) => json.judge(report::references(catalog, desired, sources, judged)),
            None if self.silent => {}
            None => report::to_stderr(&report::verdicts(judged.iter().map(|one| &one.finding))),
        }
    }

    /// The same of values that properties of a node have.
    pub fn properties(&mut self, properties: Vec<Property<'_>>, sources: &SourceFiles) {
        match &mut self.json {
            Some(json) => json.judge(report::properties(&properties, sources)),
            None => report::to_stderr(&report::verdicts(properties.iter().map(|one| one.finding))),
        }
    }

    /// All references, with what is known of each and who uses it.
    ///
    /// # Errors
    /// When it cannot be printed.
    pub fn inventory(
        &mut self,
        catalog: &Catalog,
        desired: &DesiredState,
        sources: &SourceFiles,
        judged: &[Assessment],
    ) -> io::Result<()> {
        self.references(catalog, desired, sources, judged);
        match self.is_text() {
            true => report::to_stdout(&report::inventory(catalog, desired, sources, judged)),
            false => Ok(()),
        }
    }

    /// That a control plane answers, and its version, if that is told to this token.
    ///
    /// # Errors
    /// When it cannot be printed.
    pub fn connected(&mut self, version: Option<&str>) -> io::Result<()> {
        if let Some(json) = &mut self.json {
            json.kong_version = version.map(str::to_owned);
            return Ok(());
        }
        let version = version.unwrap_or("not told to this token");
        report::to_stdout(&format!("Successfully connected to Kong!\nKong version:  {version}\n"))
    }

    /// The changes, in the order in which they run.
    ///
    /// # Errors
    /// When it cannot be printed.
    pub fn plan(&mut self, catalog: &Catalog, plan: &Plan, names: &Names) -> io::Result<()> {
        if self.json.is_some() || self.silent {
            return Ok(());
        }
        report::to_stdout(&report::changes(catalog, plan, names))
    }

    /// What a plan is, or was, about: the changes that `done` names are done or to be done, the others dropped.
    ///
    /// # Errors
    /// When it cannot be printed.
    pub fn summary(
        &mut self,
        catalog: &Catalog,
        plan: &Plan,
        names: &Names,
        done: impl Fn(usize) -> bool,
    ) -> io::Result<()> {
        let bodies = Bodies { catalog, plan, names };
        let changes = plan.changes.iter().enumerate();
        if let Some(json) = &mut self.json {
            changes.for_each(|(at, change)| json.add(&bodies, change, !done(at)));
            return Ok(());
        }
        let summary = changes
            .filter(|(at, _)| done(*at))
            .fold(Summary::default(), |summary, (_, change)| summary.with(change));
        report::to_stdout(&report::summary(&summary))
    }

    /// A plan that is not carried out. People are not shown lines that they would take for deeds.
    ///
    /// # Errors
    /// When it cannot be printed.
    pub fn withheld(&mut self, catalog: &Catalog, plan: &Plan, names: &Names, refusals: &[Refusal]) -> io::Result<()> {
        self.refusals(refusals);
        if self.json.is_some() {
            return self.summary(catalog, plan, names, |_| false);
        }
        report::to_stderr("nothing was written; `diff` shows the plan\n");
        Ok(())
    }

    /// What failed, and what was not done because of it.
    pub fn account(&mut self, told: &Told<'_>, sources: &SourceFiles) {
        self.diagnostics(&told.errors(), sources);
        match &mut self.json {
            Some(json) => json.account(told),
            None => report::to_stderr(&told.rest()),
        }
    }

    /// What the guards refuse.
    pub fn refusals(&mut self, refusals: &[Refusal]) {
        match &mut self.json {
            Some(json) => json.refuse(refusals),
            None => report::to_stderr(&report::refusals(refusals)),
        }
    }

    /// Says the last word: the document, if it tells programs.
    pub fn finish(self, outcome: Outcome) -> Outcome {
        let Some(mut json) = self.json else { return outcome };
        json.exit_code = outcome.code();
        match report::to_stdout(&json.print()) {
            Ok(()) => outcome,
            Err(_) => outcome.max(Outcome::Failed),
        }
    }
}
