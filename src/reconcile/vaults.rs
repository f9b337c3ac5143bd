use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashSet;

use control_plane::{Client, Clock, NodeInfo, ReadError, Transport};
use json::{Object, Value, prefetch_chunked};
use plan::{LiveState, PlannedState};
use reference::{self, ReferenceSettings, ReferenceSite, VaultEntity, Vaults};
use schema::{Catalog, Edition, FieldPath, KindId, PathSegment};
use state::{DeclaredEntity, DesiredState, EntityBody};
use yaml::{Diagnostic, DiagnosticCode};

/// The vaults by which references resolve once the plan is done.
pub(crate) fn planned_vaults(
    catalog: &Catalog,
    desired: &DesiredState,
    live: &LiveState,
    planned: &PlannedState<'_>,
) -> Vaults {
    let Some(kind) = catalog.find_kind("vaults") else {
        return Vaults::default();
    };
    let fields = VaultFields::new(catalog, kind);
    let live_vaults = live.owned.get(&kind).into_iter().flatten();
    let live_vaults = live_vaults.filter_map(|entity| fields.read_vault(entity.body.expose()));
    let mut live_configs: BTreeMap<(String, String), _> = live_vaults
        .map(|vault| ((vault.prefix, vault.backend), vault.config))
        .collect();
    let mut removed_prefixes: BTreeSet<String> = live_configs.keys().map(|(prefix, _)| prefix.clone()).collect();
    let owned = planned.owned.iter().filter(|entity| entity.kind == kind);
    let owned = owned.filter_map(|entity| {
        let mut vault = fields.read_vault(entity.body.expose())?;
        vault.owned = true;
        vault.changed = entity.change.is_some();
        vault.live_config = live_configs.remove(&(vault.prefix.clone(), vault.backend.clone()));
        if let Some(declared) = entity.declared {
            let declared = desired.entity(declared);
            vault.templated_options = fields.option_names(&declared.secret_fields);
            vault.has_templated_prefix = fields.has_templated_prefix(declared);
        }
        Some(vault)
    });
    let owned: Vec<VaultEntity> = owned.collect();
    for vault in &owned {
        removed_prefixes.remove(&vault.prefix);
    }
    let foreign = planned.foreign.iter().filter(|(foreign, _)| *foreign == kind);
    let foreign = foreign.filter_map(|(_, entity)| Some(fields.read_vault(entity.index.expose())?.into_live()));
    Vaults {
        loaded_backends: loaded_backends(catalog),
        unloaded_backends: unloaded_backends(catalog),
        removed_prefixes,
        entities: owned.into_iter().chain(foreign).collect(),
        is_complete: !live.forbidden.contains(&kind),
        without_control_plane: false,
    }
}

/// Adds the vaults of the other workspaces, if references name a vault that this one does not have: they resolve by those
/// too. If these cannot all be listed, the vaults are not complete.
pub(crate) async fn find_in_other_workspaces<T: Transport, C: Clock>(
    client: &Client<T, C>,
    catalog: &Arc<Catalog>,
    node: &NodeInfo,
    sites: &[ReferenceSite],
    vaults: &mut Vaults,
) -> Result<(), ReadError> {
    let (Some(vault), true) = (catalog.find_kind("vaults"), vaults.is_complete) else {
        return Ok(());
    };
    let unknown = |site: &ReferenceSite| {
        let reference = reference::parse_reference(&site.text).ok();
        reference.is_some_and(|reference| vaults.find(&String::from_utf8_lossy(&reference.name)).is_none())
    };
    if node.edition == Some(Edition::Community) || !sites.iter().any(unknown) {
        return Ok(());
    }
    let (found, all) = match client.read_other_workspaces(catalog, vault).await {
        Err(error @ ReadError::NoResponse(_)) => return Err(error),
        found => found.unwrap_or_default(),
    };
    vaults.is_complete = all;
    let fields = VaultFields::new(catalog, vault);
    let entities = found
        .iter()
        .filter_map(|foreign| fields.read_vault(foreign.index.expose()));
    vaults.entities.extend(entities.map(VaultEntity::into_live));
    Ok(())
}

