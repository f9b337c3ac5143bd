//! Kong's own error messages may repeat a value: they are translated.

use super::FieldIssue;
use json::Value;
use schema::{Field, FieldCheck, FieldPath, FieldType, Record};
use yaml::DiagnosticCode;

/// What Kong's message begins with, the message instead, and what to do.
const TRANSLATIONS: [(&str, &str, &str); 11] = [
    ("invalid certificate", "is no PEM certificate", PEM_HELP),
    ("invalid key", "is no PEM key", PEM_HELP),
    (
        "certificate does not match key",
        "does not match the certificate",
        PAIR_HELP,
    ),
    (
        "alternative certificate does not match key",
        "does not match the alternative certificate",
        PAIR_HELP,
    ),
    (
        "certificate and alternative certificate need to have different type",
        "is of the same type (RSA, ECDSA) as the other of the two certificates",
        "give the alternative pair a key of another type",
    ),
    (
        "please submit only one certificate",
        "holds several certificates, and a CA certificate is one",
        "store each CA certificate by itself",
    ),
    (
        "certificate does not appear to be a CA",
        "is no certificate of a CA",
        "store the certificate of the CA itself",
    ),
    (
        "could not json decode jwk",
        "is no JSON, so that it is no JWK",
        JWK_HELP,
    ),
    (
        "kid in jwk.kid must be equal",
        "is a JWK of another kid than the key's",
        "give both the same kid",
    ),
    ("could not load JWK", "is no JWK that Kong can load", JWK_HELP),
    (
        "public key does not match private key",
        "is no pair with the other half of the key",
        PAIR_HELP,
    ),
];

/// What to do about a text that is no PEM.
pub(super) const PEM_HELP: &str = "store it as PEM text, with its lines: -----BEGIN …----- to -----END …-----";
const PAIR_HELP: &str = "store the two that were made together, and check that no reference names the other's secret";
const JWK_HELP: &str = "store the JWK as a JSON object with its kty";

/// What a check says of a value.
pub(super) struct CheckMessage<'a> {
    pub(super) record: &'a Record,
    pub(super) value_path: &'a FieldPath,
    pub(super) is_empty: bool,
    /// Of several fields that do not go together, the certificate may be the one that is reported.
    pub(super) is_certificate: bool,
    /// The field that the message is about.
    pub(super) check_path: &'a FieldPath,
    /// Kong's own.
    pub(super) message: &'a str,
    /// Whether the message repeats a value.
    pub(super) contains_value: bool,
}

/// Whether a message at `path` is about the field at `own`, or about the list or map of which that is a member.
pub(super) fn is_about(record: &Record, own: &FieldPath, path: &FieldPath) -> bool {
    path.is_within(own) || own.is_within(path) && !is_record_level(record, path)
}

/// Whether a message is about a record as a whole: it names fields, and never repeats their values.
fn is_record_level(record: &Record, path: &FieldPath) -> bool {
    let field = record.field_at(path).map(|field| &field.field_type);
    path.0.is_empty() || matches!(field, Some(FieldType::Record(_)))
}

/// The issue of a value; none if another check reports it better.
pub(super) fn translate_message(check: &CheckMessage<'_>) -> Option<FieldIssue> {
    if check.message.starts_with("certificate expired") {
        return None;
    }
    let translation = TRANSLATIONS
        .iter()
        .find(|(prefix, ..)| check.message.starts_with(prefix));
    let (message, help) = match translation {
        _ if check.is_empty => ("is empty".to_owned(), "store the value, or leave the field out"),
        Some((_, message, help)) if check.is_certificate && message.starts_with("does not match") => {
            (message.replace("certificate", "key"), *help)
        }
        Some((_, message, help)) => ((*message).to_owned(), *help),
        None if is_about(check.record, check.value_path, check.check_path) => {
            let expected = check
                .record
                .field_at(check.value_path)
                .map_or("what this field takes".to_owned(), describe_expected);
            (format!("is not {expected}"), VALUE_HELP)
        }
        None if is_record_level(check.record, check.check_path) && !check.contains_value => (
            format!("does not go together with other fields: {}", check.message),
            FIELDS_HELP,
        ),
        None if check.check_path.0.is_empty() => ("does not go together with other fields".to_owned(), FIELDS_HELP),
        None => (
            format!("does not go together with the field '{}'", check.check_path),
            FIELDS_HELP,
        ),
    };
    Some(FieldIssue {
        path: check.value_path.clone(),
        is_error: true,
        code: DiagnosticCode::BadContent,
        message,
        detail: None,
        help,
    })
}

