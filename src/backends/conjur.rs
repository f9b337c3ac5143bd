//! `conjur`: CyberArk Conjur, by API keys, the one way to log in that Kong has.
//!
//! How Kong asks is known from its documentation alone (the fields of the vault's config, slashes of an identifier as
//! `%2F`); paths, bodies and statuses are those of CyberArk's OpenAPI description 5.3.2 and its documentation. No real
//! server was at hand.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION};
use tokio::sync::OnceCell;
use url::Url;

use super::checker::variable;
use super::http::{Access, Answer, Call, Http};
use super::trusted::{trusted, verified};
use super::{Backend, Context};
use json::{Object, Value};
use reference::{
    Destination, Finding, Reason, Secret, SecretRequest, SecretResponse, SettingOrigin, VaultTarget, split_resource,
};
use schema::zeroize_value;

/// The words for the address: the checker's own, and Kong's.
const ADDRESS: [&str; 3] = ["address", "endpoint", "endpoint_url"];

/// How many variables one request names: a URL has its limits.
const BATCH: usize = 50;

/// How many single variables are read at a time.
const AT_ONCE: usize = 8;

struct Conjur {
    http: Http,
    vault: String,
    base: Url,
    account: String,
    login: String,
    api_key: Secret,
    token: OnceCell<Result<Secret, Finding>>,
}

/// The server that the settings name, if the API key may be shown to it.
///
/// # Errors
/// What holds for all of the vault's secrets: no API key, half a set, no address, or one that nobody vouches for.
pub fn open(target: &VaultTarget, context: &Context) -> Result<Box<dyn Backend>, Finding> {
    let key = target.get("api_key");
    let key = key.filter(|key| target.owned || target.is_backend_name || key.origin == SettingOrigin::Operator);
    let key = key.ok_or_else(|| no_credentials(target))?;
    let need = |word: &str| target.text(word).ok_or_else(|| lacking(target, word));
    let (account, login) = (need("account")?, need("login")?);
    let base = address(target)?;
    let notes = ["account", "login"].map(|word| {
        target
            .get(word)
            .map_or(SettingOrigin::Repository, |setting| setting.origin)
    });
    let notes = notes
        .into_iter()
        .filter(|side| matches!(side, SettingOrigin::Operator | SettingOrigin::Template));
    let shown: Vec<SettingOrigin> = [key.origin].into_iter().chain(notes).collect();
    let hidden = ADDRESS.iter().any(|word| target.is_templated(word));
    verified(&shown, &base.url, target, &context.hosts)?;
    trusted(&shown, &base, &context.hosts, &target.name, hidden)?;
    let access = Access {
        hidden,
        ca: target.get("ca_cert").map(|setting| &setting.value),
        ..Access::new(&target.name, context.limit)
    };
    Ok(Box::new(Conjur {
        http: Http::new(&access)?,
        vault: target.name.clone(),
        base: base.url,
        account: account.to_owned(),
        login: login.to_owned(),
        api_key: key.value.clone(),
        token: OnceCell::new(),
    }))
}

/// The checker's address; else the config's.
fn address(target: &VaultTarget) -> Result<Destination, Finding> {
    let said = ADDRESS.iter().find(|word| target.get(word).is_some());
    let word = said.ok_or_else(|| lacking(target, "endpoint_url"))?;
    let url = target.text(word).and_then(|text| text.parse::<Url>().ok());
    let plain =
        |url: &Url| matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    let url = url
        .filter(plain)
        .filter(|url| url.query().is_none() && url.fragment().is_none());
    let side = target.least_trusted_origin(&[word]);
    match url {
        Some(url) => Ok(Destination {
            url,
            origin: side,
            is_vendor_host: false,
        }),
        None => Err(bad_settings(target, &format!("{word} is no http or https URL"))),
    }
}

