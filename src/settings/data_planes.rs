use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::loader::SettingsLoader;
use super::local_reader::process_variables;
use super::{SettingsOptions, dotenv, kong_conf, manifest};
use backends::{DataPlaneEnvironment, DataPlaneFiles};
use reference::{Secret, SettingOrigin, VaultSetting, accepts_property};
use schema::Catalog;
use yaml::{Diagnostic, DiagnosticCode};

/// What stands for this process in the place of a file.
const PROCESS: &str = "process";

/// What a data plane's properties say of backends: by backend, then by option.
type BackendSettings = BTreeMap<String, BTreeMap<String, VaultSetting>>;

/// Reads the environments of data planes, and what these and their kong.conf say of vault backends.
pub(crate) fn read_environments(
    options: &SettingsOptions,
    catalog: &Catalog,
    loader: &mut SettingsLoader<'_>,
) -> Vec<DataPlaneEnvironment> {
    let names = environment_names(&options.environments);
    let mut planes = Vec::new();
    let mut origins = Vec::new();
    for (path, name) in options.environments.iter().zip(names) {
        let Some(variables) = read_environment(path, loader) else {
            continue;
        };
        origins.push(if is_process(path) {
            SettingOrigin::Operator
        } else {
            loader.origin_of(path)
        });
        planes.push(DataPlaneEnvironment {
            name,
            variables,
            prefix: None,
        });
    }
    let kong_conf = options.kong_conf.as_deref();
    let properties = kong_conf
        .and_then(|path| read_kong_conf(path, loader))
        .unwrap_or_default();
    let mut by_plane: Vec<BackendSettings> = planes
        .iter()
        .zip(&origins)
        .map(|(plane, origin)| plane_backend_settings(catalog, &properties, plane, *origin))
        .collect();
    if by_plane.is_empty() {
        by_plane.push(parse_backend_settings(catalog, &properties));
    }
    assign_plane_prefixes(catalog, &mut by_plane, &mut planes);
    loader.settings.backend_settings = keep_agreeing(by_plane, &planes, loader);
    planes
}

/// Checks the directories here that hold what the data planes have.
pub(crate) fn check_plane_files(files: &[DataPlaneFiles], loader: &mut SettingsLoader<'_>) {
    for DataPlaneFiles {
        data_plane_path: prefix,
        local_directory: directory,
    } in files
    {
        let is_directory = loader.check_inside(directory).map(|()| directory.is_dir());
        if is_directory == Some(false) {
            let message = format!("--dp-files {prefix}: '{}' is no directory", directory.display());
            loader
                .diagnostics
                .push(Diagnostic::error(DiagnosticCode::DpFiles, message));
        }
    }
}

/// The name of each environment: its file's, or its path where two files have the same name.
fn environment_names(paths: &[PathBuf]) -> Vec<String> {
    let short = |path: &PathBuf| path.file_name().unwrap_or(path.as_os_str()).to_owned();
    let name = |path: &PathBuf| {
        let same = paths.iter().filter(|other| short(other) == short(path)).count();
        if same > 1 {
            path.display().to_string()
        } else {
            short(path).to_string_lossy().into_owned()
        }
    };
    paths.iter().map(name).collect()
}

fn is_process(path: &Path) -> bool {
    path == Path::new(PROCESS)
}

fn read_environment(path: &Path, loader: &mut SettingsLoader<'_>) -> Option<BTreeMap<String, Secret>> {
    if is_process(path) {
        return Some(process_variables().collect());
    }
    let bytes = loader.read_bytes(path)?;
    let error = |what: String| Diagnostic::error(DiagnosticCode::DpEnv, format!("'{}' {what}", path.display()));
    let text = std::str::from_utf8(&bytes).map_err(|_| error("is no UTF-8 text".to_owned()));
    let text = loader.ok_or_report(text)?.trim_start_matches('\u{feff}');
    let parsed = match manifest::parse_manifests(text) {
        Some(parsed) => parsed,
        None => dotenv::parse_dotenv(text),
    };
    loader.ok_or_report(parsed.and_then(reject_nul).map_err(error))
}

fn reject_nul(variables: BTreeMap<String, Secret>) -> Result<BTreeMap<String, Secret>, String> {
    match variables.iter().find(|(_, value)| value.expose().contains(&0)) {
        Some((name, _)) => Err(format!(
            "has a NUL in the value of {name:?}, which no variable can hold"
        )),
        None => Ok(variables),
    }
}

