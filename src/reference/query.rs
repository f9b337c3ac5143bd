//! From references to what has to be fetched: each distinct secret once, by the vault that is asked for it.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Assessment, Finding, OptionValue, Reason, Reference, ReferenceSettings, Secret, SettingOrigin, TemplatedParts,
    VaultRef, VaultSetting, VaultTarget,
};
use super::{ChangeState, VaultEntity, Vaults};
use json::{Object, Value, json};
use schema::{self, Catalog, CheckPurpose, FieldPath};

/// A secret that is wanted, however many references want it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretRequest {
    /// Its name.
    pub resource: String,
    /// The version, as Lua writes the number.
    pub version: Option<String>,
}

impl SecretRequest {
    /// The secret that a reference wants.
    pub fn from_reference(reference: &Reference) -> Self {
        Self {
            resource: String::from_utf8_lossy(&reference.resource).into_owned(),
            version: reference.version_text(),
        }
    }
}

/// A vault to be asked, and what for.
#[derive(Clone, Debug)]
pub struct VaultQuery {
    /// The vault.
    pub target: VaultTarget,
    /// The secrets.
    pub requests: Vec<SecretRequest>,
}

/// All that is to be asked.
#[derive(Clone, Debug, Default)]
pub struct VaultQueries {
    /// By vault; a vault that references give different options is several.
    pub queries: Vec<VaultQuery>,
    /// Of each judged reference, which secret of which errand it wants.
    pub by_reference: BTreeMap<usize, (usize, usize)>,
}

/// The backend that needs none: a reference that names it, and no vault, can be resolved as it stands.
const SETTINGLESS_BACKEND: &str = "env";

/// What has to be asked for the references that nothing is wrong with so far; `asked` says of which vaults. References of
/// foreign entities count only if `foreign`.
pub fn collect_queries(
    catalog: &Catalog,
    judged: &[Assessment],
    vaults: &Vaults,
    settings: &ReferenceSettings,
    foreign: bool,
    asked: &dyn Fn(&str) -> bool,
) -> VaultQueries {
    let mut errands = VaultQueries::default();
    let mut seen = BTreeMap::new();
    let mut targets = BTreeMap::new();
    let mut secrets = BTreeMap::new();
    for (at, one) in judged.iter().enumerate() {
        let (Some(reference), Some(name)) = (&one.reference, one.vault_name()) else {
            continue;
        };
        let theirs = one.site.change_state == ChangeState::Foreign && !foreign;
        if one.finding.reason != Reason::NotAsked || theirs || !asked(&name) {
            continue;
        }
        let Some(vault) = vaults.find(&name) else { continue };
        if matches!(vault, VaultRef::Backend(backend) if settings.ambiguous_backends.contains(backend)) {
            continue;
        }
        let options = format!("{:?}", reference.options);
        let filled = one.site.is_templated;
        let errand = *seen.entry((name.clone(), options, filled)).or_insert_with(|| {
            let (mut target, changes) = target_with_overrides(catalog, &name, vault, reference, settings);
            *targets.entry((name.clone(), changes, filled)).or_insert_with(|| {
                target.templated.resources = filled;
                let wanted = Vec::new();
                errands.queries.push(VaultQuery {
                    target,
                    requests: wanted,
                });
                errands.queries.len() - 1
            })
        });
        let wanted = SecretRequest::from_reference(reference);
        let place = *secrets.entry((errand, wanted.clone())).or_insert_with(|| {
            let wants = &mut errands.queries[errand].requests;
            wants.push(wanted);
            wants.len() - 1
        });
        errands.by_reference.insert(at, (errand, place));
    }
    errands
}

/// The vault that a reference names, as it is asked: its config, over that the reference's own options, over all the words
/// of the checker's side.
pub fn resolve_target(
    catalog: &Catalog,
    name: &str,
    vault: VaultRef<'_>,
    reference: &Reference,
    settings: &ReferenceSettings,
) -> VaultTarget {
    target_with_overrides(catalog, name, vault, reference, settings).0
}

/// What a reference's own options change of how its vault is asked: references that change the same ask together.
type OptionOverrides = Vec<(String, Vec<u8>)>;

