use std::collections::BTreeMap;

use super::incomplete_pairs::{IncompletePair, find_incomplete_pairs};
use super::setting_names::{SettingNames, SettingSource};
use reference::{Policy, Secret, SettingOrigin, VaultSetting};
use yaml::{Diagnostic, DiagnosticCode, MapEntry, Node, NodeData, Span, ValueOrigin, suggest_similar};

/// Where settings take what they do not say themselves: the variables and files of the machine that runs the check.
pub struct LocalReader<'a> {
    /// A variable, if it is set.
    pub read_variable: &'a dyn Fn(&str) -> Option<Secret>,
    /// The content of a file, named from where the settings stand; why not, if it cannot be read.
    pub read_file: &'a dyn Fn(&str) -> Result<Secret, String>,
}

/// What one file of settings says of references.
#[derive(Clone, Debug, Default)]
pub struct ReferencesSection {
    /// What verdicts may do to a run.
    pub policy: Option<SpannedPolicy>,
    /// What is said of single vaults.
    pub vaults: BTreeMap<String, VaultSection>,
}

/// A policy, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpannedPolicy {
    /// The policy.
    pub policy: Policy,
    /// Where it stands.
    pub span: Span,
}

/// What one file of settings says of one vault.
#[derive(Clone, Debug, Default)]
pub struct VaultSection {
    /// What its verdicts may do to a run.
    pub policy: Option<SpannedPolicy>,
    /// How it is asked.
    pub values: BTreeMap<String, VaultSetting>,
}

/// Reads the value of `references` in a file of settings, and tells all that is wrong in it.
pub fn read_settings(
    node: &Node,
    side: SettingOrigin,
    words: &SettingNames,
    machine: &LocalReader<'_>,
) -> (ReferencesSection, Vec<Diagnostic>) {
    let mut reader = SettingsReader {
        origin: side,
        names: words,
        local: machine,
        diagnostics: Vec::new(),
    };
    let said = reader.read_references(node);
    (said, reader.diagnostics)
}

struct SettingsReader<'a> {
    origin: SettingOrigin,
    names: &'a SettingNames,
    local: &'a LocalReader<'a>,
    diagnostics: Vec<Diagnostic>,
}

