use aws_config::meta::region::ProvideRegion;
use aws_config::profile::ProfileFileRegionProvider;
use url::Url;

use super::credentials::Login;
use crate::Context;
use crate::checker::{address, authority, text, unusable, variable};
use crate::trusted::trusted;
use reference::{Destination, Finding, Reason, SettingOrigin, VaultTarget};

/// Where AWS is asked.
pub struct Endpoints {
    /// Secrets Manager, if it is not where AWS has it.
    pub secrets: Option<Url>,
    /// The service that lets roles be assumed, if it is not where AWS has it.
    pub sts: Option<Url>,
    /// Whether a template fills in a part of it, which messages then must not show.
    pub hidden: bool,
    vault: String,
    region: Option<String>,
}

/// A service of AWS, and who may say where it is.
struct Service {
    /// Its name, as hosts begin.
    host: &'static str,
    /// Settings of a vault, the first that is said wins.
    words: &'static [&'static str],
    /// Variables of the machine, likewise.
    variables: [&'static str; 2],
}

const SECRETS: Service = Service {
    host: "secretsmanager",
    words: &["endpoint", "address", "endpoint_url"],
    variables: ["AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL"],
};

const STS: Service = Service {
    host: "sts",
    words: &["sts_endpoint", "sts_endpoint_url"],
    variables: ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"],
};

impl Endpoints {
    /// What the settings of a vault and the environment say.
    ///
    /// # Errors
    /// A region or an address that is none, or an address that no credential may be shown to.
    pub fn of(target: &VaultTarget, context: &Context) -> Result<Self, Finding> {
        let (secrets, secrets_hidden) = SECRETS.of(target, context)?;
        let (sts, sts_hidden) = STS.of(target, context)?;
        let said = target.get("region");
        let variables = ["AWS_REGION", "AWS_DEFAULT_REGION"];
        let region = match said {
            Some(_) => target
                .text("region")
                .map(str::to_owned)
                .ok_or_else(|| no_region_word(&target.name))
                .map(Some)?,
            None => variables.iter().find_map(|name| text(context, name)),
        };
        if region.as_deref().is_some_and(|region| !is_word(region)) {
            return Err(no_region_word(&target.name));
        }
        Ok(Self {
            secrets,
            sts,
            hidden: secrets_hidden || sts_hidden || target.is_templated("region"),
            vault: target.name.clone(),
            region,
        })
    }

    /// The region that the settings, the environment or the machine's profile say.
    ///
    /// # Errors
    /// None of them does.
    pub async fn region(&self, login: &Login) -> Result<String, Finding> {
        let region = match &self.region {
            Some(region) => Some(region.clone()),
            None => of_profile(login).await,
        };
        match region {
            Some(region) if is_word(&region) => Ok(region),
            Some(_) => Err(no_region_word(&self.vault)),
            None => Err(Finding::new(
                Reason::DataPlaneSettings,
                format!(
                    "the vault '{}' names no region of AWS, and neither does this machine",
                    self.vault
                ),
            )
            .about(&self.vault)
            .help(format!(
                "set the vault's region, AWS_REGION or {}",
                variable(&self.vault, "region")
            ))),
        }
    }

    /// The vault and where it is, as messages say it.
    pub fn place(&self, vault: &str, region: &str) -> String {
        match (&self.secrets, self.hidden) {
            (_, true) => format!("the vault '{vault}'"),
            (Some(url), false) => format!("the vault '{vault}' at {}", authority(url)),
            (None, false) => format!("the vault '{vault}' (AWS region {region})"),
        }
    }
}

async fn of_profile(login: &Login) -> Option<String> {
    let building = ProfileFileRegionProvider::builder();
    let building = match login.profile() {
        Some(name) => building.profile_name(name),
        None => building,
    };
    let region = building.build().region().await?;
    Some(region.as_ref().to_owned())
}

impl Service {
    /// The address, if one is said, and whether it must not be shown.
    fn of(&self, target: &VaultTarget, context: &Context) -> Result<(Option<Url>, bool), Finding> {
        match self.words.iter().find(|word| target.get(word).is_some()) {
            Some(word) => {
                let url = self.of_vault(target, word, context)?;
                Ok((Some(url), target.is_templated(word)))
            }
            None => Ok((self.of_machine(&target.name, context)?, false)),
        }
    }

