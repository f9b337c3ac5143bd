//! What references resolve to, looked at as Kong looks at what stands in the field itself.
//!
//! Kong skips the checks of a field that holds a reference, and those over several fields if one of them does. Here they
//! are made on what the references resolve to; the same questions are put to certificates that stand in the open.

mod certificates;
mod keys;
mod messages;
mod resolved_entity;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher;

use rustc_hash::{FxBuildHasher, FxHashSet};
use uuid::Uuid;
use yaml::DiagnosticCode;

pub use certificates::ExpiryWindow;

use self::resolved_entity::ResolvedEntity;
use super::{Assessment, ChangeState, EntityView, Finding, Reason, ResolvedValues, Secret};
use json::Object;
use schema::{self, Catalog, Field, FieldCheck, FieldPath, Kind, KindCheck, KindId};
use state::DeclaredId;

/// What is to be told of a field that holds no reference, or that is not wrong yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityIssue {
    /// The kind of the entity.
    pub kind: KindId,
    /// The entity's name in reports.
    pub title: String,
    /// The field.
    pub path: FieldPath,
    /// What the plan does to the entity.
    pub change_state: ChangeState,
    /// Where the entity is declared, if it is.
    pub declared: Option<DeclaredId>,
    /// Whether the text that stands there must not be shown.
    pub confidential: bool,
    /// What there is to tell.
    pub issue: FieldIssue,
}

/// Something about a field's value. Nothing of the value is in it, save what a certificate says to everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldIssue {
    /// The field.
    pub(super) path: FieldPath,
    /// Whether it is wrong; else it is to be looked at.
    pub is_error: bool,
    /// A stable word.
    pub code: DiagnosticCode,
    /// What is the matter, as what follows "the value": `is no PEM certificate`.
    pub message: String,
    /// What of it is this entity's alone: a date, a name.
    pub detail: Option<String>,
    /// What to do.
    pub help: &'static str,
}

/// Looks at what the references of entities resolve to, and at certificates in the open. What is wrong with a resolved
/// value becomes the verdict on its reference; the rest is told.
pub struct ContentChecker<'a> {
    catalog: &'a Catalog,
    assessments: &'a mut [Assessment],
    resolved_values: &'a [ResolvedValues],
    expiry: ExpiryWindow,
    references: BTreeMap<EntityKey, Vec<usize>>,
    /// Certificates in the open of which there is nothing to tell, with the names under which they are served: thousands
    /// may be alike.
    clean: FxHashSet<(InlineCertificatesHash, Vec<String>)>,
    issues: Vec<EntityIssue>,
}

impl<'a> ContentChecker<'a> {
    /// Of references and what each resolves to, in the same order.
    pub fn new(
        catalog: &'a Catalog,
        assessments: &'a mut [Assessment],
        resolved_values: &'a [ResolvedValues],
        expiry: ExpiryWindow,
    ) -> Self {
        let mut references: BTreeMap<EntityKey, Vec<usize>> = BTreeMap::new();
        for (at, one) in assessments.iter().enumerate() {
            references.entry(EntityKey::from_assessment(one)).or_default().push(at);
        }
        Self {
            catalog,
            assessments,
            resolved_values,
            expiry,
            references,
            clean: FxHashSet::default(),
            issues: Vec::new(),
        }
    }

