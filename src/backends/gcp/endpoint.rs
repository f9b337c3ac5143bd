use url::Url;

use crate::BackendContext;
use crate::destination_check::check_credential_destination;
use crate::findings::bad_settings_finding;
use crate::operator::operator_variable_name;
use http::{authority, parse_http_url};
use reference::{Destination, Finding, HostAllowlist, Reason, SettingOrigin, VaultTarget};

/// Where Kong sends requests.
const DEFAULT_ENDPOINT: &str = "https://secretmanager.googleapis.com/";

/// The operator's settings for another endpoint.
const ENDPOINT_SETTINGS: [&str; 2] = ["endpoint", "address"];

/// A project, and where its secrets are read.
pub(crate) struct GcpEndpoint {
    /// Of Secret Manager.
    pub(crate) url: Url,
    /// Its id or its number.
    pub(crate) project: String,
    /// Whether the URL is not the default.
    pub(crate) is_custom: bool,
    /// Whether a template fills in a part of it, which messages then must not show.
    pub(crate) is_hidden: bool,
    vault: String,
}

impl GcpEndpoint {
    /// # Errors
    /// A project or an address that is none, an address that no credential may be sent to, or a project whose owner would see
    /// what a template fills in.
    pub(crate) fn from_target(target: &VaultTarget, context: &BackendContext) -> Result<Self, Finding> {
        let (url, is_custom) = match ENDPOINT_SETTINGS.iter().find(|setting| target.get(setting).is_some()) {
            Some(setting) => (read_endpoint(target, setting, &context.allowed_hosts)?, true),
            None => (
                Url::parse(DEFAULT_ENDPOINT).map_err(|_| bad_address_finding(target, "endpoint"))?,
                false,
            ),
        };
        let project = read_project(target)?;
        check_templates(target, &context.allowed_hosts)?;
        let settings = ["project_id", "endpoint", "address"];
        Ok(Self {
            url,
            project: project.to_owned(),
            is_custom,
            is_hidden: settings.iter().any(|setting| target.is_templated(setting)),
            vault: target.name.clone(),
        })
    }

    /// The URL of a path below the project.
    pub(crate) fn url_for(&self, path: &[&str]) -> Url {
        let mut url = self.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["v1", "projects", &self.project]);
            segments.extend(path);
        }
        url
    }
}

impl std::fmt::Display for GcpEndpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { vault, project, .. } = self;
        match (self.is_hidden, self.is_custom) {
            (true, _) => write!(f, "the vault '{vault}'"),
            (false, true) => write!(
                f,
                "the vault '{vault}' at {} (Google project {project})",
                authority(&self.url)
            ),
            (false, false) => write!(f, "the vault '{vault}' (Google project {project})"),
        }
    }
}

/// The endpoint that the operator gives.
pub(crate) fn operator_endpoint(target: &VaultTarget) -> Option<Url> {
    let setting = ENDPOINT_SETTINGS.iter().find(|setting| target.get(setting).is_some())?;
    let is_operators = target.get(setting)?.origin == SettingOrigin::Operator;
    target.text(setting).filter(|_| is_operators).and_then(parse_http_url)
}

fn read_endpoint(target: &VaultTarget, setting: &str, allowed_hosts: &HostAllowlist) -> Result<Url, Finding> {
    let url = target.text(setting).and_then(parse_http_url);
    let destination = url.map(|url| Destination {
        origin: target.least_trusted_origin(&[setting]),
        is_vendor_host: is_google_host(&url, "secretmanager"),
        url,
    });
    let destination = destination.ok_or_else(|| bad_address_finding(target, setting))?;
    check_credential_destination(
        &[SettingOrigin::Operator],
        &destination,
        allowed_hosts,
        &target.name,
        target.is_templated(setting),
    )?;
    Ok(destination.url)
}

fn bad_address_finding(target: &VaultTarget, setting: &str) -> Finding {
    let what = format!("its {setting} is no address: http:// or https:// and a host, without a password");
    bad_settings_finding(&target.name, &what)
}

/// Whether a host is a service as Google runs it: everywhere, of a region, for certificates of clients, or for private
/// networks, whose own endpoints for it have names of their customers' choosing below `p.googleapis.com`.
pub(crate) fn is_google_host(url: &Url, service: &str) -> bool {
    let host = url.host_str().unwrap_or_default();
    let labels = host
        .strip_suffix(".googleapis.com")
        .map(|stem| stem.split('.').collect());
    let labels: Vec<&str> = labels.unwrap_or_default();
    let is_google = match labels.as_slice() {
        ["private" | "restricted"] => true,
        [name] | [name, "mtls"] | [name, _, "rep"] => *name == service,
        [name, "p"] => name.strip_prefix(service).is_some_and(|rest| rest.starts_with('-')),
        _ => false,
    };
    is_google && url.scheme() == "https" && url.port().is_none()
}