const VALUE_HELP: &str =
    "Kong skips the field's check for a reference; put a value into the secret that the field would take itself";
const FIELDS_HELP: &str = "correct the secret, or what stands in the other fields";

/// What a field takes.
fn describe_expected(field: &Field) -> String {
    let by_type = match field.field_type {
        FieldType::Integer => Some("a whole number"),
        FieldType::Number => Some("a number"),
        FieldType::Boolean => Some("true or false"),
        _ => None,
    };
    let check = field.checks.iter().find_map(describe_check);
    by_type.or(check).map_or_else(|| describe_rule(field), str::to_owned)
}

/// What a check asks for.
fn describe_check(check: &FieldCheck) -> Option<&'static str> {
    match check {
        FieldCheck::CookieName => Some("the name of a cookie"),
        FieldCheck::HeaderName => Some("the name of a header"),
        FieldCheck::HostWithPort => Some("a host, with or without a port"),
        FieldCheck::HostWithoutPort => Some("a host without a port"),
        FieldCheck::IpOrCidr => Some("an address or a range of addresses"),
        FieldCheck::Origin => Some("an origin or a regular expression"),
        FieldCheck::RedirectUri => Some("a URI to redirect to"),
        FieldCheck::RouteHost | FieldCheck::TargetHost => Some("a host"),
        FieldCheck::RoutePath | FieldCheck::UrlPath => Some("a path"),
        FieldCheck::ServerName => Some("the name of a server"),
        FieldCheck::UpstreamName => Some("the name of an upstream"),
        FieldCheck::Url => Some("a URL"),
        FieldCheck::Utf8Name => Some("a name"),
        FieldCheck::LuaCode(_) => Some("Lua that compiles"),
        FieldCheck::PairedHeader | FieldCheck::PairedHeaders => Some("a header and its value, divided by a colon"),
        FieldCheck::PairWithValue => Some("a name and a value, divided by a colon"),
        FieldCheck::SharedDictionary(_) => Some("the name of a shared dictionary"),
        FieldCheck::SignatureKey => Some("a key"),
        FieldCheck::PemCertificate
        | FieldCheck::PemKey
        | FieldCheck::TagCharacters
        | FieldCheck::WildcardServerName
        | FieldCheck::SomeTrue(_)
        | FieldCheck::KeyPair(_)
        | FieldCheck::Unrepeated
        | FieldCheck::UnrepeatedMember(_)
        | FieldCheck::Ascending(_)
        | FieldCheck::Refused(_)
        | FieldCheck::SingleAuthorization(_) => None,
        FieldCheck::WhereRequired(check) => describe_check(check),
    }
}

fn describe_rule(field: &Field) -> String {
    if let Some(choice) = field.rules.get("one_of").and_then(Value::as_array) {
        let choice: Vec<&str> = choice.iter().filter_map(Value::as_str).collect();
        return format!("one of: {}", choice.join(", "));
    }
    if let Some(start) = field.rules.get("starts_with").and_then(Value::as_str) {
        return format!("a text that starts with '{start}'");
    }
    let has = |names: &[&str]| names.iter().any(|name| field.rules.contains_key(name));
    let expectation = match () {
        () if has(&["is_regex"]) => "a regular expression",
        () if has(&["uuid"]) => "a UUID",
        () if has(&["len_eq", "len_min", "len_max"]) => "a text of a length that this field takes",
        () if has(&["match", "match_all", "match_any", "match_none", "not_match"]) => {
            "a text of the form that this field takes"
        }
        () => "what this field takes",
    };
    expectation.to_owned()
}