    fn of_vault(&self, target: &VaultTarget, word: &str, context: &Context) -> Result<Url, Finding> {
        let vault = &target.name;
        let what = format!("its {word} is no address: http:// or https:// and a host, without a password");
        let url = target.text(word).and_then(address);
        let url = url.ok_or_else(|| unusable(vault, &what))?;
        let address = Destination {
            origin: target.least_trusted_origin(&[word]),
            is_vendor_host: self.is_amazons(&url),
            url,
        };
        trusted(
            &[SettingOrigin::Operator],
            &address,
            &context.hosts,
            vault,
            target.is_templated(word),
        )?;
        Ok(address.url)
    }

    fn of_machine(&self, vault: &str, context: &Context) -> Result<Option<Url>, Finding> {
        let ignored = text(context, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").is_some_and(|text| text == "true");
        let mut variables = self.variables.iter().filter(|_| !ignored);
        let Some((name, said)) = variables.find_map(|name| Some((name, text(context, name)?))) else {
            return Ok(None);
        };
        let url = address(&said).ok_or_else(|| unusable(vault, &format!("{name} is no address")))?;
        Ok(Some(url))
    }

    /// Whether a host is this service as AWS runs it. Other hosts below `amazonaws.com` are its customers' machines.
    fn is_amazons(&self, url: &Url) -> bool {
        let zones = [".amazonaws.com", ".amazonaws.com.cn", ".api.aws"];
        let host = url.host_str().unwrap_or_default();
        let Some(stem) = zones.iter().find_map(|zone| host.strip_suffix(zone)) else {
            return false;
        };
        let is_ours = |label: &str| label.strip_suffix("-fips").unwrap_or(label) == self.host;
        let is_service = match stem.split('.').collect::<Vec<_>>().as_slice() {
            [service] => is_ours(service) && self.host == STS.host,
            [service, _region] => is_ours(service),
            [network, service, _region, "vpce"] => network.starts_with("vpce-") && is_ours(service),
            _ => false,
        };
        is_service && url.scheme() == "https" && url.port().is_none()
    }
}

/// A region becomes a part of a host's name: it must not make another host of it.
fn is_word(region: &str) -> bool {
    let mut bytes = region.bytes();
    let starts = bytes.next().is_some_and(|byte| byte.is_ascii_lowercase());
    starts && region.len() <= 32 && bytes.all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

fn no_region_word(vault: &str) -> Finding {
    unusable(vault, "its region is none: one is a word such as eu-west-1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_services_own_hosts_are_amazons() {
        for (url, secrets, sts) in [
            ("https://secretsmanager.eu-west-1.amazonaws.com", true, false),
            ("https://secretsmanager-fips.us-east-1.amazonaws.com/", true, false),
            ("https://secretsmanager.cn-north-1.amazonaws.com.cn", true, false),
            ("https://secretsmanager.eu-west-1.api.aws", true, false),
            (
                "https://vpce-0ab-1.secretsmanager.eu-west-1.vpce.amazonaws.com",
                true,
                false,
            ),
            ("https://sts.amazonaws.com", false, true),
            ("https://sts.eu-west-1.amazonaws.com", false, true),
            ("http://secretsmanager.eu-west-1.amazonaws.com", false, false),
            ("https://secretsmanager.eu-west-1.amazonaws.com:8443", false, false),
            ("https://ec2-1-2-3-4.compute-1.amazonaws.com", false, false),
            ("https://secretsmanager.s3.eu-west-1.amazonaws.com", false, false),
            ("https://x.execute-api.eu-west-1.amazonaws.com", false, false),
            ("https://vpce-1.vpce-svc-1.eu-west-1.vpce.amazonaws.com", false, false),
            (
                "https://secretsmanager.eu-west-1.amazonaws.com.evil.example",
                false,
                false,
            ),
            ("https://evilamazonaws.com", false, false),
            ("https://amazonaws.com", false, false),
        ] {
            let parsed = Url::parse(url).expect("a URL");
            assert_eq!(SECRETS.is_amazons(&parsed), secrets, "{url}");
            assert_eq!(STS.is_amazons(&parsed), sts, "{url}");
        }
    }

    #[test]
    fn a_region_is_a_word() {
        for (region, word) in [
            ("eu-west-1", true),
            ("us-gov-east-1", true),
            ("", false),
            ("evil.example/", false),
            ("x.evil.example#", false),
            ("eu west", false),
            ("EU-WEST-1", false),
            ("-a", false),
        ] {
            assert_eq!(is_word(region), word, "{region}");
        }
    }
}