fn target_with_overrides(
    catalog: &Catalog,
    name: &str,
    vault: VaultRef<'_>,
    reference: &Reference,
    settings: &ReferenceSettings,
) -> (VaultTarget, OptionOverrides) {
    let backend = vault.backend();
    let mut said = match vault {
        VaultRef::Entity(entity) => entity_settings(catalog, entity),
        VaultRef::Backend(backend) => backend_settings(catalog, backend, settings),
    };
    let by_name = matches!(vault, VaultRef::Backend(_));
    let checker = settings.vault_values(name);
    let mut overriding = BTreeMap::new();
    if !by_name || backend == SETTINGLESS_BACKEND || !(said.is_empty() && checker.is_empty()) {
        overriding = reference_overrides(catalog, backend, reference);
        overriding.retain(|option, setting| {
            let same = said.get(option).is_some_and(|said| said.value == setting.value);
            !same && is_relevant(option, &checker)
        });
    }
    let changes = overriding
        .iter()
        .map(|(option, setting)| (option.clone(), setting.value.expose().to_vec()));
    let changes = changes.collect();
    said.extend(overriding);
    let filled = match vault {
        VaultRef::Entity(vault) => templated_parts(vault, &said, &checker),
        VaultRef::Backend(_) => TemplatedParts::default(),
    };
    said.extend(checker);
    let target = VaultTarget {
        name: name.to_owned(),
        backend: backend.to_owned(),
        owned: matches!(vault, VaultRef::Entity(VaultEntity { owned: true, .. })),
        templated: filled,
        is_backend_name: by_name,
        settings: said,
    };
    (target, changes)
}

/// Options that say how long data planes keep a secret, and nothing of how it is asked for.
const CACHE_OPTIONS: [&str; 3] = ["ttl", "neg_ttl", "resurrect_ttl"];

/// The checker's words for an address, and the options that say nothing once one of them is said.
const REPLACED_OPTIONS: [(&str, &[&str]); 3] = [
    ("address", &["protocol", "host", "port", "endpoint_url", "vault_uri"]),
    ("endpoint", &["endpoint_url", "vault_uri"]),
    ("sts_endpoint", &["sts_endpoint_url"]),
];

/// Whether an option of a reference has a say in how its vault is asked, given what the checker's side says.
fn is_relevant(option: &str, checker: &BTreeMap<String, VaultSetting>) -> bool {
    let replaced = |(word, parts): &(&str, &[&str])| {
        let said = checker.get(*word).filter(|said| !said.value.expose().is_empty());
        said.is_some() && parts.contains(&option)
    };
    !CACHE_OPTIONS.contains(&option) && !checker.contains_key(option) && !REPLACED_OPTIONS.iter().any(replaced)
}

/// What templates filled in, and what of it is made up, counts and is said by nobody else.
fn templated_parts(
    vault: &VaultEntity,
    said: &BTreeMap<String, VaultSetting>,
    checker: &BTreeMap<String, VaultSetting>,
) -> TemplatedParts {
    let is_filled = |name: &str| {
        said.get(name)
            .is_some_and(|setting| setting.origin == SettingOrigin::Template)
    };
    let is_theirs = |name: &&String| is_filled(name) && is_relevant(name, checker);
    TemplatedParts {
        settings: vault.templated_options.clone(),
        resources: false,
        unset: vault.unset_options.iter().filter(is_theirs).cloned().collect(),
    }
}

/// The options of a vault's config that are set. Defaults of the schema are left to backends: nobody says them. What the
/// live vault has and this one leaves out is said to be empty, so that nobody takes the rest for the live vault's address.
fn entity_settings(catalog: &Catalog, vault: &VaultEntity) -> BTreeMap<String, VaultSetting> {
    let record = catalog.vault_schema(&vault.backend);
    let field = |name: &str| {
        let path = FieldPath::from_dotted("config").with_name(name);
        record.as_ref().and_then(|record| record.field_at(&path))
    };
    let options = vault.config.expose();
    let live = vault.live_config.iter().flat_map(|live| live.expose().keys());
    let names: BTreeSet<&str> = options.keys().chain(live).collect();
    let said = names.into_iter().filter_map(|name| {
        let field = field(name);
        let side = vault.option_origin(name, field.and_then(|field| field.default.as_ref()));
        let value = options.get(name).and_then(option_text);
        let shown = vault.owned || !field.is_some_and(|field| field.secret);
        match value {
            Some(value) if shown => Some((name.to_owned(), VaultSetting { value, origin: side })),
            None if side == SettingOrigin::Repository => Some((name.to_owned(), VaultSetting::unset(side))),
            _ => None,
        }
    });
    said.collect()
}

