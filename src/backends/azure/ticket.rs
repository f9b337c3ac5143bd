use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use tokio::sync::OnceCell;

use super::connector::told;
use crate::failure::Place;
use crate::unanswered::unanswered;
use reference::Finding;

/// What follows the name of a resource in the scope of a token that is good for all that it does.
const ALL: &str = "/.default";

/// A token for one vault: got once, whatever becomes of it, and only for what a vault takes. A server says itself what
/// tokens it wants; one that lies would get one for something else of Azure's.
pub struct Ticket {
    credential: Arc<dyn TokenCredential>,
    limit: Option<(Duration, Finding)>,
    resources: Vec<&'static str>,
    place: Place,
    given: OnceCell<Result<AccessToken, Finding>>,
}

impl Ticket {
    /// None is got yet. What is not there within a limit is not waited for.
    pub fn new(
        credential: Arc<dyn TokenCredential>,
        limit: Option<(Duration, Finding)>,
        resources: Vec<&'static str>,
        place: Place,
    ) -> Self {
        Self {
            credential,
            limit,
            resources,
            place,
            given: OnceCell::new(),
        }
    }

    async fn get(&self, resource: &str) -> Result<AccessToken, Finding> {
        let scope = format!("{resource}{ALL}");
        let scopes = [scope.as_str()];
        let getting = self.credential.get_token(&scopes, None);
        let got = match &self.limit {
            None => getting.await,
            Some((limit, none)) => match tokio::time::timeout(*limit, getting).await {
                Ok(Ok(token)) => Ok(token),
                Ok(Err(_)) | Err(_) => return Err(none.clone()),
            },
        };
        match got {
            Ok(token) if !token.token.secret().is_empty() => Ok(token),
            Ok(_) => Err(self.nonsense()),
            Err(error) => Err(unanswered(&error).unwrap_or_else(|| self.nonsense())),
        }
    }

    fn nonsense(&self) -> Finding {
        self.place
            .nonsense("cannot be logged in to: the login gives an answer without a token")
    }

    fn lured(&self) -> Finding {
        self.place
            .nonsense("wants a token that is not for the vaults of its cloud of Azure")
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket")
    }
}

#[async_trait]
impl TokenCredential for Ticket {
    async fn get_token(&self, scopes: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let resource = |scope: &&str| {
            let resource = scope.strip_suffix(ALL)?.trim_end_matches('/');
            self.resources.iter().copied().find(|known| *known == resource)
        };
        let resource = match scopes {
            [scope] => resource(scope),
            _ => None,
        };
        let resource = resource.ok_or_else(|| told(self.lured()))?;
        let given = self.given.get_or_init(|| self.get(resource)).await;
        given.clone().map_err(told)
    }
}
