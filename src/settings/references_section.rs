use std::collections::BTreeMap;

use super::incomplete_pairs::{IncompletePair, find_incomplete_pairs};
use super::local_reader::LocalReader;
use super::setting_names::{SettingNames, SettingSource};
use reference::{Policy, Secret, SettingOrigin, VaultSetting};
use yaml::{Diagnostic, DiagnosticCode, MapEntry, Node, NodeData, Span, ValueOrigin, suggest_similar};

/// What one settings file says of references.
#[derive(Default)]
pub(crate) struct ReferencesSection {
    /// What verdicts may do to a run.
    pub(crate) policy: Option<SpannedPolicy>,
    pub(crate) vaults: BTreeMap<String, VaultSection>,
}

#[derive(Clone, Copy)]
pub(crate) struct SpannedPolicy {
    pub(crate) policy: Policy,
    pub(crate) span: Span,
}

/// What one settings file says of one vault.
#[derive(Default)]
pub(crate) struct VaultSection {
    /// What its verdicts may do to a run.
    pub(crate) policy: Option<SpannedPolicy>,
    /// How it is asked, by the settings' names.
    pub(crate) values: BTreeMap<String, VaultSetting>,
}

/// Reads the value of `references` in a settings file, and reports all that is wrong in it.
pub(crate) fn read_settings(
    node: &Node,
    origin: SettingOrigin,
    names: &SettingNames,
    local: &LocalReader,
) -> (ReferencesSection, Vec<Diagnostic>) {
    let mut reader = SettingsReader {
        origin,
        names,
        local,
        diagnostics: Vec::new(),
    };
    let section = reader.read_references(node);
    (section, reader.diagnostics)
}

struct SettingsReader<'a> {
    origin: SettingOrigin,
    names: &'a SettingNames,
    local: &'a LocalReader,
    diagnostics: Vec<Diagnostic>,
}

impl SettingsReader<'_> {
    fn read_references(&mut self, node: &Node) -> ReferencesSection {
        let mut section = ReferencesSection::default();
        for entry in self.expect_map(node, "`references`") {
            match entry.key.as_str() {
                "policy" => section.policy = self.read_policy(&entry.value),
                "vaults" => {
                    for vault in self.expect_map(&entry.value, "`vaults`") {
                        let vault_section = self.read_vault(vault);
                        section.vaults.insert(vault.key.to_string(), vault_section);
                    }
                }
                unknown => self.report_unknown_setting(entry, suggest_similar(unknown, ["policy", "vaults"])),
            }
        }
        section
    }

    fn read_vault(&mut self, vault: &MapEntry) -> VaultSection {
        let mut section = VaultSection::default();
        let mut spans = BTreeMap::new();
        for entry in self.expect_map(&vault.value, "what is said of a vault") {
            if entry.key == "policy" {
                section.policy = self.read_policy(&entry.value);
            } else if let Some((name, value)) = self.read_setting(entry) {
                let origin = self.origin;
                let earlier = section.values.insert(name.clone(), VaultSetting { value, origin });
                if earlier.is_some() {
                    let message = format!("'{name}' is said twice of the vault '{}'", vault.key);
                    self.diagnostics
                        .push(Diagnostic::error(DiagnosticCode::SettingsTwice, message).at(entry.key_span));
                }
                spans.insert(name, entry.key_span);
            }
        }
        for IncompletePair { present, missing } in find_incomplete_pairs(&section.values) {
            let message = format!("'{present}' is said of the vault '{}', but no '{missing}'", vault.key);
            let help = format!("say {missing}_env or {missing}_file, too: one is of no use without the other");
            let diagnostic = Diagnostic::error(DiagnosticCode::HalfASet, message).help(help);
            self.diagnostics
                .push(diagnostic.at(spans.get(present).copied().unwrap_or(vault.key_span)));
        }
        section
    }

    /// One setting of a vault, and the name that it goes by.
    fn read_setting(&mut self, entry: &MapEntry) -> Option<(String, Secret)> {
        let Some(source) = self.names.parse_key(&entry.key) else {
            let keys: Vec<String> = self.names.all_keys().collect();
            self.report_unknown_setting(entry, suggest_similar(&entry.key, keys.iter().map(String::as_str)));
            return None;
        };
        let value = self.read_scalar(entry)?;
        match source {
            SettingSource::Inline { name, is_secret: true } => {
                self.report_inline_secret(entry, &name);
                None
            }
            SettingSource::Inline { name, .. } => self.check_value(entry, &name, value).map(|value| (name, value)),
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
            SettingSource::Variable { name } => self.resolve_variable(entry, &value).map(|value| (name, value)),
            SettingSource::File { name } => self.resolve_file(entry, &value).map(|value| (name, value)),
        }
    }

    fn resolve_variable(&mut self, entry: &MapEntry, name: &str) -> Option<Secret> {
        let value = self.local.read_variable(name).filter(|value| !value.is_empty());
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
        match self.local.read_file(path) {
            Ok(content) => Some(content),
            Err(error) => {
                let message = format!("{} names a file that cannot be read: {error}", entry.key);
                self.diagnostics
                    .push(Diagnostic::error(DiagnosticCode::NoSuchSetting, message).at_secret(entry.value.span));
                None
            }
        }
    }

    /// A value that is no secret, if it is what the setting takes.
    fn check_value(&mut self, entry: &MapEntry, name: &str, value: String) -> Option<Secret> {
        let is_url = matches!(name, "address" | "authority_host" | "endpoint" | "sts_endpoint");
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
        let error =
            |message: String| Diagnostic::error(DiagnosticCode::SettingsValue, message).at_secret(entry.value.span);
        if entry.value.origin != ValueOrigin::File {
            let key = &entry.key;
            self.diagnostics.push(
                error("no templates are filled in here".to_owned()).help(format!("name a variable: {key}_env: NAME")),
            );
            return None;
        }
        match &entry.value.data {
            NodeData::String(text, _) => Some(text.clone()),
            NodeData::Bool(value) => Some(value.to_string()),
            NodeData::Number(number) => Some(number.to_string()),
            NodeData::Null => None,
            NodeData::List(_) | NodeData::Map(_) => {
                let type_name = entry.value.type_name();
                self.diagnostics.push(error(format!(
                    "'{}' must be a single value, and is {type_name}",
                    entry.key
                )));
                None
            }
        }
    }

    fn report_inline_secret(&mut self, entry: &MapEntry, name: &str) {
        let message = format!("'{}' would put a secret into a file of settings", entry.key);
        let help = format!("name the variable or the file that holds it: {name}_env: NAME or {name}_file: PATH");
        self.diagnostics.push(
            Diagnostic::error(DiagnosticCode::SecretInSettings, message)
                .at_secret(entry.value.span)
                .help(help),
        );
    }

    fn report_unknown_setting(&mut self, entry: &MapEntry, close: Option<&str>) {
        let message = format!("'{}' is no setting", entry.key);
        let mut diagnostic = Diagnostic::error(DiagnosticCode::UnknownSetting, message).at_secret(entry.key_span);
        if let Some(close) = close {
            diagnostic = diagnostic.help(format!("did you mean '{close}'?"));
        }
        self.diagnostics.push(diagnostic);
    }
}

/// Whether a text is an address that can be asked: HTTP, a host, no password.
pub(crate) fn is_address(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| {
        let has_no_user = url.username().is_empty() && url.password().is_none();
        matches!(url.scheme(), "http" | "https") && url.host_str().is_some() && has_no_user
    })
}
