use super::LintIssue;
use crate::grammar::{SyntaxDetails, syntax_details};
use crate::{
    Assessment, ChangeState, EntityIssue, OptionValue, Reason, Reference, VaultEntity, VaultRef, Vaults, accepts_option,
};
use schema::{Catalog, FieldPath};
use yaml::DiagnosticCode;

/// Issues of references that Kong reads otherwise than they look, in this run's entities. Templated ones are not shown.
pub(super) fn lint_references(catalog: &Catalog, assessments: &[Assessment], vaults: &Vaults) -> Vec<EntityIssue> {
    let own = assessments.iter().filter(|assessment| {
        assessment.site.entity.change_state != ChangeState::Foreign && !assessment.site.is_templated
    });
    let issues = own.flat_map(|assessment| {
        let issues = assessment.reference.as_ref().map(|reference| {
            let linter = ReferenceLinter {
                catalog,
                assessment,
                reference,
                syntax: syntax_details(&assessment.site.text),
                vault: assessment.vault_name().and_then(|name| vaults.find(&name)),
            };
            linter.lint()
        });
        let issues = issues.into_iter().flatten();
        issues.map(|issue| EntityIssue {
            entity: assessment.site.entity.clone(),
            is_confidential: false,
            field_issue: issue.at_field(assessment.site.path.clone()),
        })
    });
    issues.collect()
}

struct ReferenceLinter<'a> {
    catalog: &'a Catalog,
    assessment: &'a Assessment,
    reference: &'a Reference,
    syntax: SyntaxDetails,
    vault: Option<VaultRef<'a>>,
}

impl ReferenceLinter<'_> {
    fn lint(&self) -> Vec<LintIssue> {
        let issues = [
            self.check_parameters(),
            self.check_userinfo_and_port(),
            self.check_slashes(),
            self.check_version(),
        ];
        let options = self.reference.options.iter().flatten();
        let options = options.filter_map(|(name, value)| self.check_option(name, value));
        issues.into_iter().flatten().chain(options).collect()
    }

    fn backend(&self) -> Option<&str> {
        self.vault.as_ref().map(VaultRef::backend)
    }

    fn check_parameters(&self) -> Option<LintIssue> {
        self.syntax.has_parameters.then(|| {
            LintIssue::new(
                DiagnosticCode::DroppedPart,
                "holds a reference with a semicolon: Kong drops what follows it",
                "write a semicolon that belongs to a name as %3B",
            )
        })
    }

    fn check_userinfo_and_port(&self) -> Option<LintIssue> {
        self.syntax.has_userinfo_or_port.then(|| {
            LintIssue::new(
                DiagnosticCode::DroppedPart,
                "holds a reference with a user or a port beside the vault's prefix: Kong drops both",
                "write the prefix alone between {vault:// and the next slash",
            )
        })
    }

    /// Only for backends whose secrets often have slashes in their names and are rarely JSON objects.
    fn check_slashes(&self) -> Option<LintIssue> {
        let (Some(key), "aws" | "conjur") = (&self.reference.key, self.backend()?) else {
            return None;
        };
        let (secret, key) = (escape_lossy(&self.reference.resource), escape_lossy(key));
        (self.syntax.segment_count > 2).then(|| {
            LintIssue::new(
                DiagnosticCode::UnescapedSlash,
                format!(
                    "asks for the member '{key}' of the secret '{secret}': the last segment of a reference is a key"
                ),
                "if all segments are the secret's name, write its slashes as %2F, or end the reference in a slash",
            )
        })
    }

    fn check_version(&self) -> Option<LintIssue> {
        let version = self.reference.version?;
        if self.assessment.finding.reason == Reason::BadVersion {
            return None;
        }
        let reason = match self.backend() {
            _ if version.fract() != 0.0 => "versions are whole numbers",
            Some("env") if version != 2.0 => "a variable has no version but the previous one, which is 2",
            Some("fs") => "files have no versions",
            Some("azure") => "versions of Azure are no numbers, so that none can be named",
            Some("hcv") if self.is_kv_v1() => "the first version of the key-value engine has none",
            _ => return None,
        };
        let text = self.reference.version_text().unwrap_or_default();
        Some(LintIssue::new(
            DiagnosticCode::OddVersion,
            format!("asks for version {text} of a secret: {reason}"),
            "leave the # and what follows it out",
        ))
    }

    /// Whether a vault of HashiCorp's reads the key-value engine without versions, which is the default.
    fn is_kv_v1(&self) -> bool {
        let kv = match self.vault {
            Some(VaultRef::Entity(VaultEntity { config, .. })) => config.expose().get("kv").cloned(),
            _ => return false,
        };
        let record = self.catalog.vault_schema("hcv");
        let default = || record?.field_at(&FieldPath::from_dotted("config.kv"))?.default.clone();
        kv.filter(|kv| !kv.is_null())
            .or_else(default)
            .is_none_or(|kv| kv == "v1")
    }

    fn check_option(&self, name: &[u8], value: &OptionValue) -> Option<LintIssue> {
        let backend = self.backend()?;
        let record = self.catalog.vault_schema(backend)?;
        let shown = escape_lossy(name);
        let path = FieldPath::from_dotted("config").with_name(&shown);
        if record.field_at(&path).is_none() {
            return Some(LintIssue::new(
                DiagnosticCode::UnknownOption,
                format!(
                    "holds a reference with the option '{shown}', which the backend '{backend}' does not have: Kong ignores it"
                ),
                "correct the option's name, or leave it out",
            ));
        }
        (!accepts_option(self.catalog, backend, &shown, value)).then(|| {
            LintIssue::new(
                DiagnosticCode::DroppedOption,
                format!("gives the option '{shown}' a value that the backend '{backend}' does not take: Kong drops it, and the vault's own with it"),
                "correct the value, or leave the option out",
            )
        })
    }
}

