use std::collections::BTreeMap;

use super::diagnostics::DocumentDiagnostics;
use super::document::StateDocument;
use super::merge::{fill_missing, find_conflicts};
use schema::{Catalog, KindId};
use yaml::{Diagnostic, DiagnosticCode, Node, NodeData};

/// What the documents of one scope share: defaults by kind, and configurations by name.
#[derive(Default)]
pub(super) struct SharedDefaults {
    defaults: BTreeMap<KindId, Node>,
    plugin_configs: BTreeMap<String, Node>,
}

impl SharedDefaults {
    /// Adds what a document shares. decK reads all files as one and lets the first win; two files that say
    /// different things are an error here.
    pub(super) fn add_document(
        &mut self,
        document: &mut StateDocument,
        catalog: &Catalog,
        diagnostics: &mut DocumentDiagnostics,
    ) {
        for (kind, defaults) in document.defaults.drain(..) {
            let defaults = reject_identity_defaults(defaults, catalog, kind, diagnostics);
            merge_defaults(
                self.defaults.entry(kind).or_insert_with(|| empty_map_like(&defaults)),
                defaults,
                diagnostics,
            );
        }
        for config in document.plugin_configs.drain(..) {
            merge_defaults(
                self.plugin_configs
                    .entry(config.key.into_string())
                    .or_insert_with(|| empty_map_like(&config.value)),
                config.value,
                diagnostics,
            );
        }
    }

    /// What entities of a kind have unless they say otherwise.
    pub(super) fn defaults(&self, kind: KindId) -> Option<&Node> {
        self.defaults.get(&kind)
    }

    pub(super) fn plugin_config(&self, name: &str) -> Option<&Node> {
        self.plugin_configs.get(name)
    }

    pub(super) fn plugin_config_names(&self) -> impl Iterator<Item = &str> {
        self.plugin_configs.keys().map(String::as_str)
    }
}

fn empty_map_like(like: &Node) -> Node {
    Node {
        data: NodeData::Map(Vec::new()),
        ..like.clone()
    }
}

fn merge_defaults(into: &mut Node, other: Node, diagnostics: &mut DocumentDiagnostics) {
    for (first, second) in find_conflicts(into, &other) {
        diagnostics.add(
            Diagnostic::error(
                DiagnosticCode::Defaults,
                "two files of this run say different things of the same default",
            )
            .at(first)
            .label("here")
            .at(second)
            .label("and here")
            .help("decK would take the first without a word; leave one out"),
        );
    }
    fill_missing(into, &other, true);
}

/// Removes and reports defaults of what identifies an entity: they would be the same for all.
fn reject_identity_defaults(
    mut defaults: Node,
    catalog: &Catalog,
    kind: KindId,
    diagnostics: &mut DocumentDiagnostics,
) -> Node {
    let kind = catalog.kind(kind);
    let NodeData::Map(entries) = &mut defaults.data else {
        defaults.data = NodeData::Map(Vec::new());
        return defaults;
    };
    entries.retain(|entry| {
        let is_identity = entry.key == "id" || kind.identity.iter().any(|fields| fields[..] == [entry.key.as_str()]);
        if is_identity {
            diagnostics.add(
                Diagnostic::error(
                    DiagnosticCode::Defaults,
                    format!(
                        "`{}` names one entity, so that it cannot be a default for all",
                        entry.key
                    ),
                )
                .at(entry.key_span),
            );
        }
        !is_identity
    });
    defaults
}
