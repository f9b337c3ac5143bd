//! Where secrets are read: `host`, `port`, `protocol`, `mount`, `kv`, `namespace` and `ssl_verify` of Kong's documentation,
//! with its defaults, at the paths of HashiCorp's key-value engines
//! (<https://developer.hashicorp.com/vault/api-docs/secret/kv>).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use url::Url;

use reference::{Finding, Reason, Secret, SecretRequest, SettingOrigin, VaultTarget, split_resource};

/// All but what a URL never gives a meaning to: a server decodes the rest, `+` included, as it was.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What Kong's config makes of an address, and the defaults that its documentation gives.
const PARTS: [(&str, &str); 3] = [("protocol", "http"), ("host", "127.0.0.1"), ("port", "8200")];

/// Where secrets are read.
pub struct Server {
    /// The vault's name.
    pub vault: String,
    /// Its address.
    pub base: Url,
    /// The least trusted of those who say the address.
    pub side: SettingOrigin,
    /// Whether a template fills in a part of the address, which messages then must not show.
    pub hidden: bool,
    /// Whether the server's certificate is verified.
    pub verify: bool,
    /// Whether the vault's config says that the mount is of version 2.
    pub kv2: bool,
    /// The namespace.
    pub namespace: Option<Secret>,
    mount: Vec<String>,
    mount_shown: bool,
}

impl Server {
    /// What the settings of a vault say.
    ///
    /// # Errors
    /// An address or a mount that is none.
    pub fn of(target: &VaultTarget) -> Result<Self, Finding> {
        let words = match target.get("address") {
            Some(_) => vec!["address"],
            None => PARTS.map(|(word, _)| word).to_vec(),
        };
        let hidden = words.iter().any(|word| is_filled(target, word));
        Ok(Self {
            vault: target.name.clone(),
            base: address(target)?,
            side: target.least_trusted_origin(&words),
            hidden,
            verify: target.is_enabled("ssl_verify").unwrap_or(true),
            kv2: is_version_2(target),
            namespace: target.get("namespace").map(|setting| setting.value.clone()),
            mount: path(target, "mount", "secret")?,
            mount_shown: !is_filled(target, "mount"),
        })
    }

    /// The address of a secret: `mount/name` in version 1, `mount/data/name` in version 2.
    ///
    /// # Errors
    /// A name or a version that no request can be made of.
    pub fn secret(&self, wanted: &SecretRequest) -> Result<Url, Finding> {
        let mut path: Vec<&str> = self.mount.iter().map(String::as_str).collect();
        if self.kv2 {
            path.push("data");
        }
        path.extend(split_resource(&self.vault, &wanted.resource)?);
        let mut url = self.at(&path)?;
        if let (true, Some(version)) = (self.kv2, &wanted.version) {
            let number = number(&self.vault, wanted, version)?;
            url.set_query(Some(&format!("version={number}")));
        }
        Ok(url)
    }

    /// The address of an endpoint below `/v1`, each segment encoded on its own.
    pub fn at(&self, path: &[&str]) -> Result<Url, Finding> {
        let mut text = self.base.as_str().trim_end_matches('/').to_owned();
        for segment in ["v1"].iter().chain(path) {
            text.push('/');
            text.extend(percent_encode(segment.as_bytes(), SEGMENT));
        }
        Url::parse(&text).map_err(|_| unusable(&self.vault, "its address and its paths make no URL"))
    }

    /// The mount as messages name it.
    pub fn mount(&self) -> String {
        match self.mount_shown {
            true => format!("the mount '{}'", self.mount.join("/")),
            false => "the mount that its config names".to_owned(),
        }
    }

    /// The path that a policy has to let read, if it may be told.
    pub fn policy_path(&self, resource: &str) -> Option<String> {
        let data = if self.kv2 { "/data" } else { "" };
        self.mount_shown
            .then(|| format!("{}{data}/{resource}", self.mount.join("/")))
    }
}

/// HashiCorp counts versions from 1; 0 is the latest. What else is no whole number, the server refuses or, below 0, takes
/// for the latest.
fn number(vault: &str, wanted: &SecretRequest, version: &str) -> Result<u64, Finding> {
    version.parse().map_err(|_| {
        let resource = &wanted.resource;
        let message = format!("the secret '{resource}' of the vault '{vault}' cannot have a version '{version}'");
        Finding::new(Reason::BadVersion, message)
            .about(resource.clone())
            .help("versions are whole numbers; without one the latest is meant")
    })
}

/// What is wrong about a name or a version, wherever the server is.
pub fn malformed(target: &VaultTarget, wanted: &SecretRequest) -> Option<Finding> {
    let vault = &target.name;
    let version = wanted.version.as_deref().filter(|_| is_version_2(target));
    let of_version = || number(vault, wanted, version?).err();
    split_resource(vault, &wanted.resource).err().or_else(of_version)
}

fn is_version_2(target: &VaultTarget) -> bool {
    target.text("kv") == Some("v2")
}

/// Whether a template fills it in from the environment.
pub fn is_filled(target: &VaultTarget, word: &str) -> bool {
    target.is_templated(word)
}

/// The segments of a path that the settings name.
///
/// # Errors
/// One that leads elsewhere.
pub fn path(target: &VaultTarget, word: &str, default: &str) -> Result<Vec<String>, Finding> {
    let said = target.text(word).filter(|text| !text.is_empty()).unwrap_or(default);
    match split_resource(&target.name, said.trim_matches('/')) {
        Ok(segments) => Ok(segments.into_iter().map(str::to_owned).collect()),
        Err(_) => Err(unusable(&target.name, &format!("its {word} is no path"))),
    }
}

/// Settings that do not make sense.
pub fn unusable(vault: &str, what: &str) -> Finding {
    Finding::new(
        Reason::BadSettings,
        format!("the vault '{vault}' cannot be asked: {what}"),
    )
    .about(vault)
    .help("correct the config of the vault, or what the check is told of it")
}

/// The address that the checker's side gives as a whole, or that the vault's config gives in parts.
fn address(target: &VaultTarget) -> Result<Url, Finding> {
    let text = match target.text("address").filter(|text| !text.is_empty()) {
        Some(whole) => whole.to_owned(),
        None => {
            let part = |(word, default)| target.text(word).filter(|text| !text.is_empty()).unwrap_or(default);
            let [protocol, host, port] = PARTS.map(part);
            match host.contains(':') && !host.starts_with('[') {
                true => format!("{protocol}://[{host}]:{port}"),
                false => format!("{protocol}://{host}:{port}"),
            }
        }
    };
    let plain = |url: &Url| {
        let bare = url.username().is_empty() && url.password().is_none();
        matches!(url.scheme(), "http" | "https") && bare && url.query().is_none() && url.fragment().is_none()
    };
    let url = Url::parse(&text).ok().filter(plain);
    url.ok_or_else(|| {
        unusable(
            &target.name,
            "its address is none: it takes http or https, a host and a port",
        )
    })
}
