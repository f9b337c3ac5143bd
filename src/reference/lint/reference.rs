//! References that Kong reads otherwise than they look.

use super::Odd;
use crate::grammar::{Form, form};
use crate::{FoundVault, Judged, OptionValue, Reason, Reference, Remark, Standing, VaultEntity, Vaults, is_taken};
use schema::{Catalog, FieldPath};

/// What is odd about the references of this run's entities. Of those that templates fill in nothing is told.
pub(super) fn remarks(catalog: &Catalog, judged: &[Judged], vaults: &Vaults) -> Vec<Remark> {
    let ours = judged
        .iter()
        .filter(|one| one.usage.standing != Standing::Foreign && !one.usage.filled);
    let remarks = ours.flat_map(|one| {
        let odds = one.reference.as_ref().map(|reference| {
            let lint = Lint {
                catalog,
                one,
                reference,
                form: form(&one.usage.text),
                vault: one.vault().and_then(|name| vaults.find(&name)),
            };
            lint.odds()
        });
        odds.into_iter().flatten().map(|odd| remark(one, odd))
    });
    remarks.collect()
}

fn remark(one: &Judged, odd: Odd) -> Remark {
    Remark {
        kind: one.usage.kind,
        title: one.usage.title.clone(),
        path: one.usage.path.clone(),
        standing: one.usage.standing,
        declared: one.usage.declared,
        confidential: false,
        flaw: odd.flaw(one.usage.path.clone()),
    }
}

/// One reference that is looked at.
struct Lint<'a> {
    catalog: &'a Catalog,
    one: &'a Judged,
    reference: &'a Reference,
    form: Form,
    vault: Option<FoundVault<'a>>,
}

