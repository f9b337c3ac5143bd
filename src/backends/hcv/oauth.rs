use super::login::OauthClient;
use super::response;
use crate::BackendContext;
use crate::destination_check::check_credential_destination;
use crate::request_body::{FORM_CONTENT_TYPE, encode_form};
use crate::vault_http::{VaultHttpClient, VaultHttpOptions, VaultHttpRequest};
use reference::{Destination, Finding, Secret};

/// An OAuth 2 server that gives JWTs for client credentials (RFC 6749, 4.4, with the credentials in the body). The vault's
/// settings of TLS do not apply to it.
pub(crate) struct IdentityProvider {
    http: VaultHttpClient,
    client: OauthClient,
}

impl IdentityProvider {
    /// # Errors
    /// The client's credentials would be sent to an address that is not allowed.
    pub(crate) fn new(client: OauthClient, vault: &str, context: &BackendContext) -> Result<Self, Finding> {
        let destination = Destination {
            url: client.endpoint.clone(),
            origin: client.endpoint_origin,
            is_vendor_host: false,
        };
        check_credential_destination(
            &client.credential_origins,
            &destination,
            &context.allowed_hosts,
            vault,
            client.is_endpoint_hidden,
        )?;
        let options = VaultHttpOptions {
            is_host_hidden: client.is_endpoint_hidden,
            is_login: true,
            ..VaultHttpOptions::new(vault, context.timeout)
        };
        let http = VaultHttpClient::new(&options)?;
        Ok(Self { http, client })
    }

    /// # Errors
    /// No response, or a rejection.
    pub(crate) async fn fetch_token(&self) -> Result<Secret, Finding> {
        let OauthClient {
            endpoint,
            client_id,
            client_secret,
            audiences,
            ..
        } = &self.client;
        let mut members = vec![
            ("grant_type", Secret::new("client_credentials")),
            ("client_id", client_id.clone()),
            ("client_secret", client_secret.clone()),
        ];
        members.extend(audiences.clone().map(|audiences| ("audience", audiences)));
        let response = self
            .http
            .send_with_retry(&VaultHttpRequest::post(
                endpoint.clone(),
                FORM_CONTENT_TYPE,
                encode_form(&members),
            ))
            .await?;
        response::parse_access_token(&self.http.endpoint(endpoint), &response)
    }
}
