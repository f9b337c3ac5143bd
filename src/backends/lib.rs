//! Asking vaults for secrets: an edge of the program, where I/O is.
//!
//! A backend is opened for one vault as it is asked, and gives an answer for every secret that is wanted of it. Backends
//! other than `env` are closed source in Kong: they are written here from the vendors' public interfaces.

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "azure")]
mod azure;
#[cfg_attr(
    not(any(feature = "aws", feature = "gcp", feature = "azure")),
    allow(dead_code) // clouds need all of it, the others a part
)]
mod checker;
mod conjur;
mod env;
mod failure;
mod fs;
#[cfg(feature = "gcp")]
mod gcp;
mod hcv;
mod http;
mod near;
#[cfg(any(feature = "aws", feature = "gcp", feature = "azure"))]
mod once;
mod resolve;
mod trusted;
#[cfg(any(feature = "aws", feature = "azure"))]
mod unanswered;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

pub use resolve::resolve;

use reference::{
    Finding, HostAllowlist, Reason, Secret, SecretRequest, SecretResponse, SettingOrigin, VaultTarget, Verdict,
    split_resource,
};

/// The checker's words for where a vault is.
const ADDRESSES: [&str; 2] = ["address", "endpoint"];

/// Fetches secrets of one vault.
pub trait Backend: Send + Sync {
    /// An answer for each of the wanted secrets, in their order. Each is fetched once; a token is obtained once.
    fn fetch<'a>(&'a self, wanted: &'a [SecretRequest]) -> BoxFuture<'a, Vec<SecretResponse>>;
}

/// Looks a variable up.
pub type Lookup = Arc<dyn Fn(&str) -> Option<Secret> + Send + Sync>;

/// What the side that runs the check gives to all backends.
#[derive(Clone)]
pub struct Context {
    /// The hosts it vouches for.
    pub hosts: HostAllowlist,
    /// The variables of the data planes, as far as they are known.
    pub planes: Vec<Plane>,
    /// Which directory here stands for which on the data planes.
    pub files: Vec<PlaneFiles>,
    /// The environment of this process, in which clouds' own tools find credentials.
    pub environment: Lookup,
    /// How long all secrets of one vault may take, logins included.
    pub limit: Duration,
}

/// The environment of one or several equal data planes.
#[derive(Clone, Debug)]
pub struct Plane {
    /// Its name in messages: the file that says it.
    pub name: String,
    /// Its variables.
    pub variables: BTreeMap<String, Secret>,
    /// The prefix of variables that holds for references to `env` itself, where not all data planes have the same.
    pub prefix: Option<String>,
}

/// A directory of the data planes that is here, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaneFiles {
    /// Its path on the data planes, as a vault's `prefix` has it.
    pub prefix: String,
    /// Where it is here.
    pub directory: PathBuf,
}

impl Default for Context {
    fn default() -> Self {
        Self {
            hosts: HostAllowlist::default(),
            planes: Vec::new(),
            files: Vec::new(),
            environment: Arc::new(|_| None),
            limit: Duration::from_secs(30),
        }
    }
}

/// The backend of a vault, ready to be asked.
///
/// # Errors
/// It cannot be asked: what holds for all of its secrets.
fn open(target: &VaultTarget, context: &Context) -> Result<Box<dyn Backend>, Finding> {
    set(target)?;
    trusted_with_names(target, context)?;
    match target.backend.as_str() {
        "env" => env::open(target, context),
        _ if target.is_backend_name && target.settings.is_empty() => Err(data_plane_settings(target)),
        "fs" => fs::open(target, context),
        "hcv" => hcv::open(target, context),
        "conjur" => conjur::open(target, context),
        #[cfg(feature = "aws")]
        "aws" => aws::open(target, context),
        #[cfg(not(feature = "aws"))]
        "aws" => Err(left_out(target)),
        #[cfg(feature = "gcp")]
        "gcp" => gcp::open(target, context),
        #[cfg(not(feature = "gcp"))]
        "gcp" => Err(left_out(target)),
        #[cfg(feature = "azure")]
        "azure" => azure::open(target, context),
        #[cfg(not(feature = "azure"))]
        "azure" => Err(left_out(target)),
        _ => Err(unsupported(target)),
    }
}

