//! Kong skips the checks of a field that holds a reference, and those over several fields if one of them does. Here they
//! run on what the references resolve to, and the checks of certificates run on inline ones, too.

mod certificates;
mod keys;
mod messages;
mod resolved_entity;
#[cfg(test)]
mod tests;
mod value_ends;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher;

use rustc_hash::{FxBuildHasher, FxHashSet};
use uuid::Uuid;
use yaml::DiagnosticCode;

pub use certificates::ExpiryWindow;

use self::resolved_entity::ResolvedEntity;
use super::{Assessment, ChangeState, EntityRef, EntityView, Finding, Reason, ResolvedValues, Secret};
use json::Object;
use schema::{self, Catalog, Field, FieldCheck, FieldPath, Kind, KindCheck, KindId};
use state::DeclaredId;

/// An issue of a field that holds no reference, or that is not wrong yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityIssue {
    pub(crate) entity: EntityRef,
    /// Whether the text that stands in the field must not be shown.
    pub(crate) is_confidential: bool,
    pub(crate) field_issue: FieldIssue,
}

/// Something about a field's value. Nothing of the value is in it, save the public part of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldIssue {
    pub(crate) path: FieldPath,
    /// If not, it is a warning.
    pub(crate) is_error: bool,
    /// A stable word.
    pub(crate) code: DiagnosticCode,
    /// The problem, as what follows "the value": `is no PEM certificate`.
    pub(crate) message: String,
    /// What is this entity's alone: a date, a name.
    pub(crate) detail: Option<String>,
    pub(crate) help: &'static str,
}

/// Checks what the references of entities resolve to, and inline certificates. What is wrong with a resolved value becomes
/// the finding on its reference; the rest becomes an issue.
pub struct ContentChecker<'a> {
    catalog: &'a Catalog,
    assessments: &'a mut [Assessment],
    resolved_values: &'a [ResolvedValues],
    expiry: ExpiryWindow,
    references: BTreeMap<EntityKey, Vec<usize>>,
    /// Inline certificates without issues, with the names under which they are served: thousands may be alike.
    clean: FxHashSet<(InlineCertificatesHash, Vec<String>)>,
    issues: Vec<EntityIssue>,
}

impl<'a> ContentChecker<'a> {
    /// `resolved_values` are what the references of `assessments` resolve to, in the same order.
    pub fn new(
        catalog: &'a Catalog,
        assessments: &'a mut [Assessment],
        resolved_values: &'a [ResolvedValues],
        expiry: ExpiryWindow,
    ) -> Self {
        let mut references: BTreeMap<EntityKey, Vec<usize>> = BTreeMap::new();
        for (index, assessment) in assessments.iter().enumerate() {
            let entity = &assessment.site.entity;
            let key = EntityKey(entity.kind, entity.id, entity.declared);
            references.entry(key).or_default().push(index);
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

    /// Checks one entity. `inline` are its inline certificates, `served_names` computes the names under which they are served.
    pub fn check_entity(
        &mut self,
        entity: &EntityView<'_>,
        inline: Option<InlineCertificatesHash>,
        served_names: &dyn Fn() -> Vec<String>,
    ) {
        let key = EntityKey(entity.kind, entity.id, entity.declared);
        let references = self.references.remove(&key).unwrap_or_default();
        if references.is_empty() && inline.is_none() {
            return;
        }
        let inline = inline.map(|hash| (hash, served_names()));
        let is_clean = |inline| entity.change_state != ChangeState::Changed && self.clean.contains(inline);
        if references.is_empty() && inline.as_ref().is_some_and(is_clean) {
            return;
        }
        let mut has_issues = false;
        let paths = references
            .iter()
            .map(|index| self.assessments[*index].site.path.clone());
        let paths: Vec<FieldPath> = paths.collect();
        for plane in data_planes(&references, self.resolved_values) {
            let values = values_on_plane(&references, self.assessments, self.resolved_values, plane);
            values
                .iter()
                .for_each(|field| record_certificate(field, self.assessments));
            for mut issue in find_issues(self.catalog, (entity, served_names), &values, &paths, &self.expiry) {
                has_issues = true;
                issue
                    .message
                    .extend(plane.map(|plane| format!(" (data plane: {plane})")));
                record_issue(issue, entity, &values, self.assessments, &mut self.issues);
            }
        }
        self.clean.extend(inline.filter(|_| !has_issues));
    }

    /// The issues besides the findings on references.
    pub fn into_issues(mut self) -> Vec<EntityIssue> {
        self.issues.dedup();
        self.issues
    }
}

/// A hash of the inline certificates of an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InlineCertificatesHash(u64);

/// The fields that hold certificates, by kind.
pub struct CertificateFields(Vec<Vec<String>>);

impl CertificateFields {
    /// Of all kinds.
    pub fn from_catalog(catalog: &Catalog) -> Self {
        let fields = |kind| certificates::certificate_fields(kind).map(str::to_owned).collect();
        Self(catalog.kinds().map(|(_, kind)| fields(kind)).collect())
    }

    /// Whether entities of a kind have any.
    pub fn has_any(&self, kind: KindId) -> bool {
        self.0.get(usize::from(kind.0)).is_some_and(|fields| !fields.is_empty())
    }

    /// The inline certificates of an entity, if it has any.
    pub fn inline_certificates(&self, kind: KindId, body: &Object) -> Option<InlineCertificatesHash> {
        let fields = self.0.get(usize::from(kind.0))?;
        let texts = fields.iter().map(|field| certificates::inline_text(body, field));
        let texts: Vec<Option<&str>> = texts.collect();
        let has_inline = texts.iter().any(Option::is_some);
        has_inline.then(|| InlineCertificatesHash(FxBuildHasher.hash_one(texts)))
    }
}

/// Whether entities of a kind hold certificates or pairs of keys.
pub fn has_key_material(kind: &Kind) -> bool {
    let is_pair = |check: &FieldCheck| matches!(check, FieldCheck::KeyPair(_));
    let is_key_pair = |field: &Field| field.checks.iter().any(is_pair);
    let pairs = kind.checks.iter().any(|check| matches!(check, KindCheck::Pair { .. }));
    pairs
        || certificates::certificate_fields(kind).next().is_some()
        || kind.record.fields.iter().any(|(_, field)| is_key_pair(field))
}

/// What identifies an entity: those of files have no ids yet.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct EntityKey(KindId, Uuid, Option<DeclaredId>);

/// A reference with what it resolves to.
struct ResolvedField<'a> {
    /// Of its assessment.
    index: usize,
    path: FieldPath,
    text: String,
    value: &'a Secret,
}

/// The data planes that have values of their own; `None` alone, if all have the same.
fn data_planes<'a>(references: &[usize], resolved: &'a [ResolvedValues]) -> BTreeSet<Option<&'a str>> {
    let values = references.iter().flat_map(|index| &resolved[*index]);
    let named: BTreeSet<Option<&str>> = values.filter_map(|(plane, _)| Some(Some(plane.as_deref()?))).collect();
    if named.is_empty() { [None].into() } else { named }
}

