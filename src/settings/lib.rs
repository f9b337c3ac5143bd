//! Whose word is taken: what the side that runs the check says of the vaults, in files and variables.

mod incomplete_pairs;
mod merge;
mod read;
mod setting_names;
mod variables;

pub use merge::merge_settings;
pub use read::{LocalReader, ReferencesSection, SpannedPolicy, VaultSection, read_settings};
pub use setting_names::SettingNames;
pub use variables::{VARIABLE_PREFIX, read_variables};
