use std::collections::{BTreeMap, BTreeSet};

use azure_security_keyvault_secrets::SecretClient;
use futures_util::stream::{self, StreamExt};

use super::refusal::Refusal;
use crate::failure::Place;
use reference::{Finding, Reason, Secret, SecretRequest, SecretResponse};

/// How many secrets are read at a time.
const AT_ONCE: usize = 8;

/// The longest name of a secret ("Azure Key Vault: Objects, identifiers, and versioning").
const LONGEST: usize = 127;

/// The name of a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(String);

impl Name {
    /// What a reference asks for.
    ///
    /// # Errors
    /// A name that no secret of Azure's can have, or a version: those of Azure are no numbers.
    pub fn of(vault: &str, wanted: &SecretRequest) -> Result<Self, Finding> {
        let name = &wanted.resource;
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if !(1..=LONGEST).contains(&name.len()) || !name.bytes().all(fits) {
            return Err(no_name(vault, name));
        }
        match &wanted.version {
            None => Ok(Self(name.clone())),
            Some(version) => Err(no_version(vault, name, version)),
        }
    }
}

fn no_name(vault: &str, name: &str) -> Finding {
    let shown = name.escape_debug();
    let message = format!(
        "'{shown}' cannot be the name of a secret of the vault '{vault}': Azure takes letters, digits and hyphens only"
    );
    Finding::new(Reason::BadResource, message)
        .about(shown.to_string())
        .help("write the name as Azure has it, without slashes")
}

fn no_version(vault: &str, name: &str, version: &str) -> Finding {
    let message = format!(
        "the secret '{name}' of the vault '{vault}' cannot have a version '{version}': those of Azure are no numbers"
    );
    Finding::new(Reason::BadVersion, message)
        .about(name)
        .help("leave the part after # out: the latest version is read")
}

/// A vault, ready to be asked.
pub struct Secrets {
    /// The SDK's client.
    pub client: SecretClient,
    /// The vault and where it is, as messages say it.
    pub place: Place,
}

impl Secrets {
    /// An answer to each name. The first is asked for alone: it brings the token, or what is wrong with the whole vault.
    pub async fn fetch(&self, names: BTreeSet<Name>) -> BTreeMap<Name, SecretResponse> {
        let mut answers = BTreeMap::new();
        let mut names = names.into_iter();
        let Some(first) = names.next() else { return answers };
        let fetched = match self.one(&first).await {
            Ok(fetched) => fetched,
            Err(Refusal { finding, of_vault }) => {
                if of_vault {
                    answers.extend(
                        names
                            .by_ref()
                            .map(|name| (name, SecretResponse::Unavailable(finding.clone()))),
                    );
                }
                SecretResponse::Unavailable(finding)
            }
        };
        answers.insert(first, fetched);
        let rest = stream::iter(names).map(|name| async move {
            let refused = |refusal: Refusal| SecretResponse::Unavailable(refusal.finding);
            let fetched = self.one(&name).await.unwrap_or_else(refused);
            (name, fetched)
        });
        answers.extend(rest.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await);
        answers
    }

    async fn one(&self, name: &Name) -> Result<SecretResponse, Refusal> {
        let Name(name) = name;
        let answer = self.client.get_secret(name, None).await;
        let answer = answer.map_err(|error| Refusal::of(error, &self.place, name))?;
        let secret = answer.into_model().ok().and_then(|secret| secret.value);
        Ok(match secret {
            Some(value) => SecretResponse::Text(Secret::new(value)),
            None => SecretResponse::Unavailable(
                self.place
                    .nonsense("gives an answer without a value, which Azure does not do"),
            ),
        })
    }
}
