use super::args::{ScopeArgs, StateArgs};
use super::files::{self, Files, Gathered};
use super::teller::Teller;
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
pub struct Read {
    gathered: Gathered,
    reading: ParsedState,
}

/// The state files that the command line names, found but not read.
pub struct Unread {
    files: Files,
    substitute_env: bool,
    /// Whether a variable that is not set is a note.
    without_variables: bool,
    options: StateOptions,
}

/// Finds the state files of a run.
pub fn find(state: &StateArgs, scope: &ScopeArgs) -> Unread {
    Unread {
        files: files::find(&state.paths()),
        substitute_env: state.substitute_env,
        without_variables: false,
        options: StateOptions {
            select_tags: scope.select_tag.iter().cloned().collect(),
            filter_tags: scope.filter_tag.iter().cloned().collect(),
        },
    }
}

/// Reads state files, and tells what there is to tell of them: of wrong ones all that is wrong, at once. None if
/// something is.
pub fn read(state: &StateArgs, scope: &ScopeArgs, catalog: &Catalog, teller: &mut Teller) -> Option<Documents> {
    find(state, scope).read(catalog).tell(catalog, teller)
}

/// The same for a run that asks no control plane: it does without variables that are not set, and tells which.
pub fn read_offline(state: &StateArgs, scope: &ScopeArgs, catalog: &Catalog, teller: &mut Teller) -> Option<Documents> {
    let unread = Unread {
        without_variables: true,
        ..find(state, scope)
    };
    unread.read(catalog).tell(catalog, teller)
}

impl Unread {
    /// The scope of the run, if that is known before anything is read: the tags of the command line, else everything if
    /// no file names tags.
    pub fn scope(&self) -> Option<Scope> {
        let tags = &self.options.select_tags;
        let known = !tags.is_empty() || !self.files.may_name_scopes();
        known.then(|| Scope { tags: tags.clone() })
    }

    /// Reads them.
    pub fn read(self, catalog: &Catalog) -> Read {
        let variable = |name: &str| std::env::var(name).ok();
        let compose = ComposeOptions {
            environment: match self.without_variables {
                true => TemplateEnvironment::Lenient(&variable),
                false => TemplateEnvironment::Strict(&variable),
            },
            substitute_env: self.substitute_env,
        };
        let mut gathered = self.files.read(&compose, catalog);
        let documents = std::mem::take(&mut gathered.documents);
        Read {
            reading: state::read_documents(documents, &self.options, catalog),
            gathered,
        }
    }
}

impl Read {
    /// Tells what there is to tell. None if something is wrong.
    pub fn tell(self, catalog: &Catalog, teller: &mut Teller) -> Option<Documents> {
        let Self { gathered, reading } = self;
        let mut told = gathered.told;
        if told.iter().chain(&reading.errors).any(is_error) {
            let refused = reading.check_entities(catalog, SystemClock.now(), &told);
            told.extend(reading.errors);
            told.extend(reading.desired.diagnostics.iter().cloned());
            told.extend(refused);
            teller.diagnostics(&told, &gathered.sources);
            return None;
        }
        teller.diagnostics(&told, &gathered.sources);
        Some(Documents {
            sources: gathered.sources,
            desired: reading.desired,
        })
    }
}

/// Whether it stops a run.
pub fn is_error(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity == Severity::Error
}
