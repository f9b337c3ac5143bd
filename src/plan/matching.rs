use std::borrow::Cow;
use std::cell::OnceCell;

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use uuid::Uuid;

use super::draft::{ChangeDraft, DraftAction, UpdateBody};
use super::error::{absent_kind_error, conflict_error, hash_only_error};
use super::hashed;
use super::key::key_from_body;
use super::live_index::{LiveIndex, LiveRef, Ownership, is_reference_only};
use super::made_up::GeneratedFields;
use super::pending::{MatchedEntity, UnmatchedEntity};
use super::resolve::{DanglingReferences, DeclaredIndex};
use super::{PlanError, PlanInput, kin, match_rotated};
use json::parallel::par_map_chunks;
use json::{PREFETCH_BATCH, prefetch, prefetch_chunked};
use schema::KindId;
use state::{DeclaredEntity, DeclaredId};
use yaml::{Diagnostic, DiagnosticCode};

/// Who is who, and what differs.
pub(super) struct MatchResult<'a> {
    /// The id of every declared entity; none where it could not be found out.
    pub entity_ids: Vec<Option<Uuid>>,
    /// The owned entities that are declared ones.
    pub claimed: FxHashSet<(KindId, Uuid)>,
    pub drafts: Vec<ChangeDraft<'a>>,
    pub errors: Vec<PlanError>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Finds for every declared entity the live one that it is, and the entities that it refers to, kind after kind, so that
/// whatever an identity rests on is known before; compares the two; and chooses an id for what is not there.
pub(super) fn match_entities<'a>(
    question: &PlanInput<'a>,
    known: &LiveIndex<'a>,
    ids: &mut dyn FnMut() -> Uuid,
) -> MatchResult<'a> {
    let mut settling = EntityMatcher {
        input: question,
        live: known,
        declared_index: DeclaredIndex::new(question),
        dangling: DanglingReferences::default(),
        generated: GeneratedFields::default(),
        matched: Vec::with_capacity(question.desired.entities.len()),
        result: MatchResult {
            entity_ids: vec![None; question.desired.entities.len()],
            claimed: FxHashSet::with_capacity_and_hasher(question.desired.entities.len(), FxBuildHasher),
            drafts: Vec::new(),
            errors: Vec::new(),
            diagnostics: Vec::new(),
        },
    };
    let mut by_kind: FxHashMap<KindId, Vec<DeclaredId>> = FxHashMap::default();
    for (at, declared) in question.desired.entities.iter().enumerate() {
        by_kind.entry(declared.kind).or_default().push(DeclaredId(at as u32));
    }
    for kind in kin::kinds_by_dependency(question.catalog) {
        if let Some(members) = by_kind.remove(&kind) {
            settling.match_kind(kind, members, ids);
        }
    }
    settling.diff_matched();
    let EntityMatcher {
        declared_index: names,
        dangling,
        mut result,
        ..
    } = settling;
    result.errors.extend(dangling.into_errors(question, known, &names));
    result
}

pub(super) struct EntityMatcher<'a, 'q> {
    pub input: &'q PlanInput<'a>,
    pub live: &'q LiveIndex<'a>,
    pub declared_index: DeclaredIndex<'a>,
    pub dangling: DanglingReferences,
    generated: GeneratedFields,
    matched: Vec<MatchedEntity<'a>>,
    pub result: MatchResult<'a>,
}

/// The places of live entities by the value of a natural key: the first, and others where a key is not unique.
type LiveByKey<'a> = FxHashMap<Cow<'a, str>, (usize, Vec<usize>)>;

