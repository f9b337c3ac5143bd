use std::collections::BTreeSet;

use super::{Assessment, ChangeState, Finding, Reason, Reference, ReferenceSite, SettingOrigin, parse_reference};
use json::Value;
use schema::Referenceability;
use state::EntityBody;
use yaml::suggest_similar;

/// The vaults by which references resolve once the plan is applied.
#[derive(Clone, Debug, Default)]
pub struct Vaults {
    /// The backends that the data planes have loaded: their names take precedence over prefixes.
    pub loaded_backends: BTreeSet<String>,
    /// The known backends that the data planes have not loaded.
    pub unloaded_backends: BTreeSet<String>,
    /// The vault entities, owned and foreign.
    pub entities: Vec<VaultEntity>,
    /// The prefixes of vaults that are live, and that this plan deletes or renames.
    pub removed_prefixes: BTreeSet<String>,
    /// Whether these are all vaults; if not, an unknown prefix proves nothing.
    pub is_complete: bool,
    /// Whether no control plane was asked for any.
    pub without_control_plane: bool,
}

/// A vault, as far as references go.
#[derive(Clone, Debug)]
pub struct VaultEntity {
    /// The prefix that references name.
    pub prefix: String,
    /// The backend.
    pub backend: String,
    /// Its config; of another scope's vault without the secrets in it.
    pub config: EntityBody,
    /// The config of the live vault of the same prefix and backend, if there is one.
    pub live_config: Option<EntityBody>,
    /// The options of its config that templates filled in from the environment, wholly or in part.
    pub templated_options: BTreeSet<String>,
    /// Those of them that have no value, because a variable is not set.
    pub unset_options: BTreeSet<String>,
    /// Whether a template filled the prefix in: then it is suggested to nobody.
    pub has_templated_prefix: bool,
    /// Whether it is one of the scopes of this run.
    pub owned: bool,
    /// Whether this plan creates or changes it.
    pub changed: bool,
}

/// The vault that a name stands for.
#[derive(Clone, Copy, Debug)]
pub enum VaultRef<'a> {
    /// A backend that is loaded, by its own name.
    Backend(&'a str),
    /// A vault entity, by its prefix.
    Entity(&'a VaultEntity),
}

impl<'a> VaultRef<'a> {
    /// The backend.
    pub fn backend(&self) -> &'a str {
        match self {
            Self::Backend(name) => name,
            Self::Entity(vault) => &vault.backend,
        }
    }

    fn is_changed(&self) -> bool {
        matches!(self, Self::Entity(VaultEntity { changed: true, .. }))
    }
}

impl VaultEntity {
    /// The same, as a live vault that stays as it is.
    pub fn into_live(self) -> Self {
        Self {
            live_config: Some(self.config.clone()),
            ..self
        }
    }

    /// An option of its config, if it is a string.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.config.expose().get(name)?.as_str()
    }

    /// Who says an option of its config, set or not: the live vault, if that has the same already. `default` holds where
    /// nothing is set.
    pub(crate) fn option_origin(&self, name: &str, default: Option<&Value>) -> SettingOrigin {
        let is_set = |value: &&Value| !value.is_null();
        let value = self.config.expose().get(name).filter(is_set).or(default);
        let live = self
            .live_config
            .as_ref()
            .map(|live| live.expose().get(name).filter(is_set).or(default));
        if live.map_or(value == default, |live| live == value) {
            SettingOrigin::Live
        } else if self.templated_options.contains(name) {
            SettingOrigin::Template
        } else {
            SettingOrigin::Repository
        }
    }
}

impl Vaults {
    /// The vault that a name stands for.
    pub fn find(&self, name: &str) -> Option<VaultRef<'_>> {
        let backend = self.loaded_backends.get(name).map(|name| VaultRef::Backend(name));
        let entity = || {
            self.entities
                .iter()
                .find(|vault| vault.prefix == name)
                .map(VaultRef::Entity)
        };
        backend.or_else(entity)
    }

    /// The name that was most likely meant by an unknown one. Prefixes that a template filled in are not shown.
    pub fn suggest(&self, name: &str) -> Option<&str> {
        let shown = self.entities.iter().filter(|vault| !vault.has_templated_prefix);
        let prefixes = shown.map(|vault| vault.prefix.as_str());
        suggest_similar(name, prefixes.chain(self.loaded_backends.iter().map(String::as_str)))
    }
}

/// Assesses every site as far as that is possible without asking a backend: a well-formed reference to a known vault is
/// [`Reason::NotAsked`] so far.
pub fn classify_sites(sites: Vec<ReferenceSite>, vaults: &Vaults) -> Vec<Assessment> {
    sites.into_iter().map(|site| classify_site(site, vaults)).collect()
}

