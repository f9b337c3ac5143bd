#![doc = include_str!("README.md")]

pub use {
    apply, backends, cli, control_plane, embedded, http, json, plan, reconcile, reference, schema, settings, state,
    yaml,
};