impl<'a> EntityMatcher<'a, '_> {
    fn match_kind(&mut self, kind: KindId, members: Vec<DeclaredId>, ids: &mut dyn FnMut() -> Uuid) {
        if self.input.live.absent.contains(&kind) {
            self.result.errors.extend(absent_kind_error(self.input, kind, &members));
            return;
        }
        let (said, unsaid): (Vec<_>, Vec<_>) = members
            .into_iter()
            .partition(|at| self.input.desired.entity(*at).id.is_some());
        for at in said {
            let pending = self.unmatched_entity(at);
            self.match_by_id(pending);
        }
        let pending = self.match_by_keys(kind, unsaid);
        let pending = self.match_by_material(kind, pending);
        let pending = self.match_by_equality(kind, pending);
        for one in pending {
            if one.reference_only {
                continue;
            }
            let id = ids();
            self.match_as_new(one, id);
        }
    }

    fn unmatched_entity(&mut self, at: DeclaredId) -> UnmatchedEntity<'a> {
        let declared = self.input.desired.entity(at);
        let spectator = is_reference_only(self.input, declared);
        let (links, broken) = self.resolve_links(declared, spectator);
        UnmatchedEntity {
            declared_id: at,
            declared,
            foreign_keys: links,
            desired: OnceCell::new(),
            has_dangling_link: broken,
            reference_only: spectator,
        }
    }

    /// An entity that says its id is that one, or a new one.
    fn match_by_id(&mut self, pending: UnmatchedEntity<'a>) {
        let Some(id) = pending.declared.id else { return };
        match self.live.get(pending.declared.kind, id) {
            Some(holder) if holder.ownership == Ownership::Managed || pending.reference_only => {
                self.claim(pending, holder)
            }
            Some(holder) => {
                self.result.entity_ids[pending.declared_id.0 as usize] = Some(id);
                let kind = self.input.catalog.kind(holder.kind);
                self.result.errors.push(conflict_error(
                    kind,
                    holder,
                    "it has the id that is declared",
                    pending.declared,
                ));
            }
            None if pending.reference_only => {}
            None => self.match_as_new(pending, id),
        }
    }

    /// The others are the owned ones with the same natural keys, the best first.
    fn match_by_keys(&mut self, kind: KindId, members: Vec<DeclaredId>) -> Vec<UnmatchedEntity<'a>> {
        let catalog = self.input.catalog;
        let mut left: Vec<_> = members.into_iter().map(|at| self.unmatched_entity(at)).collect();
        for set in &catalog.kind(kind).identity {
            if left.is_empty() {
                break;
            }
            let holders = self.index_unclaimed(kind, set);
            let keyed = par_map_chunks(&mut left, |stretch| {
                let glanced = prefetch_chunked(stretch, |one| Some(one.declared.body.expose()));
                let keyed = glanced.map(|one| (one.reference_only, one.natural_key(catalog, set)));
                keyed.collect::<Vec<_>>()
            });
            let keyed = keyed.into_iter().flatten();
            let matched = keyed.map(|(spectator, key)| self.find_by_key(kind, &key?, &holders, spectator));
            let matched = matched.collect();
            left = self.claim_matches(left, matched);
        }
        left
    }

    /// The live entity with that key; an owned one is no other's from now on.
    fn find_by_key(&mut self, kind: KindId, key: &str, holders: &LiveByKey<'a>, spectator: bool) -> Option<usize> {
        let known = self.live;
        let fits = |at: &&usize| {
            let holder = &known.entities[**at];
            (holder.ownership == Ownership::Managed || spectator) && !self.result.claimed.contains(&(kind, holder.id))
        };
        let (first, others) = holders.get(key)?;
        let fitting = std::iter::once(first).chain(others).filter(fits);
        let at = *fitting.min_by_key(|at| known.entities[**at].id)?;
        self.mark_claimed(&known.entities[at]);
        Some(at)
    }

    fn index_unclaimed(&self, kind: KindId, set: &[String]) -> LiveByKey<'a> {
        let places = self.live.enumerate_kind(kind);
        let unclaimed = places.filter(|(_, holder)| !self.result.claimed.contains(&(kind, holder.id)));
        let described = self.input.catalog.kind(kind);
        let mut unclaimed: Vec<(usize, &LiveRef<'a>)> = unclaimed.collect();
        let keyed = par_map_chunks(&mut unclaimed, |stretch| {
            let glanced = prefetch_chunked(stretch, |(_, holder)| Some(holder.body));
            let keyed = glanced.filter_map(|(at, holder)| Some((key_from_body(described, set, holder.body)?, *at)));
            keyed.collect::<Vec<_>>()
        });
        let mut found = LiveByKey::default();
        found.reserve(keyed.iter().map(Vec::len).sum());
        for (key, at) in keyed.into_iter().flatten() {
            found
                .entry(key)
                .and_modify(|(_, others)| others.push(at))
                .or_insert_with(|| (at, Vec::new()));
        }
        found
    }

    /// What rotates in place is what has the same material, else what most of its declared children point at.
    fn match_by_material(&mut self, kind: KindId, pending: Vec<UnmatchedEntity<'a>>) -> Vec<UnmatchedEntity<'a>> {
        if pending.is_empty() || self.input.catalog.kind(kind).rotation.is_none() {
            return pending;
        }
        let free = |holder: &LiveRef<'a>| {
            holder.ownership == Ownership::Managed && !self.result.claimed.contains(&(kind, holder.id))
        };
        let matched = match_rotated::match_rotated(self.input, self.live, kind, &pending, free);
        self.claim_matches(pending, matched)
    }

    /// What has no name is what equals it.
    fn match_by_equality(&mut self, kind: KindId, pending: Vec<UnmatchedEntity<'a>>) -> Vec<UnmatchedEntity<'a>> {
        if pending.is_empty() || !self.input.catalog.kind(kind).same_if_equal {
            return pending;
        }
        let free = |holder: &LiveRef<'a>| {
            holder.ownership == Ownership::Managed && !self.result.claimed.contains(&(kind, holder.id))
        };
        let matched = super::match_equal::match_equal(self.input, self.live, &mut self.generated, kind, &pending, free);
        self.claim_matches(pending, matched)
    }

    fn claim_matches(
        &mut self,
        pending: Vec<UnmatchedEntity<'a>>,
        matched: Vec<Option<usize>>,
    ) -> Vec<UnmatchedEntity<'a>> {
        let mut left = Vec::new();
        for (one, at) in pending.into_iter().zip(matched) {
            match at {
                Some(at) => self.claim(one, &self.live.entities[at]),
                None => left.push(one),
            }
        }
        left
    }

    fn claim(&mut self, pending: UnmatchedEntity<'a>, holder: &LiveRef<'a>) {
        self.result.entity_ids[pending.declared_id.0 as usize] = Some(holder.id);
        self.mark_claimed(holder);
        if !pending.has_dangling_link && !pending.reference_only {
            let kind = self.input.catalog.kind(pending.declared.kind);
            hashed::note_unverifiable_hash(kind, pending.declared, holder.body, &mut self.result.diagnostics);
            self.matched.push(MatchedEntity {
                entity: pending,
                id: holder.id,
                live: Some(holder.body),
            });
        }
    }

    /// Remembers that an entity that is not foreign is a declared one. Once is as good as twice.
    fn mark_claimed(&mut self, holder: &LiveRef<'a>) {
        if holder.ownership != Ownership::Foreign {
            self.result.claimed.insert((holder.kind, holder.id));
        }
    }

    fn match_as_new(&mut self, pending: UnmatchedEntity<'a>, id: Uuid) {
        self.result.entity_ids[pending.declared_id.0 as usize] = Some(id);
        if !pending.has_dangling_link {
            let live = None;
            self.matched.push(MatchedEntity {
                entity: pending,
                id,
                live,
            });
        }
    }

    /// Compares what is declared with what stands, on all cores: nothing of it bears on who is who.
    fn diff_matched(&mut self) {
        let catalog = self.input.catalog;
        let acts = par_map_chunks(&mut self.matched, |settled| {
            let mut made_up = GeneratedFields::default();
            let mut acts = Vec::new();
            for few in settled.chunks_mut(PREFETCH_BATCH) {
                let live = few.iter().filter_map(|one| one.live);
                prefetch(live.chain(few.iter().map(|one| one.entity.declared.body.expose())));
                acts.extend(
                    few.iter_mut()
                        .filter_map(|one| one.decide_action(catalog, &mut made_up)),
                );
            }
            acts
        });
        for (at, declared, id, act) in acts.into_iter().flatten() {
            if let DraftAction::Update(update) = &act {
                let problem = hash_only_error(catalog.kind(declared.kind), update, declared);
                self.result.errors.extend(problem);
            }
            self.add_draft(at, declared, id, act);
        }
    }

    fn add_draft(&mut self, at: DeclaredId, declared: &DeclaredEntity, id: Uuid, act: DraftAction<'a>) {
        let kind = self.input.catalog.kind(declared.kind);
        let hashed = kind.hashed_field.as_ref().filter(|hashed| {
            let written = match &act {
                DraftAction::Update(update) => matches!(&update.request_body, UpdateBody::Put(_)),
                DraftAction::Create { .. } | DraftAction::Delete { .. } => true,
            };
            written
                && hashed::is_hashed(hashed, declared.body.expose())
                && hashed::looks_hashed(hashed, declared.body.expose())
        });
        if let Some(hashed) = hashed {
            let path = schema::FieldPath::from_field(&hashed.field);
            let message = format!(
                "the {} of this {} looks like a stored hash, and would be hashed once more",
                hashed.field, kind.name
            );
            let warning = Diagnostic::warning(DiagnosticCode::HashedTwice, message)
                .at_secret(declared.location.value_span(&path));
            self.result.diagnostics.push(warning.help("declare the plain value"));
        }
        self.result.drafts.push(ChangeDraft {
            kind: declared.kind,
            id,
            declared: Some(at),
            scope: declared.scope,
            action: act,
        });
    }
}
