use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use serde::de::IgnoredAny;
use zeroize::Zeroizing;

use super::read_process_variable;
use super::repository::Repository;
use crate::args::{GlobalArgs, find_settings_file};
use reference::{Policy, ReferenceSettings, Secret, SettingOrigin};
use schema::Catalog;
use settings::{
    LocalReader, ReferencesSection, SettingNames, VARIABLE_PREFIX, merge_settings, read_settings, read_variables,
};
use yaml::{ComposeOptions, Diagnostic, DiagnosticCode, Node, SourceFiles, TemplateEnvironment, compose, decode};

/// The key under which a file of settings speaks of references.
const REFERENCES_KEY: &str = "references";

/// The reading of settings: what they say, and what there is to tell of them.
pub struct SettingsLoader<'a> {
    /// What they say.
    pub settings: ReferenceSettings,
    /// What is wrong or worth telling.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts, for positions to point into.
    pub sources: SourceFiles,
    repository: &'a Repository,
    names: SettingNames,
    /// Whether what settings name is to be read, too.
    resolve_values: bool,
}

impl<'a> SettingsLoader<'a> {
    /// Nothing is read yet. Variables and files that settings name are read only if `whole`.
    pub fn new(catalog: &Catalog, repository: &'a Repository, resolve_values: bool) -> Self {
        Self {
            settings: ReferenceSettings::default(),
            diagnostics: Vec::new(),
            sources: SourceFiles::default(),
            repository,
            names: SettingNames::from_catalog(catalog),
            resolve_values,
        }
    }

    /// Reads all settings; says what verdicts may do to a run.
    pub fn load(&mut self, global: &GlobalArgs, asked: Option<Policy>) -> Policy {
        let own = self.repository.settings_file();
        let named = find_settings_file(global.config.as_deref(), std::env::var("HOME").ok());
        let (mut checker, mut repository) = (ReferencesSection::default(), ReferencesSection::default());
        if let Some(path) = named.filter(|path| !is_same_file(Some(path), own.as_deref())) {
            match self.origin_of(&path) {
                SettingOrigin::Operator => checker = self.load_file(&path, SettingOrigin::Operator),
                side => repository = self.load_file(&path, side),
            }
        }
        if let Some(path) = own {
            let said = self.load_file(&path, SettingOrigin::Repository);
            self.warn_ignored_keys(&path);
            repository = merge_strictest(repository, said);
        }
        if self.resolve_values {
            self.load_variables();
        }
        let (policy, told) = merge_settings(&mut self.settings, asked, &checker, &repository);
        self.diagnostics.extend(told);
        policy
    }

    /// Whose side a file is of.
    pub fn origin_of(&self, path: &Path) -> SettingOrigin {
        if self.repository.contains(path) {
            SettingOrigin::Repository
        } else {
            SettingOrigin::Operator
        }
    }

    /// What is right; tells of what is not.
    pub fn ok_or_report<T>(&mut self, result: Result<T, Diagnostic>) -> Option<T> {
        result.map_err(|wrong| self.diagnostics.push(wrong)).ok()
    }

    /// A file of this machine that the command line names, unless the repository says where it is.
    pub fn read_bytes(&mut self, path: &Path) -> Option<Zeroizing<Vec<u8>>> {
        self.check_inside(path)?;
        let read = fs::read(path).map(Zeroizing::new);
        self.ok_or_report(read.map_err(|error| {
            let message = format!("'{}' cannot be read: {error}", path.display());
            Diagnostic::error(DiagnosticCode::CannotRead, message)
        }))
    }

    /// Tells of a name in the repository that leads out of it: a file of the runner is not opened because of it.
    pub fn check_inside(&mut self, path: &Path) -> Option<()> {
        let out = self.repository.escapes(path);
        let message = format!("'{}' leads out of the repository, and is not read", path.display());
        self.ok_or_report(if out {
            Err(Diagnostic::error(DiagnosticCode::LeadsOut, message))
        } else {
            Ok(())
        })
    }

