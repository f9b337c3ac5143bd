//! Where secrets are read: `host`, `port`, `protocol`, `mount`, `kv`, `namespace` and `ssl_verify` of Kong's documentation,
//! with its defaults, at the paths of HashiCorp's key-value engines
//! (<https://developer.hashicorp.com/vault/api-docs/secret/kv>).

use url::Url;

use crate::findings::bad_settings_finding;
use http::{parse_http_url, percent_encode};
use reference::{Finding, Reason, Secret, SecretRequest, SettingOrigin, VaultTarget, split_resource};

/// What Kong's config makes of an address, and the defaults that its documentation gives.
const ADDRESS_PARTS: [(&str, &str); 3] = [("protocol", "http"), ("host", "127.0.0.1"), ("port", "8200")];

/// The server, and the mount on it.
pub(crate) struct HcvServer {
    pub(crate) vault: String,
    pub(crate) base_url: Url,
    /// The least trusted of those who give the address.
    pub(crate) address_origin: SettingOrigin,
    /// Whether a template fills in a part of the address, which messages then must not show.
    pub(crate) is_host_hidden: bool,
    pub(crate) verify_tls: bool,
    /// Whether the vault's config says that the mount is of version 2.
    pub is_kv2: bool,
    pub(crate) namespace: Option<Secret>,
    mount_path: Vec<String>,
    is_mount_shown: bool,
}

impl HcvServer {
    /// # Errors
    /// An address or a mount that is none.
    pub(crate) fn from_target(target: &VaultTarget) -> Result<Self, Finding> {
        let settings = match target.get("address") {
            Some(_) => vec!["address"],
            None => ADDRESS_PARTS.map(|(setting, _)| setting).to_vec(),
        };
        let is_host_hidden = settings.iter().any(|setting| target.is_templated(setting));
        Ok(Self {
            vault: target.name.clone(),
            base_url: read_address(target)?,
            address_origin: target.least_trusted_origin(&settings),
            is_host_hidden,
            verify_tls: target.is_enabled("ssl_verify").unwrap_or(true),
            is_kv2: is_kv2(target),
            namespace: target.get("namespace").map(|setting| setting.value.clone()),
            mount_path: read_path(target, "mount", "secret")?,
            is_mount_shown: !target.is_templated("mount"),
        })
    }

    /// The URL of a secret: `mount/name` in version 1, `mount/data/name` in version 2.
    ///
    /// # Errors
    /// A name or a version that no request can be made of.
    pub(crate) fn secret_url(&self, request: &SecretRequest) -> Result<Url, Finding> {
        let mut path: Vec<&str> = self.mount_path.iter().map(String::as_str).collect();
        if self.is_kv2 {
            path.push("data");
        }
        path.extend(split_resource(&self.vault, &request.resource)?);
        let mut url = self.url_for(&path)?;
        if let (true, Some(version)) = (self.is_kv2, &request.version) {
            let number = parse_version(&self.vault, request, version)?;
            url.set_query(Some(&format!("version={number}")));
        }
        Ok(url)
    }

    /// The URL of a path below `/v1`, each segment encoded on its own.
    pub(crate) fn url_for(&self, path: &[&str]) -> Result<Url, Finding> {
        let mut text = self.base_url.as_str().trim_end_matches('/').to_owned();
        for segment in ["v1"].iter().chain(path) {
            text.push('/');
            text.extend(percent_encode(segment));
        }
        Url::parse(&text).map_err(|_| bad_config_finding(&self.vault, "its address and its paths make no URL"))
    }

    /// The mount as messages name it.
    pub(crate) fn describe_mount(&self) -> String {
        match self.is_mount_shown {
            true => format!("the mount '{}'", self.mount_path.join("/")),
            false => "the mount that its config names".to_owned(),
        }
    }

    /// The path that a policy has to allow, if messages may show it.
    pub(crate) fn policy_path(&self, resource: &str) -> Option<String> {
        let data = if self.is_kv2 { "/data" } else { "" };
        self.is_mount_shown
            .then(|| format!("{}{data}/{resource}", self.mount_path.join("/")))
    }
}

/// HashiCorp counts versions from 1; 0 is the latest. Others are rejected here: the server takes negative ones for the latest.
fn parse_version(vault: &str, request: &SecretRequest, version: &str) -> Result<u64, Finding> {
    version.parse().map_err(|_| {
        let resource = &request.resource;
        let message = format!("the secret '{resource}' of the vault '{vault}' cannot have a version '{version}'");
        Finding::new(Reason::BadVersion, message)
            .about(resource.clone())
            .help("versions are whole numbers; without one the latest is meant")
    })
}

/// What is wrong about a name or a version, wherever the server is.
pub(crate) fn validate_request(target: &VaultTarget, request: &SecretRequest) -> Option<Finding> {
    let vault = &target.name;
    let version = request.version.as_deref().filter(|_| is_kv2(target));
    let version_finding = || parse_version(vault, request, version?).err();
    split_resource(vault, &request.resource).err().or_else(version_finding)
}

fn is_kv2(target: &VaultTarget) -> bool {
    target.text("kv") == Some("v2")
}

/// The segments of a path setting.
///
/// # Errors
/// One that leads elsewhere.
pub(crate) fn read_path(target: &VaultTarget, setting: &str, default: &str) -> Result<Vec<String>, Finding> {
    let text = target.text(setting).filter(|text| !text.is_empty()).unwrap_or(default);
    match split_resource(&target.name, text.trim_matches('/')) {
        Ok(segments) => Ok(segments.into_iter().map(str::to_owned).collect()),
        Err(_) => Err(bad_config_finding(&target.name, &format!("its {setting} is no path"))),
    }
}

/// Settings that make no sense.
pub(crate) fn bad_config_finding(vault: &str, what: &str) -> Finding {
    bad_settings_finding(vault, what).help("correct the config of the vault, or what the check is told of it")
}

/// The address: given as a whole by the operator, or in parts by the vault's config.
fn read_address(target: &VaultTarget) -> Result<Url, Finding> {
    let text = match target.text("address").filter(|text| !text.is_empty()) {
        Some(address) => address.to_owned(),
        None => {
            let read_part =
                |(setting, default)| target.text(setting).filter(|text| !text.is_empty()).unwrap_or(default);
            let [protocol, host, port] = ADDRESS_PARTS.map(read_part);
            match host.contains(':') && !host.starts_with('[') {
                true => format!("{protocol}://[{host}]:{port}"),
                false => format!("{protocol}://{host}:{port}"),
            }
        }
    };
    parse_http_url(&text).ok_or_else(|| {
        bad_config_finding(
            &target.name,
            "its address is none: it takes http or https, a host and a port",
        )
    })
}
