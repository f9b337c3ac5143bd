//! Reads secrets from vaults.
//!
//! A backend is opened for one vault and responds to every request for a secret of it. Backends other than `env` are closed
//! source in Kong: they are written here from the vendors' public interfaces.

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "azure")]
mod azure;
#[cfg(any(feature = "aws", feature = "gcp", feature = "azure"))]
mod cloud_settings;
mod conjur;
#[cfg(any(feature = "aws", feature = "gcp", feature = "azure"))]
mod deduplicate;
mod destination_check;
mod env;
mod findings;
mod fs;
#[cfg(feature = "gcp")]
mod gcp;
mod hcv;
mod operator;
mod proxy_bypass;
mod request_body;
mod resolve;
#[cfg(any(feature = "aws", feature = "azure"))]
mod sdk_error;
mod vault_endpoint;
mod vault_http;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

pub use resolve::resolve_queries;

use reference::{
    Finding, HostAllowlist, Reason, Secret, SecretRequest, SecretResponse, SettingOrigin, VaultTarget, Verdict,
    split_resource,
};

/// The operator's settings for where a vault is.
const ADDRESS_SETTINGS: [&str; 2] = ["address", "endpoint"];

pub(crate) trait Backend: Send + Sync {
    /// A response to each request, in their order. Each secret is read once; a token is requested once.
    fn fetch<'a>(&'a self, requests: &'a [SecretRequest]) -> BoxFuture<'a, Vec<SecretResponse>>;
}

/// Looks a variable of the environment up.
pub type EnvironmentLookup = Arc<dyn Fn(&str) -> Option<Secret> + Send + Sync>;

/// What the operator gives to all backends.
#[derive(Clone)]
pub struct BackendContext {
    /// The hosts that credentials may be sent to (`--references-hosts`).
    pub allowed_hosts: HostAllowlist,
    /// The variables of the data planes, as far as they are known.
    pub data_planes: Vec<DataPlaneEnvironment>,
    /// Local copies of directories of the data planes.
    pub data_plane_files: Vec<DataPlaneFiles>,
    /// The environment of this process, where the tools of clouds find credentials.
    pub environment: EnvironmentLookup,
    /// How long all requests to one vault may take, logins included.
    pub timeout: Duration,
}

/// The environment of one or several equal data planes.
#[derive(Clone, Debug)]
pub struct DataPlaneEnvironment {
    /// Its name in messages: the file that it is read from.
    pub name: String,
    /// Its variables.
    pub variables: BTreeMap<String, Secret>,
    /// The prefix of variables for references to `env` itself, where not all data planes have the same.
    pub prefix: Option<String>,
}

/// A directory of the data planes that has a local copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataPlaneFiles {
    /// Its path on the data planes, as a vault's `prefix` has it.
    pub data_plane_path: String,
    /// The local copy.
    pub local_directory: PathBuf,
}

impl Default for BackendContext {
    fn default() -> Self {
        Self {
            allowed_hosts: HostAllowlist::default(),
            data_planes: Vec::new(),
            data_plane_files: Vec::new(),
            environment: Arc::new(|_| None),
            timeout: Duration::from_secs(30),
        }
    }
}

/// The backend of a vault.
///
/// # Errors
/// What holds for all secrets of the vault.
fn open_backend(target: &VaultTarget, context: &BackendContext) -> Result<Box<dyn Backend>, Finding> {
    check_variables_set(target)?;
    check_templated_names(target, context)?;
    match target.backend.as_str() {
        "env" => env::open(target, context),
        _ if target.is_backend_name && target.settings.is_empty() => Err(data_plane_settings_finding(target)),
        "fs" => fs::open(target, context),
        "hcv" => hcv::open(target, context),
        "conjur" => conjur::open(target, context),
        #[cfg(feature = "aws")]
        "aws" => aws::open(target, context),
        #[cfg(not(feature = "aws"))]
        "aws" => Err(disabled_feature_finding(target)),
        #[cfg(feature = "gcp")]
        "gcp" => gcp::open(target, context),
        #[cfg(not(feature = "gcp"))]
        "gcp" => Err(disabled_feature_finding(target)),
        #[cfg(feature = "azure")]
        "azure" => azure::open(target, context),
        #[cfg(not(feature = "azure"))]
        "azure" => Err(disabled_feature_finding(target)),
        _ => Err(unsupported_backend_finding(target)),
    }
}

/// A setting that a template fills in from a variable that is not set is not used.
fn check_variables_set(target: &VaultTarget) -> Result<(), Finding> {
    let Some(setting) = target.templated.unset.first() else {
        return Ok(());
    };
    let name = &target.name;
    let message = format!("the vault '{name}' is not asked: its {setting} is made of a variable that is not set here");
    Err(Finding::new(Reason::UnsetVariable, message)
        .about(name)
        .help("set the variable that the template names"))
}

