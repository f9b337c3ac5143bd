use reqwest::header::HeaderName;
use tokio::sync::OnceCell;
use url::Url;

use super::answer;
use super::login::{Login, Way};
use super::oauth::IdentityProvider;
use super::server::Server;
use crate::Context;
use crate::failure::Place;
use crate::http::{Access, Answer, Call, Http, JSON, json_object};
use crate::trusted::{trusted, verified};
use reference::{
    Destination, Finding, HostAllowlist, Reason, Secret, SettingOrigin, VaultTarget, allowlist_entry, allowlist_help,
    check_destination,
};

/// The header that bears a token.
const TOKEN: HeaderName = HeaderName::from_static("x-vault-token");

/// The header that names a namespace.
const NAMESPACE: HeaderName = HeaderName::from_static("x-vault-namespace");

/// Requests to one server, for which one login is enough.
pub struct Session {
    http: Http,
    vault: String,
    base: Url,
    namespace: Option<Secret>,
    hosts: HostAllowlist,
    /// Who says what is sent with every request.
    shown: Vec<SettingOrigin>,
    entrance: Entrance,
    token: OnceCell<Result<Secret, Finding>>,
}

/// A login, ready to be sent.
enum Entrance {
    Token(Secret),
    Wrapped(Url, Secret),
    Login {
        url: Url,
        members: Vec<(&'static str, Secret)>,
        jwt_from: Option<Box<IdentityProvider>>,
    },
}

impl Session {
    /// Makes ready to ask; nothing is sent yet.
    ///
    /// # Errors
    /// A credential would be shown to an address that nobody vouches for, or what is set of TLS cannot be used.
    pub fn open(target: &VaultTarget, server: &Server, login: Login, context: &Context) -> Result<Self, Finding> {
        let vault = &target.name;
        let address = Destination {
            url: server.base.clone(),
            origin: server.side,
            is_vendor_host: false,
        };
        verified(&login.shown, &address.url, target, &context.hosts)?;
        trusted(&login.shown, &address, &context.hosts, vault, server.hidden)?;
        let identity = login.identity.as_ref();
        let access = Access {
            hidden: server.hidden,
            ca: target.get("ca_cert").map(|setting| &setting.value),
            identity: identity.map(|(certificate, key)| (certificate, key)),
            verify: server.verify,
            ..Access::new(vault, context.limit)
        };
        Ok(Self {
            http: Http::new(&access)?,
            vault: vault.clone(),
            base: server.base.clone(),
            namespace: server.namespace.clone(),
            hosts: context.hosts.clone(),
            shown: login.shown,
            entrance: Entrance::of(login.way, server, context)?,
            token: OnceCell::new(),
        })
    }

    /// The place in messages.
    pub fn place(&self, url: &Url) -> Place {
        self.http.place(url)
    }

    /// Reads with the session's token, for which a login is made if there was none.
    ///
    /// # Errors
    /// No answer, or no token.
    pub async fn read(&self, url: Url) -> Result<Answer, Finding> {
        let token = self.token.get_or_init(|| self.log_in()).await.clone()?;
        self.send(Call::get(url).header(TOKEN, token)).await
    }

    async fn log_in(&self) -> Result<Secret, Finding> {
        match &self.entrance {
            Entrance::Token(token) => Ok(token.clone()),
            Entrance::Wrapped(url, token) => Err(self.look_at(url, token).await?),
            Entrance::Login { url, members, jwt_from } => {
                let mut members = members.clone();
                if let Some(provider) = jwt_from {
                    members.push(("jwt", provider.token().await?));
                }
                let answer = self.post(url, &members).await?;
                answer::token(&self.place(url), &answer)
            }
        }
    }

    /// Whether a wrapped secret_id is still there, without using it up.
    async fn look_at(&self, url: &Url, token: &Secret) -> Result<Finding, Finding> {
        let answer = self.post(url, &[("token", token.clone())]).await?;
        Ok(answer::wrapped(&self.place(url), answer.status))
    }

    async fn post(&self, url: &Url, members: &[(&'static str, Secret)]) -> Result<Answer, Finding> {
        self.send(Call::post(url.clone(), JSON, json_object(members))).await
    }

    /// Sends a request, and once more where a standby sends it to.
    async fn send(&self, call: Call) -> Result<Answer, Finding> {
        let call = match &self.namespace {
            Some(namespace) => call.header(NAMESPACE, namespace.clone()),
            None => call,
        };
        let answer = self.http.send(&call).await?;
        if !is_redirect(&answer) {
            return Ok(answer);
        }
        let to = self.next(&answer)?;
        let answer = self.http.send(&call.to(to)).await?;
        match is_redirect(&answer) {
            true => Err(self
                .place(&self.base)
                .nonsense("sends requests from one address to the next")),
            false => Ok(answer),
        }
    }

    /// Where a redirect leads, if a request may be sent there as it is.
    fn next(&self, answer: &Answer) -> Result<Url, Finding> {
        let from = self.place(&self.base);
        let plain =
            |url: &&Url| url.scheme() == self.base.scheme() && url.username().is_empty() && url.password().is_none();
        let to = answer.location.as_ref().filter(plain);
        let to = to.ok_or_else(|| from.nonsense("sends requests to another protocol, or to no address at all"))?;
        let home =
            to.host_str() == self.base.host_str() && to.port_or_known_default() == self.base.port_or_known_default();
        // what a server names is as little trusted as what a file names, unless it is the server itself
        let address = Destination {
            url: to.clone(),
            origin: if home {
                SettingOrigin::Operator
            } else {
                SettingOrigin::Repository
            },
            is_vendor_host: false,
        };
        let allowed = self
            .shown
            .iter()
            .all(|side| check_destination(*side, &address, &self.hosts, &self.vault).is_ok());
        match allowed {
            true => Ok(to.clone()),
            false => Err(elsewhere(&from, to)),
        }
    }
}

impl Entrance {
    fn of(way: Way, server: &Server, context: &Context) -> Result<Self, Finding> {
        let at = |path: &[String]| server.at(&path.iter().map(String::as_str).collect::<Vec<_>>());
        let login = |path: &[String], members, jwt_from| {
            Ok(Self::Login {
                url: at(path)?,
                members,
                jwt_from,
            })
        };
        match way {
            Way::Token(token) => Ok(Self::Token(token)),
            Way::Wrapped(token) => Ok(Self::Wrapped(server.at(&["sys", "wrapping", "lookup"])?, token)),
            Way::Post { path, members } => login(&path, members, None),
            Way::ByClient { client, path, members } => login(
                &path,
                members,
                Some(Box::new(IdentityProvider::open(client, &server.vault, context)?)),
            ),
        }
    }
}

fn elsewhere(from: &Place, to: &Url) -> Finding {
    let host = allowlist_entry(to);
    let what = format!(
        "sends requests on to {host}, as a standby does, and no credential is sent there unless you vouch for it"
    );
    let help = format!("{}, or name the active node", allowlist_help(&host));
    from.finding(Reason::UntrustedHost, &what).help(help)
}

fn is_redirect(answer: &Answer) -> bool {
    matches!(answer.status, 301 | 302 | 303 | 307 | 308)
}
