//! `gcp`: Google Secret Manager, by its one call `versions.access`, with credentials as Google's own tools find them.
//!
//! What Kong asks for is known from its documentation alone: the resource is the secret's name, no version is `latest`, and
//! `#N` the version N. What answers mean goes by the envelope of errors that all of Google's APIs have.

mod credentials;
mod federation;
mod giver;
mod key;
mod place;
mod refusal;
mod secrets;
mod signature;
mod token;
mod told;
mod trust;
mod wish;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use self::credentials::Login;
use self::place::Place;
use self::secrets::Secrets;
use self::wish::Wish;
use super::checker::own;
use super::http::{Access, Http};
use super::once::each_once;
use super::{Backend, Context};
use reference::{Finding, SecretRequest, SecretResponse, VaultTarget};

struct Gcp {
    secrets: Secrets,
    login: Login,
}

/// Secret Manager as the settings name it, if the credentials may be shown to it.
///
/// # Errors
/// What holds for all of the vault's secrets: settings that make no sense, an address that nobody vouches for.
pub fn open(target: &VaultTarget, context: &Context) -> Result<Box<dyn Backend>, Finding> {
    let place = Place::of(target, context)?;
    let access = Access {
        hidden: place.hidden,
        ca: own(target, "ca_cert")?,
        ..Access::new(&target.name, context.limit)
    };
    let secrets = Secrets {
        http: Http::new(&access)?,
        place,
        vault: target.name.clone(),
    };
    let login = Login::of(target, context)?;
    Ok(Box::new(Gcp { secrets, login }))
}

/// What is wrong about a secret that is wanted, whoever asks.
pub fn unfit(vault: &str, wanted: &SecretRequest) -> Option<Finding> {
    Wish::of(vault, wanted).err()
}

impl Backend for Gcp {
    fn fetch<'a>(&'a self, wanted: &'a [SecretRequest]) -> BoxFuture<'a, Vec<SecretResponse>> {
        let vault = &self.secrets.vault;
        let wishes = wanted.iter().map(|wanted| Wish::of(vault, wanted));
        let ask = async |wishes| Ok(self.secrets.fetch(&self.login.bearer().await?, wishes).await);
        each_once(vault, wishes, ask).boxed()
    }
}