    /// Looks at one entity, and what of it is in the open. `served` tells the names under which its certificates are served.
    pub fn check_entity(
        &mut self,
        holder: &EntityView<'_>,
        open: Option<InlineCertificatesHash>,
        served: &dyn Fn() -> Vec<String>,
    ) {
        let uses = self
            .references
            .remove(&EntityKey::from_entity(holder))
            .unwrap_or_default();
        if uses.is_empty() && open.is_none() {
            return;
        }
        let told = open.map(|open| (open, served()));
        let is_known = |told| holder.change_state != ChangeState::Changed && self.clean.contains(told);
        if uses.is_empty() && told.as_ref().is_some_and(is_known) {
            return;
        }
        let mut quiet = true;
        let places: Vec<FieldPath> = uses.iter().map(|at| self.assessments[*at].site.path.clone()).collect();
        for plane in data_planes(&uses, self.resolved_values) {
            let values = values_on_plane(&uses, self.assessments, self.resolved_values, plane);
            values.iter().for_each(|put| record_certificate(put, self.assessments));
            for mut flaw in find_issues(self.catalog, (holder, served), &values, &places, &self.expiry) {
                quiet = false;
                flaw.message
                    .extend(plane.map(|plane| format!(" (data plane: {plane})")));
                record_issue(flaw, holder, &values, self.assessments, &mut self.issues);
            }
        }
        self.clean.extend(told.filter(|_| quiet));
    }

    /// What there is to tell besides the verdicts on references.
    pub fn into_issues(mut self) -> Vec<EntityIssue> {
        self.issues.dedup();
        self.issues
    }
}

/// The certificates of an entity that are no references, told from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InlineCertificatesHash(u64);

/// The fields that hold certificates, by kind.
pub struct CertificateFields(Vec<Vec<String>>);

impl CertificateFields {
    /// Those of all kinds.
    pub fn from_catalog(catalog: &Catalog) -> Self {
        let fields = |kind| certificates::certificate_fields(kind).map(str::to_owned).collect();
        Self(catalog.kinds().map(|(_, kind)| fields(kind)).collect())
    }

    /// Whether entities of a kind have any.
    pub fn has_any(&self, kind: KindId) -> bool {
        self.0.get(usize::from(kind.0)).is_some_and(|fields| !fields.is_empty())
    }

    /// What of an entity is in the open, if anything is.
    pub fn inline_certificates(&self, kind: KindId, body: &Object) -> Option<InlineCertificatesHash> {
        let fields = self.0.get(usize::from(kind.0))?;
        let texts = fields.iter().map(|field| certificates::inline_text(body, field));
        let texts: Vec<Option<&str>> = texts.collect();
        let any = texts.iter().any(Option::is_some);
        any.then(|| InlineCertificatesHash(FxBuildHasher.hash_one(texts)))
    }
}

/// Whether entities of a kind hold certificates or pairs of keys.
pub fn has_key_material(kind: &Kind) -> bool {
    let is_pair = |check: &FieldCheck| matches!(check, FieldCheck::KeyPair(_));
    let of_pair = |field: &Field| field.checks.iter().any(is_pair);
    let pairs = kind.checks.iter().any(|check| matches!(check, KindCheck::Pair { .. }));
    pairs
        || certificates::certificate_fields(kind).next().is_some()
        || kind.record.fields.iter().any(|(_, field)| of_pair(field))
}

/// What tells entities apart: those of files have no ids yet.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct EntityKey(KindId, Uuid, Option<DeclaredId>);

impl EntityKey {
    fn from_entity(holder: &EntityView<'_>) -> Self {
        Self(holder.kind, holder.id, holder.declared)
    }

    fn from_assessment(one: &Assessment) -> Self {
        Self(one.site.kind, one.site.id, one.site.declared)
    }
}

/// A reference with what it resolves to.
struct ResolvedField<'a> {
    index: usize,
    path: FieldPath,
    text: String,
    value: &'a Secret,
}

/// The data planes of which something was fetched; none in particular, if all see the same.
fn data_planes<'a>(uses: &[usize], resolved: &'a [ResolvedValues]) -> BTreeSet<Option<&'a str>> {
    let values = uses.iter().flat_map(|at| &resolved[*at]);
    let named: BTreeSet<Option<&str>> = values.filter_map(|(plane, _)| Some(Some(plane.as_deref()?))).collect();
    if named.is_empty() { [None].into() } else { named }
}

