//! What references resolve to, looked at as Kong looks at what stands in the field itself.
//!
//! Kong skips the checks of a field that holds a reference, and those over several fields if one of them does. Here they
//! are made on what the references resolve to; the same questions are put to certificates that stand in the open.

mod certificates;
mod keys;
mod told;
mod trial;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher;

use rustc_hash::{FxBuildHasher, FxHashSet};
use uuid::Uuid;

pub use certificates::Validity;

use self::trial::Trial;
use super::{Finding, Holder, Judged, Reason, Resolved, Secret, Standing};
use json::{Object, Value};
use schema::{self, Catalog, Field, FieldPath, Kind, KindId};
use state::DeclaredId;

/// What is to be told of a field that holds no reference, or that is not wrong yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The kind of the entity.
    pub kind: KindId,
    /// The entity's name in reports.
    pub title: String,
    /// The field.
    pub path: FieldPath,
    /// What the plan does to the entity.
    pub standing: Standing,
    /// Where the entity is declared, if it is.
    pub declared: Option<DeclaredId>,
    /// Whether the text that stands there must not be shown.
    pub confidential: bool,
    /// What there is to tell.
    pub flaw: Flaw,
}

/// Something about a field's value. Nothing of the value is in it, save what a certificate says to everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The field.
    pub(super) path: FieldPath,
    /// Whether it is wrong; else it is to be looked at.
    pub wrong: bool,
    /// A stable word.
    pub code: &'static str,
    /// What is the matter, as what follows "the value": `is no PEM certificate`.
    pub message: String,
    /// What of it is this entity's alone: a date, a name.
    pub detail: Option<String>,
    /// What to do.
    pub help: &'static str,
}

/// Looks at what the references of entities resolve to, and at certificates in the open. What is wrong with a resolved
/// value becomes the verdict on its reference; the rest is told.
pub struct Examination<'a> {
    catalog: &'a Catalog,
    judged: &'a mut [Judged],
    resolved: &'a [Resolved],
    validity: Validity,
    uses: BTreeMap<Place, Vec<usize>>,
    /// Certificates in the open of which there is nothing to tell, with the names under which they are served: thousands
    /// may be alike.
    quiet: FxHashSet<(OpenMaterial, Vec<String>)>,
    remarks: Vec<Remark>,
}

impl<'a> Examination<'a> {
    /// Of references and what each resolves to, in the same order.
    pub fn new(catalog: &'a Catalog, judged: &'a mut [Judged], resolved: &'a [Resolved], validity: Validity) -> Self {
        let mut uses: BTreeMap<Place, Vec<usize>> = BTreeMap::new();
        for (at, one) in judged.iter().enumerate() {
            uses.entry(Place::of_use(one)).or_default().push(at);
        }
        Self {
            catalog,
            judged,
            resolved,
            validity,
            uses,
            quiet: FxHashSet::default(),
            remarks: Vec::new(),
        }
    }

    /// Looks at one entity, and what of it is in the open. `served` tells the names under which its certificates are served.
    pub fn look_at(&mut self, holder: &Holder<'_>, open: Option<OpenMaterial>, served: &dyn Fn() -> Vec<String>) {
        let uses = self.uses.remove(&Place::of(holder)).unwrap_or_default();
        if uses.is_empty() && open.is_none() {
            return;
        }
        let told = open.map(|open| (open, served()));
        let is_known = |told| holder.standing != Standing::Changed && self.quiet.contains(told);
        if uses.is_empty() && told.as_ref().is_some_and(is_known) {
            return;
        }
        let mut quiet = true;
        let places: Vec<FieldPath> = uses.iter().map(|at| self.judged[*at].usage.path.clone()).collect();
        for plane in planes(&uses, self.resolved) {
            let values = values(&uses, self.judged, self.resolved, plane);
            values.iter().for_each(|put| portray(put, self.judged));
            for mut flaw in flaws(self.catalog, (holder, served), &values, &places, &self.validity) {
                quiet = false;
                flaw.message
                    .extend(plane.map(|plane| format!(" (data plane: {plane})")));
                tell(flaw, holder, &values, self.judged, &mut self.remarks);
            }
        }
        self.quiet.extend(told.filter(|_| quiet));
    }

    /// What there is to tell besides the verdicts on references.
    pub fn remarks(mut self) -> Vec<Remark> {
        self.remarks.dedup();
        self.remarks
    }
}

/// The certificates of an entity that are no references, told from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OpenMaterial(u64);

/// The fields that hold certificates, by kind.
pub struct CertificateFields(Vec<Vec<String>>);

impl CertificateFields {
    /// Those of all kinds.
    pub fn of(catalog: &Catalog) -> Self {
        let fields = |kind| certificates::fields(kind).map(str::to_owned).collect();
        Self(catalog.kinds().map(|(_, kind)| fields(kind)).collect())
    }

    /// Whether entities of a kind have any.
    pub fn has(&self, kind: KindId) -> bool {
        self.0.get(usize::from(kind.0)).is_some_and(|fields| !fields.is_empty())
    }

    /// What of an entity is in the open, if anything is.
    pub fn open(&self, kind: KindId, body: &Object) -> Option<OpenMaterial> {
        let fields = self.0.get(usize::from(kind.0))?;
        let texts = fields.iter().map(|field| certificates::text(body, field));
        let texts: Vec<Option<&str>> = texts.collect();
        let any = texts.iter().any(Option::is_some);
        any.then(|| OpenMaterial(FxBuildHasher.hash_one(texts)))
    }
}