/// What is made up, because a variable is not set, is nothing to ask with.
fn set(target: &VaultTarget) -> Result<(), Finding> {
    let Some(first) = target.templated.unset.first() else {
        return Ok(());
    };
    let name = &target.name;
    let message = format!("the vault '{name}' is not asked: its {first} is made of a variable that is not set here");
    Err(Finding::new(Reason::UnsetVariable, message)
        .about(name)
        .help("set the variable that the template names"))
}

/// What is wrong about a secret's name or version, whatever the vault has: that needs no credentials.
fn malformed(target: &VaultTarget, wanted: &SecretRequest) -> Option<Finding> {
    let vault = &target.name;
    let found = match target.backend.as_str() {
        "fs" | "conjur" => split_resource(vault, &wanted.resource).err(),
        "hcv" => hcv::malformed(target, wanted),
        #[cfg(feature = "aws")]
        "aws" => aws::unfit(vault, wanted),
        #[cfg(feature = "gcp")]
        "gcp" => gcp::unfit(vault, wanted),
        #[cfg(feature = "azure")]
        "azure" => azure::unfit(vault, wanted),
        _ => None,
    };
    found.filter(|finding| finding.verdict() == Verdict::Malformed)
}

/// Names that a template fills in may be secrets of the machine: as credentials, they go to no address that a state file
/// says. Backends that ask nobody may have them.
fn trusted_with_names(target: &VaultTarget, context: &Context) -> Result<(), Finding> {
    let asks_nobody = matches!(target.backend.as_str(), "env" | "fs");
    let of_checker = |word: &&str| {
        target
            .get(word)
            .is_some_and(|setting| setting.origin == SettingOrigin::Operator)
    };
    let of_file = target
        .settings
        .values()
        .any(|setting| setting.origin > SettingOrigin::Live);
    let vouched = ADDRESSES.iter().any(of_checker) || context.hosts.allows_all();
    if !target.templated.resources || asks_nobody || !of_file || vouched {
        return Ok(());
    }
    let name = &target.name;
    let message = format!("the vault '{name}' is not asked: a template fills in what for, and a state file says where");
    let help = "say the address where the check runs (STRONGROOM_VAULT_<PREFIX>_ADDRESS), or trust all files: --references-hosts '*'";
    Err(Finding::new(Reason::UntrustedHost, message).about(name).help(help))
}

/// A reference that names a backend uses what the data planes' own settings say of it.
fn data_plane_settings(target: &VaultTarget) -> Finding {
    let backend = &target.name;
    let message = format!("'{backend}' is the backend itself, and how the data planes reach it is not said");
    Finding::new(Reason::DataPlaneSettings, message)
        .about(backend)
        .help(format!(
            "give the data planes' settings with --dp-conf FILE, or name a vault whose name is {backend}"
        ))
}

/// This build has no client of that cloud.
#[cfg(not(all(feature = "aws", feature = "gcp", feature = "azure")))]
fn left_out(target: &VaultTarget) -> Finding {
    let VaultTarget { name, backend, .. } = target;
    let message = format!("this build leaves out the backend '{backend}', which the vault '{name}' needs");
    Finding::new(Reason::UnsupportedBackend, message)
        .about(name)
        .help(format!(
            "build it with that feature: cargo install --path . --features {backend}"
        ))
}

fn unsupported(target: &VaultTarget) -> Finding {
    let VaultTarget { name, backend, .. } = target;
    let message = format!("secrets of the backend '{backend}' (vault '{name}') cannot be asked for from here");
    Finding::new(Reason::UnsupportedBackend, message)
        .about(name)
        .help(format!(
            "try its references on a data plane; a policy of its own, {}=off, leaves it out",
            checker::variable(name, "policy")
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
            says_how_to_get_it(backend);
        }
    }

    fn says_how_to_get_it(backend: &str) {
        let target = VaultTarget {
            name: format!("my-{backend}"),
            backend: backend.to_owned(),
            owned: true,
            by_name: false,
            filled: Filled::default(),
            settings: BTreeMap::new(),
        };
        let finding = open(&target, &Context::default()).err().expect("it is left out");
        assert_eq!(finding.reason, Reason::UnsupportedBackend);
        assert!(finding.message.contains(&format!("the vault 'my-{backend}'")));
        let features = format!("--features {backend}");
        assert!(finding.help.expect("what to do").contains(&features));
    }
}
