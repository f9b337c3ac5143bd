use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;

use crate::control_plane::{Client, Clock, ForeignEntity, Live, ReadError, Root, Transport};
use crate::plan::{self, After, Plan};
use crate::reference::{
    self, Holder, Judged, Policies, Policy, Settings, Standing, Use, VaultEntity, Vaults, backends::Context,
};
use crate::schema::{Catalog, Edition, FieldPath, Kind, KindId, Object, Segment};
use crate::state::{Body, DeclaredId, Desired, Diagnostic};

/// How references are proven.
pub struct Proof {
    /// What a verdict may do to a run.
    pub policy: Policy,
    /// What the side that runs the check says of the vaults.
    pub settings: Settings,
    /// What it gives to their backends.
    pub context: Context,
    /// Whether secrets that other teams' entities refer to are asked for, too.
    pub foreign: bool,
}

impl Proof {
    /// With nothing said by the side that runs the check.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            settings: Settings::default(),
            context: Context::default(),
            foreign: false,
        }
    }
}

/// What is known of references, and what there is to tell of them.
pub struct Proven {
    /// What is known of each.
    pub judged: Vec<Judged>,
    /// What there is to tell: errors stop the run.
    pub diagnostics: Vec<Diagnostic>,
}

/// Proves references: says what is known without asking, asks for the secrets of the rest, and looks at what comes.
pub async fn prove(catalog: &Catalog, desired: &Desired, uses: Vec<Use>, vaults: &Vaults, proof: &Proof) -> Proven {
    let policies = Policies {
        general: proof.policy,
        settings: Some(&proof.settings),
    };
    let mut judged = reference::judge(uses, vaults);
    let asked = |name: &str| policies.of_vault(name) != Policy::Off;
    let errands = reference::errands(catalog, &judged, vaults, &proof.settings, proof.foreign, &asked);
    let fetched = reference::backends::resolve(&errands.errands, &proof.context).await;
    reference::prove(&mut judged, &errands, &fetched);
    let mut diagnostics = named_as_backends(catalog, desired, vaults);
    diagnostics.extend(reference::gate(catalog, desired, &judged, policies));
    Proven { judged, diagnostics }
}

/// Every reference that will stand once the plan is done, owned and foreign.
pub fn uses(catalog: &Catalog, plan: &Plan, after: &After<'_>) -> Vec<Use> {
    let owned = after.owned.iter().flat_map(|standing| owned(catalog, plan, standing));
    let foreign = after
        .foreign
        .iter()
        .flat_map(|(kind, entity)| foreign(catalog, *kind, entity));
    owned.chain(foreign).collect()
}

fn owned(catalog: &Catalog, plan: &Plan, standing: &plan::Standing<'_>) -> Vec<Use> {
    let body = standing.body.expose();
    let changed = standing.change.and_then(|change| plan.changes.get(change));
    let title = || match changed {
        Some(change) => change.subject().title.clone(),
        None => title(catalog.kind(standing.kind), standing.id, body),
    };
    let holder = Holder {
        kind: standing.kind,
        id: standing.id,
        title: &title,
        body,
        standing: if changed.is_some() {
            Standing::Changed
        } else {
            Standing::Unchanged
        },
        declared: standing.declared,
    };
    reference::find(catalog, &holder)
}

/// Of a foreign entity only the places of its references were kept: they are put back where they stood.
fn foreign(catalog: &Catalog, kind: KindId, entity: &ForeignEntity) -> Vec<Use> {
    if entity.references.is_empty() {
        return Vec::new();
    }
    let mut body = Value::Object(entity.index.expose().clone());
    for (path, text) in &entity.references {
        put(&mut body, &path.0, text);
    }
    let Value::Object(body) = body else { return Vec::new() };
    let holder = Holder {
        kind,
        id: entity.id,
        title: &|| title(catalog.kind(kind), entity.id, &body),
        body: &body,
        standing: Standing::Foreign,
        declared: None,
    };
    reference::find(catalog, &holder)
}

/// Puts a text at a path, and makes what the path leads through.
fn put(value: &mut Value, path: &[Segment], text: &str) {
    let Some((first, rest)) = path.split_first() else {
        *value = Value::String(text.to_owned());
        return;
    };
    match first {
        Segment::Name(name) => {
            if !value.is_object() {
                *value = Value::Object(Object::new());
            }
            put(&mut value[name.as_str()], rest, text);
        }
        Segment::Index(index) => {
            let mut members = value.as_array_mut().map(std::mem::take).unwrap_or_default();
            members.resize(members.len().max(index + 1), Value::Null);
            put(&mut members[*index], rest, text);
            *value = Value::Array(members);
        }
    }
}