fn read_kong_conf(path: &Path, loader: &mut SettingsLoader<'_>) -> Option<Vec<(String, VaultSetting)>> {
    let bytes = loader.read_bytes(path)?;
    let origin = loader.origin_of(path);
    let properties = kong_conf::parse_properties(&String::from_utf8_lossy(&bytes));
    let settings = properties.into_iter().map(|(name, value)| {
        let value = Secret::new(value);
        (name, VaultSetting { value, origin })
    });
    Some(settings.collect())
}

/// What the properties of a data plane say of backends: its `KONG_*` variables go before its kong.conf.
fn plane_backend_settings(
    catalog: &Catalog,
    properties: &[(String, VaultSetting)],
    plane: &DataPlaneEnvironment,
    origin: SettingOrigin,
) -> BackendSettings {
    let mut backends = parse_backend_settings(catalog, properties);
    let variables = plane.variables.iter().filter_map(|(name, value)| {
        let property = name.strip_prefix("KONG_")?.to_ascii_lowercase();
        let value = value.clone();
        Some((property, VaultSetting { value, origin }))
    });
    let variables: Vec<(String, VaultSetting)> = variables.collect();
    for (backend, options) in parse_backend_settings(catalog, &variables) {
        backends.entry(backend).or_default().extend(options);
    }
    backends
}

/// What properties say of backends. A dash in the name of a backend or an option is written `_`.
fn parse_backend_settings(catalog: &Catalog, properties: &[(String, VaultSetting)]) -> BackendSettings {
    let mut known: Vec<&str> = catalog.subschema_names("vaults").collect();
    known.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let mut backends = BackendSettings::new();
    for (property, setting) in properties {
        let Some(rest) = property.strip_prefix("vault_") else {
            continue;
        };
        let found = known.iter().find_map(|backend| {
            let option = rest.strip_prefix(&backend.replace('-', "_"))?.strip_prefix('_')?;
            Some((*backend, option))
        });
        if let Some((backend, option)) = found {
            let options = backends.entry(backend.to_owned()).or_default();
            options.insert(canonical_option(option).to_owned(), setting.clone());
        }
    }
    backends
}

/// An option as a vault's config spells it.
fn canonical_option(option: &str) -> &str {
    match option {
        "decode_base64" => "base64_decode",
        other => other,
    }
}

/// The backend of the data planes' own variables, and the one option of it that each may have for itself.
const ENV_PREFIX_OPTION: (&str, &str) = ("env", "prefix");

/// Gives data planes that name variables differently each its own prefix: they can be checked one by one.
fn assign_plane_prefixes(catalog: &Catalog, by_plane: &mut [BackendSettings], planes: &mut [DataPlaneEnvironment]) {
    let (backend, option) = ENV_PREFIX_OPTION;
    let plane_prefix = |backends: &BackendSettings| {
        let setting = backends.get(backend)?.get(option)?;
        let is_accepted = accepts_property(catalog, backend, option, setting);
        setting.value.text().filter(|_| is_accepted).map(str::to_owned)
    };
    let prefixes: Vec<Option<String>> = by_plane.iter().map(plane_prefix).collect();
    if prefixes.iter().all(|prefix| *prefix == prefixes[0]) {
        return;
    }
    for ((backends, plane), prefix) in by_plane.iter_mut().zip(planes).zip(prefixes) {
        plane.prefix = Some(prefix.unwrap_or_default());
        if let Some(options) = backends.get_mut(backend) {
            options.remove(option);
        }
        backends.retain(|_, options| !options.is_empty());
    }
}

/// What all data planes say of a backend. Where they differ, a reference that names it means several vaults: it is left out.
fn keep_agreeing(
    mut by_plane: Vec<BackendSettings>,
    planes: &[DataPlaneEnvironment],
    loader: &mut SettingsLoader<'_>,
) -> BackendSettings {
    let names: BTreeSet<String> = by_plane.iter().flat_map(|backends| backends.keys().cloned()).collect();
    for name in names {
        let first = by_plane[0].get(&name).map(setting_values);
        if by_plane
            .iter()
            .all(|backends| backends.get(&name).map(setting_values) == first)
        {
            continue;
        }
        let planes: Vec<&str> = planes.iter().map(|plane| plane.name.as_str()).collect();
        let message = format!(
            "the data planes ({}) have different settings of the backend '{name}': references that name it are not checked",
            planes.join(", ")
        );
        loader
            .diagnostics
            .push(Diagnostic::warning(DiagnosticCode::DpEnv, message));
        by_plane[0].remove(&name);
        loader.settings.ambiguous_backends.insert(name);
    }
    by_plane.swap_remove(0)
}

fn setting_values(options: &BTreeMap<String, VaultSetting>) -> BTreeMap<&str, &Secret> {
    let values = options.iter().map(|(name, setting)| (name.as_str(), &setting.value));
    values.collect()
}
