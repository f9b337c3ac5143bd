//! `azure`: Azure Key Vault, through Microsoft's own SDK.
//!
//! What Kong asks for is known from its documentation alone: the resource is the secret's name, and its latest version is
//! read, for the versions of Azure are no numbers. Statuses and codes are those of recorded answers, and of Microsoft's
//! documentation ("Azure Key Vault REST API error codes", "Microsoft Entra authentication and authorization error codes").
//! What a secret's `nbf` and `exp` say is for people: Azure gives its value before the one and after the other ("About
//! Azure Key Vault secrets: Date-time controlled operations").

mod addresses;
mod connector;
mod entra;
mod identity;
mod login;
mod refusal;
mod secrets;
mod ticket;

use std::sync::Arc;

use azure_security_keyvault_secrets::{SecretClient, SecretClientOptions};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use self::addresses::Addresses;
use self::connector::{Connector, options};
use self::entra::Entra;
use self::login::Login;
use self::secrets::{Name, Secrets};
use self::ticket::Ticket;
use super::checker::{own, unusable};
use super::failure::Place;
use super::http::{Access, Http};
use super::once::each_once;
use super::{Backend, Context};
use reference::{Finding, SecretRequest, SecretResponse, VaultTarget};

struct Azure {
    vault: String,
    addresses: Addresses,
    login: Login,
    connector: Connector,
    entra: Connector,
}

/// The vault that the settings name, if the credentials may be shown to it.
///
/// # Errors
/// What holds for all of the vault's secrets: settings that make no sense, an address that nobody vouches for, no
/// credentials.
pub fn open(target: &VaultTarget, context: &Context) -> Result<Box<dyn Backend>, Finding> {
    let addresses = Addresses::of(target, context)?;
    let login = Login::of(target, context)?;
    let ca = own(target, "ca_cert")?;
    let connector = |login: bool| {
        let access = Access {
            hidden: addresses.hidden && !login,
            login,
            ca,
            ..Access::new(&target.name, context.limit)
        };
        Http::new(&access).map(Connector::new)
    };
    Ok(Box::new(Azure {
        vault: target.name.clone(),
        connector: connector(false)?,
        entra: connector(true)?,
        addresses,
        login,
    }))
}

/// What is wrong about a secret that is wanted, whoever asks.
pub fn unfit(vault: &str, wanted: &SecretRequest) -> Option<Finding> {
    Name::of(vault, wanted).err()
}

impl Backend for Azure {
    fn fetch<'a>(&'a self, wanted: &'a [SecretRequest]) -> BoxFuture<'a, Vec<SecretResponse>> {
        let names = wanted.iter().map(|wanted| Name::of(&self.vault, wanted));
        let ask = async |names| Ok(self.secrets()?.fetch(names).await);
        each_once(&self.vault, names, ask).boxed()
    }
}

impl Azure {
    fn secrets(&self) -> Result<Secrets, Finding> {
        let way = Entra::new(self.entra.clone(), &self.addresses.login);
        let credential = self.login.credential(&self.vault, &self.addresses.login, way)?;
        let ticket = Ticket::new(
            credential,
            self.login.limit(),
            self.addresses.resources().collect(),
            self.place(),
        );
        let settings = SecretClientOptions {
            client_options: options(Arc::new(self.connector.clone())),
            // what a token is for is checked before it is asked for: see the ticket
            verify_challenge_resource: Some(false),
            ..SecretClientOptions::default()
        };
        let client = SecretClient::new(self.addresses.vault.as_str(), Arc::new(ticket), Some(settings));
        let client = client.map_err(|_| unusable(&self.vault, "its address is none that Azure could have"))?;
        Ok(Secrets {
            client,
            place: self.place(),
        })
    }

    fn place(&self) -> Place {
        Place::new(&self.vault, &self.addresses.vault, self.addresses.hidden)
    }
}