/// Looks for the vaults that references name and nobody has in the other workspaces, by whose vaults they resolve too. If
/// these cannot all be listed, the vaults are not complete.
///
/// # Errors
/// The control plane does not answer.
pub async fn seek_elsewhere<T: Transport, C: Clock>(
    client: &Client<T, C>,
    catalog: &Arc<Catalog>,
    root: &Root,
    uses: &[Use],
    vaults: &mut Vaults,
) -> Result<(), ReadError> {
    let (Some(vault), true) = (catalog.find("vaults"), vaults.complete) else {
        return Ok(());
    };
    let unknown = |usage: &Use| {
        let named = reference::parse(&usage.text).ok();
        named.is_some_and(|named| vaults.find(&String::from_utf8_lossy(&named.name)).is_none())
    };
    if root.edition == Some(Edition::Community) || !uses.iter().any(unknown) {
        return Ok(());
    }
    let found = match client.read_elsewhere(catalog, vault).await {
        Err(error @ ReadError::NoAnswer(_)) => return Err(error),
        found => found.ok().flatten(),
    };
    vaults.complete = found.is_some();
    let shape = Shape::of(catalog, vault);
    let found = found.unwrap_or_default();
    let entities = found.iter().filter_map(|foreign| shape.vault(foreign.index.expose()));
    vaults.entities.extend(entities.map(VaultEntity::as_live));
    Ok(())
}

/// Vaults whose prefix is the name of a backend. Where it is loaded, Kong refuses such a vault, and references mean the
/// backend; where it is not yet, they will.
fn named_as_backends(catalog: &Catalog, desired: &Desired, vaults: &Vaults) -> Vec<Diagnostic> {
    let declared = desired.entities.iter();
    let declared = declared.filter(|entity| Some(entity.kind) == catalog.find("vaults"));
    let told = declared.filter_map(|entity| {
        let key = catalog.kind(entity.kind).endpoint_key.as_deref()?;
        let prefix = entity.body.expose().get(key)?.as_str()?;
        let written = || vaults.entities.iter().any(|vault| vault.prefix == prefix && vault.changed);
        let told = match catalog.loaded_vaults().map(|loaded| loaded.contains(prefix)) {
            None => return None,
            Some(true) if written() => Diagnostic::error(
                "prefix-of-backend",
                format!("the prefix '{prefix}' is the name of a backend that this node has loaded: it takes no such vault"),
            ),
            Some(true) => Diagnostic::warning(
                "prefix-of-backend",
                format!("the prefix '{prefix}' is the name of a backend that this node has loaded: references mean the backend"),
            ),
            Some(false) if catalog.subschemas("vaults").any(|backend| backend == prefix) => Diagnostic::warning(
                "prefix-of-backend",
                format!("the prefix '{prefix}' is the name of a backend: where that is loaded, references mean it"),
            ),
            Some(false) => return None,
        };
        let place = entity.source.position_of(&FieldPath::field(key));
        Some(told.at(place).help("give the vault another prefix"))
    });
    told.collect()
}

/// Every reference that the documents declare.
pub fn declared(catalog: &Catalog, desired: &Desired) -> Vec<Use> {
    let entities = (0..).map(DeclaredId).zip(&desired.entities);
    let uses = entities.flat_map(|(declared, entity)| {
        let body = entity.body.expose();
        let id = entity.id.unwrap_or_default();
        let holder = Holder {
            kind: entity.kind,
            id,
            title: &|| title(catalog.kind(entity.kind), id, body),
            body,
            standing: Standing::Changed,
            declared: Some(declared),
        };
        reference::find(catalog, &holder)
    });
    uses.collect()
}

