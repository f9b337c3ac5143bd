use std::collections::{BTreeMap, BTreeSet};

use super::{EntityMatcher, MatchedEntity};
use crate::PlanInput;
use crate::key::{key_from_body, unique_field_sets};
use crate::live_index::Ownership;
use crate::schedule::{referenced_vaults, vault_prefix};
use schema::{Catalog, Field, FieldType, Kind, KindId, Record};

/// What has to be known of the entities outside the scopes before a plan can be made, and no more: a token that sees
/// nothing but vaults manages vaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MissingContext {
    /// The kinds whose index has to be read.
    pub foreign_kinds: BTreeSet<KindId>,
    /// For kinds that live on the path of a parent: the ids, names or keys, as the documents say them, of parents that
    /// are not among the owned, and under which they have to be looked for as well.
    pub parents_by_kind: BTreeMap<KindId, BTreeSet<String>>,
}

impl MissingContext {
    /// Whether nothing is missing.
    pub fn is_empty(&self) -> bool {
        self.foreign_kinds.is_empty() && self.parents_by_kind.is_empty()
    }
}

impl EntityMatcher<'_, '_> {
    /// What the matches rest on and was not read.
    ///
    /// It asks rather for too much than for too little, so that once is mostly enough: for the kinds of what is not
    /// there yet, of what changes a unique value, of what is referred to and not found, of what a deletion would take with
    /// it or break; and for the vaults if a reference names one that is not found.
    pub(super) fn missing_context(&self) -> MissingContext {
        if self.input.desired.scopes.iter().any(|scope| scope.tags.is_empty()) {
            return MissingContext::default(); // nothing is outside
        }
        let mut missing = self.unresolved.clone();
        self.add_kinds_of_absent(&mut missing);
        self.add_kinds_of_renamed(&mut missing);
        self.add_referrers_of_deleted(&mut missing);
        self.add_vaults(&mut missing);
        if self.input.foreign_references {
            missing.foreign_kinds.extend(referencing_kinds(self.input.catalog));
            missing.foreign_kinds.extend(self.input.catalog.find_kind("vaults"));
        }
        missing.foreign_kinds.retain(|kind| !self.is_known(*kind));
        missing.parents_by_kind.retain(|kind, _| !self.is_known(*kind));
        missing
    }

    /// Whether all that can be read of the foreign entities of a kind was.
    fn is_known(&self, kind: KindId) -> bool {
        let live = self.input.live;
        live.foreign.contains_key(&kind) || live.absent.contains(&kind) || live.forbidden.contains(&kind)
    }

    /// What is declared and not found among the owned may be there outside the scopes.
    fn add_kinds_of_absent(&self, missing: &mut MissingContext) {
        for (declared, id) in self.input.desired.entities.iter().zip(&self.entity_ids) {
            if id.is_none_or(|id| self.live.get(declared.kind, id).is_none()) {
                missing.foreign_kinds.insert(declared.kind);
            }
        }
    }

    /// What takes a unique value may take it from another outside the scopes.
    fn add_kinds_of_renamed(&self, missing: &mut MissingContext) {
        for matched in &self.matched {
            let kind = matched.entity.declared.kind;
            if !missing.foreign_kinds.contains(&kind) && !self.is_known(kind) && self.takes_unique_value(matched) {
                missing.foreign_kinds.insert(kind);
            }
        }
    }

    /// Whether a declared entity takes a unique value that the live one does not have.
    fn takes_unique_value(&self, matched: &MatchedEntity<'_>) -> bool {
        let Some(live) = matched.live else { return false };
        let kind = self.input.catalog.kind(matched.entity.declared.kind);
        unique_field_sets(kind).any(|fields| {
            let key = matched.entity.natural_key(self.input.catalog, &fields);
            key.is_some() && key != key_from_body(kind, &fields, live)
        })
    }

