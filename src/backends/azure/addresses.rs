use url::Url;

use crate::Context;
use crate::checker::{address, text, unusable};
use crate::trusted::trusted;
use reference::{Destination, Finding, SettingOrigin, VaultTarget};

/// One of Azure's clouds: each has its own vaults, and its own host that lets in.
#[derive(Debug, PartialEq, Eq)]
pub struct Cloud {
    /// What the hosts of its vaults end with.
    vaults: &'static str,
    /// What tokens for its vaults are for.
    pub resource: &'static str,
    /// Its hosts that let in, the one that is asked first.
    logins: &'static [&'static str],
}

/// Azure's clouds ("Azure Key Vault: DNS suffixes for object identifiers", "Microsoft Entra authentication endpoints").
pub const CLOUDS: [Cloud; 3] = [
    Cloud {
        vaults: ".vault.azure.net",
        resource: "https://vault.azure.net",
        logins: &["login.microsoftonline.com"],
    },
    Cloud {
        vaults: ".vault.usgovcloudapi.net",
        resource: "https://vault.usgovcloudapi.net",
        logins: &["login.microsoftonline.us"],
    },
    Cloud {
        vaults: ".vault.azure.cn",
        resource: "https://vault.azure.cn",
        logins: &["login.chinacloudapi.cn", "login.partner.microsoftonline.cn"],
    },
];

/// The words for the vault's address: the checker's own, and Kong's.
const VAULT: [&str; 3] = ["address", "endpoint", "vault_uri"];

/// The checker's word, and the variable of Azure's own tools, for the host that lets in.
const LOGIN: (&str, &str) = ("authority_host", "AZURE_AUTHORITY_HOST");

/// Where Azure is asked.
#[derive(Debug)]
pub struct Addresses {
    /// The vault.
    pub vault: Url,
    /// Whether a template fills the vault's in, which messages then must not show.
    pub hidden: bool,
    /// The host that lets in.
    pub login: Url,
}

impl Addresses {
    /// What the settings of a vault and the environment say.
    ///
    /// # Errors
    /// An address that is none, or one that no credential may be shown to.
    pub fn of(target: &VaultTarget, context: &Context) -> Result<Self, Finding> {
        let said = VAULT.iter().find(|word| target.get(word).is_some());
        let word = said.ok_or_else(|| unusable(&target.name, "vault_uri is missing"))?;
        let vault = vouched(target, word, context, |url| Cloud::of_vault(url).is_some())?;
        let login = login(target, context, &vault, target.least_trusted_origin(&[word]))?;
        Ok(Self {
            hidden: target.is_templated(word),
            vault,
            login,
        })
    }

    /// What a token for the vault may be for: Azure's own vaults take those of their cloud.
    pub fn resources(&self) -> impl Iterator<Item = &'static str> {
        let own = Cloud::of_vault(&self.vault);
        let fits = move |cloud: &&Cloud| own.is_none_or(|own| own == *cloud);
        CLOUDS.iter().filter(fits).map(|cloud| cloud.resource)
    }
}

impl Cloud {
    /// The cloud whose own host an address of a vault is.
    fn of_vault(url: &Url) -> Option<&'static Self> {
        let name = |cloud: &&Self| {
            let name = url.host_str()?.strip_suffix(cloud.vaults)?;
            Some(!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
        };
        let own = CLOUDS.iter().find(|cloud| name(cloud).unwrap_or(false))?;
        is_plain(url).then_some(own)
    }

    /// Whether an address is a host of Azure's that lets in.
    fn lets_in(url: &Url) -> bool {
        let mut logins = CLOUDS.iter().flat_map(|cloud| cloud.logins);
        is_plain(url) && logins.any(|host| url.host_str() == Some(host))
    }

    fn login(&self) -> Option<Url> {
        Url::parse(&format!("https://{}", self.logins.first()?)).ok()
    }
}

fn is_plain(url: &Url) -> bool {
    url.scheme() == "https" && url.port().is_none()
}

/// The host that lets in: what is said, else that of the vault's cloud. One that only follows from a state file's address
/// is that file's choice: beyond the public cloud, it must be vouched for.
fn login(target: &VaultTarget, context: &Context, vault: &Url, side: SettingOrigin) -> Result<Url, Finding> {
    let (word, variable) = LOGIN;
    if target.get(word).is_some() {
        return vouched(target, word, context, Cloud::lets_in);
    }
    if let Some(said) = text(context, variable) {
        let scheme = if said.contains("://") { "" } else { "https://" };
        return secure(target, variable, address(&format!("{scheme}{said}")));
    }
    let own = Cloud::of_vault(vault).unwrap_or(&CLOUDS[0]);
    let url = own.login().ok_or_else(|| unusable(&target.name, "its cloud is none"))?;
    let vendors_own = *own == CLOUDS[0];
    let login = Destination {
        url,
        origin: side,
        is_vendor_host: vendors_own,
    };
    trusted(&[SettingOrigin::Operator], &login, &context.hosts, &target.name, false)?;
    Ok(login.url)
}

/// An address of the settings, if credentials may be shown to it.
fn vouched(target: &VaultTarget, word: &str, context: &Context, vendors_own: fn(&Url) -> bool) -> Result<Url, Finding> {
    let vault = &target.name;
    let url = target.text(word).and_then(address);
    let Some(url) = url else {
        return secure(target, word, None);
    };
    let address = Destination {
        origin: target.least_trusted_origin(&[word]),
        is_vendor_host: vendors_own(&url),
        url,
    };
    let hidden = target.is_templated(word);
    trusted(&[SettingOrigin::Operator], &address, &context.hosts, vault, hidden)?;
    secure(target, word, Some(address.url))
}

/// Azure is spoken to through TLS alone, and at the root of a host.
fn secure(target: &VaultTarget, word: &str, url: Option<Url>) -> Result<Url, Finding> {
    let what = format!("its {word} is no address of Azure: https:// and a host, and nothing behind it");
    url.filter(|url| url.scheme() == "https" && url.path() == "/")
        .ok_or_else(|| unusable(&target.name, &what))
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
            assert_eq!(Cloud::of_vault(&parsed), own, "{url}");
            assert_eq!(Cloud::lets_in(&parsed), login, "{url}");
        }
    }

    fn addresses(address: &str, side: SettingOrigin, hosts: &str) -> Option<(String, Vec<&'static str>)> {
        let value = Secret::new(address);
        let target = VaultTarget {
            name: "v".to_owned(),
            backend: "azure".to_owned(),
            owned: true,
            is_backend_name: false,
            templated: TemplatedParts::default(),
            settings: BTreeMap::from([("vault_uri".to_owned(), VaultSetting { value, origin: side })]),
        };
        let context = Context {
            hosts: reference::HostAllowlist::parse(&[hosts.to_owned()]).ok()?,
            ..Context::default()
        };
        let found = Addresses::of(&target, &context).ok()?;
        Some((found.login.host_str()?.to_owned(), found.resources().collect()))
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
            assert_eq!(addresses("https://v.vault.azure.net", side, ""), Some(public.clone()));
            let trusted = (side <= SettingOrigin::Live).then(|| china.clone());
            assert_eq!(addresses("https://v.vault.azure.cn", side, ""), trusted);
            let vouched = addresses("https://v.vault.azure.cn", side, "login.chinacloudapi.cn");
            assert_eq!(vouched, Some(china.clone()));
        }
        let (login, resources) =
            addresses("https://vault.corp", SettingOrigin::Repository, "vault.corp").expect("vouched for");
        assert_eq!((login, resources.len()), (public.0, CLOUDS.len()));
    }
}