/// Whether entities of a kind hold certificates or pairs of keys.
pub fn bears_material(kind: &Kind) -> bool {
    let of_pair = |field: &Field| {
        let checks = field.rules.get("checks").and_then(Value::as_array);
        checks.is_some_and(|checks| checks.iter().any(|check| check.get("key_pair").is_some()))
    };
    let pairs = kind.checks.iter().any(|check| check.check == "pair");
    pairs || certificates::fields(kind).next().is_some() || kind.record.fields.iter().any(|(_, field)| of_pair(field))
}

/// What tells entities apart: those of files have no ids yet.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Place(KindId, Uuid, Option<DeclaredId>);

impl Place {
    fn of(holder: &Holder<'_>) -> Self {
        Self(holder.kind, holder.id, holder.declared)
    }

    fn of_use(one: &Judged) -> Self {
        Self(one.usage.kind, one.usage.id, one.usage.declared)
    }
}

/// A reference with what it resolves to.
struct Put<'a> {
    at: usize,
    path: FieldPath,
    text: String,
    value: &'a Secret,
}

/// The data planes of which something was fetched; none in particular, if all see the same.
fn planes<'a>(uses: &[usize], resolved: &'a [Resolved]) -> BTreeSet<Option<&'a str>> {
    let values = uses.iter().flat_map(|at| &resolved[*at]);
    let named: BTreeSet<Option<&str>> = values.filter_map(|(plane, _)| Some(Some(plane.as_deref()?))).collect();
    if named.is_empty() { [None].into() } else { named }
}

/// What the references of an entity resolve to on a data plane.
fn values<'a>(uses: &[usize], judged: &[Judged], resolved: &'a [Resolved], plane: Option<&str>) -> Vec<Put<'a>> {
    let value = |at: &usize| {
        let mut values = resolved[*at].iter();
        let (_, value) = values.find(|(of, _)| of.is_none() || of.as_deref() == plane)?;
        let usage = &judged[*at].usage;
        Some(Put {
            at: *at,
            path: usage.path.clone(),
            text: usage.text.clone(),
            value,
        })
    };
    uses.iter().filter_map(value).collect()
}

/// All that is the matter with an entity's fields once the values stand in them.
fn flaws(
    catalog: &Catalog,
    (holder, served): (&Holder<'_>, &dyn Fn() -> Vec<String>),
    values: &[Put<'_>],
    uses: &[FieldPath],
    validity: &Validity,
) -> Vec<Flaw> {
    let of_certificates = |body: &Object| certificates::flaws(catalog, holder.kind, body, served, validity);
    if values.is_empty() {
        return of_certificates(holder.body);
    }
    let record = catalog.record(holder.kind, holder.body);
    let trial = Trial {
        catalog,
        holder,
        record: &record,
        values,
        uses,
        now: validity.now,
    };
    let mut flaws: Vec<Flaw> = values.iter().filter_map(no_text).collect();
    flaws.extend(keys::flaws(catalog.kind(holder.kind), &record, values));
    // what is wrong by itself is no reason to blame others
    let filled = trial.filled(|at| !flaws.iter().any(|flaw| flaw.path == values[at].path));
    flaws.extend(trial.refused(&filled));
    flaws.extend(filled.value().as_object().into_iter().flat_map(of_certificates));
    flaws
}

fn no_text(put: &Put<'_>) -> Option<Flaw> {
    put.value.text().is_none().then(|| Flaw {
        path: put.path.clone(),
        wrong: true,
        code: "bad-content",
        message: "is no text (UTF-8)".to_owned(),
        detail: None,
        help: "store it as text, or encode it and set base64_decode on the vault",
    })
}

/// Keeps what a certificate says to everybody.
fn portray(put: &Put<'_>, judged: &mut [Judged]) {
    let text = put
        .value
        .text()
        .filter(|text| text.contains("-----BEGIN CERTIFICATE-----"));
    if let Some(first) = text.and_then(schema::chain).and_then(|chain| chain.into_iter().next()) {
        judged[put.at].certificate = Some(first);
    }
}

/// What is wrong with a resolved value is the verdict on its reference, unless there is one already.
fn tell(flaw: Flaw, holder: &Holder<'_>, values: &[Put<'_>], judged: &mut [Judged], remarks: &mut Vec<Remark>) {
    let put = values.iter().find(|put| put.path == flaw.path);
    match put.map(|put| &mut judged[put.at]) {
        Some(one) if flaw.wrong => {
            if one.finding.reason != Reason::BadContent {
                one.finding = finding(&flaw, &one.usage.text);
            }
        }
        _ => remarks.push(Remark {
            kind: holder.kind,
            title: (holder.title)(),
            path: flaw.path.clone(),
            standing: holder.standing,
            declared: holder.declared,
            confidential: false,
            flaw,
        }),
    }
}

fn finding(flaw: &Flaw, text: &str) -> Finding {
    let detail = flaw
        .detail
        .as_ref()
        .map(|detail| format!(" ({detail})"))
        .unwrap_or_default();
    let message = format!("what {text} resolves to {}{detail}", flaw.message);
    Finding::new(Reason::BadContent, message).about(text).help(flaw.help)
}
