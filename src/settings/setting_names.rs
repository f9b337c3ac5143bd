use std::collections::BTreeMap;

use schema::{Catalog, FieldPath, FieldType};

/// The checker's own words, and which of them hold a secret. Kong's config fields are known besides.
const OWN_NAMES: &[(&str, bool)] = &[
    ("access_key_id", false),
    ("account", false),
    ("address", false),
    ("api_key", true),
    ("assume_role_arn", false),
    ("auth_method", false),
    ("auth_path", false),
    ("authority_host", false),
    ("ca_cert", false),
    ("client_cert", false),
    ("client_id", false),
    ("client_key", true),
    ("client_secret", true),
    ("endpoint", false),
    ("jwt", true),
    ("login", false),
    ("metadata", false),
    ("namespace", false),
    ("password", true),
    ("profile", false),
    ("project_id", false),
    ("region", false),
    ("role", false),
    ("role_id", false),
    ("secret_access_key", true),
    ("secret_id", true),
    ("service_account", true),
    ("session_token", true),
    ("sts_endpoint", false),
    ("tenant_id", false),
    ("token", true),
    ("token_endpoint", false),
    ("username", false),
];

/// Words whose value is the content of a file that they name.
const FILE_CONTENT_NAMES: [&str; 3] = ["ca_cert", "client_cert", "client_key"];

/// Config fields of Kong that name a file, and the word that the file's content goes by.
const KONG_PATH_FIELDS: [(&str, &str); 2] = [
    ("approle_secret_id_file", "approle_secret_id"),
    ("kube_api_token_file", "jwt"),
];

/// The words by which a vault's settings go.
#[derive(Clone, Debug)]
pub struct SettingNames(BTreeMap<String, bool>);

/// Where the value of a setting is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SettingSource {
    /// It is the value.
    Inline { name: String, is_secret: bool },
    /// It names a variable (`…_env`).
    Variable { name: String },
    /// It names a file (`…_file`, and what is a file by nature).
    File { name: String },
}

impl SettingNames {
    /// The checker's own, and the config fields of all vault backends.
    pub fn from_catalog(catalog: &Catalog) -> Self {
        let mut words: BTreeMap<String, bool> = OWN_NAMES
            .iter()
            .map(|(word, secret)| ((*word).to_owned(), *secret))
            .collect();
        let backends = catalog
            .subschema_names("vaults")
            .filter_map(|name| catalog.vault_schema(name));
        for record in backends {
            let Some(FieldType::Record(config)) = record
                .field_at(&FieldPath::from_dotted("config"))
                .map(|field| &field.field_type)
            else {
                continue;
            };
            for (name, field) in &config.fields {
                words.entry(name.clone()).or_insert(field.secret);
            }
        }
        Self(words)
    }

    /// Whether a word is known as it stands.
    pub fn contains(&self, word: &str) -> bool {
        self.0.contains_key(word)
    }

    /// What a key of a vault's settings means.
    pub(super) fn parse_key(&self, key: &str) -> Option<SettingSource> {
        if let Some((_, word)) = KONG_PATH_FIELDS.iter().find(|(path, _)| *path == key) {
            return Some(SettingSource::File {
                name: (*word).to_owned(),
            });
        }
        if let Some(secret) = self.0.get(key) {
            let word = key.to_owned();
            let file = FILE_CONTENT_NAMES.contains(&key);
            return Some(if file {
                SettingSource::File { name: word }
            } else {
                SettingSource::Inline {
                    name: word,
                    is_secret: *secret,
                }
            });
        }
        let stem = |suffix: &str| {
            key.strip_suffix(suffix)
                .filter(|stem| self.contains(stem))
                .map(str::to_owned)
        };
        let variable = stem("_env").map(|word| SettingSource::Variable { name: word });
        variable.or_else(|| stem("_file").map(|word| SettingSource::File { name: word }))
    }

    /// All keys that a vault's settings may have, for whoever mistook one.
    pub(super) fn all_keys(&self) -> impl Iterator<Item = String> {
        let words = self.0.keys();
        let forms = words.flat_map(|word| [word.clone(), format!("{word}_env"), format!("{word}_file")]);
        forms.chain(["policy".to_owned()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_where_its_value_is() {
        let words = SettingNames::from_catalog(&Catalog::recorded());
        let plain = |word: &str, secret| {
            Some(SettingSource::Inline {
                name: word.to_owned(),
                is_secret: secret,
            })
        };
        let variable = |word: &str| Some(SettingSource::Variable { name: word.to_owned() });
        let file = |word: &str| Some(SettingSource::File { name: word.to_owned() });
        for (key, form) in [
            ("address", plain("address", false)),
            ("token", plain("token", true)),
            ("token_env", variable("token")),
            ("token_file", file("token")),
            ("client_key", file("client_key")),
            ("client_key_env", variable("client_key")),
            ("kube_api_token_file", file("jwt")),
            ("approle_secret_id_file", file("approle_secret_id")),
            ("approle_secret_id", plain("approle_secret_id", true)),
            ("mount", plain("mount", false)),
            ("adress", None),
            ("adress_env", None),
            ("_env", None),
        ] {
            assert_eq!(words.parse_key(key), form, "{key}");
        }
    }
}
