//! What a kong.conf and the variables of data planes say for properties, as far as it may hold references.

use std::collections::BTreeSet;

use backends::DataPlaneEnvironment;
use reference::{is_reference, parse_reference};
use settings::parse_properties;
use yaml::{FileId, Span};

/// The properties that take a list, between commas (as the documentation of kong.conf describes them). In any other a
/// comma is a character like others.
const LIST_PROPERTIES: [&str; 44] = [
    "admin_gui_listen",
    "admin_gui_ssl_cert",
    "admin_gui_ssl_cert_key",
    "admin_listen",
    "admin_ssl_cert",
    "admin_ssl_cert_key",
    "cluster_allowed_common_names",
    "cluster_dp_labels",
    "cluster_listen",
    "cluster_telemetry_listen",
    "db_cache_warmup_entities",
    "debug_listen",
    "debug_ssl_cert",
    "debug_ssl_cert_key",
    "dns_order",
    "dns_resolver",
    "headers",
    "headers_upstream",
    "lua_ssl_trusted_certificate",
    "opentelemetry_tracing",
    "plugins",
    "pluginserver_names",
    "port_maps",
    "portal_api_listen",
    "portal_api_ssl_cert",
    "portal_api_ssl_cert_key",
    "portal_cors_origins",
    "portal_gui_listen",
    "portal_gui_ssl_cert",
    "portal_gui_ssl_cert_key",
    "proxy_listen",
    "resolver_address",
    "resolver_family",
    "ssl_cert",
    "ssl_cert_key",
    "status_listen",
    "status_ssl_cert",
    "status_ssl_cert_key",
    "stream_listen",
    "tracing_instrumentations",
    "trusted_ips",
    "untrusted_lua_sandbox_environment",
    "untrusted_lua_sandbox_requires",
    "vaults",
];

/// A value of a property, or one of the several of a list, that speaks of a vault.
pub struct PropertyValue {
    /// The property, or the variable, as it is written.
    pub property: String,
    /// The value.
    pub text: String,
    /// Where, if in the file.
    pub span: Option<Span>,
    /// The data plane whose variable says it, if one does.
    pub plane: Option<String>,
    /// The data planes for which it holds; none, if nothing is known of any.
    pub planes: BTreeSet<String>,
    /// Whether a comment cuts the value off.
    pub is_cut_by_comment: bool,
}

impl PropertyValue {
    /// The property, and whose it is.
    pub fn title(&self) -> String {
        match &self.plane {
            Some(plane) => format!("{} ({plane})", self.property),
            None => self.property.clone(),
        }
    }

    /// The property as a kong.conf writes it.
    pub fn property_name(&self) -> String {
        match &self.plane {
            Some(_) => self.property.replacen(KONG_PREFIX, "", 1).to_ascii_lowercase(),
            None => self.property.clone(),
        }
    }

    /// Whether a list holds it.
    pub fn is_list_element(&self) -> bool {
        is_list_property(&self.property_name())
    }

    /// The name of the vault that it gives.
    pub fn vault_name(&self) -> Option<String> {
        let reference = parse_reference(&self.text).ok().filter(|_| is_reference(&self.text))?;
        Some(String::from_utf8_lossy(&reference.name).into_owned())
    }
}

/// With what the variables begin that are properties.
const KONG_PREFIX: &str = "KONG_";

/// What the file says and not every data plane says otherwise: of several lines for a property the last holds.
pub fn values_from_file(text: &str, file: FileId, planes: &[DataPlaneEnvironment]) -> Vec<PropertyValue> {
    let mut stated: Vec<PropertyValue> = Vec::new();
    let mut start = 0;
    for (number, line) in (1..).zip(text.split('\n')) {
        for (property, value) in parse_properties(line) {
            stated.retain(|earlier| earlier.property != property);
            let variable = format!("{KONG_PREFIX}{}", property.to_ascii_uppercase());
            let holds = planes
                .iter()
                .filter(|plane| !plane.variables.contains_key(&variable))
                .map(|plane| plane.name.clone());
            let holds: BTreeSet<String> = holds.collect();
            if holds.is_empty() && !planes.is_empty() {
                continue;
            }
            let (span, raw) = locate_value(line, (start, number), file);
            let all = vault_elements(&property, &value).map(|text| PropertyValue {
                property: property.clone(),
                text,
                span: Some(span),
                plane: None,
                planes: holds.clone(),
                is_cut_by_comment: raw.replace("\\#", "#") != value,
            });
            stated.extend(all);
        }
        start += line.len() + 1;
    }
    stated
}

/// Where a line's value stands, and its text, comment and all.
fn locate_value(line: &str, (start, number): (usize, u32), file: FileId) -> (Span, &str) {
    let value = line.find('=').map_or(0, |at| at + 1);
    let value = value + line[value..].len() - line[value..].trim_start().len();
    let raw = line[value..].trim_end();
    let span = Span {
        file,
        start: (start + value) as u32,
        end: (start + value + raw.len()) as u32,
        line: number,
        column: line[..value].chars().count() as u32 + 1,
    };
    (span, raw)
}

/// What the variables of data planes say.
pub fn values_from_variables(planes: &[DataPlaneEnvironment]) -> Vec<PropertyValue> {
    let variables = planes
        .iter()
        .flat_map(|plane| plane.variables.iter().map(move |(name, value)| (plane, name, value)));
    let of_kong = variables.filter_map(|(plane, name, value)| {
        let property = name.strip_prefix(KONG_PREFIX)?.to_ascii_lowercase();
        Some((plane, name, property, value.text()?.trim()))
    });
    of_kong
        .flat_map(|(plane, name, property, value)| {
            vault_elements(&property, value)
                .map(|text| PropertyValue {
                    property: name.clone(),
                    text,
                    span: None,
                    plane: Some(plane.name.clone()),
                    planes: [plane.name.clone()].into(),
                    is_cut_by_comment: false,
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

fn is_list_property(property: &str) -> bool {
    LIST_PROPERTIES.contains(&property)
}

/// A value, or those of a list; what does not speak of a vault is of no interest.
fn vault_elements(property: &str, value: &str) -> impl Iterator<Item = String> {
    let values: Vec<&str> = match is_list_property(property) {
        true => value.split(',').map(str::trim).collect(),
        false => vec![value],
    };
    let spoken = values.into_iter().filter(|text| text.contains("{vault:"));
    spoken.map(str::to_owned).collect::<Vec<_>>().into_iter()
}
