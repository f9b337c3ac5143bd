//! Whose word is taken: what the operator, who runs the check, and the repository's own files say of the vaults, in settings
//! files, variables and the data planes' environments. Reads files and variables; prints nothing.

mod data_planes;
mod dotenv;
mod incomplete_pairs;
mod kong_conf;
mod load;
mod loader;
mod local_reader;
mod manifest;
mod merge;
mod options;
mod references_section;
mod repository;
mod setting_names;
mod variables;

pub use kong_conf::parse_properties;
pub use load::{LoadOutcome, load_policy, load_verify_options};
pub use options::SettingsOptions;
pub use repository::Repository;
pub use setting_names::SettingNames;