impl SettingsReader<'_> {
    fn read_references(&mut self, node: &Node) -> ReferencesSection {
        let mut said = ReferencesSection::default();
        for entry in self.expect_map(node, "`references`") {
            match entry.key.as_str() {
                "policy" => said.policy = self.read_policy(&entry.value),
                "vaults" => {
                    for vault in self.expect_map(&entry.value, "`vaults`") {
                        let of_vault = self.read_vault(vault);
                        said.vaults.insert(vault.key.to_string(), of_vault);
                    }
                }
                unknown => self.report_unknown_setting(entry, suggest_similar(unknown, ["policy", "vaults"])),
            }
        }
        said
    }

    fn read_vault(&mut self, vault: &MapEntry) -> VaultSection {
        let mut said = VaultSection::default();
        let mut spans = BTreeMap::new();
        for entry in self.expect_map(&vault.value, "what is said of a vault") {
            if entry.key == "policy" {
                said.policy = self.read_policy(&entry.value);
            } else if let Some((word, value)) = self.read_setting(entry) {
                let side = self.origin;
                if said
                    .values
                    .insert(word.clone(), VaultSetting { value, origin: side })
                    .is_some()
                {
                    let message = format!("'{word}' is said twice of the vault '{}'", vault.key);
                    self.diagnostics
                        .push(Diagnostic::error(DiagnosticCode::SettingsTwice, message).at(entry.key_span));
                }
                spans.insert(word, entry.key_span);
            }
        }
        for IncompletePair {
            present: has,
            missing: lacks,
        } in find_incomplete_pairs(&said.values)
        {
            let message = format!("'{has}' is said of the vault '{}', but no '{lacks}'", vault.key);
            let help = format!("say {lacks}_env or {lacks}_file, too: one is of no use without the other");
            let told = Diagnostic::error(DiagnosticCode::HalfASet, message).help(help);
            self.diagnostics
                .push(told.at(spans.get(has).copied().unwrap_or(vault.key_span)));
        }
        said
    }

    /// One setting of a vault, under the word that it goes by.
    fn read_setting(&mut self, entry: &MapEntry) -> Option<(String, Secret)> {
        let Some(form) = self.names.parse_key(&entry.key) else {
            let keys: Vec<String> = self.names.all_keys().collect();
            self.report_unknown_setting(entry, suggest_similar(&entry.key, keys.iter().map(String::as_str)));
            return None;
        };
        let value = self.read_scalar(entry)?;
        match form {
            SettingSource::Inline {
                name: word,
                is_secret: true,
            } => {
                self.report_inline_secret(entry, &word);
                None
            }
            SettingSource::Inline { name: word, .. } => {
                self.check_value(entry, &word, value).map(|value| (word, value))
            }
            SettingSource::Variable { .. } | SettingSource::File { .. } if self.origin != SettingOrigin::Operator => {
                let message = "a file of settings in the repository names no variables and no files of this machine";
                let help = "say this in a file outside the repository (--config), or by STRONGROOM_VAULT_<PREFIX>_*";
                self.diagnostics.push(
                    Diagnostic::error(DiagnosticCode::SettingsOfRepository, message)
                        .at(entry.key_span)
                        .help(help),
                );
                None
            }
            SettingSource::Variable { name: word } => self.resolve_variable(entry, &value).map(|value| (word, value)),
            SettingSource::File { name: word } => self.resolve_file(entry, &value).map(|value| (word, value)),
        }
    }

    fn resolve_variable(&mut self, entry: &MapEntry, name: &str) -> Option<Secret> {
        let value = (self.local.read_variable)(name).filter(|value| !value.expose().is_empty());
        if value.is_none() {
            let message = format!("{} names a variable that is not set", entry.key);
            let help = "set it where the check runs; the name of a variable belongs here, not its value";
            self.diagnostics.push(
                Diagnostic::error(DiagnosticCode::NoSuchSetting, message)
                    .at_secret(entry.value.span)
                    .help(help),
            );
        }
        value
    }

    fn resolve_file(&mut self, entry: &MapEntry, path: &str) -> Option<Secret> {
        if path.contains("-----BEGIN") {
            self.report_inline_secret(entry, entry.key.trim_end_matches("_file"));
            return None;
        }
        match (self.local.read_file)(path) {
            Ok(content) => Some(content),
            Err(why) => {
                let message = format!("{} names a file that cannot be read: {why}", entry.key);
                self.diagnostics
                    .push(Diagnostic::error(DiagnosticCode::NoSuchSetting, message).at_secret(entry.value.span));
                None
            }
        }
    }

    /// A value that is no secret, if it is what its word asks for.
    fn check_value(&mut self, entry: &MapEntry, word: &str, value: String) -> Option<Secret> {
        let is_url = matches!(word, "address" | "authority_host" | "endpoint" | "sts_endpoint");
        if is_url && !is_address(&value) {
            let message = format!(
                "'{}' is no address: http:// or https://, a host, and no password",
                entry.key
            );
            self.diagnostics
                .push(Diagnostic::error(DiagnosticCode::SettingsValue, message).at_secret(entry.value.span));
            return None;
        }
        Some(Secret::new(value))
    }

    fn read_policy(&mut self, node: &Node) -> Option<SpannedPolicy> {
        // `off` without quotes is false in YAML
        let policy = match &node.data {
            NodeData::Bool(false) => Some(Policy::Off),
            _ => node.text().and_then(Policy::from_name),
        };
        if policy.is_none() {
            let message = "a policy is strict, default, warn or off";
            self.diagnostics
                .push(Diagnostic::error(DiagnosticCode::SettingsValue, message).at_secret(node.span));
        }
        policy.map(|policy| SpannedPolicy {
            policy,
            span: node.span,
        })
    }

    fn expect_map<'n>(&mut self, node: &'n Node, what: &str) -> &'n [MapEntry] {
        if !matches!(node.data, NodeData::Map(_) | NodeData::Null) {
            let message = format!("{what} must be a map, and is {}", node.type_name());
            self.diagnostics
                .push(Diagnostic::error(DiagnosticCode::SettingsValue, message).at_secret(node.span));
        }
        node.entries()
    }

    fn read_scalar(&mut self, entry: &MapEntry) -> Option<String> {
        let told =
            |message: String| Diagnostic::error(DiagnosticCode::SettingsValue, message).at_secret(entry.value.span);
        if entry.value.origin != ValueOrigin::File {
            let key = &entry.key;
            self.diagnostics.push(
                told("no templates are filled in here".to_owned()).help(format!("name a variable: {key}_env: NAME")),
            );
            return None;
        }
        match &entry.value.data {
            NodeData::String(text, _) => Some(text.clone()),
            NodeData::Bool(value) => Some(value.to_string()),
            NodeData::Number(number) => Some(number.to_string()),
            NodeData::Null => None,
            NodeData::List(_) | NodeData::Map(_) => {
                let word = entry.value.type_name();
                self.diagnostics
                    .push(told(format!("'{}' must be a single value, and is {word}", entry.key)));
                None
            }
        }
    }

    fn report_inline_secret(&mut self, entry: &MapEntry, word: &str) {
        let message = format!("'{}' would put a secret into a file of settings", entry.key);
        let help = format!("name the variable or the file that holds it: {word}_env: NAME or {word}_file: PATH");
        self.diagnostics.push(
            Diagnostic::error(DiagnosticCode::SecretInSettings, message)
                .at_secret(entry.value.span)
                .help(help),
        );
    }

    fn report_unknown_setting(&mut self, entry: &MapEntry, close: Option<&str>) {
        let message = format!("'{}' is no setting", entry.key);
        let mut told = Diagnostic::error(DiagnosticCode::UnknownSetting, message).at_secret(entry.key_span);
        if let Some(close) = close {
            told = told.help(format!("did you mean '{close}'?"));
        }
        self.diagnostics.push(told);
    }
}

/// Whether an address can be asked: HTTP, a host, nothing secret.
pub(super) fn is_address(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| {
        let plain = url.username().is_empty() && url.password().is_none();
        matches!(url.scheme(), "http" | "https") && url.host_str().is_some() && plain
    })
}