fn classify_site(site: ReferenceSite, vaults: &Vaults) -> Assessment {
    let parsed = parse_reference(&site.text);
    let (finding, vault_changed) = match (site.referenceable, &parsed) {
        (Referenceability::No, _) => (not_referenceable(&site), false),
        (Referenceability::Never, _) => (in_vault_config(&site), false),
        (_, Err(error)) => (bad_reference(&error.to_string()), false),
        (Referenceability::Unknown, Ok(_)) => (unknown_schema(&site), false),
        (Referenceability::Since(version), Ok(_)) => (requires_version(&site, version), false),
        (Referenceability::Yes, Ok(reference)) => classify_by_vault(reference, vaults),
    };
    Assessment {
        affected_by_plan: site.entity.change_state == ChangeState::Changed || vault_changed,
        site,
        reference: parsed.ok(),
        finding,
        certificate: None,
    }
}

/// The finding on a well-formed reference in a field that takes it, and whether the plan changes its vault.
fn classify_by_vault(reference: &Reference, vaults: &Vaults) -> (Finding, bool) {
    let name = reference.vault_name();
    match vaults.find(&name) {
        Some(vault) => (not_asked(&name), vault.is_changed()),
        None if vaults.removed_prefixes.contains(&name) => (deleted_vault(&name), false),
        None if vaults.is_complete && vaults.unloaded_backends.contains(&name) => (unloaded_backend(&name), false),
        None if vaults.is_complete => (unknown_vault(&name, vaults), false),
        None => (vaults_unreadable(&name, vaults), false),
    }
}

fn not_referenceable(site: &ReferenceSite) -> Finding {
    Finding::new(
        Reason::NotReferenceable,
        format!("the field '{}' takes no references", site.path),
    )
    .about(&site.text)
    .help("Kong would use this text as it stands; write the value, or use a field that takes references")
}

fn in_vault_config(site: &ReferenceSite) -> Finding {
    let message = format!(
        "the field '{}' is a vault's own, and Kong resolves no references there",
        site.path
    );
    Finding::new(Reason::NotReferenceable, message)
        .about(&site.text)
        .help("write the value (a template can take it from the environment), or let the data planes' settings say it")
}

fn bad_reference(kong_message: &str) -> Finding {
    Finding::new(
        Reason::BadReference,
        format!("Kong cannot read this reference: {kong_message}"),
    )
    .about(kong_message)
    .help("a reference is {vault://PREFIX/SECRET} or {vault://PREFIX/SECRET/KEY}")
}

fn unknown_schema(site: &ReferenceSite) -> Finding {
    let message = format!("no schema tells whether the field '{}' takes references", site.path);
    Finding::new(Reason::UnknownSchema, message)
        .about(&site.text)
        .help("a control plane that has loaded what the field belongs to tells: --kong-addr")
}

fn requires_version(site: &ReferenceSite, version: &str) -> Finding {
    let message = format!(
        "the field '{}' takes references from Kong Gateway {version} on",
        site.path
    );
    Finding::new(Reason::UnknownSchema, message)
        .about(&site.text)
        .help("a control plane tells which version it is")
}

fn unknown_vault(name: &str, vaults: &Vaults) -> Finding {
    let help = match vaults.suggest(name) {
        Some(close) => format!("did you mean '{close}'?"),
        None => "declare the vault, or correct the reference".to_owned(),
    };
    Finding::new(Reason::UnknownVault, format!("no vault has the prefix '{name}'"))
        .about(name)
        .help(help)
}

fn unloaded_backend(name: &str) -> Finding {
    let message = format!("the backend '{name}' is not loaded, and no vault has the prefix '{name}'");
    Finding::new(Reason::UnknownVault, message).about(name).help(
        "have the nodes load it (`vaults` in kong.conf; most backends need Kong's Enterprise edition), or name a vault by its prefix",
    )
}

fn deleted_vault(name: &str) -> Finding {
    Finding::new(Reason::DeletedVault, format!("this plan takes the vault '{name}' away"))
        .about(name)
        .help("keep the vault, or give up the reference first")
}

fn vaults_unreadable(name: &str, vaults: &Vaults) -> Finding {
    let (message, help) = match vaults.without_control_plane {
        true => (
            format!("no file declares a vault '{name}', and no control plane was asked for one"),
            "give the files that declare it, or a control plane with --kong-addr",
        ),
        false => (
            format!("not all vaults can be listed, so that '{name}' cannot be checked"),
            "prefixes are looked for in all workspaces: a token that may list the vaults of each can tell",
        ),
    };
    let help = match vaults.suggest(name) {
        Some(close) => format!("did you mean '{close}'? Otherwise: {help}"),
        None => help.to_owned(),
    };
    Finding::new(Reason::VaultsUnreadable, message).about(name).help(help)
}

fn not_asked(name: &str) -> Finding {
    Finding::new(
        Reason::NotAsked,
        format!("secrets of the vault '{name}' are not asked for"),
    )
    .about(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_prefix_is_suggested_without_a_control_plane_too() {
        let vaults = Vaults {
            loaded_backends: ["env".to_owned()].into(),
            without_control_plane: true,
            ..Vaults::default()
        };
        let help = |name: &str| vaults_unreadable(name, &vaults).help.unwrap_or_default();
        assert!(help("evn").starts_with("did you mean 'env'? Otherwise: give the files"));
        assert!(help("production").starts_with("give the files"));
    }
}
