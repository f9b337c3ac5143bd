use aws_config::meta::region::ProvideRegion;
use aws_config::profile::ProfileFileRegionProvider;
use url::Url;

use super::login::AwsLogin;
use crate::BackendContext;
use crate::cloud_settings::environment_text;
use crate::destination_check::check_credential_destination;
use crate::findings::bad_settings_finding;
use crate::operator::operator_variable_name;
use http::{authority, parse_http_url};
use reference::{Destination, Finding, Reason, SettingOrigin, VaultTarget};

/// Where requests to AWS go.
pub(crate) struct AwsEndpoints {
    /// Secrets Manager, if it is not where AWS has it.
    pub(crate) secrets_manager: Option<Url>,
    /// The service that roles are assumed at, if it is not where AWS has it.
    pub(crate) sts: Option<Url>,
    /// Whether a template fills in a part of it, which messages then must not show.
    pub(crate) is_host_hidden: bool,
    vault: String,
    region: Option<String>,
}

/// A service of AWS, and who may say where it is.
struct AwsService {
    /// Its name, as hosts begin.
    host_label: &'static str,
    /// Settings of a vault; the first that is given wins.
    setting_names: &'static [&'static str],
    /// Variables of this machine; the first that is set wins.
    variable_names: [&'static str; 2],
}

const SECRETS_MANAGER: AwsService = AwsService {
    host_label: "secretsmanager",
    setting_names: &["endpoint", "address", "endpoint_url"],
    variable_names: ["AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL"],
};

const STS: AwsService = AwsService {
    host_label: "sts",
    setting_names: &["sts_endpoint", "sts_endpoint_url"],
    variable_names: ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"],
};

impl AwsEndpoints {
    /// # Errors
    /// A region or an address that is none, or an address that no credential may be sent to.
    pub(crate) fn from_target(target: &VaultTarget, context: &BackendContext) -> Result<Self, Finding> {
        let (secrets_manager, is_secrets_manager_hidden) = SECRETS_MANAGER.resolve_url(target, context)?;
        let (sts, is_sts_hidden) = STS.resolve_url(target, context)?;
        let variables = ["AWS_REGION", "AWS_DEFAULT_REGION"];
        let region = match target.get("region") {
            Some(_) => target
                .text("region")
                .map(str::to_owned)
                .ok_or_else(|| bad_region_finding(&target.name))
                .map(Some)?,
            None => variables.iter().find_map(|name| environment_text(context, name)),
        };
        if region.as_deref().is_some_and(|region| !is_region(region)) {
            return Err(bad_region_finding(&target.name));
        }
        Ok(Self {
            secrets_manager,
            sts,
            is_host_hidden: is_secrets_manager_hidden || is_sts_hidden || target.is_templated("region"),
            vault: target.name.clone(),
            region,
        })
    }

    /// The region of the settings, else of the environment, else of the machine's profile.
    ///
    /// # Errors
    /// None of them does.
    pub(crate) async fn resolve_region(&self, login: &AwsLogin) -> Result<String, Finding> {
        let region = match &self.region {
            Some(region) => Some(region.clone()),
            None => profile_region(login).await,
        };
        match region {
            Some(region) if is_region(&region) => Ok(region),
            Some(_) => Err(bad_region_finding(&self.vault)),
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
                operator_variable_name(&self.vault, "region")
            ))),
        }
    }

    /// The vault and where it is, as messages say it.
    pub(crate) fn endpoint_label(&self, vault: &str, region: &str) -> String {
        match (&self.secrets_manager, self.is_host_hidden) {
            (_, true) => format!("the vault '{vault}'"),
            (Some(url), false) => format!("the vault '{vault}' at {}", authority(url)),
            (None, false) => format!("the vault '{vault}' (AWS region {region})"),
        }
    }
}

async fn profile_region(login: &AwsLogin) -> Option<String> {
    let builder = ProfileFileRegionProvider::builder();
    let builder = match login.profile_name() {
        Some(name) => builder.profile_name(name),
        None => builder,
    };
    let region = builder.build().region().await?;
    Some(region.as_ref().to_owned())
}

