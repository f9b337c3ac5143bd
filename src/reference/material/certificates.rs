use super::Flaw;
use crate::is_reference;
use json::{Object, Value};
use schema::{Catalog, Field, FieldPath, Kind, KindId, PublicCertificate, chain, moment};

/// What is valid when.
#[derive(Clone, Copy, Debug)]
pub struct Validity {
    /// Now, in seconds since 1970.
    pub now: i64,
    /// For how many days certificates should be good still.
    pub days: u32,
}

const RENEW: &str = "renew the certificate";

/// What is the matter with an entity's certificates, those in the open and those that references resolve to.
pub(super) fn flaws(
    catalog: &Catalog,
    kind: KindId,
    body: &Object,
    served: &dyn Fn() -> Vec<String>,
    validity: &Validity,
) -> Vec<Flaw> {
    let kind = catalog.kind(kind);
    let borne: Vec<(&str, Vec<PublicCertificate>)> = fields(kind)
        .filter_map(|name| Some((name, chain(text(body, name)?)?)))
        .collect();
    let mut flaws: Vec<Flaw> = unreadable(kind, body).collect();
    for (name, chain) in &borne {
        let flawed = chain
            .iter()
            .filter_map(|certificate| of_time(name, certificate, validity));
        flaws.extend(flawed.take(1));
    }
    if let Some((name, chain)) = borne.first().filter(|_| kind.names_children.is_some()) {
        let leaves = borne.iter().filter_map(|(_, chain)| chain.first());
        let uncovered = |served: &String| !leaves.clone().any(|leaf| leaf.covers(served));
        let uncovered: Vec<String> = served().into_iter().filter(uncovered).collect();
        flaws.extend((!chain.is_empty() && !uncovered.is_empty()).then(|| not_named(name, &uncovered)));
    }
    flaws
}

/// A chain of which a part cannot be read: Kong looks at the first certificate only.
fn unreadable<'a>(kind: &'a Kind, body: &'a Object) -> impl Iterator<Item = Flaw> + 'a {
    let broken =
        fields(kind).filter(|name| text(body, name).is_some_and(|text| begins_well(text) && chain(text).is_none()));
    broken.map(|name| Flaw {
        path: FieldPath::field(name),
        wrong: true,
        code: "bad-content",
        message: "is a chain of certificates of which not all can be read".to_owned(),
        detail: None,
        help: "store every certificate of the chain whole, one after another",
    })
}

/// Whether at least the first certificate can be read: what is none at all is told by Kong's own check.
fn begins_well(text: &str) -> bool {
    const END: &str = "-----END CERTIFICATE-----";
    let first = text.find(END).map(|end| &text[..end + END.len()]);
    first.and_then(chain).is_some_and(|chain| !chain.is_empty())
}

fn of_time(field: &str, certificate: &PublicCertificate, validity: &Validity) -> Option<Flaw> {
    let soon = validity.now + i64::from(validity.days) * 24 * 60 * 60;
    let at = |wrong, code, message: &str, moment: String| Flaw {
        path: FieldPath::field(field),
        wrong,
        code,
        message: message.to_owned(),
        detail: Some(format!("{}: {moment}", certificate.subject)),
        help: RENEW,
    };
    if certificate.not_after < validity.now {
        let when = format!("until {}", certificate.expiry());
        return Some(at(
            true,
            "expired-certificate",
            "holds a certificate that has expired",
            when,
        ));
    }
    if certificate.not_before > validity.now {
        let when = format!("from {}", moment(certificate.not_before));
        return Some(at(
            true,
            "future-certificate",
            "holds a certificate that is not valid yet",
            when,
        ));
    }
    (certificate.not_after < soon).then(|| {
        let message = format!("holds a certificate that expires within {} days", validity.days);
        at(
            false,
            "expiring-certificate",
            &message,
            format!("until {}", certificate.expiry()),
        )
    })
}

fn not_named(field: &str, uncovered: &[String]) -> Flaw {
    Flaw {
        path: FieldPath::field(field),
        wrong: false,
        code: "uncovered-name",
        message: "holds a certificate that is not good for all names it is served under".to_owned(),
        detail: Some(uncovered.join(", ")),
        help: "let the certificate name them, or serve another one under these names",
    }
}

/// The fields that hold PEM certificates.
pub(super) fn fields(kind: &Kind) -> impl Iterator<Item = &str> {
    let of_pem = |field: &Field| {
        let checks = field.rules.get("checks").and_then(Value::as_array);
        checks.is_some_and(|checks| checks.iter().any(|check| check == "pem_certificate"))
    };
    let fields = kind.record.fields.iter();
    fields
        .filter(move |(_, field)| of_pem(field))
        .map(|(name, _)| name.as_str())
}

/// A field's text, if it is no reference.
pub(super) fn text<'b>(body: &'b Object, name: &str) -> Option<&'b str> {
    body.get(name)?.as_str().filter(|text| !is_reference(text))
}
