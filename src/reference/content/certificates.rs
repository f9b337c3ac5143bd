use super::FieldIssue;
use crate::is_reference;
use json::Object;
use schema::{Catalog, Field, FieldCheck, FieldPath, Kind, KindId, PublicCertificate, format_timestamp, parse_chain};
use yaml::DiagnosticCode;

/// The time by which certificates are checked.
#[derive(Clone, Copy, Debug)]
pub struct ExpiryWindow {
    /// Now, in seconds since 1970.
    pub now: i64,
    /// For how many days certificates should be good still.
    pub warn_days: u32,
}

const RENEW_HELP: &str = "renew the certificate";

/// The issues of an entity's certificates, inline ones and those that references resolve to.
pub(super) fn find_certificate_issues(
    catalog: &Catalog,
    kind: KindId,
    body: &Object,
    served_names: &dyn Fn() -> Vec<String>,
    expiry: &ExpiryWindow,
) -> Vec<FieldIssue> {
    let kind = catalog.kind(kind);
    let chains: Vec<(&str, Vec<PublicCertificate>)> = certificate_fields(kind)
        .filter_map(|name| Some((name, parse_chain(inline_text(body, name)?)?)))
        .collect();
    let mut issues: Vec<FieldIssue> = find_unreadable_chains(kind, body).collect();
    for (name, chain) in &chains {
        let invalid = chain
            .iter()
            .filter_map(|certificate| check_validity(name, certificate, expiry));
        issues.extend(invalid.take(1));
    }
    if let Some((name, chain)) = chains.first().filter(|_| kind.child_names.is_some()) {
        let leaves = chains.iter().filter_map(|(_, chain)| chain.first());
        let is_uncovered = |served: &String| !leaves.clone().any(|leaf| leaf.covers(served));
        let uncovered: Vec<String> = served_names().into_iter().filter(is_uncovered).collect();
        issues.extend((!chain.is_empty() && !uncovered.is_empty()).then(|| uncovered_names_issue(name, &uncovered)));
    }
    issues
}

/// A chain of which a part cannot be read: Kong looks at the first certificate only.
fn find_unreadable_chains<'a>(kind: &'a Kind, body: &'a Object) -> impl Iterator<Item = FieldIssue> + 'a {
    let unreadable = certificate_fields(kind).filter(|name| {
        inline_text(body, name).is_some_and(|text| is_first_readable(text) && parse_chain(text).is_none())
    });
    unreadable.map(|name| FieldIssue {
        path: FieldPath::from_field(name),
        is_error: true,
        code: DiagnosticCode::BadContent,
        message: "is a chain of certificates of which not all can be read".to_owned(),
        detail: None,
        help: "store every certificate of the chain whole, one after another",
    })
}

/// Whether at least the first certificate can be read: if not, Kong's own check reports it.
fn is_first_readable(text: &str) -> bool {
    const END: &str = "-----END CERTIFICATE-----";
    let first = text.find(END).map(|end| &text[..end + END.len()]);
    first.and_then(parse_chain).is_some_and(|chain| !chain.is_empty())
}

fn check_validity(field: &str, certificate: &PublicCertificate, expiry: &ExpiryWindow) -> Option<FieldIssue> {
    let soon = expiry.now + i64::from(expiry.warn_days) * 24 * 60 * 60;
    let issue = |is_error, code, message: &str, moment: String| FieldIssue {
        path: FieldPath::from_field(field),
        is_error,
        code,
        message: message.to_owned(),
        detail: Some(format!("{}: {moment}", certificate.subject)),
        help: RENEW_HELP,
    };
    if certificate.not_after < expiry.now {
        let when = format!("until {}", certificate.format_expiry());
        return Some(issue(
            true,
            DiagnosticCode::ExpiredCertificate,
            "holds a certificate that has expired",
            when,
        ));
    }
    if certificate.not_before > expiry.now {
        let when = format!("from {}", format_timestamp(certificate.not_before));
        return Some(issue(
            true,
            DiagnosticCode::FutureCertificate,
            "holds a certificate that is not valid yet",
            when,
        ));
    }
    (certificate.not_after < soon).then(|| {
        let message = format!("holds a certificate that expires within {} days", expiry.warn_days);
        issue(
            false,
            DiagnosticCode::ExpiringCertificate,
            &message,
            format!("until {}", certificate.format_expiry()),
        )
    })
}

fn uncovered_names_issue(field: &str, uncovered: &[String]) -> FieldIssue {
    FieldIssue {
        path: FieldPath::from_field(field),
        is_error: false,
        code: DiagnosticCode::UncoveredName,
        message: "holds a certificate that is not good for all names it is served under".to_owned(),
        detail: Some(uncovered.join(", ")),
        help: "let the certificate name them, or serve another one under these names",
    }
}

/// The fields that hold PEM certificates.
pub(super) fn certificate_fields(kind: &Kind) -> impl Iterator<Item = &str> {
    let is_pem = |field: &Field| field.checks.contains(&FieldCheck::PemCertificate);
    let fields = kind.record.fields.iter();
    fields
        .filter(move |(_, field)| is_pem(field))
        .map(|(name, _)| name.as_str())
}

/// A field's text, if it is no reference.
pub(super) fn inline_text<'b>(body: &'b Object, name: &str) -> Option<&'b str> {
    body.get(name)?.as_str().filter(|text| !is_reference(text))
}
