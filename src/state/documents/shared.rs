use std::collections::BTreeMap;

use super::document::Document;
use super::merge::{conflicts, fill};
use super::problems::Problems;
use schema::{Catalog, KindId};
use yaml::{Data, Diagnostic, Node};

/// What the documents of one scope share: defaults by kind, and configurations by name.
#[derive(Default)]
pub(super) struct Shared {
    defaults: BTreeMap<KindId, Node>,
    configs: BTreeMap<String, Node>,
}

impl Shared {
    /// Takes what a document has to share. decK reads all files as one and lets the first win; two files that say
    /// different things are an error here.
    pub fn take(&mut self, document: &mut Document, catalog: &Catalog, problems: &mut Problems) {
        for (kind, defaults) in document.defaults.drain(..) {
            let defaults = without_names(defaults, catalog, kind, problems);
            join(
                self.defaults.entry(kind).or_insert_with(|| empty(&defaults)),
                defaults,
                problems,
            );
        }
        for config in document.plugin_configs.drain(..) {
            join(
                self.configs
                    .entry(config.key.into_string())
                    .or_insert_with(|| empty(&config.value)),
                config.value,
                problems,
            );
        }
    }

    /// What entities of a kind have unless they say otherwise.
    pub fn defaults(&self, kind: KindId) -> Option<&Node> {
        self.defaults.get(&kind)
    }

    /// The configuration of that name.
    pub fn config(&self, name: &str) -> Option<&Node> {
        self.configs.get(name)
    }

    /// The names of the configurations.
    pub fn config_names(&self) -> impl Iterator<Item = &str> {
        self.configs.keys().map(String::as_str)
    }
}

fn empty(like: &Node) -> Node {
    Node {
        data: Data::Map(Vec::new()),
        ..like.clone()
    }
}

fn join(into: &mut Node, other: Node, problems: &mut Problems) {
    for (first, second) in conflicts(into, &other) {
        problems.tell(
            Diagnostic::error(
                "defaults",
                "two files of this run say different things of the same default",
            )
            .at(first)
            .labelled("here")
            .at(second)
            .labelled("and here")
            .help("decK would take the first without a word; leave one out"),
        );
    }
    fill(into, &other, true);
}

/// Refuses defaults of what names an entity: they would be the same for all.
fn without_names(mut defaults: Node, catalog: &Catalog, kind: KindId, problems: &mut Problems) -> Node {
    let kind = catalog.kind(kind);
    let Data::Map(entries) = &mut defaults.data else {
        defaults.data = Data::Map(Vec::new());
        return defaults;
    };
    entries.retain(|entry| {
        let names = entry.key == "id" || kind.identity.iter().any(|fields| fields[..] == [entry.key.as_str()]);
        if names {
            problems.tell(
                Diagnostic::error(
                    "defaults",
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
