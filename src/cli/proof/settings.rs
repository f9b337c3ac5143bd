use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use serde::de::IgnoredAny;
use zeroize::Zeroizing;

use super::repository::Repository;
use super::variable;
use crate::args::{Global, settings_file};
use reference::{Policy, Secret, Settings, Side};
use schema::Catalog;
use settings::{Machine, Said, VARIABLES, Words, merge_settings, read_settings, read_variables};
use yaml::{ComposeOptions, Diagnostic, Environment, Node, Sources, compose, decode};

/// The key under which a file of settings speaks of references.
const REFERENCES: &str = "references";

/// The reading of settings: what they say, and what there is to tell of them.
pub struct Reading<'a> {
    /// What they say.
    pub settings: Settings,
    /// What is wrong or worth telling.
    pub told: Vec<Diagnostic>,
    /// The texts, for positions to point into.
    pub sources: Sources,
    repository: &'a Repository,
    words: Words,
    /// Whether what settings name is to be read, too.
    whole: bool,
}

impl<'a> Reading<'a> {
    /// Nothing is read yet. Variables and files that settings name are read only if `whole`.
    pub fn new(catalog: &Catalog, repository: &'a Repository, whole: bool) -> Self {
        Self {
            settings: Settings::default(),
            told: Vec::new(),
            sources: Sources::default(),
            repository,
            words: Words::of(catalog),
            whole,
        }
    }

    /// Reads all settings; says what verdicts may do to a run.
    pub fn read(&mut self, global: &Global, asked: Option<Policy>) -> Policy {
        let own = self.repository.own_file();
        let named = settings_file(global.config.as_deref(), std::env::var("HOME").ok());
        let (mut checker, mut repository) = (Said::default(), Said::default());
        if let Some(path) = named.filter(|path| !is_same(Some(path), own.as_deref())) {
            match self.side(&path) {
                Side::Checker => checker = self.file(&path, Side::Checker),
                side => repository = self.file(&path, side),
            }
        }
        if let Some(path) = own {
            let said = self.file(&path, Side::File);
            self.nothing_else(&path);
            repository = strictest(repository, said);
        }
        if self.whole {
            self.variables();
        }
        let (policy, told) = merge_settings(&mut self.settings, asked, &checker, &repository);
        self.told.extend(told);
        policy
    }

    /// Whose side a file is of.
    pub fn side(&self, path: &Path) -> Side {
        if self.repository.holds(path) {
            Side::File
        } else {
            Side::Checker
        }
    }

    /// What is right; tells of what is not.
    pub fn told_of<T>(&mut self, result: Result<T, Diagnostic>) -> Option<T> {
        result.map_err(|wrong| self.told.push(wrong)).ok()
    }

    /// A file of this machine that the command line names, unless the repository says where it is.
    pub fn bytes(&mut self, path: &Path) -> Option<Zeroizing<Vec<u8>>> {
        self.stays(path)?;
        let read = fs::read(path).map(Zeroizing::new);
        self.told_of(read.map_err(|error| {
            let message = format!("'{}' cannot be read: {error}", path.display());
            Diagnostic::error("cannot-read", message)
        }))
    }

    /// Tells of a name in the repository that leads out of it: a file of the runner is not opened because of it.
    pub fn stays(&mut self, path: &Path) -> Option<()> {
        let out = self.repository.leads_out(path);
        let message = format!("'{}' leads out of the repository, and is not read", path.display());
        self.told_of(if out {
            Err(Diagnostic::error("leads-out", message))
        } else {
            Ok(())
        })
    }

    fn file(&mut self, path: &Path, side: Side) -> Said {
        let root = self.node(path);
        let Some(node) = root.as_ref().and_then(|root| root.get(REFERENCES)) else {
            return Said::default();
        };
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let machine = Machine {
            variable: &|name| {
                if self.whole {
                    variable(name)
                } else {
                    Some(Secret::new("-"))
                }
            },
            file: &|name| {
                if self.whole {
                    content(&folder.join(name))
                } else {
                    Ok(Secret::new("-"))
                }
            },
        };
        let (said, told) = read_settings(node, side, &self.words, &machine);
        self.told.extend(told);
        said
    }

    /// What a file says. Its lines are never shown: somebody may have put a secret into one.
    fn node(&mut self, path: &Path) -> Option<Node> {
        let bytes = self.bytes(path)?;
        let id = self.sources.add(path.display().to_string(), "");
        let (text, fault) = decode(id, bytes.to_vec());
        let nothing = ComposeOptions {
            environment: Environment::Mocked,
            substitute_env: false,
        };
        let (node, mut told) = match fault {
            Some(fault) => (None, vec![fault]),
            // what holds flags alone is read elsewhere, by a more lenient reader
            None if !text.contains(REFERENCES) => (None, Vec::new()),
            None => compose(id, &text, &nothing),
        };
        told.retain(crate::documents::is_error);
        for place in told.iter_mut().flat_map(|told| &mut told.places) {
            place.confidential = true;
        }
        self.told.extend(told);
        node
    }

    /// Tells what the repository's own file says besides: it holds for nothing.
    fn nothing_else(&mut self, path: &Path) {
        if self.repository.leads_out(path) {
            return;
        }
        let keys = fs::read_to_string(path).ok().and_then(|text| {
            let keys: Option<BTreeMap<String, IgnoredAny>> = serde_yaml::from_str(&text).ok()?;
            keys
        });
        for key in keys.unwrap_or_default().keys().filter(|key| *key != REFERENCES) {
            let message = format!(
                "'{key}' in '{}' holds for nothing: only `references` is read",
                path.display()
            );
            let help = "flags are read from a file that --config names, or from ~/.strongroom.yaml";
            self.told
                .push(Diagnostic::warning("unknown-setting", message).help(help));
        }
    }

    fn variables(&mut self) {
        let all = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        let ours = all.filter(|(name, _)| name.starts_with(VARIABLES));
        let ours: Vec<(String, Secret)> = ours
            .map(|(name, value)| (name, Secret::new(value.into_vec())))
            .collect();
        let machine = Machine {
            variable: &variable,
            file: &|path| content(Path::new(path)),
        };
        let told = read_variables(&mut self.settings, &ours, &self.words, &machine);
        self.told.extend(told);
    }
}

/// Two files of the repository: the nearer one to the working directory and the one that is named. The stricter word holds.
fn strictest(named: Said, found: Said) -> Said {
    let stricter = |one: Option<_>, other: Option<_>| match (one, other) {
        (Some(one), Some(other)) => Some(stricter_of(one, other)),
        (one, other) => one.or(other),
    };
    let mut said = Said {
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

fn stricter_of(one: settings::SaidPolicy, other: settings::SaidPolicy) -> settings::SaidPolicy {
    if other.policy < one.policy { other } else { one }
}

/// What a file holds, without the end of its last line, which editors put there.
fn content(path: &Path) -> Result<Secret, String> {
    let mut bytes = Zeroizing::new(fs::read(path).map_err(|error| error.to_string())?);
    while matches!(bytes.last(), Some(b'\n' | b'\r')) {
        bytes.pop();
    }
    Ok(Secret::from(bytes))
}

fn is_same(one: Option<&PathBuf>, other: Option<&Path>) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    match (one, other) {
        (Some(one), Some(other)) => real(one).is_some() && real(one) == real(other),
        _ => false,
    }
}
