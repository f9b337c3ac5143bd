use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};
use zeroize::Zeroizing;

use reference::Secret;

/// The variables of all Kubernetes Secrets and ConfigMaps of a text, one document or many; `None` if the text is no manifest.
/// Other kinds are skipped, as long as there is one of these.
///
/// # Errors
/// What is wrong with it, without a value.
pub(crate) fn parse_manifests(text: &str) -> Option<Result<BTreeMap<String, Secret>, String>> {
    let is_key = |line: &str| line.trim_start().starts_with("apiVersion:") || line.starts_with("kind:");
    let has_key = |key: &str| text.contains(key);
    let is_json = || text.trim_start().starts_with('{') && (has_key("\"apiVersion\"") || has_key("\"kind\""));
    if !text.lines().any(is_key) && !is_json() {
        return None;
    }
    let mut variables = BTreeMap::new();
    let mut kinds = ManifestKinds::default();
    for document in serde_yaml::Deserializer::from_str(text) {
        match Option::<Manifest>::deserialize(document) {
            Ok(manifest) => {
                if let Err(error) = manifest
                    .into_iter()
                    .try_for_each(|manifest| manifest.collect_variables(&mut variables, &mut kinds))
                {
                    return Some(Err(error));
                }
            }
            Err(error) => {
                let line = error.location().map_or(1, |location| location.line());
                return Some(Err(format!(
                    "is no Secret or ConfigMap as Kubernetes takes it (line {line})"
                )));
            }
        }
    }
    Some(kinds.require_variables().map(|()| variables))
}

/// The kinds of a text's manifests.
#[derive(Default)]
struct ManifestKinds {
    /// Whether there is a Secret or a ConfigMap.
    has_variables: bool,
    other_kinds: BTreeSet<String>,
}

impl ManifestKinds {
    /// A text of other kinds only is the wrong file, not a data plane without variables.
    fn require_variables(self) -> Result<(), String> {
        if self.has_variables {
            return Ok(());
        }
        let kinds: Vec<String> = self.other_kinds.into_iter().collect();
        let others = match kinds.as_slice() {
            [] => String::new(),
            kinds => format!(", only {}", kinds.join(", ")),
        };
        Err(format!("holds no Secret and no ConfigMap{others}"))
    }
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    items: Option<Vec<Manifest>>,
    #[serde(default)]
    data: Option<BTreeMap<String, SecretText>>,
    #[serde(default, rename = "stringData")]
    string_data: Option<BTreeMap<String, SecretText>>,
    #[serde(default, rename = "binaryData")]
    binary_data: Option<BTreeMap<String, SecretText>>,
}

impl Manifest {
    fn collect_variables(
        self,
        variables: &mut BTreeMap<String, Secret>,
        kinds: &mut ManifestKinds,
    ) -> Result<(), String> {
        let entries = |entries: Option<BTreeMap<String, SecretText>>| entries.into_iter().flatten();
        kinds.has_variables |= matches!(self.kind.as_str(), "Secret" | "ConfigMap");
        match self.kind.as_str() {
            "Secret" => {
                for (name, SecretText(value)) in entries(self.data) {
                    let decoded =
                        decode_base64(&value).ok_or_else(|| format!("has no base64 under data.{name} of a Secret"))?;
                    variables.insert(name, decoded);
                }
                variables.extend(entries(self.string_data).map(|(name, SecretText(value))| (name, value)));
            }
            "ConfigMap" => {
                variables.extend(entries(self.data).map(|(name, SecretText(value))| (name, value)));
                for (name, SecretText(value)) in entries(self.binary_data) {
                    let decoded =
                        decode_base64(&value).ok_or_else(|| format!("has no base64 under binaryData.{name}"))?;
                    variables.insert(name, decoded);
                }
            }
            kind => {
                kinds
                    .other_kinds
                    .extend(Some(kind.to_owned()).filter(|_| self.items.is_none() && !kind.is_empty()));
                for item in self.items.into_iter().flatten() {
                    item.collect_variables(variables, kinds)?;
                }
            }
        }
        Ok(())
    }
}

fn decode_base64(value: &Secret) -> Option<Secret> {
    let bytes = value.expose().iter().copied();
    let base64: Zeroizing<Vec<u8>> = Zeroizing::new(bytes.filter(|byte| !byte.is_ascii_whitespace()).collect());
    Some(Secret::new(STANDARD.decode(&*base64).ok()?))
}

/// A text, wiped when dropped. Kubernetes refuses what is no text.
struct SecretText(Secret);

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SecretTextVisitor;
        impl Visitor<'_> for SecretTextVisitor {
            type Value = SecretText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<SecretText, E> {
                Ok(SecretText(Secret::new(text)))
            }

            fn visit_string<E: Error>(self, text: String) -> Result<SecretText, E> {
                Ok(SecretText(Secret::new(text)))
            }

            fn visit_unit<E: Error>(self) -> Result<SecretText, E> {
                Ok(SecretText(Secret::new("")))
            }
        }
        deserializer.deserialize_any(SecretTextVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_pairs(text: &str) -> Vec<(String, String)> {
        let variables = parse_manifests(text).expect("a manifest").expect("variables");
        let text = |secret: &Secret| secret.text().expect("text").to_owned();
        variables
            .iter()
            .map(|(name, value)| (name.clone(), text(value)))
            .collect()
    }

    fn owned_pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn secrets_config_maps_lists_and_several_documents() {
        let text = "apiVersion: v1\nkind: Secret\ndata:\n  A: Yg==\n  B: eA==\nstringData:\n  B: plain\n---\n\
                    apiVersion: v1\nkind: ConfigMap\ndata:\n  C: \"1\"\n---\napiVersion: apps/v1\nkind: Deployment\nspec: {a: 1}\n";
        assert_eq!(
            parse_pairs(text),
            owned_pairs(&[("A", "b"), ("B", "plain"), ("C", "1")])
        );
        assert_eq!(
            parse_pairs("kind: Secret\ndata: {A: Yg==}\n"),
            owned_pairs(&[("A", "b")])
        );
        let list = r#"{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Secret", "data": {"A": "Yg=="}}]}"#;
        assert_eq!(parse_pairs(list), owned_pairs(&[("A", "b")]));
    }

    #[test]
    fn what_is_wrong_is_told_without_its_value() {
        for text in [
            "apiVersion: v1\nkind: Secret\ndata: {A: hush!}\n",
            "apiVersion: v1\nkind: ConfigMap\ndata: {A: [hush]}\n",
        ] {
            let error = parse_manifests(text).expect("a manifest").expect_err("wrong");
            assert!(!error.contains("hush"), "{error}");
        }
        for text in [
            "apiVersion: apps/v1\nkind: Deployment\nspec: {a: hush}\n",
            "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nspec: {encryptedData: {A: hush}}\n",
            r#"{"apiVersion": "v1", "kind": "List", "items": []}"#,
        ] {
            let error = parse_manifests(text).expect("a manifest").expect_err("no variables");
            assert!(
                error.contains("holds no Secret and no ConfigMap") && !error.contains("hush"),
                "{error}"
            );
        }
        for text in ["A=b\n", "A={\"apiVersion\": 1}\n", "# apiVersion: v1\nA=apiVersion:\n"] {
            assert!(parse_manifests(text).is_none(), "{text}");
        }
    }
}
