//! What responses mean: by status and shape, never by text, which differs between versions and may repeat what was sent.
//! Recorded from Vault 1.14.1 and 1.21.0.

use zeroize::Zeroizing;

use super::server::HcvServer;
use crate::vault_endpoint::VaultEndpoint;
use crate::vault_http::VaultHttpResponse;
use json::Value;
use reference::{Finding, Reason, Secret, SecretRequest, ZeroizingValue};

/// Reads the response to the request for a secret.
pub(crate) struct HcvResponseReader<'a> {
    pub(crate) endpoint: VaultEndpoint,
    pub(crate) server: &'a HcvServer,
    pub(crate) request: &'a SecretRequest,
}

impl HcvResponseReader<'_> {
    /// The members of the secret, as a JSON object's text.
    ///
    /// # Errors
    /// What the response means instead.
    pub(crate) fn read_object(&self, response: &VaultHttpResponse) -> Result<Secret, Finding> {
        let body = ZeroizingValue::parse(response.body.expose());
        let body = body.as_ref().map(ZeroizingValue::value);
        match response.status {
            200 => self.extract_object(body, response.body.expose().len()),
            404 => Err(self.not_found_finding(body)),
            401 | 403 => Err(self.permission_denied_finding()),
            status => Err(status_finding(&self.endpoint, status, is_vault_response(body))),
        }
    }

    fn extract_object(&self, body: Option<&Value>, size: usize) -> Result<Secret, Finding> {
        let not_vault = || {
            self.endpoint
                .unexpected_response_finding("gives an answer that is none of a Vault")
        };
        let data = body.and_then(|body| body.get("data")).ok_or_else(not_vault)?;
        let members = match self.server.is_kv2 {
            // a version 1 mount may hold a secret whose name begins with `data/`
            true => data.get("data").ok_or_else(|| self.wrong_kv_version_finding())?,
            false => data,
        };
        let mut text = Zeroizing::new(Vec::with_capacity(size));
        serde_json::to_writer(&mut *text, members).map_err(|_| not_vault())?;
        Ok(Secret::from(text))
    }

    /// A plain 404 is a secret, or a version, that never was; with data it was deleted; with warnings the mount is of the
    /// other version; with errors there is no mount.
    fn not_found_finding(&self, body: Option<&Value>) -> Finding {
        let part = |name: &str| body.and_then(|body| body.get(name));
        let metadata = part("data").and_then(|data| data.get("metadata"));
        if let Some(metadata) = metadata {
            return self.deleted_version_finding(metadata);
        }
        match (part("errors"), part("warnings")) {
            (Some(Value::Array(errors)), _) if errors.is_empty() => self.missing_secret_finding(),
            (Some(Value::Array(_)), _) => self.no_mount_finding(),
            (None, Some(Value::Array(_))) => self.wrong_kv_version_finding(),
            _ => self
                .endpoint
                .unexpected_response_finding("gives an answer that is none of a Vault"),
        }
    }

    fn missing_secret_finding(&self) -> Finding {
        let (resource, mount, endpoint) = (&self.request.resource, self.server.describe_mount(), &self.endpoint);
        let (reason, message) = match &self.request.version {
            Some(version) if self.server.is_kv2 => (
                Reason::NoSuchVersion,
                format!(
                    "there is no version {version} of the secret '{resource}' in {mount} of {endpoint}, or no such secret"
                ),
            ),
            _ => (
                Reason::NoSuchSecret,
                format!("there is no secret '{resource}' in {mount} of {endpoint}"),
            ),
        };
        let help = "write it, or correct the reference: its last segment is the key, all before it the secret's name";
        let finding = self.finding(reason, message);
        match self.server.is_kv2 {
            // to a version 2 path that it does not have, a version 1 mount responds alike
            true => finding.help(format!(
                "{help}; if the mount is KV v1, set config.kv of the vault to v1"
            )),
            false => finding.help(help),
        }
    }

    fn deleted_version_finding(&self, metadata: &Value) -> Finding {
        let resource = &self.request.resource;
        let which = match &self.request.version {
            Some(version) => format!("version {version} of the secret '{resource}'"),
            None => format!("the latest version of the secret '{resource}'"),
        };
        let endpoint = &self.endpoint;
        if metadata.get("destroyed") == Some(&Value::Bool(true)) {
            return self
                .finding(Reason::DestroyedVersion, format!("{which} was destroyed in {endpoint}"))
                .help("it cannot be brought back: write a new version");
        }
        let deleted_at = metadata.get("deletion_time").and_then(Value::as_str);
        let deleted_at = deleted_at.and_then(|text| text.parse::<jiff::Timestamp>().ok());
        let when = deleted_at
            .map(|deleted_at| format!(" on {deleted_at:.0}"))
            .unwrap_or_default();
        self.finding(
            Reason::DeletedVersion,
            format!("{which} was deleted in {endpoint}{when}"),
        )
        .help("undelete it, or write a new version")
    }

    fn wrong_kv_version_finding(&self) -> Finding {
        let (mount, endpoint) = (self.server.describe_mount(), &self.endpoint);
        let (actual, configured) = if self.server.is_kv2 { ("v1", "v2") } else { ("v2", "v1") };
        self.finding(
            Reason::WrongMountVersion,
            format!("{mount} of {endpoint} is KV {actual}, the vault says {configured}"),
        )
        .help(format!("set config.kv of the vault to {actual}"))
    }

    fn no_mount_finding(&self) -> Finding {
        let (mount, endpoint) = (self.server.describe_mount(), &self.endpoint);
        let namespace = if self.server.namespace.is_some() {
            " in that namespace"
        } else {
            ""
        };
        self.finding(
            Reason::NoSuchMount,
            format!("{endpoint} has nothing mounted{namespace} that would be {mount}"),
        )
        .help("correct config.mount of the vault, or mount a key-value engine there")
    }

    fn permission_denied_finding(&self) -> Finding {
        let (resource, endpoint) = (&self.request.resource, &self.endpoint);
        let finding = self.finding(
            Reason::PermissionDenied,
            format!("{endpoint} denies these credentials the secret '{resource}', or it does not exist"),
        );
        match self.server.policy_path(resource) {
            Some(path) => finding.help(format!(
                "let their policy read {path}, or give credentials that are still good"
            )),
            None => finding.help("let their policy read it, or give credentials that are still good"),
        }
    }

    fn finding(&self, reason: Reason, message: String) -> Finding {
        Finding::new(reason, message).about(self.request.resource.clone())
    }
}

