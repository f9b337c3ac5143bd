use super::entity::Entities;
use super::merge::fill;
use super::shared::Shared;
use schema::{Field, FieldType, Kind, KindId};
use yaml::{Data, Diagnostic, Entry, Node, suggest_similar};

impl Entities<'_> {
    /// Merges what the documents of the scope share into an entity: named configurations, then defaults.
    pub(super) fn fill_in(&mut self, kind_id: KindId, kind: &Kind, node: &mut Node) {
        self.named_config(kind, node);
        let Some(defaults) = self.shared.defaults(kind_id) else {
            return;
        };
        let shorthands = node
            .entries()
            .iter()
            .filter_map(|entry| kind.record.shorthand(&entry.key));
        let spelled: Vec<String> = shorthands
            .flat_map(Field::stands_for)
            .filter_map(|target| Some((*target.first()?).to_owned()))
            .collect();
        if spelled.is_empty() {
            return fill(node, defaults, true);
        }
        // what a shorthand says is said: a default must not stand beside it
        let mut defaults = defaults.clone();
        if let Data::Map(entries) = &mut defaults.data {
            entries.retain(|entry| !spelled.iter().any(|known| *known == entry.key));
        }
        fill(node, &defaults, true);
    }

    /// Replaces `_config: NAME` by what `_plugin_configs` says of that name.
    fn named_config(&mut self, kind: &Kind, node: &mut Node) {
        let Data::Map(entries) = &mut node.data else { return };
        let Some(at) = entries.iter().position(|entry| entry.key == "_config") else {
            return;
        };
        let Some(field) = configured(kind) else { return };
        let named = entries.remove(at);
        let Some(config) = named.value.text().and_then(|name| self.shared.config(name)) else {
            self.problems.tell(no_such_config(&named, self.shared));
            return;
        };
        match entries.iter_mut().find(|entry| entry.key == field) {
            Some(own) if matches!(own.value.data, Data::Null) => own.value = config.clone(),
            Some(own) => fill(&mut own.value, config, false),
            None => entries.push(Entry {
                key: field.into(),
                key_span: named.key_span,
                value: config.clone(),
            }),
        }
    }
}

/// The field that named configurations fill, for the kind that has them.
fn configured(kind: &Kind) -> Option<&str> {
    kind.subschemas.as_ref().filter(|sub| sub.family == "plugins")?;
    let (name, _) = kind
        .record
        .fields
        .iter()
        .find(|(_, field)| field.kind == FieldType::Abstract)?;
    Some(name)
}

fn no_such_config(named: &Entry, shared: &Shared) -> Diagnostic {
    let Some(name) = named.value.text() else {
        return Diagnostic::error(
            "wrong-type",
            format!("`_config` is {}; expected a name", named.value.word()),
        )
        .at(named.value.span);
    };
    let unknown =
        Diagnostic::error("unknown-config", format!("`_plugin_configs` has no '{name}'")).at(named.value.span);
    match suggest_similar(name, shared.config_names()) {
        Some(near) => unknown.help(format!("did you mean '{near}'?")),
        None => unknown.help(format!(
            "define it at the top of a file: `_plugin_configs: {{{name}: …}}`"
        )),
    }
}
