use url::Url;

use crate::BackendContext;
use crate::cloud_settings::environment_text;
use crate::destination_check::check_credential_destination;
use crate::findings::bad_settings_finding;
use http::parse_http_url;
use reference::{Destination, Finding, SettingOrigin, VaultTarget};

/// One of Azure's clouds: each has its own vaults, and its own host that lets in.
#[derive(Debug, PartialEq, Eq)]
pub struct AzureCloud {
    /// What the hosts of its vaults end with.
    vault_suffix: &'static str,
    /// What tokens for its vaults are for.
    pub token_resource: &'static str,
    /// Its hosts that let in, the one that is asked first.
    login_hosts: &'static [&'static str],
}

/// Azure's clouds ("Azure Key Vault: DNS suffixes for object identifiers", "Microsoft Entra authentication endpoints").
pub const CLOUDS: [AzureCloud; 3] = [
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

/// The words for the vault's address: the checker's own, and Kong's.
const VAULT_URL_SETTINGS: [&str; 3] = ["address", "endpoint", "vault_uri"];

/// The checker's word, and the variable of Azure's own tools, for the host that lets in.
const AUTHORITY_HOST_NAMES: (&str, &str) = ("authority_host", "AZURE_AUTHORITY_HOST");

/// Where Azure is asked.
#[derive(Debug)]
pub struct AzureEndpoints {
    /// The vault.
    pub vault_url: Url,
    /// Whether a template fills the vault's in, which messages then must not show.
    pub is_host_hidden: bool,
    /// The host that lets in.
    pub authority_host: Url,
}

impl AzureEndpoints {
    /// What the settings of a vault and the environment say.
    ///
    /// # Errors
    /// An address that is none, or one that no credential may be shown to.
    pub fn from_target(target: &VaultTarget, context: &BackendContext) -> Result<Self, Finding> {
        let said = VAULT_URL_SETTINGS.iter().find(|word| target.get(word).is_some());
        let word = said.ok_or_else(|| bad_settings_finding(&target.name, "vault_uri is missing"))?;
        let vault = read_trusted_url(target, word, context, |url| AzureCloud::from_vault_url(url).is_some())?;
        let login = resolve_authority_host(target, context, &vault, target.least_trusted_origin(&[word]))?;
        Ok(Self {
            is_host_hidden: target.is_templated(word),
            vault_url: vault,
            authority_host: login,
        })
    }

    /// What a token for the vault may be for: Azure's own vaults take those of their cloud.
    pub fn token_resources(&self) -> impl Iterator<Item = &'static str> {
        let own = AzureCloud::from_vault_url(&self.vault_url);
        let fits = move |cloud: &&AzureCloud| own.is_none_or(|own| own == *cloud);
        CLOUDS.iter().filter(fits).map(|cloud| cloud.token_resource)
    }
}

impl AzureCloud {
    /// The cloud whose own host an address of a vault is.
    fn from_vault_url(url: &Url) -> Option<&'static Self> {
        let name = |cloud: &&Self| {
            let name = url.host_str()?.strip_suffix(cloud.vault_suffix)?;
            Some(!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
        };
        let own = CLOUDS.iter().find(|cloud| name(cloud).unwrap_or(false))?;
        is_https_default_port(url).then_some(own)
    }

    /// Whether an address is a host of Azure's that lets in.
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

/// The host that lets in: what is said, else that of the vault's cloud. One that only follows from a state file's address
/// is that file's choice: beyond the public cloud, it must be vouched for.
fn resolve_authority_host(
    target: &VaultTarget,
    context: &BackendContext,
    vault: &Url,
    side: SettingOrigin,
) -> Result<Url, Finding> {
    let (word, variable) = AUTHORITY_HOST_NAMES;
    if target.get(word).is_some() {
        return read_trusted_url(target, word, context, AzureCloud::is_login_host);
    }
    if let Some(said) = environment_text(context, variable) {
        let scheme = if said.contains("://") { "" } else { "https://" };
        return require_https_root(target, variable, parse_http_url(&format!("{scheme}{said}")));
    }
    let own = AzureCloud::from_vault_url(vault).unwrap_or(&CLOUDS[0]);
    let url = own
        .authority_url()
        .ok_or_else(|| bad_settings_finding(&target.name, "its cloud is none"))?;
    let vendors_own = *own == CLOUDS[0];
    let login = Destination {
        url,
        origin: side,
        is_vendor_host: vendors_own,
    };
    check_credential_destination(
        &[SettingOrigin::Operator],
        &login,
        &context.allowed_hosts,
        &target.name,
        false,
    )?;
    Ok(login.url)
}

/// An address of the settings, if credentials may be shown to it.
fn read_trusted_url(
    target: &VaultTarget,
    word: &str,
    context: &BackendContext,
    vendors_own: fn(&Url) -> bool,
) -> Result<Url, Finding> {
    let vault = &target.name;
    let url = target.text(word).and_then(parse_http_url);
    let Some(url) = url else {
        return require_https_root(target, word, None);
    };
    let address = Destination {
        origin: target.least_trusted_origin(&[word]),
        is_vendor_host: vendors_own(&url),
        url,
    };
    let hidden = target.is_templated(word);
    check_credential_destination(
        &[SettingOrigin::Operator],
        &address,
        &context.allowed_hosts,
        vault,
        hidden,
    )?;
    require_https_root(target, word, Some(address.url))
}

/// Azure is spoken to through TLS alone, and at the root of a host.
fn require_https_root(target: &VaultTarget, word: &str, url: Option<Url>) -> Result<Url, Finding> {
    let what = format!("its {word} is no address of Azure: https:// and a host, and nothing behind it");
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
        for (url, vault, login) in [
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
            let own = vault.map(|at: usize| &CLOUDS[at]);
            assert_eq!(AzureCloud::from_vault_url(&parsed), own, "{url}");
            assert_eq!(AzureCloud::is_login_host(&parsed), login, "{url}");
        }
    }

    fn resolve_endpoints(address: &str, side: SettingOrigin, hosts: &str) -> Option<(String, Vec<&'static str>)> {
        let value = Secret::new(address);
        let target = VaultTarget {
            name: "v".to_owned(),
            backend: "azure".to_owned(),
            owned: true,
            is_backend_name: false,
            templated: TemplatedParts::default(),
            settings: BTreeMap::from([("vault_uri".to_owned(), VaultSetting { value, origin: side })]),
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
        for side in [
            SettingOrigin::Operator,
            SettingOrigin::Live,
            SettingOrigin::Template,
            SettingOrigin::Repository,
        ] {
            assert_eq!(
                resolve_endpoints("https://v.vault.azure.net", side, ""),
                Some(public.clone())
            );
            let trusted = (side <= SettingOrigin::Live).then(|| china.clone());
            assert_eq!(resolve_endpoints("https://v.vault.azure.cn", side, ""), trusted);
            let vouched = resolve_endpoints("https://v.vault.azure.cn", side, "login.chinacloudapi.cn");
            assert_eq!(vouched, Some(china.clone()));
        }
        let (login, resources) =
            resolve_endpoints("https://vault.corp", SettingOrigin::Repository, "vault.corp").expect("vouched for");
        assert_eq!((login, resources.len()), (public.0, CLOUDS.len()));
    }
}
