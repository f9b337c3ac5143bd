use std::cmp::Ordering;
use std::fmt;

/// Makes [`DiagnosticCode`] of a table: each code's variant, its text, and what it means.
macro_rules! diagnostic_codes {
    ($($variant:ident = $text:literal: $meaning:literal;)+) => {
        /// The stable word by which programs know a diagnostic, whatever its message says.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum DiagnosticCode {
            $(#[doc = $meaning] $variant,)+
        }

        impl DiagnosticCode {
            /// Every code, by topic.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The text, in kebab-case.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// What it means, in one sentence.
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => $meaning,)+
                }
            }
        }
    };
}

diagnostic_codes! {
    // files and their text
    CannotRead = "cannot-read": "A file or directory cannot be read.";
    GivenTwice = "given-twice": "A file, or standard input, is named twice on the command line.";
    NoStateFile = "no-state-file": "A directory holds no state file.";
    OwnFile = "own-file": "A file of strongroom's own was passed over.";
    NotUtf8 = "not-utf-8": "A file is not UTF-8.";
    TooLong = "too-long": "A text is longer than can be read.";
    TooDeep = "too-deep": "A text nests deeper than can be read.";

    // YAML
    YamlSyntax = "yaml-syntax": "A text is no YAML.";
    YamlDirectives = "yaml-directives": "A text begins with too many `%` directives.";
    YamlKey = "yaml-key": "A value cannot be the name of a field.";
    YamlTag = "yaml-tag": "A value is not what its YAML tag says.";
    YamlWord = "yaml-word": "An unquoted word is read as true or false, as in YAML 1.1.";
    YamlNumber = "yaml-number": "An unquoted number is read as in YAML 1.1, or is not finite.";
    SecondDocument = "second-document": "A file holds a second YAML document.";
    DuplicateKey = "duplicate-key": "A field stands twice in one map.";
    Merge = "merge": "A `<<` merges what is no map.";
    MergeOrder = "merge-order": "A `<<` below a field overwrites it.";
    UnknownAnchor = "unknown-anchor": "An alias names an anchor that is not defined above it.";
    RecursiveAnchor = "recursive-anchor": "An alias stands within its own anchor.";
    ExcessiveAliases = "excessive-aliases": "Aliases make too much of a text.";

    // templates
    Template = "template": "A template cannot be read, or cannot stand where it does.";
    TemplateEscape = "template-escape": "A value filled in between double quotes holds a backslash, which is kept.";
    TemplateValue = "template-value": "The value of a variable is not of the type that its template asks for.";
    Variable = "variable": "A `$NAME` stays as it is, because variables are not filled in.";
    VariablePrefix = "variable-prefix": "A template names a variable that does not begin with `DECK_`.";
    UnsetVariable = "unset-variable": "A template names an environment variable that is not set.";

    // the head of a state file
    NotAStateFile = "not-a-state-file": "A file is something else than a state file.";
    FormatVersion = "format-version": "`_format_version` is missing, unclear or unknown.";
    UnknownKey = "unknown-key": "There is no kind of entity, or no key of `_info`, of that name.";
    NotManaged = "not-managed": "A key holds what strongroom does not manage.";
    Konnect = "konnect": "`_konnect` is not followed.";
    Workspace = "workspace": "A workspace is named where there can be none but `default`.";
    NoEffect = "no-effect": "A key of `_info` has no effect on an open-source gateway.";
    LookupTags = "lookup-tags": "`default_lookup_tags` are not needed.";
    SelectTags = "select-tags": "Select tags cannot be, or contradict --select-tag.";
    ScopeAdopted = "scope-adopted": "A file without select tags takes those of the others.";
    ScopeUnclear = "scope-unclear": "It is unclear which select tags hold for a file, or one scope holds another.";
    Defaults = "defaults": "Defaults contradict each other, or name a single entity.";
    UnknownConfig = "unknown-config": "`_config` names no configuration of `_plugin_configs`.";

    // entities
    UnknownField = "unknown-field": "An entity has no such field.";
    WrongType = "wrong-type": "A value is of another type than is expected there.";
    TextExpected = "text-expected": "A number stands where text is expected, and is read otherwise than it is written.";
    Refused = "refused": "The control plane would refuse a value.";
    Unchecked = "unchecked": "A plugin's or vault's schema is not known here: its configuration is not checked.";
    Duplicate = "duplicate": "Two entities share what has to be unique.";
    NestedElsewhere = "nested-elsewhere": "A nested entity names another parent than the one it stands in.";
    FilterTag = "filter-tag": "A nested entity lacks the --filter-tag that its parent bears.";
    PathBroughtForward = "path-brought-forward": "A route's path of an older format was rewritten for Kong 3.";
    PathForm = "path-form": "A route's path of an older format begins with `~`.";
    Transform = "transform": "`_transform: false` says that a value is hashed already, and it would be hashed again.";

    // the plan
    DanglingReference = "dangling-reference": "A foreign key names an entity that is not there, or would be deleted.";
    NotCheckable = "not-checkable": "The token may not read the kind of entity that a foreign key names.";
    Circle = "circle": "Changes wait for each other in a cycle.";
    Conflict = "conflict": "An entity that the run may not change is in the way.";
    DuplicateEntity = "duplicate-entity": "Another declared entity has the same unique values.";
    AbsentKind = "absent-kind": "The control plane has no entities of a kind.";
    HashOnly = "hash-only": "An entity has to be created anew, and one of its values is known as a hash only.";
    HashUnseen = "hash-unseen": "A value is stored as a salted hash, so that it cannot be compared.";
    DiscardedValue = "discarded-value": "A declared value is thrown away, since the control plane derives it from others.";
    HashedTwice = "hashed-twice": "A declared value looks like a stored hash, and would be hashed again.";
    Forbidden = "forbidden": "The token may not read entities of some kinds.";

    // the application of a plan
    NotWritten = "not-written": "A change failed.";
    NotKnown = "not-known": "Nobody knows whether a change was made.";
    Interrupted = "interrupted": "The run was interrupted.";
    NoAnswer = "no-answer": "The control plane stopped answering.";
    Unauthorised = "unauthorised": "The control plane stopped accepting the credentials.";

    // settings and flags
    UnknownSetting = "unknown-setting": "There is no such setting, or it has no effect in that file.";
    SettingsValue = "settings-value": "A setting has a value that it cannot have.";
    SettingsTwice = "settings-twice": "A vault is given a setting twice.";
    SettingsVariable = "settings-variable": "A variable for settings has a name or value that it cannot have.";
    SettingsOfNobody = "settings-of-nobody": "Settings are given for a prefix that no vault has.";
    SettingsOfRepository = "settings-of-repository": "Settings in the repository name variables or files of.";
    SecretInSettings = "secret-in-settings": "A file of settings would hold a secret itself.";
    NoSuchSetting = "no-such-setting": "A setting names a variable that is not set, or a file that cannot be read.";
    HalfASet = "half-a-set": "One of two settings that belong together is missing.";
    PolicyNotLoosened = "policy-not-loosened": "Settings in the repository cannot loosen the policy on references.";
    LeadsOut = "leads-out": "A path in the repository leads out of it, and is not read.";
    ReferencesHosts = "references-hosts": "--references-hosts has a value that it cannot have.";
    DpEnv = "dp-env": "A file for --dp-env cannot be read, or data planes differ.";
    DpFiles = "dp-files": "A directory for --dp-files is none.";

    // vaults and what references look like
    PrefixOfBackend = "prefix-of-backend": "A vault's prefix is the name of a backend.";
    FilledVariable = "filled-variable": "A variable is left out of a list, because a template fills in its name.";
    NearReference = "near-reference": "A text looks like a reference and is none.";
    ReferenceInSpace = "reference-in-space": "White space stands around a reference, so that it is none.";
    ReferenceInText = "reference-in-text": "A reference stands inside a longer text, so that it is none.";
    DroppedPart = "dropped-part": "Kong drops a part of a reference.";
    DroppedOption = "dropped-option": "Kong drops an option of a reference, whose value the backend does not take.";
    UnknownOption = "unknown-option": "A reference has an option that its backend does not have.";
    OddVersion = "odd-version": "A reference asks for a version that its backend does not have.";
    UnescapedSlash = "unescaped-slash": "The last segment of a reference is taken for a key.";
    ExpiredCertificate = "expired-certificate": "A certificate has expired.";
    ExpiringCertificate = "expiring-certificate": "A certificate expires soon.";
    FutureCertificate = "future-certificate": "A certificate is not valid yet.";
    SpaceAroundValue = "space-around-value": "A secret's value begins or ends with white space.";
    UncoveredName = "uncovered-name": "A certificate is not good for all names it is served under.";

    // references: what is known of the secret
    SecretFound = "secret-found": "The secret was read, and is what it should be.";
    UnknownVault = "unknown-vault": "No loaded backend and no vault bears the name.";
    DeletedVault = "deleted-vault": "This plan deletes the vault that bears the name, or gives it another.";
    NoSuchSecret = "no-such-secret": "The vault has no such secret.";
    NoSuchVariable = "no-such-variable": "The data plane's environment has no such variable.";
    NoSuchVersion = "no-such-version": "The secret has no such version.";
    DeletedVersion = "deleted-version": "That version, or the secret, was deleted.";
    DestroyedVersion = "destroyed-version": "That version was destroyed.";
    DisabledVersion = "disabled-version": "That version, or the secret, is disabled.";
    NoSuchMount = "no-such-mount": "The server has no such mount, project or account.";
    WrongMountVersion = "wrong-mount-version": "The mount is of the other version of the key-value engine.";
    BadReference = "bad-reference": "Kong's parser refuses the text.";
    NotReferenceable = "not-referenceable": "The field takes no references: Kong would use the text as it stands.";
    BadResource = "bad-resource": "The secret's name is none that the backend could have, or would lead elsewhere.";
    BadVersion = "bad-version": "The version is none that the backend could have.";
    BadSubkey = "bad-subkey": "The secret is no JSON object with that string.";
    BadContent = "bad-content": "The value is not what its field takes: no text, no certificate, another key's.";
    BadSettings = "bad-settings": "The vault's settings are incomplete or contradict each other.";
    PermissionDenied = "permission-denied": "The vault refuses to show the secret.";
    LoginRefused = "login-refused": "The vault refuses the credentials.";
    ConnectionFailed = "connection-failed": "Nothing answers at the address.";
    TimedOut = "timed-out": "The answer did not come in time.";
    Sealed = "sealed": "The server is sealed, not initialised or a standby.";
    RateLimited = "rate-limited": "The server asks to come back later than there is time for.";
    ServerError = "server-error": "The server is broken, or answers what cannot be understood.";
    VaultsUnreadable = "vaults-unreadable": "Not all vaults can be listed, so that one may bear the name.";
    UnknownSchema = "unknown-schema": "Whether the field takes references is not known, as the plugin's schema is not.";
    DataPlaneEnvironment = "data-plane-environment": "The variable is one of the data planes' environment.";
    DataPlaneFiles = "data-plane-files": "The file is one of the data planes' disks.";
    DataPlaneSettings = "data-plane-settings": "The settings by which the data planes reach the backend are not known.";
    NoCredentials = "no-credentials": "No credentials were given.";
    UntrustedHost = "untrusted-host": "A credential would be shown to a host that is not on the allowlist.";
    UnsupportedLogin = "unsupported-login": "The way to log in cannot be used from here, or would use something up.";
    UnsupportedBackend = "unsupported-backend": "The backend is a custom one, or one that this build leaves out.";
    Undocumented = "undocumented": "What Kong makes of that version, or of a secret of that kind, is not documented.";
    NotAsked = "not-asked": "The backend was not asked: another team's, or references are not asked for.";
}