/// What the references of an entity resolve to on a data plane.
fn values_on_plane<'a>(
    uses: &[usize],
    judged: &[Assessment],
    resolved: &'a [ResolvedValues],
    plane: Option<&str>,
) -> Vec<ResolvedField<'a>> {
    let value = |at: &usize| {
        let mut values = resolved[*at].iter();
        let (_, value) = values.find(|(of, _)| of.is_none() || of.as_deref() == plane)?;
        let usage = &judged[*at].site;
        Some(ResolvedField {
            index: *at,
            path: usage.path.clone(),
            text: usage.text.clone(),
            value,
        })
    };
    uses.iter().filter_map(value).collect()
}

/// All that is the matter with an entity's fields once the values stand in them.
fn find_issues(
    catalog: &Catalog,
    (holder, served): (&EntityView<'_>, &dyn Fn() -> Vec<String>),
    values: &[ResolvedField<'_>],
    uses: &[FieldPath],
    validity: &ExpiryWindow,
) -> Vec<FieldIssue> {
    let of_certificates =
        |body: &Object| certificates::find_certificate_issues(catalog, holder.kind, body, served, validity);
    if values.is_empty() {
        return of_certificates(holder.body);
    }
    let record = catalog.record(holder.kind, holder.body);
    let trial = ResolvedEntity {
        catalog,
        entity: holder,
        record: &record,
        values,
        reference_paths: uses,
        now: validity.now,
    };
    let mut flaws: Vec<FieldIssue> = values.iter().filter_map(non_utf8_issue).collect();
    flaws.extend(keys::find_key_issues(catalog.kind(holder.kind), &record, values));
    // what is wrong by itself is no reason to blame others
    let filled = trial.substitute(|at| !flaws.iter().any(|flaw| flaw.path == values[at].path));
    flaws.extend(trial.find_issues(&filled));
    flaws.extend(filled.value().as_object().into_iter().flat_map(of_certificates));
    flaws
}

fn non_utf8_issue(put: &ResolvedField<'_>) -> Option<FieldIssue> {
    put.value.text().is_none().then(|| FieldIssue {
        path: put.path.clone(),
        is_error: true,
        code: DiagnosticCode::BadContent,
        message: "is no text (UTF-8)".to_owned(),
        detail: None,
        help: "store it as text, or encode it and set base64_decode on the vault",
    })
}

/// Keeps what a certificate says to everybody.
fn record_certificate(put: &ResolvedField<'_>, judged: &mut [Assessment]) {
    let text = put
        .value
        .text()
        .filter(|text| text.contains("-----BEGIN CERTIFICATE-----"));
    if let Some(first) = text
        .and_then(schema::parse_chain)
        .and_then(|chain| chain.into_iter().next())
    {
        judged[put.index].certificate = Some(first);
    }
}

/// What is wrong with a resolved value is the verdict on its reference, unless there is one already.
fn record_issue(
    flaw: FieldIssue,
    holder: &EntityView<'_>,
    values: &[ResolvedField<'_>],
    judged: &mut [Assessment],
    remarks: &mut Vec<EntityIssue>,
) {
    let put = values.iter().find(|put| put.path == flaw.path);
    match put.map(|put| &mut judged[put.index]) {
        Some(one) if flaw.is_error => {
            if one.finding.reason != Reason::BadContent {
                one.finding = content_finding(&flaw, &one.site.text);
            }
        }
        _ => remarks.push(EntityIssue {
            kind: holder.kind,
            title: (holder.title)(),
            path: flaw.path.clone(),
            change_state: holder.change_state,
            declared: holder.declared,
            confidential: false,
            issue: flaw,
        }),
    }
}

fn content_finding(flaw: &FieldIssue, text: &str) -> Finding {
    let detail = flaw
        .detail
        .as_ref()
        .map(|detail| format!(" ({detail})"))
        .unwrap_or_default();
    let message = format!("what {text} resolves to {}{detail}", flaw.message);
    Finding::new(Reason::BadContent, message).about(text).help(flaw.help)
}
