use url::Url;

use crate::BackendContext;
use crate::cloud_settings::environment_text;
use crate::destination_check::check_credential_destination;
use crate::findings::bad_settings_finding;
use http::parse_http_url;
use reference::{Destination, Finding, SettingOrigin, VaultTarget};

/// One of Azure's clouds: each has its own vaults and its own login hosts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AzureCloud {
    /// What the hosts of its vaults end with.
    vault_suffix: &'static str,
    /// What tokens for its vaults are for.
    pub(crate) token_resource: &'static str,
    /// The first is the one that is used.
    login_hosts: &'static [&'static str],
}

/// Azure's clouds ("Azure Key Vault: DNS suffixes for object identifiers", "Microsoft Entra authentication endpoints").
pub(crate) const CLOUDS: [AzureCloud; 3] = [
    AzureCloud {
        vault_suffix: ".vault.azure.net",
        token_resource: "https://vault.azure.net",
        login_hosts: &["login.microsoftonline.com"],
    },
    AzureCloud {
        vault_suffix: ".vault.usgovcloudapi.net",
        token_resource: "https://vault.usgovcloudapi.net",
        login_hosts: &["login.microsoftonline.us"],
    },
    AzureCloud {
        vault_suffix: ".vault.azure.cn",
        token_resource: "https://vault.azure.cn",
        login_hosts: &["login.chinacloudapi.cn", "login.partner.microsoftonline.cn"],
    },
];

/// The settings for the vault's address: the operator's, and Kong's.
const VAULT_URL_SETTINGS: [&str; 3] = ["address", "endpoint", "vault_uri"];

/// The operator's setting, and the variable of Azure's own tools, for the login host.
const AUTHORITY_HOST_NAMES: (&str, &str) = ("authority_host", "AZURE_AUTHORITY_HOST");

/// Where requests to Azure go.
#[derive(Debug)]
pub(crate) struct AzureEndpoints {
    pub(crate) vault_url: Url,
    /// Whether a template fills in the vault's host, which messages then must not show.
    pub(crate) is_host_hidden: bool,
    pub(crate) authority_host: Url,
}

impl AzureEndpoints {
    /// # Errors
    /// An address that is none, or one that no credential may be sent to.
    pub(crate) fn from_target(target: &VaultTarget, context: &BackendContext) -> Result<Self, Finding> {
        let setting = VAULT_URL_SETTINGS.iter().find(|setting| target.get(setting).is_some());
        let setting = setting.ok_or_else(|| bad_settings_finding(&target.name, "vault_uri is missing"))?;
        let vault_url = read_trusted_url(target, setting, context, |url| {
            AzureCloud::from_vault_url(url).is_some()
        })?;
        let authority_host =
            resolve_authority_host(target, context, &vault_url, target.least_trusted_origin(&[setting]))?;
        Ok(Self {
            is_host_hidden: target.is_templated(setting),
            vault_url,
            authority_host,
        })
    }

    /// What a token for the vault may be for: Azure's own vaults take those of their cloud.
    pub(crate) fn token_resources(&self) -> impl Iterator<Item = &'static str> {
        let own_cloud = AzureCloud::from_vault_url(&self.vault_url);
        let fits = move |cloud: &&AzureCloud| own_cloud.is_none_or(|own| own == *cloud);
        CLOUDS.iter().filter(fits).map(|cloud| cloud.token_resource)
    }
}

impl AzureCloud {
    /// The cloud whose own host an address of a vault is.
    fn from_vault_url(url: &Url) -> Option<&'static Self> {
        let is_own_host = |cloud: &&Self| {
            let name = url.host_str()?.strip_suffix(cloud.vault_suffix)?;
            Some(!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
        };
        let own_cloud = CLOUDS.iter().find(|cloud| is_own_host(cloud).unwrap_or(false))?;
        is_https_default_port(url).then_some(own_cloud)
    }

    fn is_login_host(url: &Url) -> bool {
        let mut logins = CLOUDS.iter().flat_map(|cloud| cloud.login_hosts);
        is_https_default_port(url) && logins.any(|host| url.host_str() == Some(host))
    }

    fn authority_url(&self) -> Option<Url> {
        Url::parse(&format!("https://{}", self.login_hosts.first()?)).ok()
    }
}

fn is_https_default_port(url: &Url) -> bool {
    url.scheme() == "https" && url.port().is_none()
}

/// The login host: the one that is given, else that of the vault's cloud. One that only follows from a state file's address
/// is that file's choice: beyond the public cloud, it must be on the allowlist.
fn resolve_authority_host(
    target: &VaultTarget,
    context: &BackendContext,
    vault_url: &Url,
    origin: SettingOrigin,
) -> Result<Url, Finding> {
    let (setting, variable) = AUTHORITY_HOST_NAMES;
    if target.get(setting).is_some() {
        return read_trusted_url(target, setting, context, AzureCloud::is_login_host);
    }
    if let Some(text) = environment_text(context, variable) {
        let scheme = if text.contains("://") { "" } else { "https://" };
        return require_https_root(target, variable, parse_http_url(&format!("{scheme}{text}")));
    }
    let own_cloud = AzureCloud::from_vault_url(vault_url).unwrap_or(&CLOUDS[0]);
    let url = own_cloud
        .authority_url()
        .ok_or_else(|| bad_settings_finding(&target.name, "its cloud is none"))?;
    let is_vendor_host = *own_cloud == CLOUDS[0];
    let authority_host = Destination {
        url,
        origin,
        is_vendor_host,
    };
    check_credential_destination(
        &[SettingOrigin::Operator],
        &authority_host,
        &context.allowed_hosts,
        &target.name,
        false,
    )?;
    Ok(authority_host.url)
}