/// The project: Kong takes it from the vault alone.
fn read_project(target: &VaultTarget) -> Result<&str, Finding> {
    let vault = &target.name;
    if target.get("project_id").is_none() {
        let finding = bad_settings_finding(vault, "it names no project of Google's");
        let variable = operator_variable_name(vault, "project_id");
        return Err(finding.help(format!("set project_id in the vault's config, or {variable}")));
    }
    let project = target.text("project_id").filter(|project| is_project_id(project));
    project.ok_or_else(|| {
        bad_settings_finding(
            vault,
            "its project_id is none: one is a word such as my-project-123, or a number",
        )
    })
}

/// Ids are 6 to 30 lower-case letters, digits and hyphens; old ones have a domain before them; numbers are taken, too.
fn is_project_id(text: &str) -> bool {
    let is_word = |text: &str, others: &[u8]| {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || others.contains(&byte);
        !text.is_empty() && text.len() <= 100 && text.bytes().all(fits)
    };
    match text.split_once(':') {
        Some((domain, id)) => is_word(domain, b"-.") && is_word(id, b"-"),
        None => is_word(text, b"-"),
    }
}

/// Whoever owns a project sees in its logs which secrets are read.
fn check_templates(target: &VaultTarget, allowed_hosts: &HostAllowlist) -> Result<(), Finding> {
    let is_from_file = target.least_trusted_origin(&["project_id"]) > SettingOrigin::Live;
    if !target.templated.resources || !is_from_file || allowed_hosts.allows_all() {
        return Ok(());
    }
    let vault = &target.name;
    let message = format!(
        "the vault '{vault}' is not asked: a template fills in what for, and a state file says in whose project that is shown"
    );
    let variable = operator_variable_name(vault, "project_id");
    Err(Finding::new(Reason::UntrustedHost, message).about(vault).help(format!(
        "write it without a template, or name the project where the check runs: {variable}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_secret_managers_own_hosts_are_googles() {
        for (url, is_google) in [
            ("https://secretmanager.googleapis.com", true),
            ("https://secretmanager.googleapis.com/", true),
            ("https://SecretManager.googleapis.com/", true),
            ("https://secretmanager.mtls.googleapis.com", true),
            ("https://secretmanager.europe-west3.rep.googleapis.com", true),
            ("https://secretmanager-ours.p.googleapis.com", true),
            ("https://private.googleapis.com", true),
            ("https://restricted.googleapis.com", true),
            ("http://secretmanager.googleapis.com", false),
            ("https://secretmanager.googleapis.com:8443", false),
            ("https://secretmanager.p.googleapis.com", false),
            ("https://storage.googleapis.com", false),
            ("https://bucket.storage.googleapis.com", false),
            ("https://a.b.rep.googleapis.com", false),
            ("https://storage-ours.p.googleapis.com", false),
            ("https://x.secretmanager.googleapis.com", false),
            ("https://googleapis.com", false),
            ("https://secretmanager.googleapis.com.evil.example", false),
            ("https://secretmanager.googleapis.com.", false),
            ("https://evilsecretmanager.googleapis.com", false),
            ("https://secretmanager.googleapis.com@evil.example", false),
        ] {
            let parsed = url.parse().expect("a URL");
            assert_eq!(is_google_host(&parsed, "secretmanager"), is_google, "{url}");
            assert!(!is_google_host(&parsed, "sts") || url.contains("//private") || url.contains("//restricted"));
        }
    }

    #[test]
    fn a_project_is_a_word_or_a_number() {
        for (text, project) in [
            ("my-project-123", true),
            ("123456789012", true),
            ("example.com:my-project", true),
            ("", false),
            ("..", false),
            ("a/b", false),
            ("a%2Fb", false),
            ("My-Project", false),
            ("a b", false),
            ("a?b", false),
            ("a#b", false),
            ("..:a", true),
            ("a:..", false),
            ("a:b:c", false),
            (":a", false),
            ("a:", false),
        ] {
            assert_eq!(is_project_id(text), project, "{text}");
        }
    }
}
