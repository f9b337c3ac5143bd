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
    /// Takes what a document has to share. decK reads all files as one and lets the first win; two files that say
    /// different things are an error here.
    pub(super) fn add_document(
        &mut self,
        document: &mut StateDocument,
        catalog: &Catalog,
        problems: &mut DocumentDiagnostics,
    ) {
        for (kind, defaults) in document.defaults.drain(..) {
            let defaults = reject_identity_defaults(defaults, catalog, kind, problems);
            merge_defaults(
                self.defaults.entry(kind).or_insert_with(|| empty_map_like(&defaults)),
                defaults,
                problems,
            );
        }
        for config in document.plugin_configs.drain(..) {
            merge_defaults(
                self.plugin_configs
                    .entry(config.key.into_string())
                    .or_insert_with(|| empty_map_like(&config.value)),
                config.value,
                problems,
            );
        }
    }

    /// What entities of a kind have unless they say otherwise.
    pub(super) fn defaults(&self, kind: KindId) -> Option<&Node> {
        self.defaults.get(&kind)
    }

    /// The configuration of that name.
    pub(super) fn plugin_config(&self, name: &str) -> Option<&Node> {
        self.plugin_configs.get(name)
    }

    /// The names of the configurations.
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

fn merge_defaults(into: &mut Node, other: Node, problems: &mut DocumentDiagnostics) {
    for (first, second) in find_conflicts(into, &other) {
        problems.add(
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

/// Refuses defaults of what names an entity: they would be the same for all.
fn reject_identity_defaults(
    mut defaults: Node,
    catalog: &Catalog,
    kind: KindId,
    problems: &mut DocumentDiagnostics,
) -> Node {
    let kind = catalog.kind(kind);
    let NodeData::Map(entries) = &mut defaults.data else {
        defaults.data = NodeData::Map(Vec::new());
        return defaults;
    };
    entries.retain(|entry| {
        let names = entry.key == "id" || kind.identity.iter().any(|fields| fields[..] == [entry.key.as_str()]);
        if names {
            problems.add(
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
        !names
    });
    defaults
}