/// An address of the settings, if credentials may be sent to it.
fn read_trusted_url(
    target: &VaultTarget,
    setting: &str,
    context: &BackendContext,
    is_vendor_host: fn(&Url) -> bool,
) -> Result<Url, Finding> {
    let vault = &target.name;
    let url = target.text(setting).and_then(parse_http_url);
    let Some(url) = url else {
        return require_https_root(target, setting, None);
    };
    let destination = Destination {
        origin: target.least_trusted_origin(&[setting]),
        is_vendor_host: is_vendor_host(&url),
        url,
    };
    let is_hidden = target.is_templated(setting);
    check_credential_destination(
        &[SettingOrigin::Operator],
        &destination,
        &context.allowed_hosts,
        vault,
        is_hidden,
    )?;
    require_https_root(target, setting, Some(destination.url))
}

/// Azure is spoken to through TLS alone, and at the root of a host.
fn require_https_root(target: &VaultTarget, setting: &str, url: Option<Url>) -> Result<Url, Finding> {
    let what = format!("its {setting} is no address of Azure: https:// and a host, and nothing behind it");
    url.filter(|url| url.scheme() == "https" && url.path() == "/")
        .ok_or_else(|| bad_settings_finding(&target.name, &what))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use reference::{Secret, TemplatedParts, VaultSetting};

    #[test]
    fn only_the_services_own_hosts_are_microsofts() {
        for (url, vault_cloud, is_login_host) in [
            ("https://my-vault1.vault.azure.net", Some(0), false),
            ("https://my-vault1.vault.azure.net/", Some(0), false),
            ("https://V.VAULT.AZURE.NET/", Some(0), false),
            ("https://v.vault.usgovcloudapi.net", Some(1), false),
            ("https://v.vault.azure.cn", Some(2), false),
            ("https://login.microsoftonline.com", None, true),
            ("https://login.microsoftonline.us/", None, true),
            ("https://login.chinacloudapi.cn", None, true),
            ("https://login.partner.microsoftonline.cn", None, true),
            ("http://v.vault.azure.net", None, false),
            ("https://v.vault.azure.net:444", None, false),
            ("https://a.b.vault.azure.net", None, false),
            ("https://.vault.azure.net", None, false),
            ("https://vault.azure.net", None, false),
            ("https://v.vault.azure.net.evil.example", None, false),
            ("https://evil-vault.azure.net", None, false),
            ("https://v.vault.azure.net@evil.example", None, false),
            ("https://evil.login.microsoftonline.com", None, false),
            ("http://login.microsoftonline.com", None, false),
            ("https://login.microsoftonline.com:444", None, false),
            ("https://evil.b2clogin.com", None, false),
        ] {
            let parsed = Url::parse(url).expect("a URL");
            let own_cloud = vault_cloud.map(|index: usize| &CLOUDS[index]);
            assert_eq!(AzureCloud::from_vault_url(&parsed), own_cloud, "{url}");
            assert_eq!(AzureCloud::is_login_host(&parsed), is_login_host, "{url}");
        }
    }

    fn resolve_endpoints(address: &str, origin: SettingOrigin, hosts: &str) -> Option<(String, Vec<&'static str>)> {
        let value = Secret::new(address);
        let target = VaultTarget {
            name: "v".to_owned(),
            backend: "azure".to_owned(),
            owned: true,
            is_backend_name: false,
            templated: TemplatedParts::default(),
            settings: BTreeMap::from([("vault_uri".to_owned(), VaultSetting { value, origin })]),
        };
        let context = BackendContext {
            allowed_hosts: reference::HostAllowlist::parse(&[hosts.to_owned()]).ok()?,
            ..BackendContext::default()
        };
        let found = AzureEndpoints::from_target(&target, &context).ok()?;
        Some((
            found.authority_host.host_str()?.to_owned(),
            found.token_resources().collect(),
        ))
    }

    #[test]
    fn the_cloud_of_the_vault_lets_in() {
        let public = ("login.microsoftonline.com".to_owned(), vec!["https://vault.azure.net"]);
        let china = ("login.chinacloudapi.cn".to_owned(), vec!["https://vault.azure.cn"]);
        for origin in [
            SettingOrigin::Operator,
            SettingOrigin::Live,
            SettingOrigin::Template,
            SettingOrigin::Repository,
        ] {
            assert_eq!(
                resolve_endpoints("https://v.vault.azure.net", origin, ""),
                Some(public.clone())
            );
            let trusted = (origin <= SettingOrigin::Live).then(|| china.clone());
            assert_eq!(resolve_endpoints("https://v.vault.azure.cn", origin, ""), trusted);
            let vouched = resolve_endpoints("https://v.vault.azure.cn", origin, "login.chinacloudapi.cn");
            assert_eq!(vouched, Some(china.clone()));
        }
        let (authority_host, resources) =
            resolve_endpoints("https://vault.corp", SettingOrigin::Repository, "vault.corp").expect("vouched for");
        assert_eq!((authority_host, resources.len()), (public.0, CLOUDS.len()));
    }
}
