use super::login::OauthClient;
use super::response;
use crate::BackendContext;
use crate::destination_check::check_credential_destination;
use crate::request_body::{FORM_CONTENT_TYPE, encode_form};
use crate::vault_http::{VaultHttpClient, VaultHttpOptions, VaultHttpRequest};
use reference::{Destination, Finding, Secret};

/// A server that gives JWTs for the credentials of a client, as RFC 6749 describes it (4.4, with the client's credentials
/// in the body). It is reached without what is set of the vault's own TLS, and never follows redirects.
pub struct IdentityProvider {
    http: VaultHttpClient,
    client: OauthClient,
}

impl IdentityProvider {
    /// Makes ready to ask.
    ///
    /// # Errors
    /// The client's credentials would be shown to an address that nobody vouches for.
    pub fn new(client: OauthClient, vault: &str, context: &BackendContext) -> Result<Self, Finding> {
        let address = Destination {
            url: client.endpoint.clone(),
            origin: client.endpoint_origin,
            is_vendor_host: false,
        };
        check_credential_destination(
            &client.credential_origins,
            &address,
            &context.allowed_hosts,
            vault,
            client.is_endpoint_hidden,
        )?;
        let access = VaultHttpOptions {
            is_host_hidden: client.is_endpoint_hidden,
            is_login: true,
            ..VaultHttpOptions::new(vault, context.timeout)
        };
        let http = VaultHttpClient::new(&access)?;
        Ok(Self { http, client })
    }

    /// A JWT.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn fetch_token(&self) -> Result<Secret, Finding> {
        let OauthClient {
            endpoint,
            client_id: id,
            client_secret: secret,
            audiences,
            ..
        } = &self.client;
        let mut members = vec![
            ("grant_type", Secret::new("client_credentials")),
            ("client_id", id.clone()),
            ("client_secret", secret.clone()),
        ];
        members.extend(audiences.clone().map(|audiences| ("audience", audiences)));
        let answer = self
            .http
            .send_with_retry(&VaultHttpRequest::post(
                endpoint.clone(),
                FORM_CONTENT_TYPE,
                encode_form(&members),
            ))
            .await?;
        response::parse_access_token(&self.http.endpoint(endpoint), &answer)
    }
}