/// What the references of an entity resolve to on a data plane.
fn values_on_plane<'a>(
    references: &[usize],
    assessments: &[Assessment],
    resolved: &'a [ResolvedValues],
    plane: Option<&str>,
) -> Vec<ResolvedField<'a>> {
    let resolved_field = |index: &usize| {
        let mut values = resolved[*index].iter();
        let (_, value) = values.find(|(of_plane, _)| of_plane.is_none() || of_plane.as_deref() == plane)?;
        let site = &assessments[*index].site;
        Some(ResolvedField {
            index: *index,
            path: site.path.clone(),
            text: site.text.clone(),
            value,
        })
    };
    references.iter().filter_map(resolved_field).collect()
}

/// All issues of an entity's fields once the values stand in them.
fn find_issues(
    catalog: &Catalog,
    (entity, served_names): (&EntityView<'_>, &dyn Fn() -> Vec<String>),
    values: &[ResolvedField<'_>],
    reference_paths: &[FieldPath],
    expiry: &ExpiryWindow,
) -> Vec<FieldIssue> {
    let certificate_issues =
        |body: &Object| certificates::find_certificate_issues(catalog, entity.kind, body, served_names, expiry);
    if values.is_empty() {
        return certificate_issues(entity.body);
    }
    let record = catalog.record(entity.kind, entity.body);
    let resolved = ResolvedEntity {
        catalog,
        entity,
        record: &record,
        values,
        reference_paths,
        now: expiry.now,
    };
    let mut issues: Vec<FieldIssue> = values.iter().filter_map(non_utf8_issue).collect();
    issues.extend(keys::find_key_issues(catalog.kind(entity.kind), &record, values));
    // what is wrong by itself is no reason to blame others
    let body = resolved.substitute(|index| !issues.iter().any(|issue| issue.path == values[index].path));
    issues.extend(resolved.find_issues(&body));
    issues.extend(body.value().as_object().into_iter().flat_map(certificate_issues));
    issues.extend(
        values
            .iter()
            .filter_map(|field| value_ends::white_space_issue(&record, field)),
    );
    issues
}

fn non_utf8_issue(field: &ResolvedField<'_>) -> Option<FieldIssue> {
    field.value.text().is_none().then(|| FieldIssue {
        path: field.path.clone(),
        is_error: true,
        code: DiagnosticCode::BadContent,
        message: "is no text (UTF-8)".to_owned(),
        detail: None,
        help: "store it as text, or encode it and set base64_decode on the vault",
    })
}

/// Keeps the public part of a certificate.
fn record_certificate(field: &ResolvedField<'_>, assessments: &mut [Assessment]) {
    let text = field
        .value
        .text()
        .filter(|text| text.contains("-----BEGIN CERTIFICATE-----"));
    if let Some(first) = text
        .and_then(schema::parse_chain)
        .and_then(|chain| chain.into_iter().next())
    {
        assessments[field.index].certificate = Some(first);
    }
}

/// An error in a resolved value is the finding on its reference, unless there is one already.
fn record_issue(
    issue: FieldIssue,
    entity: &EntityView<'_>,
    values: &[ResolvedField<'_>],
    assessments: &mut [Assessment],
    issues: &mut Vec<EntityIssue>,
) {
    let field = values.iter().find(|field| field.path == issue.path);
    match field.map(|field| &mut assessments[field.index]) {
        Some(assessment) if issue.is_error => {
            if assessment.finding.reason != Reason::BadContent {
                assessment.finding = content_finding(&issue, &assessment.site.text);
            }
        }
        _ => issues.push(EntityIssue {
            entity: entity.to_ref(),
            is_confidential: false,
            field_issue: issue,
        }),
    }
}

fn content_finding(issue: &FieldIssue, text: &str) -> Finding {
    let detail = issue
        .detail
        .as_ref()
        .map(|detail| format!(" ({detail})"))
        .unwrap_or_default();
    let message = format!("what {text} resolves to {}{detail}", issue.message);
    Finding::new(Reason::BadContent, message).about(text).help(issue.help)
}