    /// Whoever may point at an entity that is deleted, or by reference at a vault that is deleted or renamed.
    fn add_referrers_of_deleted(&self, missing: &mut MissingContext) {
        let catalog = self.input.catalog;
        let deleted = self
            .live
            .entities
            .iter()
            .filter(|live| live.ownership == Ownership::Managed && !self.claimed.contains(&(live.kind, live.id)));
        let deleted: BTreeSet<KindId> = match self.input.options.no_delete {
            true => BTreeSet::new(),
            false => deleted.map(|live| live.kind).collect(),
        };
        let refers = |kind: &Kind| {
            kind.foreign_fields
                .iter()
                .any(|foreign| deleted.contains(&foreign.kind))
        };
        let referrers = catalog.kinds().filter(|(_, kind)| refers(kind));
        missing.foreign_kinds.extend(referrers.map(|(id, _)| id));
        if self.removes_vault_prefix() {
            missing.foreign_kinds.extend(referencing_kinds(catalog));
        }
    }

    /// Whether a vault is deleted, or given another prefix.
    fn removes_vault_prefix(&self) -> bool {
        let declared = declared_prefixes(self.input);
        let managed = self.live.entities.iter();
        let mut managed = managed.filter(|live| live.ownership == Ownership::Managed);
        managed.any(|live| {
            let changes = !self.input.options.no_delete || self.claimed.contains(&(live.kind, live.id));
            let prefix = vault_prefix(self.input.catalog, live.kind, live.body);
            changes && prefix.is_some_and(|prefix| !declared.contains(&prefix))
        })
    }

    /// The vaults of others, if a reference names one that is neither declared nor owned.
    fn add_vaults(&self, missing: &mut MissingContext) {
        let Some(vaults) = self.input.catalog.find_kind("vaults") else {
            return;
        };
        if self.is_known(vaults) {
            return;
        }
        let mut prefixes = declared_prefixes(self.input);
        let owned = self
            .live
            .entities
            .iter()
            .filter(|live| live.ownership != Ownership::Foreign);
        let owned_vaults = owned.clone().filter(|live| live.kind == vaults);
        prefixes.extend(owned_vaults.filter_map(|live| vault_prefix(self.input.catalog, live.kind, live.body)));
        let declared = self.input.desired.entities.iter();
        let declared = declared.map(|declared| declared.body.expose());
        let kept = owned.filter(|_| self.keeps_undeclared()).map(|live| live.body);
        if declared
            .chain(kept)
            .flat_map(referenced_vaults)
            .any(|prefix| !prefixes.contains(&prefix))
        {
            missing.foreign_kinds.insert(vaults);
        }
    }

    /// Whether what no document declares may stay, references and all.
    fn keeps_undeclared(&self) -> bool {
        let options = self.input.options;
        options.no_delete || !options.skip.is_empty() || self.input.desired.filter_tags.is_some()
    }
}

fn declared_prefixes(input: &PlanInput<'_>) -> BTreeSet<String> {
    let declared = input.desired.entities.iter();
    declared
        .filter_map(|declared| vault_prefix(input.catalog, declared.kind, declared.body.expose()))
        .collect()
}

/// The kinds that may hold references.
fn referencing_kinds(catalog: &Catalog) -> impl Iterator<Item = KindId> {
    let kinds = catalog.kinds();
    kinds
        .filter(|(_, kind)| may_hold_references(&kind.record))
        .map(|(id, _)| id)
}

fn may_hold_references(record: &Record) -> bool {
    record.fields.iter().any(|(_, field)| field_may_hold_reference(field))
}

fn field_may_hold_reference(field: &Field) -> bool {
    field.referenceable
        || match &field.field_type {
            FieldType::Abstract => true,
            FieldType::Record(record) => may_hold_references(record),
            FieldType::Array(inner) | FieldType::Set(inner) => field_may_hold_reference(inner),
            FieldType::Map { values, .. } => field_may_hold_reference(values),
            _ => false,
        }
}
