use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use super::settings_loader::SettingsLoader;
use super::{dotenv, kong_conf, manifest};
use crate::args::ReferenceArgs;
use backends::{DataPlaneEnvironment, DataPlaneFiles};
use reference::{Secret, SettingOrigin, VaultSetting, accepts_property};
use schema::Catalog;
use yaml::{Diagnostic, DiagnosticCode};

/// The word for this process in the place of a file.
const PROCESS: &str = "process";

/// What the data planes say of backends: by backend, then by option.
type BackendSettings = BTreeMap<String, BTreeMap<String, VaultSetting>>;

/// Reads the environments of data planes, and what these and their kong.conf say of vault backends.
pub fn read_environments(
    args: &ReferenceArgs,
    catalog: &Catalog,
    reading: &mut SettingsLoader<'_>,
) -> Vec<DataPlaneEnvironment> {
    let names = environment_names(&args.dp_env);
    let mut planes = Vec::new();
    let mut sides = Vec::new();
    for (path, name) in args.dp_env.iter().zip(names) {
        let Some(variables) = read_variables_of(path, reading) else {
            continue;
        };
        sides.push(if is_process(path) {
            SettingOrigin::Operator
        } else {
            reading.origin_of(path)
        });
        planes.push(DataPlaneEnvironment {
            name,
            variables,
            prefix: None,
        });
    }
    let of_file = args.dp_conf.as_deref().and_then(|path| read_kong_conf(path, reading));
    let mut said = Vec::new();
    for (plane, side) in planes.iter().zip(&sides) {
        let mut backends = parse_backend_settings(catalog, of_file.iter().flatten());
        let variables = plane.variables.iter().filter_map(|(name, value)| {
            let property = name.strip_prefix("KONG_")?.to_ascii_lowercase();
            let (value, side) = (value.clone(), *side);
            Some((property, VaultSetting { value, origin: side }))
        });
        let variables: Vec<(String, VaultSetting)> = variables.collect();
        for (backend, options) in parse_backend_settings(catalog, &variables) {
            backends.entry(backend).or_default().extend(options);
        }
        said.push(backends);
    }
    if said.is_empty() {
        said.push(parse_backend_settings(catalog, of_file.iter().flatten()));
    }
    assign_plane_prefixes(catalog, &mut said, &mut planes);
    reading.settings.backend_settings = keep_agreeing(said, &planes, reading);
    planes
}

/// The directories here that hold what the data planes have.
pub fn read_plane_files(args: &ReferenceArgs, reading: &mut SettingsLoader<'_>) -> Vec<DataPlaneFiles> {
    let mut files = Vec::new();
    for (prefix, directory) in &args.dp_files {
        let is_directory = reading.check_inside(directory).map(|()| directory.is_dir());
        if is_directory == Some(false) {
            let message = format!("--dp-files {prefix}: '{}' is no directory", directory.display());
            reading
                .diagnostics
                .push(Diagnostic::error(DiagnosticCode::DpFiles, message));
        }
        files.push(DataPlaneFiles {
            data_plane_path: prefix.clone(),
            local_directory: directory.clone(),
        });
    }
    files
}

/// What each environment is called: its file's name, or its path where two files have the same name.
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

fn read_variables_of(path: &Path, reading: &mut SettingsLoader<'_>) -> Option<BTreeMap<String, Secret>> {
    if is_process(path) {
        let all = std::env::vars_os();
        let all = all.filter_map(|(name, value)| Some((name.into_string().ok()?, Secret::new(value.into_vec()))));
        return Some(all.collect());
    }
    let bytes = reading.read_bytes(path)?;
    let wrong = |why: String| Diagnostic::error(DiagnosticCode::DpEnv, format!("'{}' {why}", path.display()));
    let text = std::str::from_utf8(&bytes).map_err(|_| wrong("is no UTF-8 text".to_owned()));
    let text = reading.ok_or_report(text)?.trim_start_matches('\u{feff}');
    let read = match manifest::parse_manifests(text) {
        Some(read) => read,
        None => dotenv::parse_dotenv(text),
    };
    let read = read.and_then(
        |read| match read.iter().find(|(_, value)| value.expose().contains(&0)) {
            Some((name, _)) => Err(format!(
                "has a NUL in the value of {name:?}, which no variable can hold"
            )),
            None => Ok(read),
        },
    );
    reading.ok_or_report(read.map_err(wrong))
}

