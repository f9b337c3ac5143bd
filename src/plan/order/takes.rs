use std::borrow::Cow;
use std::collections::HashMap;

use uuid::Uuid;

use super::super::conflict::in_the_way;
use super::super::draft::{Act, Draft};
use super::super::key::{key_in, unique_sets};
use super::super::known::{Holder, Known, Standing};
use super::super::{Problem, Question};
use schema::{Kind, KindId};
use yaml::Diagnostic;

/// A unique value that one draft takes while another entity still has it.
pub(super) struct Take {
    /// The draft that takes it.
    pub taker: usize,
    /// The draft of the entity that has it, and gives it up.
    pub holder: usize,
    /// The fields whose values together are unique.
    pub set: Vec<String>,
}

/// Finds every unique value that is taken from another entity. One that its holder keeps is a problem.
pub(super) fn takes(question: &Question<'_>, known: &Known<'_>, drafts: &[Draft<'_>]) -> (Vec<Take>, Vec<Problem>) {
    let by_id: HashMap<(KindId, Uuid), usize> = drafts
        .iter()
        .enumerate()
        .map(|(at, draft)| ((draft.kind, draft.id), at))
        .collect();
    let mut holders = Holders::default();
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for (taker, draft) in drafts.iter().enumerate() {
        let Some(desired) = draft.desired() else { continue };
        let kind = question.catalog.kind(draft.kind);
        for set in unique_sets(kind) {
            let Some(key) = key_in(kind, &set, desired) else {
                continue;
            };
            if draft.live().and_then(|live| key_in(kind, &set, live)).as_ref() == Some(&key) {
                continue;
            }
            let Some(at) = holders.of(known, kind, draft.kind, &set).get(&*key).copied() else {
                continue;
            };
            let holder = &known.holders[at];
            if holder.id == draft.id {
                continue;
            }
            match by_id.get(&(draft.kind, holder.id)).copied() {
                Some(other) if gives_up(kind, &set, &drafts[other], &key) => found.push(Take {
                    taker,
                    holder: other,
                    set,
                }),
                _ => problems.extend(kept(question, kind, draft, holder, &set)),
            }
        }
    }
    (found, problems)
}

/// Who has which unique values, looked up once a kind and set.
#[derive(Default)]
struct Holders<'a> {
    found: HashMap<(KindId, Vec<String>), HashMap<Cow<'a, str>, usize>>,
}

impl<'a> Holders<'a> {
    fn of(&mut self, known: &Known<'a>, kind: &Kind, id: KindId, set: &[String]) -> &HashMap<Cow<'a, str>, usize> {
        self.found.entry((id, set.to_vec())).or_insert_with(|| {
            let places = known.places_of(id);
            places
                .filter_map(|(at, holder)| Some((key_in(kind, set, holder.body)?, at)))
                .collect()
        })
    }
}

fn gives_up(kind: &Kind, set: &[String], holder: &Draft<'_>, key: &str) -> bool {
    match &holder.act {
        Act::Delete { .. } => true,
        Act::Update(update) => key_in(kind, set, &update.desired).as_deref() != Some(key),
        Act::Create { .. } => false,
    }
}

/// The problem of a unique value that its holder keeps.
fn kept(
    question: &Question<'_>,
    kind: &Kind,
    draft: &Draft<'_>,
    holder: &Holder<'_>,
    set: &[String],
) -> Option<Problem> {
    let declared = question.desired.entity(draft.declared?);
    let why = format!("it has the {} that is declared", set.join(" and "));
    if holder.standing != Standing::Owned || question.options.no_delete {
        return Some(in_the_way(kind, holder, &why, declared));
    }
    let message = format!(
        "another {} of the documents has the same {}",
        kind.name,
        set.join(" and ")
    );
    Some(Problem::invalid(
        Diagnostic::error("duplicate-entity", message).at(declared.location.span),
    ))
}