impl AwsService {
    /// The address, if one is given, and whether messages must not show it.
    fn resolve_url(&self, target: &VaultTarget, context: &BackendContext) -> Result<(Option<Url>, bool), Finding> {
        match self.setting_names.iter().find(|setting| target.get(setting).is_some()) {
            Some(setting) => {
                let url = self.vault_url(target, setting, context)?;
                Ok((Some(url), target.is_templated(setting)))
            }
            None => Ok((self.environment_url(&target.name, context)?, false)),
        }
    }

    fn vault_url(&self, target: &VaultTarget, setting: &str, context: &BackendContext) -> Result<Url, Finding> {
        let vault = &target.name;
        let what = format!("its {setting} is no address: http:// or https:// and a host, without a password");
        let url = target.text(setting).and_then(parse_http_url);
        let url = url.ok_or_else(|| bad_settings_finding(vault, &what))?;
        let destination = Destination {
            origin: target.least_trusted_origin(&[setting]),
            is_vendor_host: self.is_aws_host(&url),
            url,
        };
        check_credential_destination(
            &[SettingOrigin::Operator],
            &destination,
            &context.allowed_hosts,
            vault,
            target.is_templated(setting),
        )?;
        Ok(destination.url)
    }

    fn environment_url(&self, vault: &str, context: &BackendContext) -> Result<Option<Url>, Finding> {
        let is_ignored =
            environment_text(context, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").is_some_and(|text| text == "true");
        let mut variables = self.variable_names.iter().filter(|_| !is_ignored);
        let Some((name, text)) = variables.find_map(|name| Some((name, environment_text(context, name)?))) else {
            return Ok(None);
        };
        let url = parse_http_url(&text).ok_or_else(|| bad_settings_finding(vault, &format!("{name} is no address")))?;
        Ok(Some(url))
    }

    /// Whether a host is this service as AWS runs it. Other hosts below `amazonaws.com` are its customers' machines.
    fn is_aws_host(&self, url: &Url) -> bool {
        let zones = [".amazonaws.com", ".amazonaws.com.cn", ".api.aws"];
        let host = url.host_str().unwrap_or_default();
        let Some(stem) = zones.iter().find_map(|zone| host.strip_suffix(zone)) else {
            return false;
        };
        let is_ours = |label: &str| label.strip_suffix("-fips").unwrap_or(label) == self.host_label;
        let is_service = match stem.split('.').collect::<Vec<_>>().as_slice() {
            [service] => is_ours(service) && self.host_label == STS.host_label,
            [service, _region] => is_ours(service),
            [network, service, _region, "vpce"] => network.starts_with("vpce-") && is_ours(service),
            _ => false,
        };
        is_service && url.scheme() == "https" && url.port().is_none()
    }
}

/// A region becomes a part of a host's name: it must not make another host of it.
fn is_region(region: &str) -> bool {
    let mut bytes = region.bytes();
    let starts_well = bytes.next().is_some_and(|byte| byte.is_ascii_lowercase());
    starts_well && region.len() <= 32 && bytes.all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

fn bad_region_finding(vault: &str) -> Finding {
    bad_settings_finding(vault, "its region is none: one is a word such as eu-west-1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_services_own_hosts_are_amazons() {
        for (url, secrets_manager, sts) in [
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
            assert_eq!(SECRETS_MANAGER.is_aws_host(&parsed), secrets_manager, "{url}");
            assert_eq!(STS.is_aws_host(&parsed), sts, "{url}");
        }
    }

    #[test]
    fn a_region_is_a_word() {
        for (region, expected) in [
            ("eu-west-1", true),
            ("us-gov-east-1", true),
            ("", false),
            ("evil.example/", false),
            ("x.evil.example#", false),
            ("eu west", false),
            ("EU-WEST-1", false),
            ("-a", false),
        ] {
            assert_eq!(is_region(region), expected, "{region}");
        }
    }
}
