use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use tokio::sync::OnceCell;

use super::connector::to_sdk_error;
use crate::sdk_error::carried_finding;
use crate::vault_endpoint::VaultEndpoint;
use reference::Finding;

/// Follows the name of a resource in the scope of a token for all of its permissions.
const DEFAULT_SCOPE_SUFFIX: &str = "/.default";

/// A token for one vault: requested once, even if that fails, and only for resources that a vault takes. A server names the
/// resource itself; one that lies would get a token for something else of Azure's.
pub(crate) struct ScopedTokenCredential {
    credential: Arc<dyn TokenCredential>,
    timeout: Option<(Duration, Finding)>,
    resources: Vec<&'static str>,
    endpoint: VaultEndpoint,
    token: OnceCell<Result<AccessToken, Finding>>,
}

impl ScopedTokenCredential {
    /// Requests nothing yet.
    pub(crate) fn new(
        credential: Arc<dyn TokenCredential>,
        timeout: Option<(Duration, Finding)>,
        resources: Vec<&'static str>,
        endpoint: VaultEndpoint,
    ) -> Self {
        Self {
            credential,
            timeout,
            resources,
            endpoint,
            token: OnceCell::new(),
        }
    }

    async fn request_token(&self, resource: &str) -> Result<AccessToken, Finding> {
        let scope = format!("{resource}{DEFAULT_SCOPE_SUFFIX}");
        let scopes = [scope.as_str()];
        let request = self.credential.get_token(&scopes, None);
        let result = match &self.timeout {
            None => request.await,
            Some((timeout, finding)) => match tokio::time::timeout(*timeout, request).await {
                Ok(Ok(token)) => Ok(token),
                Ok(Err(_)) | Err(_) => return Err(finding.clone()),
            },
        };
        match result {
            Ok(token) if !token.token.secret().is_empty() => Ok(token),
            Ok(_) => Err(self.no_token_finding()),
            Err(error) => Err(carried_finding(&error).unwrap_or_else(|| self.no_token_finding())),
        }
    }

    fn no_token_finding(&self) -> Finding {
        self.endpoint
            .unexpected_response_finding("cannot be logged in to: the login gives an answer without a token")
    }

    fn foreign_resource_finding(&self) -> Finding {
        self.endpoint
            .unexpected_response_finding("wants a token that is not for the vaults of its cloud of Azure")
    }
}

impl fmt::Debug for ScopedTokenCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScopedTokenCredential")
    }
}

#[async_trait]
impl TokenCredential for ScopedTokenCredential {
    async fn get_token(&self, scopes: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let resource = |scope: &&str| {
            let resource = scope.strip_suffix(DEFAULT_SCOPE_SUFFIX)?.trim_end_matches('/');
            self.resources.iter().copied().find(|known| *known == resource)
        };
        let resource = match scopes {
            [scope] => resource(scope),
            _ => None,
        };
        let resource = resource.ok_or_else(|| to_sdk_error(self.foreign_resource_finding()))?;
        let token = self.token.get_or_init(|| self.request_token(resource)).await;
        token.clone().map_err(to_sdk_error)
    }
}