fn no_credentials(target: &VaultTarget) -> Finding {
    let vault = &target.name;
    let variable = variable(vault, "api_key");
    let message = format!("no API key is given for the vault '{vault}', so that it is not asked");
    Finding::new(Reason::NoCredentials, message)
        .about(vault)
        .help(format!("set {variable} where the check runs"))
}

fn lacking(target: &VaultTarget, word: &str) -> Finding {
    bad_settings(target, &format!("{word} is missing"))
}

fn bad_settings(target: &VaultTarget, what: &str) -> Finding {
    let vault = &target.name;
    Finding::new(
        Reason::BadSettings,
        format!("the vault '{vault}' cannot be asked: {what}"),
    )
    .about(vault)
    .help("correct the config of the vault, or what is said of it where the check runs")
}

impl Backend for Conjur {
    fn fetch<'a>(&'a self, wanted: &'a [SecretRequest]) -> BoxFuture<'a, Vec<SecretResponse>> {
        async move {
            let mut fetched: Vec<Option<SecretResponse>> = wanted.iter().map(|wanted| self.refused(wanted)).collect();
            let open = |fetched: &[Option<SecretResponse>]| -> Vec<usize> {
                (0..fetched.len()).filter(|at| fetched[*at].is_none()).collect()
            };
            let sound = open(&fetched);
            if sound.len() > 1 {
                for batch in sound.chunks(BATCH) {
                    let names = batch.iter().map(|at| wanted[*at].resource.as_str()).collect();
                    for (at, answer) in batch.iter().zip(self.together(names).await) {
                        fetched[*at] = answer;
                    }
                }
            }
            let single =
                stream::iter(open(&fetched)).map(|at| async move { (at, self.one(&wanted[at].resource).await) });
            let single: Vec<(usize, SecretResponse)> = single.buffered(AT_ONCE).collect().await;
            for (at, answer) in single {
                fetched[at] = Some(answer);
            }
            fetched.into_iter().flatten().collect()
        }
        .boxed()
    }
}

impl Conjur {
    /// What is never asked for.
    fn refused(&self, wanted: &SecretRequest) -> Option<SecretResponse> {
        if let Err(finding) = split_resource(&self.vault, &wanted.resource) {
            return Some(SecretResponse::Unavailable(finding));
        }
        let version = wanted.version.as_ref()?;
        let (vault, resource) = (&self.vault, &wanted.resource);
        let message =
            format!("what Kong makes of version {version} of '{resource}' in the vault '{vault}' is not documented");
        let finding = Finding::new(Reason::Undocumented, message).about(resource);
        Some(SecretResponse::Unavailable(
            finding.help("leave the part after # out: the latest version is meant"),
        ))
    }

    /// Several variables in one request; nothing of those that have to be asked for one by one. These are the ones that it
    /// does not answer for, and all of them if it fails because of one: only so can it be told which.
    async fn together(&self, resources: Vec<&str>) -> Vec<Option<SecretResponse>> {
        let id = |resource: &str| format!("{}:variable:{resource}", self.account);
        let encoded = |resource: &&str| utf8_percent_encode(&id(resource), NON_ALPHANUMERIC).to_string();
        let ids: Vec<String> = resources.iter().map(encoded).collect();
        let mut url = self.at(&["secrets"]);
        url.set_query(Some(&format!("variable_ids={}", ids.join(","))));
        let answer = match self.read(url.clone()).await {
            Ok(answer) => answer,
            Err(finding) => return vec![Some(SecretResponse::Unavailable(finding)); resources.len()],
        };
        match answer.status {
            200 => self.each(&answer, &resources),
            403 | 404 | 406 | 422 => vec![None; resources.len()],
            status => vec![Some(SecretResponse::Unavailable(self.failed(&url, status))); resources.len()],
        }
    }

