use super::entity::EntityReader;
use super::merge::fill_missing;
use super::shared_defaults::SharedDefaults;
use schema::{Field, FieldType, Kind, KindId};
use yaml::{Diagnostic, DiagnosticCode, MapEntry, Node, NodeData, suggest_similar};

impl EntityReader<'_> {
    /// Merges what the documents of the scope share into an entity: named configurations, then defaults.
    pub(super) fn apply_defaults(&mut self, kind_id: KindId, kind: &Kind, node: &mut Node) {
        self.apply_named_config(kind, node);
        let Some(defaults) = self.shared.defaults(kind_id) else {
            return;
        };
        let shorthands = node
            .entries()
            .iter()
            .filter_map(|entry| kind.record.shorthand(&entry.key));
        let set_fields: Vec<String> = shorthands
            .flat_map(Field::shorthand_targets)
            .filter_map(|target| Some((*target.first()?).to_owned()))
            .collect();
        if set_fields.is_empty() {
            return fill_missing(node, defaults, true);
        }
        // a shorthand sets its fields: no default may stand beside it
        let mut defaults = defaults.clone();
        if let NodeData::Map(entries) = &mut defaults.data {
            entries.retain(|entry| !set_fields.iter().any(|known| *known == entry.key));
        }
        fill_missing(node, &defaults, true);
    }

    /// Replaces `_config: NAME` by what `_plugin_configs` says of that name.
    fn apply_named_config(&mut self, kind: &Kind, node: &mut Node) {
        let NodeData::Map(entries) = &mut node.data else { return };
        let Some(index) = entries.iter().position(|entry| entry.key == "_config") else {
            return;
        };
        let Some(field) = config_field(kind) else { return };
        let named = entries.remove(index);
        let Some(config) = named.value.text().and_then(|name| self.shared.plugin_config(name)) else {
            self.diagnostics.add(unknown_config_error(&named, self.shared));
            return;
        };
        match entries.iter_mut().find(|entry| entry.key == field) {
            Some(own) if matches!(own.value.data, NodeData::Null) => own.value = config.clone(),
            Some(own) => fill_missing(&mut own.value, config, false),
            None => entries.push(MapEntry {
                key: field.into(),
                key_span: named.key_span,
                value: config.clone(),
            }),
        }
    }
}

/// The field that named configurations fill, for the kind that has them.
fn config_field(kind: &Kind) -> Option<&str> {
    kind.subschemas.as_ref().filter(|sub| sub.family == "plugins")?;
    let (name, _) = kind
        .record
        .fields
        .iter()
        .find(|(_, field)| field.field_type == FieldType::Abstract)?;
    Some(name)
}

fn unknown_config_error(named: &MapEntry, shared: &SharedDefaults) -> Diagnostic {
    let Some(name) = named.value.text() else {
        return Diagnostic::error(
            DiagnosticCode::WrongType,
            format!("`_config` is {}; expected a name", named.value.type_name()),
        )
        .at(named.value.span);
    };
    let unknown = Diagnostic::error(
        DiagnosticCode::UnknownConfig,
        format!("`_plugin_configs` has no '{name}'"),
    )
    .at(named.value.span);
    match suggest_similar(name, shared.plugin_config_names()) {
        Some(suggestion) => unknown.help(format!("did you mean '{suggestion}'?")),
        None => unknown.help(format!(
            "define it at the top of a file: `_plugin_configs: {{{name}: …}}`"
        )),
    }
}