/// An option's value as text; lists and records are none that a vault has.
fn option_text(value: &Value) -> Option<Secret> {
    match value {
        Value::String(text) => Some(Secret::new(text.as_bytes())),
        Value::Bool(_) | Value::Number(_) => Some(Secret::new(value.to_string())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// What a reference's own options change: Kong takes those that the backend's schema knows, and of these a value that the
/// schema refuses unsets the option.
fn reference_overrides(catalog: &Catalog, backend: &str, reference: &Reference) -> BTreeMap<String, VaultSetting> {
    let mut said = BTreeMap::new();
    let Some(record) = catalog.vault_schema(backend) else {
        return said;
    };
    for (name, value) in reference.options.iter().flatten() {
        let Ok(name) = std::str::from_utf8(name) else { continue };
        if record
            .field_at(&FieldPath::from_dotted("config").with_name(name))
            .is_none()
        {
            continue;
        }
        let taken = accepts_option(catalog, backend, name, value);
        let inferred = infer_value(value).filter(|_| taken);
        let side = SettingOrigin::Repository;
        let setting = match inferred.as_ref().and_then(option_text) {
            Some(value) => VaultSetting { value, origin: side },
            None => VaultSetting::unset(side),
        };
        said.insert(name.to_owned(), setting);
    }
    said
}

/// What the data planes' properties say of a backend: what its schema refuses is dropped, as Kong drops it.
fn backend_settings(catalog: &Catalog, backend: &str, settings: &ReferenceSettings) -> BTreeMap<String, VaultSetting> {
    let mut said = settings.backend_settings.get(backend).cloned().unwrap_or_default();
    said.retain(|option, setting| accepts_property(catalog, backend, option, setting));
    said
}

/// Whether a data plane takes what one of its properties says of a backend; if not, it drops that.
pub fn accepts_property(catalog: &Catalog, backend: &str, option: &str, setting: &VaultSetting) -> bool {
    let value = OptionValue::Text(setting.value.expose().to_vec());
    accepts_option(catalog, backend, option, &value)
}

/// What Kong makes of an option's text: a truth value, a number, or the text.
fn infer_value(value: &OptionValue) -> Option<Value> {
    let OptionValue::Text(text) = value else {
        return matches!(value, OptionValue::Flag).then_some(Value::Bool(true));
    };
    let text = std::str::from_utf8(text).ok()?;
    Some(match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => match text.parse::<i64>() {
            Ok(number) => number.into(),
            Err(_) => text.into(),
        },
    })
}

/// Whether the schema of a backend takes what is said of an option.
pub(super) fn accepts_option(catalog: &Catalog, backend: &str, option: &str, value: &OptionValue) -> bool {
    let (Some(value), Some(kind)) = (infer_value(value), catalog.find_kind("vaults")) else {
        return false;
    };
    let body = json!({"name": backend, "prefix": "any-prefix", "config": {option: value}});
    let Value::Object(body): Value = body else { return false };
    let body: Object = body;
    let path = FieldPath::from_dotted("config").with_name(option);
    match schema::check_body(catalog, kind, &body, CheckPurpose::Store, 0) {
        Ok(()) => true,
        Err(violations) => !violations.flatten().iter().any(|(at, _)| *at == path),
    }
}

/// A secret's name that no request can be made of: a segment that is empty, `.` or `..` would lead elsewhere, and so would
/// a control character; bytes that are no text would be another name.
///
/// # Errors
/// Malformed; such a name is never sent anywhere.
pub fn split_resource<'a>(vault: &str, resource: &'a str) -> Result<Vec<&'a str>, Finding> {
    let segments: Vec<&str> = resource.split('/').collect();
    let leads_elsewhere = |segment: &&str| matches!(*segment, "" | "." | "..");
    let is_text = !resource.contains(|c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER);
    if is_text && !segments.iter().any(leads_elsewhere) {
        return Ok(segments);
    }
    let shown = resource.escape_debug();
    let message = format!(
        "'{shown}' cannot be the name of a secret of the vault '{vault}': it has an empty segment, '.', '..', a control character or bytes that are no text"
    );
    Err(Finding::new(Reason::BadResource, message)
        .about(shown.to_string())
        .help("write the name as the vault has it, segments divided by single slashes"))
}
