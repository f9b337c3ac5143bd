use std::collections::BTreeSet;

use super::{Assessment, ChangeState, Finding, Reason, Reference, ReferenceSite, SettingOrigin, parse_reference};
use json::Value;
use schema::Referenceability;
use state::EntityBody;
use yaml::suggest_similar;

/// The vaults by which references resolve once the plan is done.
#[derive(Clone, Debug, Default)]
pub struct Vaults {
    /// The backends that the data planes have loaded: their names go before any prefix.
    pub loaded_backends: BTreeSet<String>,
    /// The backends that are known, and that the data planes say they have not loaded.
    pub unloaded_backends: BTreeSet<String>,
    /// The vault entities, owned and foreign.
    pub entities: Vec<VaultEntity>,
    /// The prefixes of vaults that are live, and that this plan deletes or renames.
    pub removed_prefixes: BTreeSet<String>,
    /// Whether these are all there are; if not, an unknown prefix proves nothing.
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
    /// What the live vault of the same prefix and backend has for config already, if there is one.
    pub live_config: Option<EntityBody>,
    /// The options of its config that were filled in from the environment, or hold what was.
    pub templated_options: BTreeSet<String>,
    /// Those of them that are made up, because a variable is not set.
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
    /// The same, as one that is live already and stays as it is.
    pub fn into_live(self) -> Self {
        let live = Some(self.config.clone());
        Self {
            live_config: live,
            ..self
        }
    }

    /// An option of its config, if it is a text.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.config.expose().get(name)?.as_str()
    }

    /// Who says an option of its config, set or not: the live vault, if that has the same already. `default` holds where
    /// nothing is set.
    pub fn option_origin(&self, name: &str, default: Option<&Value>) -> SettingOrigin {
        let set = |value: &&Value| !value.is_null();
        let said = self.config.expose().get(name).filter(set).or(default);
        let live = self
            .live_config
            .as_ref()
            .map(|live| live.expose().get(name).filter(set).or(default));
        if live.map_or(said == default, |live| live == said) {
            SettingOrigin::Live
        } else if self.templated_options.contains(name) {
            SettingOrigin::Template
        } else {
            SettingOrigin::Repository
        }
    }
}

impl Vaults {
    /// The vault that a name stands for: a backend's name goes before any prefix.
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

    /// The name that was most likely meant by one that stands for nothing, but for those that a template filled in.
    pub fn suggest(&self, name: &str) -> Option<&str> {
        let told = self.entities.iter().filter(|vault| !vault.has_templated_prefix);
        let prefixes = told.map(|vault| vault.prefix.as_str());
        suggest_similar(name, prefixes.chain(self.loaded_backends.iter().map(String::as_str)))
    }
}

/// Says of every use what can be known without asking a backend: what is well-formed and has a vault is
/// [`Reason::NotAsked`] yet.
pub fn classify_sites(uses: Vec<ReferenceSite>, vaults: &Vaults) -> Vec<Assessment> {
    uses.into_iter().map(|usage| classify_site(usage, vaults)).collect()
}

fn classify_site(usage: ReferenceSite, vaults: &Vaults) -> Assessment {
    let parsed = parse_reference(&usage.text);
    let (finding, vault_changed) = match (usage.referenceable, &parsed) {
        (Referenceability::No, _) => (not_referenceable(&usage), false),
        (Referenceability::Never, _) => (in_vault_config(&usage), false),
        (_, Err(error)) => (bad_reference(&error.to_string()), false),
        (Referenceability::Unknown, Ok(_)) => (unknown_schema(&usage), false),
        (Referenceability::Since(version), Ok(_)) => (requires_version(&usage, version), false),
        (Referenceability::Yes, Ok(reference)) => classify_by_vault(reference, vaults),
    };
    Assessment {
        affected_by_plan: usage.change_state == ChangeState::Changed || vault_changed,
        site: usage,
        reference: parsed.ok(),
        finding,
        certificate: None,
    }
}

/// What is known of a well-formed reference in a field that takes it, and whether the plan touches its vault.
fn classify_by_vault(reference: &Reference, vaults: &Vaults) -> (Finding, bool) {
    let name = String::from_utf8_lossy(&reference.name).into_owned();
    match vaults.find(&name) {
        Some(vault) => (not_asked(&name), vault.is_changed()),
        None if vaults.removed_prefixes.contains(&name) => (deleted_vault(&name), false),
        None if vaults.is_complete && vaults.unloaded_backends.contains(&name) => (unloaded_backend(&name), false),
        None if vaults.is_complete => (unknown_vault(&name, vaults), false),
        None => (vaults_unreadable(&name, vaults.without_control_plane), false),
    }
}

fn not_referenceable(usage: &ReferenceSite) -> Finding {
    Finding::new(
        Reason::NotReferenceable,
        format!("the field '{}' takes no references", usage.path),
    )
    .about(&usage.text)
    .help("Kong would use this text as it stands; write the value, or use a field that takes references")
}

fn in_vault_config(usage: &ReferenceSite) -> Finding {
    let message = format!(
        "the field '{}' is a vault's own, and Kong resolves no references there",
        usage.path
    );
    Finding::new(Reason::NotReferenceable, message)
        .about(&usage.text)
        .help("write the value (a template can take it from the environment), or let the data planes' settings say it")
}

fn bad_reference(words: &str) -> Finding {
    Finding::new(
        Reason::BadReference,
        format!("Kong cannot read this reference: {words}"),
    )
    .about(words)
    .help("a reference is {vault://PREFIX/SECRET} or {vault://PREFIX/SECRET/KEY}")
}

fn unknown_schema(usage: &ReferenceSite) -> Finding {
    let message = format!("no schema tells whether the field '{}' takes references", usage.path);
    Finding::new(Reason::UnknownSchema, message)
        .about(&usage.text)
        .help("a control plane that has loaded what the field belongs to tells: --kong-addr")
}

fn requires_version(usage: &ReferenceSite, version: &str) -> Finding {
    let message = format!(
        "the field '{}' takes references from Kong Gateway {version} on",
        usage.path
    );
    Finding::new(Reason::UnknownSchema, message)
        .about(&usage.text)
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

fn vaults_unreadable(name: &str, unasked: bool) -> Finding {
    let (message, help) = match unasked {
        true => (
            format!("no file declares a vault '{name}', and no control plane was asked for one"),
            "give the files that declare it, or a control plane with --kong-addr",
        ),
        false => (
            format!("not all vaults can be listed, so that '{name}' cannot be checked"),
            "prefixes are looked for in all workspaces: a token that may list the vaults of each can tell",
        ),
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