    /// What the answer to a batch has for each.
    fn each(&self, answer: &Answer, resources: &[&str]) -> Vec<Option<SecretResponse>> {
        let Ok(mut found) = serde_json::from_slice::<Object>(answer.body.expose()) else {
            return vec![None; resources.len()];
        };
        let take = |resource: &&str| match found.remove(&format!("{}:variable:{resource}", self.account)) {
            Some(Value::String(text)) => Some(SecretResponse::Text(Secret::new(text.into_bytes()))),
            _ => None,
        };
        let taken = resources.iter().map(take).collect();
        found.values_mut().for_each(zeroize_value);
        taken
    }

    async fn one(&self, resource: &str) -> SecretResponse {
        let url = self.at(&["secrets", &self.account, "variable", resource]);
        match self.read(url.clone()).await {
            Ok(Answer { status: 200, body, .. }) => SecretResponse::Text(body),
            Ok(answer) => SecretResponse::Unavailable(self.refusal(&url, answer.status, resource)),
            Err(finding) => SecretResponse::Unavailable(finding),
        }
    }

    async fn read(&self, url: Url) -> Result<Answer, Finding> {
        let token = self.token.get_or_init(|| self.log_in()).await.clone()?;
        self.http.send(&Call::get(url).header(AUTHORIZATION, token)).await
    }

    /// The value of the header that a login yields: good for eight minutes, longer than all requests may take.
    async fn log_in(&self) -> Result<Secret, Finding> {
        let url = self.at(&["authn", &self.account, &self.login, "authenticate"]);
        let call = Call::post(url.clone(), "text/plain", self.api_key.clone());
        let answer = self
            .http
            .send(&call.header(ACCEPT_ENCODING, Secret::new("base64")))
            .await?;
        let place = self.http.place(&url);
        match answer.status {
            200 => Ok(header(&answer.body)),
            401 | 403 | 404 => Err(place
                .finding(
                    Reason::LoginRefused,
                    "refuses the login: account, login or API key is wrong",
                )
                .help("check account and login in the vault's config, and the API key")),
            status => Err(self.failed(&url, status)),
        }
    }

    /// An answer that has nothing to do with what was asked for.
    fn failed(&self, url: &Url, status: u16) -> Finding {
        let place = self.http.place(url);
        match status {
            401 => place
                .finding(Reason::LoginRefused, "takes the token of its own login for no good one")
                .help("check that the API key belongs to the login"),
            503 => place
                .finding(Reason::ServerError, "is not ready to answer")
                .help("try again when the server is up"),
            _ => place.nonsense(&format!("answers with status {status}")),
        }
    }

    fn refusal(&self, url: &Url, status: u16, resource: &str) -> Finding {
        let place = self.http.place(url);
        let (reason, what, help) = match status {
            403 => (
                Reason::PermissionDenied,
                format!("refuses to show the variable '{resource}', or it does not exist"),
                "let the policy permit this host to execute the variable",
            ),
            404 => (
                Reason::NoSuchSecret,
                format!("has no variable '{resource}', or none with a value"),
                "write the identifier as the policy has it, its slashes as %2F (a last segment is a JSON key), and load a value",
            ),
            406 => (
                Reason::BadContent,
                format!("holds no text in the variable '{resource}'"),
                "store it as text",
            ),
            422 => (
                Reason::BadResource,
                format!("takes '{resource}' for no variable's name"),
                "correct the name in the reference",
            ),
            _ => return self.failed(url, status),
        };
        place.finding(reason, &what).about(resource).help(help)
    }

    /// A path below the address: every segment is encoded by itself, slashes in it too.
    fn at(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }
}

/// The header's value for a token, which the server gives as base64 if it is asked to, and else as JSON.
fn header(token: &Secret) -> Secret {
    let bytes = token.expose().trim_ascii();
    let encoded = match bytes.first() {
        Some(b'{') => STANDARD.encode(bytes).into_bytes(),
        _ => bytes.to_vec(),
    };
    let encoded = Secret::new(encoded);
    Secret::new([b"Token token=\"", encoded.expose(), b"\""].concat())
}
