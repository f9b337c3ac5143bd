use std::collections::{BTreeMap, BTreeSet};

use super::{
    Assessment, ChangeState, Finding, OptionValue, Reason, Reference, ReferenceSettings, Secret, SettingOrigin,
    TemplatedParts, VaultEntity, VaultRef, VaultSetting, VaultTarget, Vaults,
};
use json::{Object, Value, json};
use schema::{self, Catalog, CheckPurpose, FieldPath};

/// A secret to fetch, however many references name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretRequest {
    /// Its name.
    pub resource: String,
    /// The version, as Lua writes the number.
    pub version: Option<String>,
}

impl SecretRequest {
    /// The secret that a reference names.
    pub fn from_reference(reference: &Reference) -> Self {
        Self {
            resource: reference.resource_name(),
            version: reference.version_text(),
        }
    }
}

/// A vault to ask, and what for.
#[derive(Clone, Debug)]
pub struct VaultQuery {
    /// The vault.
    pub target: VaultTarget,
    /// The secrets.
    pub requests: Vec<SecretRequest>,
}

/// All vaults to ask, each distinct secret once.
#[derive(Clone, Debug, Default)]
pub struct VaultQueries {
    /// By vault; one that references give different options is several.
    pub queries: Vec<VaultQuery>,
    /// Of each assessment, by its index, which request of which query it waits for.
    pub(crate) by_assessment: BTreeMap<usize, (usize, usize)>,
}

/// The backend without required settings: a reference that names it, and no vault, can be resolved as it stands.
const SETTINGLESS_BACKEND: &str = "env";

/// The queries for the references that nothing is wrong with so far, of vaults that may be asked (`is_asked`). References
/// of foreign entities count only if `include_foreign`.
pub fn collect_queries(
    catalog: &Catalog,
    assessments: &[Assessment],
    vaults: &Vaults,
    settings: &ReferenceSettings,
    include_foreign: bool,
    is_asked: &dyn Fn(&str) -> bool,
) -> VaultQueries {
    let mut queries = VaultQueries::default();
    let mut by_options = BTreeMap::new();
    let mut by_overrides = BTreeMap::new();
    let mut request_indexes = BTreeMap::new();
    for (index, assessment) in assessments.iter().enumerate() {
        let (Some(reference), Some(name)) = (&assessment.reference, assessment.vault_name()) else {
            continue;
        };
        let is_skipped = assessment.site.entity.change_state == ChangeState::Foreign && !include_foreign;
        if assessment.finding.reason != Reason::NotAsked || is_skipped || !is_asked(&name) {
            continue;
        }
        let Some(vault) = vaults.find(&name) else { continue };
        if matches!(vault, VaultRef::Backend(backend) if settings.ambiguous_backends.contains(backend)) {
            continue;
        }
        let options = format!("{:?}", reference.options);
        let is_templated = assessment.site.is_templated;
        let query_key = (name.clone(), options, is_templated);
        let query = *by_options.entry(query_key).or_insert_with(|| {
            let (mut target, overrides) = target_with_overrides(catalog, &name, vault, reference, settings);
            *by_overrides
                .entry((name.clone(), overrides, is_templated))
                .or_insert_with(|| {
                    target.templated.resources = is_templated;
                    let requests = Vec::new();
                    queries.queries.push(VaultQuery { target, requests });
                    queries.queries.len() - 1
                })
        });
        let request = SecretRequest::from_reference(reference);
        let request_index = *request_indexes.entry((query, request.clone())).or_insert_with(|| {
            let requests = &mut queries.queries[query].requests;
            requests.push(request);
            requests.len() - 1
        });
        queries.by_assessment.insert(index, (query, request_index));
    }
    queries
}

/// The vault that a reference names, as it is asked: its config, overridden by the reference's own options, overridden by
/// the operator's settings.
pub fn resolve_target(
    catalog: &Catalog,
    name: &str,
    vault: VaultRef<'_>,
    reference: &Reference,
    settings: &ReferenceSettings,
) -> VaultTarget {
    target_with_overrides(catalog, name, vault, reference, settings).0
}

/// What a reference's own options change of how its vault is asked: references that change the same share a query.
type OptionOverrides = Vec<(String, Vec<u8>)>;

fn target_with_overrides(
    catalog: &Catalog,
    name: &str,
    vault: VaultRef<'_>,
    reference: &Reference,
    settings: &ReferenceSettings,
) -> (VaultTarget, OptionOverrides) {
    let backend = vault.backend();
    let mut merged = match vault {
        VaultRef::Entity(entity) => entity_settings(catalog, entity),
        VaultRef::Backend(backend) => backend_settings(catalog, backend, settings),
    };
    let is_backend_name = matches!(vault, VaultRef::Backend(_));
    let operator = settings.vault_values(name);
    let mut options = BTreeMap::new();
    if !is_backend_name || backend == SETTINGLESS_BACKEND || !(merged.is_empty() && operator.is_empty()) {
        options = reference_overrides(catalog, backend, reference);
        options.retain(|option, setting| {
            let is_same = merged.get(option).is_some_and(|known| known.value == setting.value);
            !is_same && is_relevant(option, &operator)
        });
    }
    let overrides = options
        .iter()
        .map(|(option, setting)| (option.clone(), setting.value.expose().to_vec()));
    let overrides = overrides.collect();
    merged.extend(options);
    let templated = match vault {
        VaultRef::Entity(vault) => templated_parts(vault, &merged, &operator),
        VaultRef::Backend(_) => TemplatedParts::default(),
    };
    merged.extend(operator);
    let target = VaultTarget {
        name: name.to_owned(),
        backend: backend.to_owned(),
        owned: matches!(vault, VaultRef::Entity(VaultEntity { owned: true, .. })),
        templated,
        is_backend_name,
        settings: merged,
    };
    (target, overrides)
}

