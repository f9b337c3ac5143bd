use std::collections::BTreeMap;

use super::halves::{Half, half_sets};
use super::words::{Form, Words};
use reference::{Policy, Secret, Setting, Side};
use yaml::{Data, Diagnostic, Entry, Node, Origin, Span, suggest_similar};

/// Where settings take what they do not say themselves: the variables and files of the machine that runs the check.
pub struct Machine<'a> {
    /// A variable, if it is set.
    pub variable: &'a dyn Fn(&str) -> Option<Secret>,
    /// The content of a file, named from where the settings stand; why not, if it cannot be read.
    pub file: &'a dyn Fn(&str) -> Result<Secret, String>,
}

/// What one file of settings says of references.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// What verdicts may do to a run.
    pub policy: Option<SaidPolicy>,
    /// What is said of single vaults.
    pub vaults: BTreeMap<String, SaidVault>,
}

/// A policy, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaidPolicy {
    /// The policy.
    pub policy: Policy,
    /// Where it stands.
    pub span: Span,
}

/// What one file of settings says of one vault.
#[derive(Clone, Debug, Default)]
pub struct SaidVault {
    /// What its verdicts may do to a run.
    pub policy: Option<SaidPolicy>,
    /// How it is asked.
    pub values: BTreeMap<String, Setting>,
}

/// Reads the value of `references` in a file of settings, and tells all that is wrong in it.
pub fn read_settings(node: &Node, side: Side, words: &Words, machine: &Machine<'_>) -> (Said, Vec<Diagnostic>) {
    let mut reader = Reader {
        side,
        words,
        machine,
        told: Vec::new(),
    };
    let said = reader.references(node);
    (said, reader.told)
}

