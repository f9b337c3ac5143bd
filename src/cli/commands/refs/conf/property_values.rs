//! The values of properties in a kong.conf and in variables of data planes that may be references.

use std::collections::BTreeSet;

use backends::DataPlaneEnvironment;
use reference::{is_reference, parse_reference};
use settings::parse_properties;
use yaml::{FileId, Span};

/// The properties that take a list separated by commas (by the documentation of kong.conf). In any other a comma is a
/// character like others.
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

/// A property's value, or an element of its list, that mentions a vault.
pub(super) struct PropertyValue {
    /// The name of the property or the variable, as it is written.
    pub(crate) property: String,
    pub(crate) text: String,
    /// Its span, if it is in the file.
    pub(crate) span: Option<Span>,
    /// The data plane whose variable it is, if it is one.
    pub(crate) plane: Option<String>,
    /// The data planes that it applies to; none, if no data plane is known.
    pub(crate) planes: BTreeSet<String>,
    /// Whether a comment cuts the value off.
    pub(crate) is_cut_by_comment: bool,
}

impl PropertyValue {
    pub(super) fn title(&self) -> String {
        match &self.plane {
            Some(plane) => format!("{} ({plane})", self.property),
            None => self.property.clone(),
        }
    }

    /// The property as a kong.conf writes it.
    pub(super) fn property_name(&self) -> String {
        match &self.plane {
            Some(_) => self.property.replacen(KONG_PREFIX, "", 1).to_ascii_lowercase(),
            None => self.property.clone(),
        }
    }

    /// Whether it is an element of a list.
    pub(super) fn is_list_element(&self) -> bool {
        is_list_property(&self.property_name())
    }

    /// The name of the vault, if the value is a reference.
    pub(super) fn vault_name(&self) -> Option<String> {
        let reference = parse_reference(&self.text).ok().filter(|_| is_reference(&self.text))?;
        Some(String::from_utf8_lossy(&reference.name).into_owned())
    }
}

/// The prefix of variables that set properties.
const KONG_PREFIX: &str = "KONG_";

/// The values of the file, except those that every data plane overrides. The last of several lines for a property wins.
pub(super) fn values_from_file(text: &str, file: FileId, planes: &[DataPlaneEnvironment]) -> Vec<PropertyValue> {
    let mut values: Vec<PropertyValue> = Vec::new();
    let mut start = 0;
    for (number, line) in (1..).zip(text.split('\n')) {
        for (property, value) in parse_properties(line) {
            values.retain(|earlier| earlier.property != property);
            let variable = format!("{KONG_PREFIX}{}", property.to_ascii_uppercase());
            let applies_to = planes
                .iter()
                .filter(|plane| !plane.variables.contains_key(&variable))
                .map(|plane| plane.name.clone());
            let applies_to: BTreeSet<String> = applies_to.collect();
            if applies_to.is_empty() && !planes.is_empty() {
                continue;
            }
            let (span, raw) = locate_value(line, (start, number), file);
            let elements = vault_elements(&property, &value).map(|text| PropertyValue {
                property: property.clone(),
                text,
                span: Some(span),
                plane: None,
                planes: applies_to.clone(),
                is_cut_by_comment: raw.replace("\\#", "#") != value,
            });
            values.extend(elements);
        }
        start += line.len() + 1;
    }
    values
}

/// The span of a line's value, and its text, comment included.
fn locate_value(line: &str, (start, number): (usize, u32), file: FileId) -> (Span, &str) {
    let after_equals = line.find('=').map_or(0, |at| at + 1);
    let offset = line.len() - line[after_equals..].trim_start().len();
    let raw = line[offset..].trim_end();
    let span = Span {
        file,
        start: (start + offset) as u32,
        end: (start + offset + raw.len()) as u32,
        line: number,
        column: line[..offset].chars().count() as u32 + 1,
    };
    (span, raw)
}

pub(super) fn values_from_variables(planes: &[DataPlaneEnvironment]) -> Vec<PropertyValue> {
    let variables = planes
        .iter()
        .flat_map(|plane| plane.variables.iter().map(move |(name, value)| (plane, name, value)));
    let properties = variables.filter_map(|(plane, name, value)| {
        let property = name.strip_prefix(KONG_PREFIX)?.to_ascii_lowercase();
        Some((plane, name, property, value.text()?.trim()))
    });
    properties
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

/// The value, or the elements of a list, as far as they mention a vault.
fn vault_elements(property: &str, value: &str) -> impl Iterator<Item = String> {
    let values: Vec<&str> = match is_list_property(property) {
        true => value.split(',').map(str::trim).collect(),
        false => vec![value],
    };
    let mentioning = values.into_iter().filter(|text| text.contains("{vault:"));
    mentioning.map(str::to_owned).collect::<Vec<_>>().into_iter()
}