    fn load_file(&mut self, path: &Path, side: SettingOrigin) -> ReferencesSection {
        let root = self.compose_file(path);
        let Some(node) = root.as_ref().and_then(|root| root.get(REFERENCES_KEY)) else {
            return ReferencesSection::default();
        };
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let machine = LocalReader {
            read_variable: &|name| {
                if self.resolve_values {
                    read_process_variable(name)
                } else {
                    Some(Secret::new("-"))
                }
            },
            read_file: &|name| {
                if self.resolve_values {
                    read_secret_file(&folder.join(name))
                } else {
                    Ok(Secret::new("-"))
                }
            },
        };
        let (said, told) = read_settings(node, side, &self.names, &machine);
        self.diagnostics.extend(told);
        said
    }

    /// What a file says. Its lines are never shown: somebody may have put a secret into one.
    fn compose_file(&mut self, path: &Path) -> Option<Node> {
        let bytes = self.read_bytes(path)?;
        let id = self.sources.add(path.display().to_string(), "");
        let (text, fault) = decode(id, bytes.to_vec());
        let nothing = ComposeOptions {
            environment: TemplateEnvironment::Mock,
            substitute_env: false,
        };
        let (node, mut told) = match fault {
            Some(fault) => (None, vec![fault]),
            // what holds flags alone is read elsewhere, by a more lenient reader
            None if !text.contains(REFERENCES_KEY) => (None, Vec::new()),
            None => compose(id, &text, &nothing),
        };
        told.retain(crate::documents::is_error);
        for place in told.iter_mut().flat_map(|told| &mut told.locations) {
            place.is_confidential = true;
        }
        self.diagnostics.extend(told);
        node
    }

    /// Tells what the repository's own file says besides: it holds for nothing.
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
            let help = "flags are read from a file that --config names, or from ~/.strongroom.yaml";
            self.diagnostics
                .push(Diagnostic::warning(DiagnosticCode::UnknownSetting, message).help(help));
        }
    }

    fn load_variables(&mut self) {
        let all = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        let ours = all.filter(|(name, _)| name.starts_with(VARIABLE_PREFIX));
        let ours: Vec<(String, Secret)> = ours
            .map(|(name, value)| (name, Secret::new(value.into_vec())))
            .collect();
        let machine = LocalReader {
            read_variable: &read_process_variable,
            read_file: &|path| read_secret_file(Path::new(path)),
        };
        let told = read_variables(&mut self.settings, &ours, &self.names, &machine);
        self.diagnostics.extend(told);
    }
}

/// Two files of the repository: the nearer one to the working directory and the one that is named. The stricter word holds.
fn merge_strictest(named: ReferencesSection, found: ReferencesSection) -> ReferencesSection {
    let stricter = |one: Option<_>, other: Option<_>| match (one, other) {
        (Some(one), Some(other)) => Some(stricter_policy(one, other)),
        (one, other) => one.or(other),
    };
    let mut said = ReferencesSection {
        policy: stricter(named.policy, found.policy),
        vaults: named.vaults,
    };
    for (name, vault) in found.vaults {
        let ours = said.vaults.entry(name).or_default();
        ours.policy = stricter(ours.policy, vault.policy);
        for (word, value) in vault.values {
            ours.values.entry(word).or_insert(value);
        }
    }
    said
}

fn stricter_policy(one: settings::SpannedPolicy, other: settings::SpannedPolicy) -> settings::SpannedPolicy {
    if other.policy < one.policy { other } else { one }
}

/// What a file holds, without the end of its last line, which editors put there.
fn read_secret_file(path: &Path) -> Result<Secret, String> {
    let mut bytes = Zeroizing::new(fs::read(path).map_err(|error| error.to_string())?);
    while matches!(bytes.last(), Some(b'\n' | b'\r')) {
        bytes.pop();
    }
    Ok(Secret::from(bytes))
}

fn is_same_file(one: Option<&PathBuf>, other: Option<&Path>) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    match (one, other) {
        (Some(one), Some(other)) => real(one).is_some() && real(one) == real(other),
        _ => false,
    }
}
