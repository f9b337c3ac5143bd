use std::borrow::Cow;
use std::cell::OnceCell;

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use uuid::Uuid;

use super::conflict::{in_the_way, nowhere, unhashable};
use super::draft::{Act, Draft, Sent};
use super::hashed;
use super::key::key_in;
use super::known::{Holder, Known, Standing, is_spectator};
use super::made_up::MadeUp;
use super::pending::{Identified, Pending};
use super::resolve::{Dangling, Names};
use super::{Problem, Question, kin, rotate};
use json::parallel::stretches;
use json::{PREFETCH_BATCH, prefetch, prefetch_chunked};
use schema::KindId;
use state::{DeclaredEntity, DeclaredId};
use yaml::Diagnostic;

/// Who is who, and what differs.
pub(super) struct Settled<'a> {
    /// The id of every declared entity; none where it could not be found out.
    pub found: Vec<Option<Uuid>>,
    /// The owned entities that are declared ones.
    pub claimed: FxHashSet<(KindId, Uuid)>,
    pub drafts: Vec<Draft<'a>>,
    pub problems: Vec<Problem>,
    pub remarks: Vec<Diagnostic>,
}

/// Finds for every declared entity the live one that it is, and the entities that it refers to, kind after kind, so that
/// whatever an identity rests on is known before; compares the two; and chooses an id for what is not there.
pub(super) fn settle<'a>(question: &Question<'a>, known: &Known<'a>, ids: &mut dyn FnMut() -> Uuid) -> Settled<'a> {
    let mut settling = Settling {
        question,
        known,
        names: Names::of(question),
        dangling: Dangling::default(),
        made_up: MadeUp::default(),
        settled: Vec::with_capacity(question.desired.entities.len()),
        result: Settled {
            found: vec![None; question.desired.entities.len()],
            claimed: FxHashSet::with_capacity_and_hasher(question.desired.entities.len(), FxBuildHasher),
            drafts: Vec::new(),
            problems: Vec::new(),
            remarks: Vec::new(),
        },
    };
    let mut by_kind: FxHashMap<KindId, Vec<DeclaredId>> = FxHashMap::default();
    for (at, declared) in question.desired.entities.iter().enumerate() {
        by_kind.entry(declared.kind).or_default().push(DeclaredId(at as u32));
    }
    for kind in kin::in_order(question.catalog) {
        if let Some(members) = by_kind.remove(&kind) {
            settling.kind(kind, members, ids);
        }
    }
    settling.compare();
    let Settling {
        names,
        dangling,
        mut result,
        ..
    } = settling;
    result.problems.extend(dangling.problems(question, known, &names));
    result
}

pub(super) struct Settling<'a, 'q> {
    pub question: &'q Question<'a>,
    pub known: &'q Known<'a>,
    pub names: Names<'a>,
    pub dangling: Dangling,
    made_up: MadeUp,
    settled: Vec<Identified<'a>>,
    pub result: Settled<'a>,
}

/// The places of live entities by the value of a natural key: the first, and others where a key is not unique.
type ByKey<'a> = FxHashMap<Cow<'a, str>, (usize, Vec<usize>)>;