/// What is invalid about a secret's name or version: that needs no credentials.
fn validate_request(target: &VaultTarget, request: &SecretRequest) -> Option<Finding> {
    let vault = &target.name;
    let finding = match target.backend.as_str() {
        "fs" | "conjur" => split_resource(vault, &request.resource).err(),
        "hcv" => hcv::validate_request(target, request),
        #[cfg(feature = "aws")]
        "aws" => aws::validate_request(vault, request),
        #[cfg(feature = "gcp")]
        "gcp" => gcp::validate_request(vault, request),
        #[cfg(feature = "azure")]
        "azure" => azure::validate_request(vault, request),
        _ => None,
    };
    finding.filter(|finding| finding.verdict() == Verdict::Malformed)
}

/// Names that a template fills in may be secrets of this machine: like credentials, they are not sent to an address of a
/// state file. Backends that send nothing may have them.
fn check_templated_names(target: &VaultTarget, context: &BackendContext) -> Result<(), Finding> {
    let sends_nothing = matches!(target.backend.as_str(), "env" | "fs");
    let is_from_file = target
        .settings
        .values()
        .any(|setting| setting.origin > SettingOrigin::Live);
    let is_allowed = ADDRESS_SETTINGS
        .iter()
        .any(|name| operator::is_set_by_operator(target, name))
        || context.allowed_hosts.allows_all();
    if !target.templated.resources || sends_nothing || !is_from_file || is_allowed {
        return Ok(());
    }
    let name = &target.name;
    let message = format!("the vault '{name}' is not asked: a template fills in what for, and a state file says where");
    let help = "say the address where the check runs (STRONGROOM_VAULT_<PREFIX>_ADDRESS), or trust all files: --references-hosts '*'";
    Err(Finding::new(Reason::UntrustedHost, message).about(name).help(help))
}

/// A reference that names a backend itself uses the settings of the data planes.
fn data_plane_settings_finding(target: &VaultTarget) -> Finding {
    let backend = &target.name;
    let message = format!("'{backend}' is the backend itself, and how the data planes reach it is not said");
    Finding::new(Reason::DataPlaneSettings, message)
        .about(backend)
        .help(format!(
            "give the data planes' settings with --dp-conf FILE, or name a vault whose name is {backend}"
        ))
}

#[cfg(not(all(feature = "aws", feature = "gcp", feature = "azure")))]
fn disabled_feature_finding(target: &VaultTarget) -> Finding {
    let VaultTarget { name, backend, .. } = target;
    let message = format!("this build leaves out the backend '{backend}', which the vault '{name}' needs");
    Finding::new(Reason::UnsupportedBackend, message)
        .about(name)
        .help(format!(
            "build it with that feature: cargo install --path . --features {backend}"
        ))
}

fn unsupported_backend_finding(target: &VaultTarget) -> Finding {
    let VaultTarget { name, backend, .. } = target;
    let message = format!("secrets of the backend '{backend}' (vault '{name}') cannot be asked for from here");
    Finding::new(Reason::UnsupportedBackend, message)
        .about(name)
        .help(format!(
            "try its references on a data plane; a policy of its own, {}=off, leaves it out",
            operator::operator_variable_name(name, "policy")
        ))
}

#[cfg(all(test, not(all(feature = "aws", feature = "gcp", feature = "azure"))))]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use reference::TemplatedParts;

    #[test]
    fn a_cloud_that_the_build_leaves_out_says_how_to_get_it() {
        let clouds = [
            ("aws", cfg!(feature = "aws")),
            ("gcp", cfg!(feature = "gcp")),
            ("azure", cfg!(feature = "azure")),
        ];
        for (backend, _) in clouds.iter().filter(|(_, built)| !built) {
            assert_names_feature(backend);
        }
    }

    fn assert_names_feature(backend: &str) {
        let target = VaultTarget {
            name: format!("my-{backend}"),
            backend: backend.to_owned(),
            owned: true,
            is_backend_name: false,
            templated: TemplatedParts::default(),
            settings: BTreeMap::new(),
        };
        let finding = open_backend(&target, &BackendContext::default())
            .err()
            .expect("it is left out");
        assert_eq!(finding.reason, Reason::UnsupportedBackend);
        assert!(finding.message.contains(&format!("the vault 'my-{backend}'")));
        let features = format!("--features {backend}");
        assert!(finding.help.expect("what to do").contains(&features));
    }
}
