use super::ExitStatus;
use super::args::{ScopeArgs, StateArgs};
use super::command_error::CommandError;
use super::file_discovery::{self, DiscoveredFiles, ParsedFiles};
use super::reporter::Reporter;
use control_plane::{Clock, SystemClock};
use schema::Catalog;
use state::{self, DesiredState, ParsedState, Scope, StateOptions};
use yaml::{ComposeOptions, Diagnostic, Severity, SourceFiles, TemplateEnvironment};

/// What the state files of a run say.
pub struct Documents {
    /// The texts, for positions to point into.
    pub sources: SourceFiles,
    /// What they say.
    pub desired: DesiredState,
}

/// What was read of state files, before anybody is told.
pub struct UncheckedDocuments {
    files: ParsedFiles,
    parsed: ParsedState,
}

/// The state files that the command line names, found but not read.
pub struct StateLoader {
    files: DiscoveredFiles,
    substitute_env: bool,
    /// Whether a variable that is not set is a note.
    allow_unset_variables: bool,
    options: StateOptions,
}

/// Finds the state files of a run.
pub fn find_state_files(state: &StateArgs, scope: &ScopeArgs) -> StateLoader {
    StateLoader {
        files: file_discovery::find_files(&state.paths()),
        substitute_env: state.substitute_env,
        allow_unset_variables: false,
        options: StateOptions {
            select_tags: scope.select_tag.iter().cloned().collect(),
            filter_tags: scope.filter_tag.iter().cloned().collect(),
        },
    }
}

/// Reads state files, and tells what there is to tell of them: of wrong ones all that is wrong, at once. None if
/// something is.
pub fn read_and_report(
    state: &StateArgs,
    scope: &ScopeArgs,
    catalog: &Catalog,
    reporter: &mut Reporter,
) -> Option<Documents> {
    find_state_files(state, scope)
        .read(catalog)
        .check_and_report(catalog, reporter)
}

/// The same for a run that asks no control plane: it does without variables that are not set, and tells which.
pub fn read_offline_and_report(
    state: &StateArgs,
    scope: &ScopeArgs,
    catalog: &Catalog,
    reporter: &mut Reporter,
) -> Option<Documents> {
    let unread = StateLoader {
        allow_unset_variables: true,
        ..find_state_files(state, scope)
    };
    unread.read(catalog).check_and_report(catalog, reporter)
}

impl StateLoader {
    /// The scope of the run, if that is known before anything is read: the tags of the command line, else everything if
    /// no file names tags.
    pub fn known_scope(&self) -> Option<Scope> {
        let tags = &self.options.select_tags;
        let known = !tags.is_empty() || !self.files.may_name_scopes();
        known.then(|| Scope { tags: tags.clone() })
    }

    /// Reads them.
    pub fn read(self, catalog: &Catalog) -> UncheckedDocuments {
        let variable = |name: &str| std::env::var(name).ok();
        let compose = ComposeOptions {
            environment: match self.allow_unset_variables {
                true => TemplateEnvironment::Lenient(&variable),
                false => TemplateEnvironment::Strict(&variable),
            },
            substitute_env: self.substitute_env,
        };
        let mut gathered = self.files.read(&compose, catalog);
        let documents = std::mem::take(&mut gathered.documents);
        UncheckedDocuments {
            parsed: state::read_documents(documents, &self.options, catalog),
            files: gathered,
        }
    }
}

impl UncheckedDocuments {
    /// Tells what there is to tell. None if something is wrong.
    pub fn check_and_report(self, catalog: &Catalog, reporter: &mut Reporter) -> Option<Documents> {
        let Self {
            files: gathered,
            parsed: reading,
        } = self;
        let mut told = gathered.diagnostics;
        if told.iter().chain(&reading.errors).any(is_error) {
            let refused = reading.check_entities(catalog, SystemClock.now(), &told);
            told.extend(reading.errors);
            told.extend(reading.desired.diagnostics.iter().cloned());
            told.extend(refused);
            reporter.report_diagnostics(&told, &gathered.sources);
            return None;
        }
        reporter.report_diagnostics(&told, &gathered.sources);
        Some(Documents {
            sources: gathered.sources,
            desired: reading.desired,
        })
    }
}

/// Fails if there is an error among diagnostics that have been reported.
pub fn fail_on_errors(reported: &[Diagnostic]) -> Result<(), CommandError> {
    match reported.iter().any(is_error) {
        true => Err(CommandError::AlreadyReported(ExitStatus::InvalidInput)),
        false => Ok(()),
    }
}

/// Whether it stops a run.
pub fn is_error(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity == Severity::Error
}