struct Reader<'a> {
    side: Side,
    words: &'a Words,
    machine: &'a Machine<'a>,
    told: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn references(&mut self, node: &Node) -> Said {
        let mut said = Said::default();
        for entry in self.map(node, "`references`") {
            match entry.key.as_str() {
                "policy" => said.policy = self.policy(&entry.value),
                "vaults" => {
                    for vault in self.map(&entry.value, "`vaults`") {
                        let of_vault = self.vault(vault);
                        said.vaults.insert(vault.key.to_string(), of_vault);
                    }
                }
                unknown => self.unknown(entry, suggest_similar(unknown, ["policy", "vaults"])),
            }
        }
        said
    }

    fn vault(&mut self, vault: &Entry) -> SaidVault {
        let mut said = SaidVault::default();
        let mut spans = BTreeMap::new();
        for entry in self.map(&vault.value, "what is said of a vault") {
            if entry.key == "policy" {
                said.policy = self.policy(&entry.value);
            } else if let Some((word, value)) = self.setting(entry) {
                let side = self.side;
                if said.values.insert(word.clone(), Setting { value, side }).is_some() {
                    let message = format!("'{word}' is said twice of the vault '{}'", vault.key);
                    self.told
                        .push(Diagnostic::error("settings-twice", message).at(entry.key_span));
                }
                spans.insert(word, entry.key_span);
            }
        }
        for Half { has, lacks } in half_sets(&said.values) {
            let message = format!("'{has}' is said of the vault '{}', but no '{lacks}'", vault.key);
            let help = format!("say {lacks}_env or {lacks}_file, too: one is of no use without the other");
            let told = Diagnostic::error("half-a-set", message).help(help);
            self.told
                .push(told.at(spans.get(has).copied().unwrap_or(vault.key_span)));
        }
        said
    }

    /// One setting of a vault, under the word that it goes by.
    fn setting(&mut self, entry: &Entry) -> Option<(String, Secret)> {
        let Some(form) = self.words.form(&entry.key) else {
            let keys: Vec<String> = self.words.keys().collect();
            self.unknown(entry, suggest_similar(&entry.key, keys.iter().map(String::as_str)));
            return None;
        };
        let value = self.scalar(entry)?;
        match form {
            Form::Plain { word, secret: true } => {
                self.no_secret(entry, &word);
                None
            }
            Form::Plain { word, .. } => self.checked(entry, &word, value).map(|value| (word, value)),
            Form::Variable { .. } | Form::File { .. } if self.side != Side::Checker => {
                let message = "a file of settings in the repository names no variables and no files of this machine";
                let help = "say this in a file outside the repository (--config), or by STRONGROOM_VAULT_<PREFIX>_*";
                self.told.push(
                    Diagnostic::error("settings-of-repository", message)
                        .at(entry.key_span)
                        .help(help),
                );
                None
            }
            Form::Variable { word } => self.variable(entry, &value).map(|value| (word, value)),
            Form::File { word } => self.file(entry, &value).map(|value| (word, value)),
        }
    }

    fn variable(&mut self, entry: &Entry, name: &str) -> Option<Secret> {
        let value = (self.machine.variable)(name).filter(|value| !value.expose().is_empty());
        if value.is_none() {
            let message = format!("{} names a variable that is not set", entry.key);
            let help = "set it where the check runs; the name of a variable belongs here, not its value";
            self.told.push(
                Diagnostic::error("no-such-setting", message)
                    .at_secret(entry.value.span)
                    .help(help),
            );
        }
        value
    }

    fn file(&mut self, entry: &Entry, path: &str) -> Option<Secret> {
        if path.contains("-----BEGIN") {
            self.no_secret(entry, entry.key.trim_end_matches("_file"));
            return None;
        }
        match (self.machine.file)(path) {
            Ok(content) => Some(content),
            Err(why) => {
                let message = format!("{} names a file that cannot be read: {why}", entry.key);
                self.told
                    .push(Diagnostic::error("no-such-setting", message).at_secret(entry.value.span));
                None
            }
        }
    }

    /// A value that is no secret, if it is what its word asks for.
    fn checked(&mut self, entry: &Entry, word: &str, value: String) -> Option<Secret> {
        let is_url = matches!(word, "address" | "authority_host" | "endpoint" | "sts_endpoint");
        if is_url && !is_address(&value) {
            let message = format!(
                "'{}' is no address: http:// or https://, a host, and no password",
                entry.key
            );
            self.told
                .push(Diagnostic::error("settings-value", message).at_secret(entry.value.span));
            return None;
        }
        Some(Secret::new(value))
    }

    fn policy(&mut self, node: &Node) -> Option<SaidPolicy> {
        // `off` without quotes is false in YAML
        let policy = match &node.data {
            Data::Bool(false) => Some(Policy::Off),
            _ => node.text().and_then(Policy::named),
        };
        if policy.is_none() {
            let message = "a policy is strict, default, warn or off";
            self.told
                .push(Diagnostic::error("settings-value", message).at_secret(node.span));
        }
        policy.map(|policy| SaidPolicy {
            policy,
            span: node.span,
        })
    }

    fn map<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Entry] {
        if !matches!(node.data, Data::Map(_) | Data::Null) {
            let message = format!("{what} must be a map, and is {}", node.word());
            self.told
                .push(Diagnostic::error("settings-value", message).at_secret(node.span));
        }
        node.entries()
    }

    fn scalar(&mut self, entry: &Entry) -> Option<String> {
        let told = |message: String| Diagnostic::error("settings-value", message).at_secret(entry.value.span);
        if entry.value.origin != Origin::File {
            let key = &entry.key;
            self.told.push(
                told("no templates are filled in here".to_owned()).help(format!("name a variable: {key}_env: NAME")),
            );
            return None;
        }
        match &entry.value.data {
            Data::String(text, _) => Some(text.clone()),
            Data::Bool(value) => Some(value.to_string()),
            Data::Number(number) => Some(number.to_string()),
            Data::Null => None,
            Data::List(_) | Data::Map(_) => {
                let word = entry.value.word();
                self.told
                    .push(told(format!("'{}' must be a single value, and is {word}", entry.key)));
                None
            }
        }
    }

    fn no_secret(&mut self, entry: &Entry, word: &str) {
        let message = format!("'{}' would put a secret into a file of settings", entry.key);
        let help = format!("name the variable or the file that holds it: {word}_env: NAME or {word}_file: PATH");
        self.told.push(
            Diagnostic::error("secret-in-settings", message)
                .at_secret(entry.value.span)
                .help(help),
        );
    }

    fn unknown(&mut self, entry: &Entry, close: Option<&str>) {
        let message = format!("'{}' is no setting", entry.key);
        let mut told = Diagnostic::error("unknown-setting", message).at_secret(entry.key_span);
        if let Some(close) = close {
            told = told.help(format!("did you mean '{close}'?"));
        }
        self.told.push(told);
    }
}

/// Whether an address can be asked: HTTP, a host, nothing secret.
pub(super) fn is_address(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| {
        let plain = url.username().is_empty() && url.password().is_none();
        matches!(url.scheme(), "http" | "https") && url.host_str().is_some() && plain
    })
}