/// The vaults that the documents declare, and all known backends.
pub fn declared_vaults(catalog: &Catalog, desired: &DesiredState) -> Vaults {
    let vault = catalog.find_kind("vaults");
    let declared = desired.entities.iter().filter(|declared| Some(declared.kind) == vault);
    let entities = declared.filter_map(|declared| {
        let fields = VaultFields::new(catalog, declared.kind);
        let entity = fields
            .read_vault(declared.body.expose())
            .filter(|_| !fields.has_unset_variable(declared))?;
        Some(VaultEntity {
            templated_options: fields.option_names(&declared.secret_fields),
            unset_options: fields.option_names(&declared.unset_fields),
            has_templated_prefix: fields.has_templated_prefix(declared),
            owned: true,
            changed: true,
            ..entity
        })
    });
    Vaults {
        loaded_backends: loaded_backends(catalog),
        entities: entities.collect(),
        without_control_plane: true,
        ..Vaults::default()
    }
}

/// The vaults that were read whole, and all known backends.
pub fn live_vaults(catalog: &Catalog, live: &LiveState) -> Vaults {
    let vaults = live
        .owned
        .iter()
        .filter(|(kind, _)| Some(**kind) == catalog.find_kind("vaults"));
    let entities = vaults.flat_map(|(kind, entities)| {
        let fields = VaultFields::new(catalog, *kind);
        let entities = entities
            .iter()
            .filter_map(move |live| fields.read_vault(live.body.expose()));
        entities.map(|vault| VaultEntity {
            owned: true,
            ..vault.into_live()
        })
    });
    Vaults {
        loaded_backends: loaded_backends(catalog),
        unloaded_backends: unloaded_backends(catalog),
        entities: entities.collect(),
        is_complete: live.forbidden.is_empty(),
        ..Vaults::default()
    }
}

/// The backends the node says it has loaded; all that are known, if it does not say.
pub fn loaded_backends(catalog: &Catalog) -> BTreeSet<String> {
    catalog
        .loaded_vaults()
        .cloned()
        .unwrap_or_else(|| catalog.subschema_names("vaults").map(str::to_owned).collect())
}

/// The known backends that the node, if it says which it has loaded, has not.
fn unloaded_backends(catalog: &Catalog) -> BTreeSet<String> {
    let known = catalog.subschema_names("vaults").map(str::to_owned);
    match catalog.loaded_vaults() {
        Some(loaded) => known.filter(|name| !loaded.contains(name)).collect(),
        None => BTreeSet::new(),
    }
}

/// Notes settings of vaults that do not exist. A file of settings may be meant for several control planes, so that this is no
/// error.
pub(crate) fn unused_settings_notes(settings: &ReferenceSettings, vaults: &Vaults) -> Vec<Diagnostic> {
    let names = settings
        .vaults
        .keys()
        .filter(|_| vaults.is_complete && !vaults.without_control_plane);
    let unknown = names.filter(|name| vaults.find(name).is_none() && !vaults.unloaded_backends.contains(*name));
    let notes = unknown.map(|name| {
        let message =
            format!("what the settings say of the vault '{name}' holds for nothing: no vault has that prefix");
        let diagnostic = Diagnostic::note(DiagnosticCode::SettingsOfNobody, message);
        match vaults.suggest(name) {
            Some(close) => diagnostic.help(format!("did you mean '{close}'?")),
            None => diagnostic,
        }
    });
    notes.collect()
}

