//! Reconciles a Kong control plane with state files in Git, and proves every secret reference before it writes.
//!
//! # The flow
//!
//! ```text
//! files ─▶ documents ─▶ desired ─┐
//!                                ├─▶ plan ─▶ after ─▶ references ─▶ verdicts ─▶ approved ─▶ apply ─▶ report
//! control plane ─▶ live ─────────┘
//! ```
//!
//! One way, no back and forth. [`reconcile`] is that picture as a function.
//!
//! # The house
//!
//! | module | is | may do I/O |
//! |---|---|---|
//! | [`json`] | values, kept small | no |
//! | [`schema`] | what exists: kinds, fields, checks, canonical form | no |
//! | [`state`] | what is said: nodes with positions, templates, documents, the desired state | no |
//! | [`mod@reference`] | what is pointed at: the grammar of `{vault://…}`, where references may stand, verdicts | no |
//! | [`control_plane`] | who is asked: dialect (pure), transport, clock, reading live state | yes |
//! | [`plan`] | what to do: identity, changes, steps in order, guards | no |
//! | [`apply`] | doing it: the executor over the plan's graph, retries, the account | yes |
//! | [`embedded`] | a control plane in the binary, driven by the same catalog | yes |
//! | [`report`] | showing it: text, JSON, YAML | prints |
//! | [`cli`] | asking for it: flags, files, exit codes | prints |
//!
//! # What never happens
//!
//! - Nothing below [`cli`] and [`report`] prints.
//! - Nothing in [`schema`], [`state`] or [`plan`] is async, opens a file or a socket, or asks the clock or the environment.
//! - No Rust code names a kind's field, save `id` and `tags`: kinds are data, in `schemas/`.
//! - No secret can be shown: a [`state::Body`] has no `Display` and no `Serialize`, and a plan holds a
//!   [`plan::Tree`] in which every secret has become a fingerprint.

pub use {
    apply, backends, cli, control_plane, embedded, http, json, plan, reconcile, reference, schema, settings, state,
    yaml,
};
