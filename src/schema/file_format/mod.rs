//! The format of the files under `schemas/`. The build script includes this module and reads every file by it, so that a
//! misspelt word stops the build; it therefore needs nothing but serde.

pub(crate) mod check_file;
pub(crate) mod checks;
pub(crate) mod error;
pub(crate) mod kind_file;
pub(crate) mod record_file;
pub(crate) mod referenceable_file;