/// Options that say how long data planes cache a secret, and nothing of how it is asked for.
const CACHE_OPTIONS: [&str; 3] = ["ttl", "neg_ttl", "resurrect_ttl"];

/// Settings of ours for an address, and the options that each of them replaces.
const REPLACED_OPTIONS: [(&str, &[&str]); 3] = [
    ("address", &["protocol", "host", "port", "endpoint_url", "vault_uri"]),
    ("endpoint", &["endpoint_url", "vault_uri"]),
    ("sts_endpoint", &["sts_endpoint_url"]),
];

/// Whether an option has an effect on how its vault is asked, given the operator's settings.
fn is_relevant(option: &str, operator: &BTreeMap<String, VaultSetting>) -> bool {
    let is_replaced = |(name, options): &(&str, &[&str])| {
        let is_set = operator.get(*name).is_some_and(|setting| !setting.is_empty());
        is_set && options.contains(&option)
    };
    !CACHE_OPTIONS.contains(&option) && !operator.contains_key(option) && !REPLACED_OPTIONS.iter().any(is_replaced)
}

/// What templates filled in, and those of it without a value that have an effect.
fn templated_parts(
    vault: &VaultEntity,
    merged: &BTreeMap<String, VaultSetting>,
    operator: &BTreeMap<String, VaultSetting>,
) -> TemplatedParts {
    let is_templated = |name: &str| {
        merged
            .get(name)
            .is_some_and(|setting| setting.origin == SettingOrigin::Template)
    };
    let counts = |name: &&String| is_templated(name) && is_relevant(name, operator);
    TemplatedParts {
        settings: vault.templated_options.clone(),
        resources: false,
        unset: vault.unset_options.iter().filter(counts).cloned().collect(),
    }
}

/// The options of a vault's config that are set. Defaults of the schema are left to backends. What the live vault has and
/// this one leaves out is set to be empty, so that nobody takes the rest for the live vault's address.
fn entity_settings(catalog: &Catalog, vault: &VaultEntity) -> BTreeMap<String, VaultSetting> {
    let record = catalog.vault_schema(&vault.backend);
    let field = |name: &str| {
        let path = FieldPath::from_dotted("config").with_name(name);
        record.as_ref().and_then(|record| record.field_at(&path))
    };
    let options = vault.config.expose();
    let live = vault.live_config.iter().flat_map(|live| live.expose().keys());
    let names: BTreeSet<&str> = options.keys().chain(live).collect();
    let settings = names.into_iter().filter_map(|name| {
        let field = field(name);
        let origin = vault.option_origin(name, field.and_then(|field| field.default.as_ref()));
        let value = options.get(name).and_then(option_text);
        let is_used = vault.owned || !field.is_some_and(|field| field.secret);
        match value {
            Some(value) if is_used => Some((name.to_owned(), VaultSetting { value, origin })),
            None if origin == SettingOrigin::Repository => Some((name.to_owned(), VaultSetting::unset(origin))),
            _ => None,
        }
    });
    settings.collect()
}

/// An option's value as text; vaults have no lists and records.
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
    let mut overrides = BTreeMap::new();
    let Some(record) = catalog.vault_schema(backend) else {
        return overrides;
    };
    for (name, value) in reference.options.iter().flatten() {
        let Ok(name) = std::str::from_utf8(name) else { continue };
        if record
            .field_at(&FieldPath::from_dotted("config").with_name(name))
            .is_none()
        {
            continue;
        }
        let is_accepted = accepts_option(catalog, backend, name, value);
        let inferred = infer_value(value).filter(|_| is_accepted);
        let origin = SettingOrigin::Repository;
        let setting = match inferred.as_ref().and_then(option_text) {
            Some(value) => VaultSetting { value, origin },
            None => VaultSetting::unset(origin),
        };
        overrides.insert(name.to_owned(), setting);
    }
    overrides
}

/// What the data planes' properties say of a backend: what its schema refuses is dropped, as Kong drops it.
fn backend_settings(catalog: &Catalog, backend: &str, settings: &ReferenceSettings) -> BTreeMap<String, VaultSetting> {
    let mut properties = settings.backend_settings.get(backend).cloned().unwrap_or_default();
    properties.retain(|option, setting| accepts_property(catalog, backend, option, setting));
    properties
}

/// Whether a data plane accepts what one of its properties says of a backend; if not, it drops the property.
pub fn accepts_property(catalog: &Catalog, backend: &str, option: &str, setting: &VaultSetting) -> bool {
    let value = OptionValue::Text(setting.value.expose().to_vec());
    accepts_option(catalog, backend, option, &value)
}

/// What Kong makes of an option's text: a boolean, a number, or the text.
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

/// Whether the schema of a backend accepts the value of an option.
pub(crate) fn accepts_option(catalog: &Catalog, backend: &str, option: &str, value: &OptionValue) -> bool {
    let (Some(value), Some(kind)) = (infer_value(value), catalog.find_kind("vaults")) else {
        return false;
    };
    let body = json!({"name": backend, "prefix": "any-prefix", "config": {option: value}});
    let Value::Object(body): Value = body else { return false };
    let body: Object = body;
    let path = FieldPath::from_dotted("config").with_name(option);
    match schema::check_body(catalog, kind, &body, CheckPurpose::Store, 0) {
        Ok(()) => true,
        Err(violations) => !violations.flatten().iter().any(|(violated, _)| *violated == path),
    }
}

/// The segments of a secret's name.
///
/// # Errors
/// No request can be made of the name: a segment that is empty, `.` or `..` would lead elsewhere, and so would a control
/// character; bytes that are no text would be another name. Such a name is never sent anywhere.
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