/// Reports vaults whose prefix is the name of a backend. Where that is loaded, Kong refuses such a vault, and references
/// mean the backend; where it is not yet, they will.
pub(crate) fn backend_prefix_diagnostics(
    catalog: &Catalog,
    desired: &DesiredState,
    vaults: &Vaults,
) -> Vec<Diagnostic> {
    let (kind, declared) = (catalog.find_kind("vaults"), desired.entities.iter());
    let declared = declared.filter(|entity| Some(entity.kind) == kind);
    let declared: Vec<&DeclaredEntity> = declared.collect();
    let backends: FxHashSet<&str> = catalog.subschema_names("vaults").collect();
    let is_backend =
        |name: &str| backends.contains(name) || catalog.loaded_vaults().is_some_and(|all| all.contains(name));
    let diagnostics = prefetch_chunked(&declared, |entity| Some(entity.body.expose())).filter_map(|entity| {
        let key = catalog.kind(entity.kind).endpoint_key.as_deref()?;
        let prefix = entity.body.expose().get(key)?.as_str().filter(|prefix| is_backend(prefix))?;
        let is_written = || vaults.entities.iter().any(|vault| vault.prefix == prefix && vault.changed);
        let diagnostic = match catalog.loaded_vaults().map(|loaded| loaded.contains(prefix)) {
            None => return None,
            Some(true) if is_written() => Diagnostic::error(
                DiagnosticCode::PrefixOfBackend,
                format!("the prefix '{prefix}' is the name of a backend that this node has loaded: it takes no such vault"),
            ),
            Some(true) => Diagnostic::warning(
                DiagnosticCode::PrefixOfBackend,
                format!("the prefix '{prefix}' is the name of a backend that this node has loaded: references mean the backend"),
            ),
            Some(false) => Diagnostic::warning(
                DiagnosticCode::PrefixOfBackend,
                format!("the prefix '{prefix}' is the name of a backend: where that is loaded, references mean it"),
            ),
        };
        let span = entity.location.value_span(&FieldPath::from_field(key));
        Some(diagnostic.at(span).help("give the vault another prefix"))
    });
    diagnostics.collect()
}

/// The fields of a vault that references depend on.
#[derive(Clone, Copy)]
struct VaultFields<'a> {
    prefix: Option<&'a str>,
    backend: Option<&'a str>,
}

impl<'a> VaultFields<'a> {
    fn new(catalog: &'a Catalog, vault: KindId) -> Self {
        let kind = catalog.kind(vault);
        Self {
            prefix: kind.endpoint_key.as_deref(),
            backend: kind.subschemas.as_ref().map(|subschemas| subschemas.by.as_str()),
        }
    }

    /// A vault as its body says, neither owned nor changed.
    fn read_vault(self, body: &Object) -> Option<VaultEntity> {
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        let config = body.get("config").and_then(Value::as_object).cloned();
        Some(VaultEntity {
            prefix: text(self.prefix?)?,
            backend: text(self.backend?)?,
            config: EntityBody::new(config.unwrap_or_default()),
            live_config: None,
            templated_options: BTreeSet::new(),
            unset_options: BTreeSet::new(),
            has_templated_prefix: false,
            owned: false,
            changed: false,
        })
    }

    /// Whether the prefix or the backend holds a variable that is not set.
    fn has_unset_variable(self, declared: &DeclaredEntity) -> bool {
        let mut fields = [self.prefix, self.backend].into_iter().flatten();
        fields.any(|field| declared.unset_fields.contains(&FieldPath::from_field(field)))
    }

    /// Whether the prefix was filled in from the environment.
    fn has_templated_prefix(self, declared: &DeclaredEntity) -> bool {
        self.prefix
            .is_some_and(|prefix| declared.filled_key_fields.contains(&FieldPath::from_field(prefix)))
    }

    /// The options of a config that hold what was filled in from the environment.
    fn option_names(self, secrets: &BTreeSet<FieldPath>) -> BTreeSet<String> {
        let options = secrets.iter().filter_map(|path| match path.0.as_slice() {
            [_, PathSegment::Name(option), ..] => Some(option.clone()),
            _ => None,
        });
        options.collect()
    }
}