impl DiagnosticCode {
    /// The text in snake_case, as the reasons of references stand in JSON.
    pub fn to_snake_case(self) -> String {
        self.as_str().replace('-', "_")
    }
}

impl fmt::Display for DiagnosticCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// In the order of the texts, so that a new code changes the place of no other in a report.
impl Ord for DiagnosticCode {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl PartialOrd for DiagnosticCode {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::DiagnosticCode;

    #[test]
    fn codes_are_unique_and_in_kebab_case() {
        let texts: BTreeSet<&str> = DiagnosticCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), DiagnosticCode::ALL.len());
        for text in texts {
            let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            let is_word = |word: &str| !word.is_empty() && word.bytes().all(is_plain);
            assert!(text.split('-').all(is_word), "{text}");
        }
    }

    #[test]
    fn variants_are_named_like_their_text() {
        for code in DiagnosticCode::ALL {
            let name = format!("{code:?}").to_lowercase();
            assert_eq!(code.as_str().replace('-', ""), name);
        }
    }

    #[test]
    fn meanings_are_single_sentences_of_their_own() {
        let meanings: BTreeSet<&str> = DiagnosticCode::ALL.iter().map(|code| code.meaning()).collect();
        assert_eq!(meanings.len(), DiagnosticCode::ALL.len());
        for meaning in meanings {
            assert!(meaning.ends_with('.') && !meaning.contains(['\n', '|']), "{meaning}");
        }
    }
}
