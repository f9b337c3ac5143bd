use std::path::PathBuf;

use clap::{ArgAction, Args};

use super::deck_compat::CompatGlobalArgs;

/// The control plane, if the command line names none.
const DEFAULT_ADDRESS: &str = "http://localhost:8001";

const CONNECTION_HEADING: &str = "Control plane";

/// What holds for every command: whom to talk to and how to print.
#[derive(Args, Clone)]
pub(crate) struct GlobalArgs {
    /// The control plane: an address of the Admin API, `embedded` (in memory) or `embedded:FILE`
    #[arg(long, global = true, value_name = "URL", default_value = DEFAULT_ADDRESS, help_heading = CONNECTION_HEADING)]
    pub(crate) kong_addr: String,

    /// A header sent with every request, `NAME:VALUE`; may be repeated
    #[arg(long, global = true, value_name = "NAME:VALUE", action = ArgAction::Append, help_heading = CONNECTION_HEADING)]
    pub(crate) headers: Vec<String>,

    /// The token sent as `Kong-Admin-Token`
    #[arg(long, allow_hyphen_values = true, global = true, value_name = "TOKEN", hide_env_values = true, help_heading = CONNECTION_HEADING)]
    pub(crate) kong_admin_token: Option<String>,

    /// The workspace; open source has `default` only
    #[arg(short, long, global = true, value_name = "NAME", help_heading = CONNECTION_HEADING)]
    pub(crate) workspace: Option<String>,

    /// How many seconds a request may take
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..), help_heading = CONNECTION_HEADING)]
    pub(crate) timeout: u64,

    /// How many requests are under way at once
    #[arg(long, global = true, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..), help_heading = CONNECTION_HEADING)]
    pub(crate) parallelism: u16,

    /// Trust any certificate of the control plane
    #[arg(long, global = true, help_heading = CONNECTION_HEADING)]
    pub(crate) tls_skip_verify: bool,

    /// The name that the control plane's certificate must bear
    #[arg(long, global = true, value_name = "NAME", help_heading = CONNECTION_HEADING)]
    pub(crate) tls_server_name: Option<String>,

    /// A CA certificate to trust, as PEM text
    #[arg(long, allow_hyphen_values = true, global = true, value_name = "PEM", help_heading = CONNECTION_HEADING)]
    pub(crate) ca_cert: Option<String>,

    /// A file with the CA certificates to trust
    #[arg(long, global = true, value_name = "FILE", help_heading = CONNECTION_HEADING)]
    pub(crate) ca_cert_file: Option<PathBuf>,

    /// The client certificate, as PEM text
    #[arg(long, allow_hyphen_values = true, global = true, value_name = "PEM", help_heading = CONNECTION_HEADING)]
    pub(crate) tls_client_cert: Option<String>,

    /// A file with the client certificate
    #[arg(long, global = true, value_name = "FILE", help_heading = CONNECTION_HEADING)]
    pub(crate) tls_client_cert_file: Option<PathBuf>,

    /// The client certificate's key, as PEM text
    #[arg(long, allow_hyphen_values = true, global = true, value_name = "PEM", hide_env_values = true, help_heading = CONNECTION_HEADING)]
    pub(crate) tls_client_key: Option<String>,

    /// A file with the client certificate's key
    #[arg(long, global = true, value_name = "FILE", help_heading = CONNECTION_HEADING)]
    pub(crate) tls_client_key_file: Option<PathBuf>,

    /// A file of cookies to send, in Netscape's format
    #[arg(long, global = true, value_name = "FILE", help_heading = CONNECTION_HEADING)]
    pub(crate) kong_cookie_jar_path: Option<PathBuf>,

    /// A file of settings: flags without their dashes, and their values
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Print without colours
    #[arg(long, global = true)]
    pub(crate) no_color: bool,

    /// Log to stderr; again for more (never secrets nor bodies)
    #[arg(short, global = true, action = ArgAction::Count)]
    pub(crate) v: u8,
    #[command(flatten)]
    pub(crate) accepted: CompatGlobalArgs,
}

impl GlobalArgs {
    /// Whether the command line names a control plane other than the default one.
    pub(crate) fn has_control_plane(&self) -> bool {
        self.kong_addr != DEFAULT_ADDRESS
    }

    /// How much to log: `-v` counted, or decK's `--verbose N`.
    pub(crate) fn verbosity(&self) -> u8 {
        self.v.max(self.accepted.verbose)
    }
}

impl std::fmt::Debug for GlobalArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GlobalArgs").finish_non_exhaustive()
    }
}