impl Lint<'_> {
    fn odds(&self) -> Vec<Odd> {
        let single = [self.parameters(), self.around_host(), self.slashes(), self.version()];
        let options = self.reference.options.iter().flatten();
        let options = options.filter_map(|(name, value)| self.option(name, value));
        single.into_iter().flatten().chain(options).collect()
    }

    fn backend(&self) -> Option<&str> {
        self.vault.as_ref().map(FoundVault::backend)
    }

    fn parameters(&self) -> Option<Odd> {
        self.form.parameters.then(|| {
            Odd::new(
                "dropped-part",
                "holds a reference with a semicolon: Kong drops what follows it",
                "write a semicolon that belongs to a name as %3B",
            )
        })
    }

    fn around_host(&self) -> Option<Odd> {
        self.form.around_host.then(|| {
            Odd::new(
                "dropped-part",
                "holds a reference with a user or a port beside the vault's prefix: Kong drops both",
                "write the prefix alone between {vault:// and the next slash",
            )
        })
    }

    /// On backends whose secrets have slashes in their names and are texts more often than not.
    fn slashes(&self) -> Option<Odd> {
        let (Some(key), "aws" | "conjur") = (&self.reference.key, self.backend()?) else {
            return None;
        };
        let (secret, key) = (shown(&self.reference.resource), shown(key));
        (self.form.segments > 2).then(|| {
            Odd::new(
                "unescaped-slash",
                format!(
                    "asks for the member '{key}' of the secret '{secret}': the last segment of a reference is a key"
                ),
                "if all segments are the secret's name, write its slashes as %2F, or end the reference in a slash",
            )
        })
    }

    fn version(&self) -> Option<Odd> {
        let version = self.reference.version?;
        if self.one.finding.reason == Reason::BadVersion {
            return None;
        }
        let why = match self.backend() {
            _ if version.fract() != 0.0 => "versions are whole numbers",
            Some("env") if version != 2.0 => "a variable has no version but the previous one, which is 2",
            Some("fs") => "files have no versions",
            Some("azure") => "versions of Azure are no numbers, so that none can be named",
            Some("hcv") if self.is_of_first_engine() => "the first version of the key-value engine has none",
            _ => return None,
        };
        let text = self.reference.version_text().unwrap_or_default();
        Some(Odd::new(
            "odd-version",
            format!("asks for version {text} of a secret: {why}"),
            "leave the # and what follows it out",
        ))
    }

    /// Whether a vault of HashiCorp's reads the engine without versions, as it does where nothing else is said.
    fn is_of_first_engine(&self) -> bool {
        let said = match self.vault {
            Some(FoundVault::Entity(VaultEntity { config, .. })) => config.expose().get("kv").cloned(),
            _ => return false,
        };
        let record = self.catalog.vault("hcv");
        let default = || record?.field_at(&FieldPath::dotted("config.kv"))?.default.clone();
        said.filter(|said| !said.is_null())
            .or_else(default)
            .is_none_or(|kv| kv == "v1")
    }

    fn option(&self, name: &[u8], value: &OptionValue) -> Option<Odd> {
        let backend = self.backend()?;
        let record = self.catalog.vault(backend)?;
        let shown = shown(name);
        let path = FieldPath::dotted("config").name(&shown);
        if record.field_at(&path).is_none() {
            return Some(Odd::new(
                "unknown-option",
                format!(
                    "holds a reference with the option '{shown}', which the backend '{backend}' does not have: Kong ignores it"
                ),
                "correct the option's name, or leave it out",
            ));
        }
        (!is_taken(self.catalog, backend, &shown, value)).then(|| {
            Odd::new(
                "dropped-option",
                format!("gives the option '{shown}' a value that the backend '{backend}' does not take: Kong drops it, and the vault's own with it"),
                "correct the value, or leave the option out",
            )
        })
    }
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use json::json;

    use super::*;
    use crate::{Use, judge};
    use state::Body;

    fn vaults() -> Vaults {
        let vault = |backend: &str, config: json::Value| VaultEntity {
            prefix: format!("my-{backend}"),
            backend: backend.to_owned(),
            config: Body::new(config.as_object().cloned().unwrap_or_default()),
            live: None,
            filled: BTreeSet::new(),
            unset: BTreeSet::new(),
            filled_prefix: false,
            owned: true,
            changed: false,
        };
        let mut entities: Vec<VaultEntity> = ["env", "fs", "aws", "conjur", "azure", "gcp"]
            .map(|backend| vault(backend, json!({})))
            .into();
        entities.push(vault("hcv", json!({"kv": "v1"})));
        let second = VaultEntity {
            prefix: "my-v2".to_owned(),
            ..vault("hcv", json!({"kv": "v2"}))
        };
        entities.push(second);
        Vaults {
            entities,
            complete: true,
            ..Vaults::default()
        }
    }

    fn told(text: &str) -> Vec<String> {
        let catalog = Catalog::recorded();
        let usage = Use::for_certificate(text, Standing::Changed);
        let vaults = vaults();
        let remarks = super::remarks(&catalog, &judge(vec![usage], &vaults), &vaults);
        remarks.into_iter().map(|remark| remark.flaw.message).collect()
    }

    #[test]
    fn what_is_usual_is_not_odd() {
        for text in [
            "{vault://my-env/a/b#2}",
            "{vault://my-env/a?prefix=X_}",
            "{vault://my-v2/a/b#3}",
            "{vault://my-aws/a/b#2}",
            "{vault://my-aws/a%2Fb/c}",
            "{vault://my-aws/a/b/c/}",
            "{vault://my-gcp/a#3}",
        ] {
            assert_eq!(told(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn parts_that_kong_drops_are_told() {
        const SEMICOLON: &str = "holds a reference with a semicolon: Kong drops what follows it";
        const BESIDE: &str = "holds a reference with a user or a port beside the vault's prefix: Kong drops both";
        const KEY: &str = "asks for the member 'c' of the secret 'a/b': the last segment of a reference is a key";
        const PREFIX: &str = "gives the option 'prefix' a value that the backend 'env' does not take: \
                              Kong drops it, and the vault's own with it";
        const UNKNOWN: &str =
            "holds a reference with the option 'prefx', which the backend 'env' does not have: Kong ignores it";
        for (text, wanted) in [
            ("{vault://my-env/a;b}", SEMICOLON),
            ("{vault://my-env:80/a}", BESIDE),
            ("{vault://u:p@my-env/a}", BESIDE),
            ("{vault://my-aws/a/b/c}", KEY),
            ("{vault://my-conjur/a/b/c}", KEY),
            ("{vault://my-env/a?prefx=X_}", UNKNOWN),
            ("{vault://my-env/a?prefix=9bad}", PREFIX),
            ("{vault://my-env/a?prefix}", PREFIX),
        ] {
            assert_eq!(told(text), [wanted], "{text}");
        }
    }

    #[test]
    fn versions_that_mean_nothing_are_told() {
        for (text, wanted) in [
            (
                "{vault://my-env/a#3}",
                "3 of a secret: a variable has no version but the previous one, which is 2",
            ),
            ("{vault://my-fs/a#1}", "1 of a secret: files have no versions"),
            (
                "{vault://my-azure/a#1}",
                "1 of a secret: versions of Azure are no numbers, so that none can be named",
            ),
            (
                "{vault://my-hcv/a/b#1}",
                "1 of a secret: the first version of the key-value engine has none",
            ),
            ("{vault://my-v2/a/b#1.5}", "1.5 of a secret: versions are whole numbers"),
        ] {
            assert_eq!(told(text), [format!("asks for version {wanted}")], "{text}");
        }
    }
}
