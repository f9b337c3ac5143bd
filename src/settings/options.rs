use std::path::PathBuf;

use backends::DataPlaneFiles;
use reference::Policy;

/// What the command line says of references, parsed.
#[derive(Clone, Debug, Default)]
pub struct SettingsOptions {
    /// The operator's settings file, or one that is named.
    pub settings_file: Option<PathBuf>,
    /// What verdicts may do to a run.
    pub policy: Option<Policy>,
    /// The hosts that are vouched for, as [`reference::HostAllowlist`] reads them.
    pub allowed_hosts: Vec<String>,
    /// Whether secrets that other teams' entities refer to are asked for, too.
    pub include_foreign: bool,
    /// For how many days certificates should be good still.
    pub expiry_days: Option<u32>,
    /// Where the variables of each data plane are: a file, or `process` for this process' own.
    pub environments: Vec<PathBuf>,
    /// The data planes' kong.conf.
    pub kong_conf: Option<PathBuf>,
    /// The directories here that hold what the data planes have.
    pub data_plane_files: Vec<DataPlaneFiles>,
}