/// The properties of a kong.conf that speak of vaults.
fn read_kong_conf(path: &Path, reading: &mut SettingsLoader<'_>) -> Option<Vec<(String, VaultSetting)>> {
    let bytes = reading.read_bytes(path)?;
    let side = reading.origin_of(path);
    let properties = kong_conf::parse_properties(&String::from_utf8_lossy(&bytes));
    let said = properties.into_iter().map(|(name, value)| {
        let value = Secret::new(value);
        (name, VaultSetting { value, origin: side })
    });
    Some(said.collect())
}

/// What properties say of backends. A dash in the name of a backend or an option is written `_`.
fn parse_backend_settings<'p>(
    catalog: &Catalog,
    properties: impl IntoIterator<Item = &'p (String, VaultSetting)>,
) -> BackendSettings {
    let mut known: Vec<&str> = catalog.subschema_names("vaults").collect();
    known.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let mut said = BackendSettings::new();
    for (property, setting) in properties {
        let Some(rest) = property.strip_prefix("vault_") else {
            continue;
        };
        let found = known.iter().find_map(|backend| {
            let option = rest.strip_prefix(&backend.replace('-', "_"))?.strip_prefix('_')?;
            Some((*backend, option))
        });
        if let Some((backend, option)) = found {
            let options = said.entry(backend.to_owned()).or_default();
            options.insert(canonical_option(option).to_owned(), setting.clone());
        }
    }
    said
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

/// Gives data planes that name variables differently each its own prefix: they can be looked at one by one.
fn assign_plane_prefixes(catalog: &Catalog, said: &mut [BackendSettings], planes: &mut [DataPlaneEnvironment]) {
    let (backend, option) = ENV_PREFIX_OPTION;
    let of = |backends: &BackendSettings| {
        let setting = backends.get(backend)?.get(option)?;
        let taken = accepts_property(catalog, backend, option, setting);
        setting.value.text().filter(|_| taken).map(str::to_owned)
    };
    let prefixes: Vec<Option<String>> = said.iter().map(of).collect();
    if prefixes.iter().all(|prefix| *prefix == prefixes[0]) {
        return;
    }
    for ((backends, plane), prefix) in said.iter_mut().zip(planes).zip(prefixes) {
        plane.prefix = Some(prefix.unwrap_or_default());
        if let Some(options) = backends.get_mut(backend) {
            options.remove(option);
        }
        backends.retain(|_, options| !options.is_empty());
    }
}

/// What all data planes say of a backend. Where they differ, a reference that names it means several vaults: it is left out.
fn keep_agreeing(
    mut said: Vec<BackendSettings>,
    planes: &[DataPlaneEnvironment],
    reading: &mut SettingsLoader<'_>,
) -> BackendSettings {
    let names: BTreeSet<String> = said.iter().flat_map(|backends| backends.keys().cloned()).collect();
    for name in names {
        let first = said[0].get(&name);
        if said
            .iter()
            .all(|backends| backends.get(&name).map(setting_values) == first.map(setting_values))
        {
            continue;
        }
        let planes: Vec<&str> = planes.iter().map(|plane| plane.name.as_str()).collect();
        let message = format!(
            "the data planes ({}) have different settings of the backend '{name}': references that name it are not checked",
            planes.join(", ")
        );
        reading
            .diagnostics
            .push(Diagnostic::warning(DiagnosticCode::DpEnv, message));
        said[0].remove(&name);
        reading.settings.ambiguous_backends.insert(name);
    }
    said.swap_remove(0)
}

fn setting_values(options: &BTreeMap<String, VaultSetting>) -> BTreeMap<&str, &Secret> {
    let values = options.iter().map(|(name, setting)| (name.as_str(), &setting.value));
    values.collect()
}
