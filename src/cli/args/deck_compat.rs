use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args};

const COMPAT_HEADING: &str = "Accepted for decK's sake, without effect";

/// Flags that decK has for every command.
#[derive(Args, Clone, Default)]
pub(crate) struct CompatGlobalArgs {
    /// decK's spelling of -v
    #[arg(long, global = true, hide = true, value_name = "N", default_value_t = 0, help_heading = COMPAT_HEADING)]
    pub(crate) verbose: u8,

    /// There is no analytics
    #[arg(long, global = true, hide = true, num_args = 0..=1, default_missing_value = "true", require_equals = true,
          default_value = "false", action = ArgAction::Set, value_parser = BoolishValueParser::new(), help_heading = COMPAT_HEADING)]
    pub(crate) analytics: bool,

    /// Workspaces are neither made nor looked up
    #[arg(long, global = true, hide = true, help_heading = COMPAT_HEADING)]
    pub(crate) skip_workspace_crud: bool,

    /// The token of Konnect
    #[arg(long, global = true, hide = true, value_name = "TOKEN", hide_env_values = true, help_heading = COMPAT_HEADING)]
    pub(crate) konnect_token: Option<String>,

    /// A file with the token of Konnect
    #[arg(long, global = true, hide = true, value_name = "FILE", help_heading = COMPAT_HEADING)]
    pub(crate) konnect_token_file: Option<String>,

    /// The address of Konnect
    #[arg(long, global = true, hide = true, value_name = "URL", help_heading = COMPAT_HEADING)]
    pub(crate) konnect_addr: Option<String>,

    /// The control plane of Konnect
    #[arg(long, global = true, hide = true, value_name = "NAME", help_heading = COMPAT_HEADING)]
    pub(crate) konnect_control_plane_name: Option<String>,

    /// The control plane of Konnect, as it was once called
    #[arg(long, global = true, hide = true, value_name = "NAME", help_heading = COMPAT_HEADING)]
    pub(crate) konnect_runtime_group_name: Option<String>,
}

/// Flags that decK has for the commands that read state files or live state.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct CompatStateArgs {
    /// There are no consumer groups' consumers to skip on open source
    #[arg(long, hide = true, help_heading = COMPAT_HEADING)]
    pub(crate) skip_consumers_with_consumer_groups: bool,

    /// Overrides of consumer groups are written as they are declared
    #[arg(long, hide = true, help_heading = COMPAT_HEADING)]
    pub(crate) consumer_group_policy_overrides: bool,

    /// Definitions of plugins are no kind here
    #[arg(long, hide = true, help_heading = COMPAT_HEADING)]
    pub(crate) include_plugin_definitions: bool,

    /// Definitions of plugins are no kind here
    #[arg(long, hide = true, help_heading = COMPAT_HEADING)]
    pub(crate) skip_plugin_definitions: bool,

    /// What comes from the environment is never shown
    #[arg(long, hide = true, help_heading = COMPAT_HEADING)]
    pub(crate) no_mask_deck_env_vars_value: bool,

    /// Nothing is waited for between kinds: each step waits for what it needs
    #[arg(long, hide = true, value_name = "SECONDS", default_value = "0", help_heading = COMPAT_HEADING)]
    pub(crate) db_update_propagation_delay: String,

    /// Konnect's
    #[arg(long, hide = true, help_heading = COMPAT_HEADING)]
    pub(crate) skip_hash_for_basic_auth: bool,

    /// Diagnostics of decK's that are to be errors
    #[arg(short = 'E', long, hide = true, value_name = "CODES", help_heading = COMPAT_HEADING)]
    pub(crate) warnings_as_errors: Vec<String>,

    /// Diagnostics of decK's that are to be warnings
    #[arg(short = 'W', long, hide = true, value_name = "CODES", help_heading = COMPAT_HEADING)]
    pub(crate) errors_as_warnings: Vec<String>,

    /// Which kinds are checked online; all are
    #[arg(long, hide = true, value_name = "KINDS", help_heading = COMPAT_HEADING)]
    pub(crate) online_entities_list: Vec<String>,

    /// Konnect's
    #[arg(long, hide = true, help_heading = COMPAT_HEADING)]
    pub(crate) konnect_compatibility: bool,
}
