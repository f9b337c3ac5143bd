use std::collections::BTreeMap;

use schema::{Catalog, FieldPath, FieldType};

/// Our own settings, and whether they are secret. Kong's config fields are settings besides.
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

/// Settings whose value is the content of a file that is named.
const FILE_CONTENT_NAMES: [&str; 3] = ["ca_cert", "client_cert", "client_key"];

/// Config fields of Kong that name a file, and the setting that the file's content is.
const KONG_PATH_FIELDS: [(&str, &str); 2] = [
    ("approle_secret_id_file", "approle_secret_id"),
    ("kube_api_token_file", "jwt"),
];

/// The names of a vault's settings, and whether each is secret.
pub struct SettingNames(BTreeMap<String, bool>);

/// Where the value of a setting is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SettingSource {
    Inline {
        name: String,
        is_secret: bool,
    },
    /// In a variable that is named (`…_env`).
    Variable {
        name: String,
    },
    /// In a file that is named (`…_file`, and what is a file by nature).
    File {
        name: String,
    },
}

impl SettingNames {
    /// Our own, and the config fields of all vault backends.
    pub fn from_catalog(catalog: &Catalog) -> Self {
        let mut names: BTreeMap<String, bool> = OWN_NAMES
            .iter()
            .map(|(name, is_secret)| ((*name).to_owned(), *is_secret))
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
                names.entry(name.clone()).or_insert(field.secret);
            }
        }
        Self(names)
    }

    /// Whether there is a setting of that name.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Which setting a key stands for, and where the value is.
    pub(crate) fn parse_key(&self, key: &str) -> Option<SettingSource> {
        if let Some((_, name)) = KONG_PATH_FIELDS.iter().find(|(path, _)| *path == key) {
            return Some(SettingSource::File {
                name: (*name).to_owned(),
            });
        }
        if let Some(&is_secret) = self.0.get(key) {
            let name = key.to_owned();
            return Some(match FILE_CONTENT_NAMES.contains(&key) {
                true => SettingSource::File { name },
                false => SettingSource::Inline { name, is_secret },
            });
        }
        let stem = |suffix: &str| {
            key.strip_suffix(suffix)
                .filter(|stem| self.contains(stem))
                .map(str::to_owned)
        };
        let variable = stem("_env").map(|name| SettingSource::Variable { name });
        variable.or_else(|| stem("_file").map(|name| SettingSource::File { name }))
    }

    /// All keys that a vault's settings may have, for suggestions.
    pub(crate) fn all_keys(&self) -> impl Iterator<Item = String> {
        let names = self.0.keys();
        let keys = names.flat_map(|name| [name.clone(), format!("{name}_env"), format!("{name}_file")]);
        keys.chain(["policy".to_owned()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_where_its_value_is() {
        let names = SettingNames::from_catalog(&Catalog::recorded());
        let plain = |name: &str, is_secret| {
            Some(SettingSource::Inline {
                name: name.to_owned(),
                is_secret,
            })
        };
        let variable = |name: &str| Some(SettingSource::Variable { name: name.to_owned() });
        let file = |name: &str| Some(SettingSource::File { name: name.to_owned() });
        for (key, source) in [
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
            assert_eq!(names.parse_key(key), source, "{key}");
        }
    }
}