impl<'a> Settling<'a, '_> {
    fn kind(&mut self, kind: KindId, members: Vec<DeclaredId>, ids: &mut dyn FnMut() -> Uuid) {
        if self.question.live.absent.contains(&kind) {
            self.result.problems.extend(nowhere(self.question, kind, &members));
            return;
        }
        let (said, unsaid): (Vec<_>, Vec<_>) = members
            .into_iter()
            .partition(|at| self.question.desired.entity(*at).id.is_some());
        for at in said {
            let pending = self.pending(at);
            self.by_id(pending);
        }
        let pending = self.by_keys(kind, unsaid);
        let pending = self.by_material(kind, pending);
        let pending = self.by_equality(kind, pending);
        for one in pending {
            if one.spectator {
                continue;
            }
            let id = ids();
            self.create(one, id);
        }
    }

    fn pending(&mut self, at: DeclaredId) -> Pending<'a> {
        let declared = self.question.desired.entity(at);
        let spectator = is_spectator(self.question, declared);
        let (links, broken) = self.links(declared, spectator);
        Pending {
            at,
            declared,
            links,
            desired: OnceCell::new(),
            broken,
            spectator,
        }
    }

    /// An entity that says its id is that one, or a new one.
    fn by_id(&mut self, pending: Pending<'a>) {
        let Some(id) = pending.declared.id else { return };
        match self.known.by_id(pending.declared.kind, id) {
            Some(holder) if holder.standing == Standing::Owned || pending.spectator => self.claim(pending, holder),
            Some(holder) => {
                self.result.found[pending.at.0 as usize] = Some(id);
                let kind = self.question.catalog.kind(holder.kind);
                self.result.problems.push(in_the_way(
                    kind,
                    holder,
                    "it has the id that is declared",
                    pending.declared,
                ));
            }
            None if pending.spectator => {}
            None => self.create(pending, id),
        }
    }

    /// The others are the owned ones with the same natural keys, the best first.
    fn by_keys(&mut self, kind: KindId, members: Vec<DeclaredId>) -> Vec<Pending<'a>> {
        let catalog = self.question.catalog;
        let mut left: Vec<_> = members.into_iter().map(|at| self.pending(at)).collect();
        for set in &catalog.kind(kind).identity {
            if left.is_empty() {
                break;
            }
            let holders = self.unclaimed_by_key(kind, set);
            let keyed = stretches(&mut left, |stretch| {
                let glanced = prefetch_chunked(stretch, |one| Some(one.declared.body.expose()));
                let keyed = glanced.map(|one| (one.spectator, one.key(catalog, set)));
                keyed.collect::<Vec<_>>()
            });
            let keyed = keyed.into_iter().flatten();
            let matched = keyed.map(|(spectator, key)| self.by_key(kind, &key?, &holders, spectator));
            let matched = matched.collect();
            left = self.claim_some(left, matched);
        }
        left
    }

    /// The live entity with that key; an owned one is no other's from now on.
    fn by_key(&mut self, kind: KindId, key: &str, holders: &ByKey<'a>, spectator: bool) -> Option<usize> {
        let known = self.known;
        let fits = |at: &&usize| {
            let holder = &known.holders[**at];
            (holder.standing == Standing::Owned || spectator) && !self.result.claimed.contains(&(kind, holder.id))
        };
        let (first, others) = holders.get(key)?;
        let fitting = std::iter::once(first).chain(others).filter(fits);
        let at = *fitting.min_by_key(|at| known.holders[**at].id)?;
        self.take(&known.holders[at]);
        Some(at)
    }

    fn unclaimed_by_key(&self, kind: KindId, set: &[String]) -> ByKey<'a> {
        let places = self.known.places_of(kind);
        let unclaimed = places.filter(|(_, holder)| !self.result.claimed.contains(&(kind, holder.id)));
        let described = self.question.catalog.kind(kind);
        let mut unclaimed: Vec<(usize, &Holder<'a>)> = unclaimed.collect();
        let keyed = stretches(&mut unclaimed, |stretch| {
            let glanced = prefetch_chunked(stretch, |(_, holder)| Some(holder.body));
            let keyed = glanced.filter_map(|(at, holder)| Some((key_in(described, set, holder.body)?, *at)));
            keyed.collect::<Vec<_>>()
        });
        let mut found = ByKey::default();
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
    fn by_material(&mut self, kind: KindId, pending: Vec<Pending<'a>>) -> Vec<Pending<'a>> {
        if pending.is_empty() || self.question.catalog.kind(kind).rotation.is_none() {
            return pending;
        }
        let free = |holder: &Holder<'a>| {
            holder.standing == Standing::Owned && !self.result.claimed.contains(&(kind, holder.id))
        };
        let matched = rotate::assign(self.question, self.known, kind, &pending, free);
        self.claim_some(pending, matched)
    }

    /// What has no name is what equals it.
    fn by_equality(&mut self, kind: KindId, pending: Vec<Pending<'a>>) -> Vec<Pending<'a>> {
        if pending.is_empty() || !self.question.catalog.kind(kind).same_if_equal {
            return pending;
        }
        let free = |holder: &Holder<'a>| {
            holder.standing == Standing::Owned && !self.result.claimed.contains(&(kind, holder.id))
        };
        let matched = super::equal::assign(self.question, self.known, &mut self.made_up, kind, &pending, free);
        self.claim_some(pending, matched)
    }

    fn claim_some(&mut self, pending: Vec<Pending<'a>>, matched: Vec<Option<usize>>) -> Vec<Pending<'a>> {
        let mut left = Vec::new();
        for (one, at) in pending.into_iter().zip(matched) {
            match at {
                Some(at) => self.claim(one, &self.known.holders[at]),
                None => left.push(one),
            }
        }
        left
    }

    fn claim(&mut self, pending: Pending<'a>, holder: &Holder<'a>) {
        self.result.found[pending.at.0 as usize] = Some(holder.id);
        self.take(holder);
        if !pending.broken && !pending.spectator {
            let kind = self.question.catalog.kind(pending.declared.kind);
            hashed::note_unseen(kind, pending.declared, holder.body, &mut self.result.remarks);
            self.settled.push(Identified {
                pending,
                id: holder.id,
                live: Some(holder.body),
            });
        }
    }

    /// Remembers that an entity that is not foreign is a declared one. Once is as good as twice.
    fn take(&mut self, holder: &Holder<'a>) {
        if holder.standing != Standing::Foreign {
            self.result.claimed.insert((holder.kind, holder.id));
        }
    }

    fn create(&mut self, pending: Pending<'a>, id: Uuid) {
        self.result.found[pending.at.0 as usize] = Some(id);
        if !pending.broken {
            let live = None;
            self.settled.push(Identified { pending, id, live });
        }
    }

    /// Compares what is declared with what stands, on all cores: nothing of it bears on who is who.
    fn compare(&mut self) {
        let catalog = self.question.catalog;
        let acts = stretches(&mut self.settled, |settled| {
            let mut made_up = MadeUp::default();
            let mut acts = Vec::new();
            for few in settled.chunks_mut(PREFETCH_BATCH) {
                let live = few.iter().filter_map(|one| one.live);
                prefetch(live.chain(few.iter().map(|one| one.pending.declared.body.expose())));
                acts.extend(few.iter_mut().filter_map(|one| one.act(catalog, &mut made_up)));
            }
            acts
        });
        for (at, declared, id, act) in acts.into_iter().flatten() {
            if let Act::Update(update) = &act {
                let problem = unhashable(catalog.kind(declared.kind), update, declared);
                self.result.problems.extend(problem);
            }
            self.draft(at, declared, id, act);
        }
    }

    fn draft(&mut self, at: DeclaredId, declared: &DeclaredEntity, id: Uuid, act: Act<'a>) {
        let kind = self.question.catalog.kind(declared.kind);
        let hashed = kind.hashed_field.as_ref().filter(|hashed| {
            let written = match &act {
                Act::Update(update) => matches!(&update.sent, Sent::Put(_)),
                Act::Create { .. } | Act::Delete { .. } => true,
            };
            written
                && hashed::applies(hashed, declared.body.expose())
                && hashed::looks_hashed(hashed, declared.body.expose())
        });
        if let Some(hashed) = hashed {
            let path = schema::FieldPath::from_field(&hashed.field);
            let message = format!(
                "the {} of this {} looks like a stored hash, and would be hashed once more",
                hashed.field, kind.name
            );
            let warning = Diagnostic::warning("hashed-twice", message).at_secret(declared.location.value_span(&path));
            self.result.remarks.push(warning.help("declare the plain value"));
        }
        self.result.drafts.push(Draft {
            kind: declared.kind,
            id,
            declared: Some(at),
            scope: declared.scope,
            act,
        });
    }
}
