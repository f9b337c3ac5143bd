use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use secrecy::SecretString;

use super::args::GlobalArgs;
use super::command_error::CommandError;
use super::printer::print_stderr;
use super::report::render_warning;
use control_plane::{
    Client, Dialect, HttpSettings, HttpTransport, Request, RequestError, Response, SystemClock, Transport,
    TransportError,
};
use embedded::{Database, EmbeddedControlPlane, EmbeddedOptions, EmbeddedTransport};
use schema::Catalog;

/// A client of the control plane.
pub(crate) type Connection = Client<AnyTransport, SystemClock>;

pub(crate) enum AnyTransport {
    Http(HttpTransport),
    /// A control plane in this process.
    Embedded(EmbeddedTransport),
}

impl Transport for AnyTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        match self {
            Self::Http(transport) => transport.send(request).await,
            Self::Embedded(transport) => transport.send(request).await,
        }
    }
}

/// Makes a client of the control plane that the command line names; nothing is sent yet.
///
/// # Errors
/// An address, a file or a certificate that cannot be used; a database that cannot be opened.
pub(crate) fn connect(global: &GlobalArgs, catalog: &Arc<Catalog>) -> Result<Connection, CommandError> {
    reject_konnect(global)?;
    let transport = match parse_embedded_address(&global.kong_addr) {
        Some(database) => AnyTransport::Embedded(open_embedded(database, catalog)?),
        None => AnyTransport::Http(build_http_transport(global)?),
    };
    match &transport {
        AnyTransport::Http(http) => tracing::info!(address = %http.base_url(), "the control plane"),
        AnyTransport::Embedded(_) => tracing::info!("the control plane is embedded"),
    }
    let dialect = Dialect::Gateway {
        workspace: global.workspace.clone().filter(|name| name != "default"),
    };
    Ok(
        Client::new(transport, SystemClock, dialect, usize::from(global.parallelism))
            .with_long_wait_notice(print_long_wait),
    )
}

fn print_long_wait(error: &RequestError, delay: Duration) {
    print_stderr(&render_warning(&format!(
        "asked to wait {} s by the control plane ({error}); Ctrl-C ends it",
        delay.as_secs()
    )));
}

pub(crate) fn is_embedded(global: &GlobalArgs) -> bool {
    parse_embedded_address(&global.kong_addr).is_some()
}

/// The database that an address of the embedded control plane names.
fn parse_embedded_address(address: &str) -> Option<Database> {
    match address.strip_prefix("embedded")? {
        "" => Some(Database::Memory),
        file => Some(Database::File(file.strip_prefix(':')?.into())),
    }
}

fn open_embedded(database: Database, catalog: &Arc<Catalog>) -> Result<EmbeddedTransport, CommandError> {
    let options = EmbeddedOptions {
        database,
        ..EmbeddedOptions::default()
    };
    let control_plane = EmbeddedControlPlane::open(catalog.clone(), options).map_err(CommandError::failed)?;
    Ok(EmbeddedTransport::new(Arc::new(control_plane)))
}

fn build_http_transport(global: &GlobalArgs) -> Result<HttpTransport, CommandError> {
    let settings = HttpSettings {
        headers: global
            .headers
            .iter()
            .map(|header| parse_header(header))
            .collect::<Result<_, _>>()?,
        token: global.kong_admin_token.clone().map(SecretString::from),
        ca_certificates: text_or_file(&global.ca_cert, global.ca_cert_file.as_deref())?.map(String::into_bytes),
        client_identity: client_identity(global)?,
        server_name: global.tls_server_name.clone(),
        tls_skip_verify: global.tls_skip_verify,
        timeout: Duration::from_secs(global.timeout),
        cookie_jar: read_optional_file(global.kong_cookie_jar_path.as_deref())?.map(SecretString::from),
        max_connections: usize::from(global.parallelism),
        ..HttpSettings::new(global.kong_addr.as_str())
    };
    HttpTransport::new(&settings).map_err(CommandError::invalid_input)
}

fn parse_header(header: &str) -> Result<(String, SecretString), CommandError> {
    let (name, value) = header
        .split_once(':')
        .ok_or_else(|| CommandError::invalid_input(anyhow!("a header of --headers is not of the form NAME:VALUE")))?;
    Ok((name.trim().to_owned(), SecretString::from(value.trim().to_owned())))
}

fn client_identity(global: &GlobalArgs) -> Result<Option<(SecretString, SecretString)>, CommandError> {
    let certificate = text_or_file(&global.tls_client_cert, global.tls_client_cert_file.as_deref())?;
    let key = text_or_file(&global.tls_client_key, global.tls_client_key_file.as_deref())?;
    match (certificate, key) {
        (Some(certificate), Some(key)) => Ok(Some((certificate.into(), key.into()))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(CommandError::invalid_input(anyhow!(
            "a client certificate needs its key (--tls-client-key or --tls-client-key-file)"
        ))),
        (None, Some(_)) => Err(CommandError::invalid_input(anyhow!(
            "a client key needs its certificate (--tls-client-cert or --tls-client-cert-file)"
        ))),
    }
}

/// The text, or else that of the file.
fn text_or_file(text: &Option<String>, file: Option<&Path>) -> Result<Option<String>, CommandError> {
    match text {
        Some(text) => Ok(Some(text.clone())),
        None => read_optional_file(file),
    }
}

fn read_optional_file(file: Option<&Path>) -> Result<Option<String>, CommandError> {
    let Some(path) = file else { return Ok(None) };
    std::fs::read_to_string(path)
        .map(Some)
        .with_context(|| format!("cannot read {}", path.display()))
        .map_err(CommandError::invalid_input)
}

/// Refuses a command line by which decK would talk to Konnect, with a token and no gateway: this program would talk to the
/// default gateway, which nobody meant.
fn reject_konnect(global: &GlobalArgs) -> Result<(), CommandError> {
    let flags = &global.accepted;
    let names_konnect =
        flags.konnect_token.is_some() || flags.konnect_token_file.is_some() || flags.konnect_addr.is_some();
    if names_konnect && !global.has_control_plane() {
        return Err(CommandError::invalid_input(anyhow!(
            "Konnect cannot be talked to yet: name a gateway with --kong-addr, or leave the flags of Konnect away"
        )));
    }
    Ok(())
}