/// The token of a login.
///
/// # Errors
/// A rejection, or a login that wants a second factor.
pub(crate) fn parse_login_token(endpoint: &VaultEndpoint, response: &VaultHttpResponse) -> Result<Secret, Finding> {
    let body = ZeroizingValue::parse(response.body.expose());
    let body = body.as_ref().map(ZeroizingValue::value);
    match response.status {
        200 => {
            let token = body.and_then(|body| body.get("auth")?.get("client_token")?.as_str());
            let token = token.filter(|token| !token.is_empty());
            token.map(|token| Secret::new(token.as_bytes())).ok_or_else(|| {
                endpoint
                    .finding(Reason::UnsupportedLogin, "gives no token for these credentials alone")
                    .help("give the check credentials that need no second factor")
            })
        }
        400 | 401 | 403 | 404 | 405 | 500 if is_vault_response(body) => Err(login_refused_finding(endpoint)),
        status => Err(status_finding(endpoint, status, is_vault_response(body))),
    }
}

/// The token of an OAuth 2 server (RFC 6749, 5.1 and 5.2).
///
/// # Errors
/// A rejection.
pub(crate) fn parse_access_token(endpoint: &VaultEndpoint, response: &VaultHttpResponse) -> Result<Secret, Finding> {
    let body = ZeroizingValue::parse(response.body.expose());
    let token = body
        .as_ref()
        .and_then(|body| body.value().get("access_token")?.as_str());
    match (response.status, token) {
        (200, Some(token)) => Ok(Secret::new(token.as_bytes())),
        (400 | 401 | 403, _) => Err(endpoint
            .finding(
                Reason::LoginRefused,
                "gets no token: the OAuth 2 server refuses the client's credentials",
            )
            .help("correct the client's name, secret and audiences")),
        _ => {
            Err(endpoint
                .unexpected_response_finding("gets no token: the endpoint does not answer as an OAuth 2 server"))
        }
    }
}

/// What looking up a wrapped secret_id shows.
pub(crate) fn wrapped_secret_id_finding(endpoint: &VaultEndpoint, status: u16) -> Finding {
    match status {
        200 => endpoint
            .finding(
                Reason::UnsupportedLogin,
                "is not asked: its secret_id is wrapped, and whoever unwraps it uses it up; it is still good",
            )
            .help("give the check credentials of its own"),
        400 | 403 | 404 => endpoint
            .finding(
                Reason::LoginRefused,
                "does not know the wrapped secret_id: it is used up or expired",
            )
            .help("wrap a new one; if it is not wrapped, set approle_response_wrapping to false"),
        status => status_finding(endpoint, status, true),
    }
}

fn login_refused_finding(endpoint: &VaultEndpoint) -> Finding {
    endpoint
        .finding(Reason::LoginRefused, "refuses the credentials")
        .help("check that they are still good, the role, and the path of the login")
}

/// What any request may meet.
fn status_finding(endpoint: &VaultEndpoint, status: u16, is_vault: bool) -> Finding {
    match status {
        503 if is_vault => endpoint
            .finding(Reason::Sealed, "is sealed, or not initialised")
            .help("unseal it, then run again"),
        472 | 473 => endpoint
            .finding(Reason::Sealed, "is a standby that answers no reads")
            .help("name the active node"),
        401 | 403 => endpoint.unexpected_response_finding("is behind something that refuses the request"),
        400..=499 => endpoint.unexpected_response_finding(&format!("refuses the request with status {status}")),
        _ => endpoint
            .finding(
                Reason::ServerError,
                &format!("answers that it is broken, with status {status}"),
            )
            .help("look into its logs, then run again"),
    }
}

/// Whether a body is of Vault rather than of a proxy.
fn is_vault_response(body: Option<&Value>) -> bool {
    body.is_some_and(|body| body.get("errors").is_some_and(Value::is_array))
}
