use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::de::IgnoredAny;
use zeroize::Zeroizing;

use super::LoadOutcome;
use super::local_reader::{LocalReader, process_variables};
use super::merge::{merge_repository_sections, merge_settings};
use super::references_section::{ReferencesSection, read_settings};
use super::repository::Repository;
use super::setting_names::SettingNames;
use super::variables::{VARIABLE_PREFIX, read_variables};
use reference::{Policy, ReferenceSettings, Secret, SettingOrigin};
use schema::Catalog;
use yaml::{
    ComposeOptions, Diagnostic, DiagnosticCode, Node, Severity, SourceFiles, TemplateEnvironment, compose, decode,
};

/// The key under which a settings file speaks of references.
const REFERENCES_KEY: &str = "references";

/// Loads settings, and collects the diagnostics about them.
pub(crate) struct SettingsLoader<'a> {
    pub(crate) settings: ReferenceSettings,
    pub(crate) diagnostics: Vec<Diagnostic>,
    sources: SourceFiles,
    repository: &'a Repository,
    names: SettingNames,
    resolve_values: bool,
}

impl<'a> SettingsLoader<'a> {
    /// The variables and files that settings name are read only if `resolve_values`.
    pub(crate) fn new(catalog: &Catalog, repository: &'a Repository, resolve_values: bool) -> Self {
        Self {
            settings: ReferenceSettings::default(),
            diagnostics: Vec::new(),
            sources: SourceFiles::default(),
            repository,
            names: SettingNames::from_catalog(catalog),
            resolve_values,
        }
    }

    /// Loads settings files and variables. What verdicts may do to a run, given what the command line says of it.
    pub(crate) fn load(&mut self, named_file: Option<&Path>, requested: Option<Policy>) -> Policy {
        let repository_file = self.repository.settings_file();
        let named_file = named_file.filter(|path| !is_same_file(path, repository_file.as_deref()));
        let (mut operator, mut repository) = (ReferencesSection::default(), ReferencesSection::default());
        if let Some(path) = named_file {
            match self.origin_of(path) {
                SettingOrigin::Operator => operator = self.load_file(path, SettingOrigin::Operator),
                origin => {
                    repository = self.load_file(path, origin);
                    self.warn_ignored_keys(path);
                }
            }
        }
        if let Some(path) = repository_file {
            let section = self.load_file(&path, SettingOrigin::Repository);
            self.warn_ignored_keys(&path);
            repository = merge_repository_sections(repository, section);
        }
        if self.resolve_values {
            self.load_variables();
        }
        let (policy, diagnostics) = merge_settings(&mut self.settings, requested, &operator, &repository);
        self.diagnostics.extend(diagnostics);
        policy
    }

    /// Whose word a file is.
    pub(crate) fn origin_of(&self, path: &Path) -> SettingOrigin {
        if self.repository.contains(path) {
            SettingOrigin::Repository
        } else {
            SettingOrigin::Operator
        }
    }

    pub(crate) fn ok_or_report<T>(&mut self, result: Result<T, Diagnostic>) -> Option<T> {
        result.map_err(|diagnostic| self.diagnostics.push(diagnostic)).ok()
    }

    /// Reads a file that the command line names, unless the repository says where it is.
    pub(crate) fn read_bytes(&mut self, path: &Path) -> Option<Zeroizing<Vec<u8>>> {
        self.check_inside(path)?;
        let bytes = fs::read(path).map(Zeroizing::new);
        self.ok_or_report(bytes.map_err(|error| {
            let message = format!("'{}' cannot be read: {error}", path.display());
            Diagnostic::error(DiagnosticCode::CannotRead, message)
        }))
    }

    /// Reports a name in the repository that leads out of it: a file of the runner is not opened because of it.
    pub(crate) fn check_inside(&mut self, path: &Path) -> Option<()> {
        let escapes = self.repository.escapes(path);
        let message = format!("'{}' leads out of the repository, and is not read", path.display());
        self.ok_or_report(if escapes {
            Err(Diagnostic::error(DiagnosticCode::LeadsOut, message))
        } else {
            Ok(())
        })
    }

    /// What is made of the settings, unless one of the diagnostics is an error.
    pub(crate) fn finish<T>(self, value: impl FnOnce(ReferenceSettings) -> T) -> LoadOutcome<T> {
        LoadOutcome {
            value: (!self.diagnostics.iter().any(is_error)).then(|| value(self.settings)),
            diagnostics: self.diagnostics,
            sources: self.sources,
        }
    }

    fn load_file(&mut self, path: &Path, origin: SettingOrigin) -> ReferencesSection {
        let root = self.compose_file(path);
        let Some(node) = root.as_ref().and_then(|root| root.get(REFERENCES_KEY)) else {
            return ReferencesSection::default();
        };
        let local = LocalReader::new(path.parent().unwrap_or(Path::new("")), self.resolve_values);
        let (section, diagnostics) = read_settings(node, origin, &self.names, &local);
        self.diagnostics.extend(diagnostics);
        section
    }

    /// Parses a settings file. Its lines are never shown: somebody may have put a secret into one.
    fn compose_file(&mut self, path: &Path) -> Option<Node> {
        let bytes = self.read_bytes(path)?;
        let id = self.sources.add(path.display().to_string(), "");
        let (text, encoding_error) = decode(id, bytes.to_vec());
        let options = ComposeOptions {
            environment: TemplateEnvironment::Mock,
            substitute_env: false,
        };
        let (node, mut diagnostics) = match encoding_error {
            Some(error) => (None, vec![error]),
            // a file of flags alone is the command line's, whose reader is more lenient
            None if !text.contains(REFERENCES_KEY) => (None, Vec::new()),
            None => compose(id, &text, &options),
        };
        diagnostics.retain(is_error);
        for location in diagnostics.iter_mut().flat_map(|diagnostic| &mut diagnostic.locations) {
            location.is_confidential = true;
        }
        self.diagnostics.extend(diagnostics);
        node
    }

    /// Warns of what a file in the repository says besides: it holds for nothing.
    fn warn_ignored_keys(&mut self, path: &Path) {
        if self.repository.escapes(path) {
            return;
        }
        let keys = fs::read_to_string(path).ok().and_then(|text| {
            let keys: Option<BTreeMap<String, IgnoredAny>> = serde_yaml::from_str(&text).ok()?;
            keys
        });
        for key in keys.unwrap_or_default().keys().filter(|key| *key != REFERENCES_KEY) {
            let message = format!(
                "'{key}' in '{}' holds for nothing: only `references` is read",
                path.display()
            );
            let help =
                "flags are read from a file outside the repository that --config names, or from ~/.strongroom.yaml";
            self.diagnostics
                .push(Diagnostic::warning(DiagnosticCode::UnknownSetting, message).help(help));
        }
    }

    fn load_variables(&mut self) {
        let variables = process_variables().filter(|(name, _)| name.starts_with(VARIABLE_PREFIX));
        let variables: Vec<(String, Secret)> = variables.collect();
        let local = LocalReader::new(Path::new(""), self.resolve_values);
        let diagnostics = read_variables(&mut self.settings, &variables, &self.names, &local);
        self.diagnostics.extend(diagnostics);
    }
}

fn is_error(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity == Severity::Error
}

fn is_same_file(path: &Path, other: Option<&Path>) -> bool {
    let resolve = |path: &Path| path.canonicalize().ok();
    resolve(path).is_some_and(|path| other.and_then(resolve) == Some(path))
}
