//! From references to what has to be fetched: each distinct secret once, by the vault that is asked for it.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Filled, Finding, FoundVault, Judged, OptionValue, Reason, Reference, Secret, Setting, Settings, Side, Target,
};
use super::{Standing, VaultEntity, Vaults};
use json::{Object, Value, json};
use schema::{self, Catalog, FieldPath, Purpose};

/// A secret that is wanted, however many references want it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wanted {
    /// Its name.
    pub resource: String,
    /// The version, as Lua writes the number.
    pub version: Option<String>,
}

impl Wanted {
    /// The secret that a reference wants.
    pub fn by(reference: &Reference) -> Self {
        Self {
            resource: String::from_utf8_lossy(&reference.resource).into_owned(),
            version: reference.version_text(),
        }
    }
}

/// A vault to be asked, and what for.
#[derive(Clone, Debug)]
pub struct Errand {
    /// The vault.
    pub target: Target,
    /// The secrets.
    pub wanted: Vec<Wanted>,
}

/// All that is to be asked.
#[derive(Clone, Debug, Default)]
pub struct Errands {
    /// By vault; a vault that references give different options is several.
    pub errands: Vec<Errand>,
    /// Of each judged reference, which secret of which errand it wants.
    pub places: BTreeMap<usize, (usize, usize)>,
}

/// The backend that needs none: a reference that names it, and no vault, can be resolved as it stands.
const WITHOUT_SETTINGS: &str = "env";

/// What has to be asked for the references that nothing is wrong with so far; `asked` says of which vaults. References of
/// foreign entities count only if `foreign`.
pub fn errands(
    catalog: &Catalog,
    judged: &[Judged],
    vaults: &Vaults,
    settings: &Settings,
    foreign: bool,
    asked: &dyn Fn(&str) -> bool,
) -> Errands {
    let mut errands = Errands::default();
    let mut seen = BTreeMap::new();
    let mut targets = BTreeMap::new();
    let mut secrets = BTreeMap::new();
    for (at, one) in judged.iter().enumerate() {
        let (Some(reference), Some(name)) = (&one.reference, one.vault()) else {
            continue;
        };
        let theirs = one.usage.standing == Standing::Foreign && !foreign;
        if one.finding.reason != Reason::NotAsked || theirs || !asked(&name) {
            continue;
        }
        let Some(vault) = vaults.find(&name) else { continue };
        if matches!(vault, FoundVault::Backend(backend) if settings.ambiguous.contains(backend)) {
            continue;
        }
        let options = format!("{:?}", reference.options);
        let filled = one.usage.filled;
        let errand = *seen.entry((name.clone(), options, filled)).or_insert_with(|| {
            let (mut target, changes) = changed(catalog, &name, vault, reference, settings);
            *targets.entry((name.clone(), changes, filled)).or_insert_with(|| {
                target.filled.resources = filled;
                let wanted = Vec::new();
                errands.errands.push(Errand { target, wanted });
                errands.errands.len() - 1
            })
        });
        let wanted = Wanted::by(reference);
        let place = *secrets.entry((errand, wanted.clone())).or_insert_with(|| {
            let wants = &mut errands.errands[errand].wanted;
            wants.push(wanted);
            wants.len() - 1
        });
        errands.places.insert(at, (errand, place));
    }
    errands
}

/// The vault that a reference names, as it is asked: its config, over that the reference's own options, over all the words
/// of the checker's side.
pub fn target(
    catalog: &Catalog,
    name: &str,
    vault: FoundVault<'_>,
    reference: &Reference,
    settings: &Settings,
) -> Target {
    changed(catalog, name, vault, reference, settings).0
}

/// What a reference's own options change of how its vault is asked: references that change the same ask together.
type Changes = Vec<(String, Vec<u8>)>;

fn changed(
    catalog: &Catalog,
    name: &str,
    vault: FoundVault<'_>,
    reference: &Reference,
    settings: &Settings,
) -> (Target, Changes) {
    let backend = vault.backend();
    let mut said = match vault {
        FoundVault::Entity(entity) => of_entity(catalog, entity),
        FoundVault::Backend(backend) => of_backend(catalog, backend, settings),
    };
    let by_name = matches!(vault, FoundVault::Backend(_));
    let checker = settings.of(name);
    let mut overriding = BTreeMap::new();
    if !by_name || backend == WITHOUT_SETTINGS || !(said.is_empty() && checker.is_empty()) {
        overriding = overrides(catalog, backend, reference);
        overriding.retain(|option, setting| {
            let same = said.get(option).is_some_and(|said| said.value == setting.value);
            !same && counts(option, &checker)
        });
    }
    let changes = overriding
        .iter()
        .map(|(option, setting)| (option.clone(), setting.value.expose().to_vec()));
    let changes = changes.collect();
    said.extend(overriding);
    let filled = match vault {
        FoundVault::Entity(vault) => filled(vault, &said, &checker),
        FoundVault::Backend(_) => Filled::default(),
    };
    said.extend(checker);
    let target = Target {
        name: name.to_owned(),
        backend: backend.to_owned(),
        owned: matches!(vault, FoundVault::Entity(VaultEntity { owned: true, .. })),
        filled,
        by_name,
        settings: said,
    };
    (target, changes)
}

/// Options that say how long data planes keep a secret, and nothing of how it is asked for.
const KEEPING: [&str; 3] = ["ttl", "neg_ttl", "resurrect_ttl"];

