use super::ExitStatus;
use super::args::{ScopeArgs, StateArgs};
use super::command_error::CommandError;
use super::file_discovery::{self, DiscoveredFiles, ParsedFiles};
use super::reporter::Reporter;
use control_plane::{Clock, SystemClock};
use schema::Catalog;
use state::{self, DesiredState, ParsedState, Scope, StateOptions};
use yaml::{ComposeOptions, Diagnostic, Severity, SourceFiles, TemplateEnvironment};

/// The state files of a run.
pub(crate) struct Documents {
    pub(crate) sources: SourceFiles,
    pub(crate) desired: DesiredState,
}

/// State files as they were read, their diagnostics not reported yet.
pub(crate) struct UncheckedDocuments {
    files: ParsedFiles,
    parsed: ParsedState,
}

/// The state files that the command line names, discovered but not parsed.
pub(crate) struct StateLoader {
    files: DiscoveredFiles,
    substitute_env: bool,
    /// Whether an unset variable is a note, not an error.
    allow_unset_variables: bool,
    options: StateOptions,
}

pub(crate) fn find_state_files(state: &StateArgs, scope: &ScopeArgs) -> StateLoader {
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

/// Reads state files, and reports all that is wrong with them at once. None if something is.
pub(crate) fn read_and_report(
    state: &StateArgs,
    scope: &ScopeArgs,
    catalog: &Catalog,
    reporter: &mut Reporter,
) -> Option<Documents> {
    find_state_files(state, scope)
        .read(catalog)
        .check_and_report(catalog, reporter)
}

/// The same for a run without a control plane: unset variables are notes.
pub(crate) fn read_offline_and_report(
    state: &StateArgs,
    scope: &ScopeArgs,
    catalog: &Catalog,
    reporter: &mut Reporter,
) -> Option<Documents> {
    let loader = StateLoader {
        allow_unset_variables: true,
        ..find_state_files(state, scope)
    };
    loader.read(catalog).check_and_report(catalog, reporter)
}

impl StateLoader {
    /// The scope of the run, if it is known before the files are parsed: the tags of the command line, else everything if no
    /// file names tags.
    pub(crate) fn known_scope(&self) -> Option<Scope> {
        let tags = &self.options.select_tags;
        let is_known = !tags.is_empty() || !self.files.may_name_scopes();
        is_known.then(|| Scope { tags: tags.clone() })
    }

    pub(crate) fn read(self, catalog: &Catalog) -> UncheckedDocuments {
        let variable = |name: &str| std::env::var(name).ok();
        let compose = ComposeOptions {
            environment: match self.allow_unset_variables {
                true => TemplateEnvironment::Lenient(&variable),
                false => TemplateEnvironment::Strict(&variable),
            },
            substitute_env: self.substitute_env,
        };
        let mut files = self.files.read(&compose, catalog);
        let documents = std::mem::take(&mut files.documents);
        UncheckedDocuments {
            parsed: state::read_documents(documents, &self.options, catalog),
            files,
        }
    }
}

impl UncheckedDocuments {
    /// Reports the diagnostics. None if one is an error.
    pub(crate) fn check_and_report(self, catalog: &Catalog, reporter: &mut Reporter) -> Option<Documents> {
        let Self { files, parsed } = self;
        let mut diagnostics = files.diagnostics;
        if diagnostics.iter().chain(&parsed.errors).any(is_error) {
            let invalid = parsed.check_entities(catalog, SystemClock.now(), &diagnostics);
            diagnostics.extend(parsed.errors);
            diagnostics.extend(parsed.desired.diagnostics.iter().cloned());
            diagnostics.extend(invalid);
            reporter.report_diagnostics(&diagnostics, &files.sources);
            return None;
        }
        reporter.report_diagnostics(&diagnostics, &files.sources);
        Some(Documents {
            sources: files.sources,
            desired: parsed.desired,
        })
    }
}

/// Fails if there is an error among diagnostics that have been reported.
pub(crate) fn fail_on_errors(reported: &[Diagnostic]) -> Result<(), CommandError> {
    match reported.iter().any(is_error) {
        true => Err(CommandError::AlreadyReported(ExitStatus::InvalidInput)),
        false => Ok(()),
    }
}

pub(crate) fn is_error(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity == Severity::Error
}