fn escape_lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use json::json;

    use super::*;
    use crate::{ReferenceSite, classify_sites};
    use state::EntityBody;

    fn vaults() -> Vaults {
        let vault = |backend: &str, config: json::Value| VaultEntity {
            prefix: format!("my-{backend}"),
            backend: backend.to_owned(),
            config: EntityBody::new(config.as_object().cloned().unwrap_or_default()),
            live_config: None,
            templated_options: BTreeSet::new(),
            unset_options: BTreeSet::new(),
            has_templated_prefix: false,
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
            is_complete: true,
            ..Vaults::default()
        }
    }

    fn lint_messages(text: &str) -> Vec<String> {
        let catalog = Catalog::recorded();
        let site = ReferenceSite::in_certificate(text, ChangeState::Changed);
        let vaults = vaults();
        let issues = super::lint_references(&catalog, &classify_sites(vec![site], &vaults), &vaults);
        issues.into_iter().map(|issue| issue.field_issue.message).collect()
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
            assert_eq!(lint_messages(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn parts_that_kong_drops_are_reported() {
        const SEMICOLON: &str = "holds a reference with a semicolon: Kong drops what follows it";
        const BESIDE: &str = "holds a reference with a user or a port beside the vault's prefix: Kong drops both";
        const KEY: &str = "asks for the member 'c' of the secret 'a/b': the last segment of a reference is a key";
        const PREFIX: &str = "gives the option 'prefix' a value that the backend 'env' does not take: \
                              Kong drops it, and the vault's own with it";
        const UNKNOWN: &str =
            "holds a reference with the option 'prefx', which the backend 'env' does not have: Kong ignores it";
        for (text, expected) in [
            ("{vault://my-env/a;b}", SEMICOLON),
            ("{vault://my-env:80/a}", BESIDE),
            ("{vault://u:p@my-env/a}", BESIDE),
            ("{vault://my-aws/a/b/c}", KEY),
            ("{vault://my-conjur/a/b/c}", KEY),
            ("{vault://my-env/a?prefx=X_}", UNKNOWN),
            ("{vault://my-env/a?prefix=9bad}", PREFIX),
            ("{vault://my-env/a?prefix}", PREFIX),
        ] {
            assert_eq!(lint_messages(text), [expected], "{text}");
        }
    }

    #[test]
    fn versions_that_mean_nothing_are_reported() {
        for (text, expected) in [
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
            assert_eq!(lint_messages(text), [format!("asks for version {expected}")], "{text}");
        }
    }
}