/// The checker's words for an address, and the options that say nothing once one of them is said.
const REPLACED: [(&str, &[&str]); 3] = [
    ("address", &["protocol", "host", "port", "endpoint_url", "vault_uri"]),
    ("endpoint", &["endpoint_url", "vault_uri"]),
    ("sts_endpoint", &["sts_endpoint_url"]),
];

/// Whether an option of a reference has a say in how its vault is asked, given what the checker's side says.
fn counts(option: &str, checker: &BTreeMap<String, Setting>) -> bool {
    let replaced = |(word, parts): &(&str, &[&str])| {
        let said = checker.get(*word).filter(|said| !said.value.expose().is_empty());
        said.is_some() && parts.contains(&option)
    };
    !KEEPING.contains(&option) && !checker.contains_key(option) && !REPLACED.iter().any(replaced)
}

/// What templates filled in, and what of it is made up, counts and is said by nobody else.
fn filled(vault: &VaultEntity, said: &BTreeMap<String, Setting>, checker: &BTreeMap<String, Setting>) -> Filled {
    let is_filled = |name: &str| said.get(name).is_some_and(|setting| setting.side == Side::Filled);
    let is_theirs = |name: &&String| is_filled(name) && counts(name, checker);
    Filled {
        settings: vault.filled.clone(),
        resources: false,
        unset: vault.unset.iter().filter(is_theirs).cloned().collect(),
    }
}

/// The options of a vault's config that are set. Defaults of the schema are left to backends: nobody says them. What the
/// live vault has and this one leaves out is said to be empty, so that nobody takes the rest for the live vault's address.
fn of_entity(catalog: &Catalog, vault: &VaultEntity) -> BTreeMap<String, Setting> {
    let record = catalog.vault(&vault.backend);
    let field = |name: &str| {
        let path = FieldPath::dotted("config").name(name);
        record.as_ref().and_then(|record| record.field_at(&path))
    };
    let options = vault.config.expose();
    let live = vault.live.iter().flat_map(|live| live.expose().keys());
    let names: BTreeSet<&str> = options.keys().chain(live).collect();
    let said = names.into_iter().filter_map(|name| {
        let field = field(name);
        let side = vault.side(name, field.and_then(|field| field.default.as_ref()));
        let value = options.get(name).and_then(text);
        let shown = vault.owned || !field.is_some_and(|field| field.secret);
        match value {
            Some(value) if shown => Some((name.to_owned(), Setting { value, side })),
            None if side == Side::File => Some((name.to_owned(), Setting::unset(side))),
            _ => None,
        }
    });
    said.collect()
}

/// An option's value as text; lists and records are none that a vault has.
fn text(value: &Value) -> Option<Secret> {
    match value {
        Value::String(text) => Some(Secret::new(text.as_bytes())),
        Value::Bool(_) | Value::Number(_) => Some(Secret::new(value.to_string())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// What a reference's own options change: Kong takes those that the backend's schema knows, and of these a value that the
/// schema refuses unsets the option.
fn overrides(catalog: &Catalog, backend: &str, reference: &Reference) -> BTreeMap<String, Setting> {
    let mut said = BTreeMap::new();
    let Some(record) = catalog.vault(backend) else {
        return said;
    };
    for (name, value) in reference.options.iter().flatten() {
        let Ok(name) = std::str::from_utf8(name) else { continue };
        if record.field_at(&FieldPath::dotted("config").name(name)).is_none() {
            continue;
        }
        let taken = is_taken(catalog, backend, name, value);
        let inferred = inferred(value).filter(|_| taken);
        let side = Side::File;
        let setting = match inferred.as_ref().and_then(text) {
            Some(value) => Setting { value, side },
            None => Setting::unset(side),
        };
        said.insert(name.to_owned(), setting);
    }
    said
}

/// What the data planes' properties say of a backend: what its schema refuses is dropped, as Kong drops it.
fn of_backend(catalog: &Catalog, backend: &str, settings: &Settings) -> BTreeMap<String, Setting> {
    let mut said = settings.backends.get(backend).cloned().unwrap_or_default();
    said.retain(|option, setting| takes(catalog, backend, option, setting));
    said
}

/// Whether a data plane takes what one of its properties says of a backend; if not, it drops that.
pub fn takes(catalog: &Catalog, backend: &str, option: &str, setting: &Setting) -> bool {
    let value = OptionValue::Text(setting.value.expose().to_vec());
    is_taken(catalog, backend, option, &value)
}

/// What Kong makes of an option's text: a truth value, a number, or the text.
fn inferred(value: &OptionValue) -> Option<Value> {
    let OptionValue::Text(text) = value else {
        return matches!(value, OptionValue::Set).then_some(Value::Bool(true));
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
pub(super) fn is_taken(catalog: &Catalog, backend: &str, option: &str, value: &OptionValue) -> bool {
    let (Some(value), Some(kind)) = (inferred(value), catalog.find("vaults")) else {
        return false;
    };
    let body = json!({"name": backend, "prefix": "any-prefix", "config": {option: value}});
    let Value::Object(body): Value = body else { return false };
    let body: Object = body;
    let path = FieldPath::dotted("config").name(option);
    match schema::check(catalog, kind, &body, Purpose::Store, 0) {
        Ok(()) => true,
        Err(violations) => !violations.flatten().iter().any(|(at, _)| *at == path),
    }
}

/// A secret's name that no request can be made of: a segment that is empty, `.` or `..` would lead elsewhere, and so would
/// a control character; bytes that are no text would be another name.
///
/// # Errors
/// Malformed; such a name is never sent anywhere.
pub fn segments<'a>(vault: &str, resource: &'a str) -> Result<Vec<&'a str>, Finding> {
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
