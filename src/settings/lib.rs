//! Whose word is taken: what the side that runs the check says of the vaults, in files and variables.

mod halves;
mod merge;
mod read;
mod variables;
mod words;

pub use merge::merge_settings;
pub use read::{LocalReader, ReferencesSection, SpannedPolicy, VaultSection, read_settings};
pub use variables::{VARIABLE_PREFIX, read_variables};
pub use words::SettingNames;
