use super::answer;
use super::login::OauthClient;
use crate::Context;
use crate::http::{Access, Call, FORM, Http, form};
use crate::trusted::trusted;
use reference::{Destination, Finding, Secret};

/// A server that gives JWTs for the credentials of a client, as RFC 6749 describes it (4.4, with the client's credentials
/// in the body). It is reached without what is set of the vault's own TLS, and never follows redirects.
pub struct IdentityProvider {
    http: Http,
    client: OauthClient,
}

impl IdentityProvider {
    /// Makes ready to ask.
    ///
    /// # Errors
    /// The client's credentials would be shown to an address that nobody vouches for.
    pub fn open(client: OauthClient, vault: &str, context: &Context) -> Result<Self, Finding> {
        let address = Destination {
            url: client.endpoint.clone(),
            origin: client.side,
            is_vendor_host: false,
        };
        trusted(&client.shown, &address, &context.hosts, vault, client.hidden)?;
        let access = Access {
            hidden: client.hidden,
            login: true,
            ..Access::new(vault, context.limit)
        };
        let http = Http::new(&access)?;
        Ok(Self { http, client })
    }

    /// A JWT.
    ///
    /// # Errors
    /// No answer, or a refusal.
    pub async fn token(&self) -> Result<Secret, Finding> {
        let OauthClient {
            endpoint,
            id,
            secret,
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
            .send(&Call::post(endpoint.clone(), FORM, form(&members)))
            .await?;
        answer::access_token(&self.http.place(endpoint), &answer)
    }
}