/// The vaults by which references resolve once the plan is done.
pub fn vaults(catalog: &Catalog, desired: &Desired, live: &Live, after: &After<'_>) -> Vaults {
    let Some(vault) = catalog.find("vaults") else {
        return Vaults::default();
    };
    let shape = Shape::of(catalog, vault);
    let before = live
        .owned
        .get(&vault)
        .into_iter()
        .flatten()
        .map(|live| live.body.expose());
    let before: Vec<VaultEntity> = before.filter_map(|body| shape.vault(body)).collect();
    let owned = after
        .owned
        .iter()
        .filter(|standing| standing.kind == vault)
        .filter_map(|standing| {
            let mut entity = shape.vault(standing.body.expose())?;
            let same = |before: &&VaultEntity| before.prefix == entity.prefix && before.backend == entity.backend;
            entity.live = before.iter().find(same).map(|before| before.config.clone());
            if let Some(declared) = standing.declared {
                entity.filled = shape.filled(&desired.entity(declared).secrets);
            }
            Some(VaultEntity {
                owned: true,
                changed: standing.change.is_some(),
                ..entity
            })
        });
    let owned: Vec<VaultEntity> = owned.collect();
    let going = before.iter().map(|before| before.prefix.clone());
    let going = going
        .filter(|prefix| owned.iter().all(|vault| vault.prefix != *prefix))
        .collect();
    let foreign = after.foreign.iter().filter(|(kind, _)| *kind == vault);
    let foreign = foreign.filter_map(|(_, foreign)| Some(shape.vault(foreign.index.expose())?.as_live()));
    Vaults {
        loaded: backends(catalog),
        going,
        entities: owned.into_iter().chain(foreign).collect(),
        complete: !live.forbidden.contains(&vault),
    }
}

/// The vaults that the documents declare, and all known backends.
pub fn declared_vaults(catalog: &Catalog, desired: &Desired) -> Vaults {
    let vault = catalog.find("vaults");
    let declared = desired.entities.iter().filter(|declared| Some(declared.kind) == vault);
    let entities = declared.filter_map(|declared| {
        let shape = Shape::of(catalog, declared.kind);
        let entity = shape.vault(declared.body.expose())?;
        Some(VaultEntity {
            filled: shape.filled(&declared.secrets),
            owned: true,
            changed: true,
            ..entity
        })
    });
    Vaults {
        loaded: backends(catalog),
        entities: entities.collect(),
        ..Vaults::default()
    }
}

/// The vaults that were read whole, and all known backends.
pub fn live_vaults(catalog: &Catalog, live: &Live) -> Vaults {
    let vaults = live
        .owned
        .iter()
        .filter(|(kind, _)| Some(**kind) == catalog.find("vaults"));
    let entities = vaults.flat_map(|(kind, entities)| {
        let shape = Shape::of(catalog, *kind);
        let entities = entities.iter().filter_map(move |live| shape.vault(live.body.expose()));
        entities.map(|vault| VaultEntity {
            owned: true,
            ..vault.as_live()
        })
    });
    Vaults {
        loaded: backends(catalog),
        entities: entities.collect(),
        complete: live.forbidden.is_empty(),
        ..Vaults::default()
    }
}

/// The backends the node says it has loaded; all that are known, if it does not say.
pub fn backends(catalog: &Catalog) -> BTreeSet<String> {
    catalog
        .loaded_vaults()
        .cloned()
        .unwrap_or_else(|| catalog.subschemas("vaults").map(str::to_owned).collect())
}

/// Which fields of a vault say what references need to know.
#[derive(Clone, Copy)]
struct Shape<'a> {
    prefix: Option<&'a str>,
    backend: Option<&'a str>,
}

impl<'a> Shape<'a> {
    fn of(catalog: &'a Catalog, vault: KindId) -> Self {
        let kind = catalog.kind(vault);
        Self {
            prefix: kind.endpoint_key.as_deref(),
            backend: kind.subschemas.as_ref().map(|subschemas| subschemas.by.as_str()),
        }
    }

    /// A vault as far as its body tells, neither owned nor changed.
    fn vault(self, body: &Object) -> Option<VaultEntity> {
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        let config = body.get("config").and_then(Value::as_object).cloned();
        Some(VaultEntity {
            prefix: text(self.prefix?)?,
            backend: text(self.backend?)?,
            config: Body::new(config.unwrap_or_default()),
            live: None,
            filled: BTreeSet::new(),
            owned: false,
            changed: false,
        })
    }

    /// The options of a config that hold what was filled in from the environment.
    fn filled(self, secrets: &BTreeSet<FieldPath>) -> BTreeSet<String> {
        let options = secrets.iter().filter_map(|path| match path.0.as_slice() {
            [_, Segment::Name(option), ..] => Some(option.clone()),
            _ => None,
        });
        options.collect()
    }
}

/// The first field of the kind's title that is set and not secret; the id, if none is.
fn title(kind: &Kind, id: Uuid, body: &Object) -> String {
    let open = |field: &&String| kind.record.get(field).is_some_and(|known| !known.secret);
    let mut named = kind
        .title
        .fields
        .iter()
        .filter(open)
        .filter_map(|field| body.get(field).and_then(Value::as_str));
    named.next().map_or_else(|| id.to_string(), str::to_owned)
}
