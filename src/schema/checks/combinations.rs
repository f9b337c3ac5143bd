use super::keys::PublicKey;
use super::{certificates, error_tree, is_reference, urls, validators};
use crate::{
    AscendingNumbers, AuthorizationFields, KeyPairFields, PlainValue, RefusedCombination, UnrepeatedMemberField,
};
use json::{Object, Value};

/// At least one of the named fields must be true.
pub(super) fn check_some_true(fields: &[String], record: &Object) -> Option<String> {
    let some = fields.iter().any(|name| record.get(name) == Some(&Value::Bool(true)));
    (!some).then(|| format!("at least one of these fields must be true: {}", fields.join(", ")))
}

/// A private and a public key, each if it is there, and as a pair if both are. With a reference nothing is known.
pub(super) fn check_key_pair(fields: &KeyPairFields, record: &Object) -> Option<String> {
    let text = |field: &str| record.get(field)?.as_str();
    let (private, public) = (text(&fields.private), text(&fields.public));
    if private.is_some_and(is_reference) || public.is_some_and(is_reference) {
        return None;
    }
    let public = match public.map(PublicKey::from_public_pem) {
        Some(None) => return Some("could not load public key".to_owned()),
        known => known.flatten(),
    };
    let private = match private.map(PublicKey::from_private_pem) {
        Some(None) => return Some(format!("could not load private key{}", certificates::INVALID_KEY)),
        known => known.flatten(),
    };
    (!public?.matches(&private?)).then(|| "public key does not match private key".to_owned())
}

/// No number is lower than one before it.
pub(super) fn check_ascending(numbers: &AscendingNumbers, record: &Object) -> Option<String> {
    let given = |name: &String| Some((name.clone(), record.get(name)?.as_f64()?));
    let given: Vec<(String, f64)> = numbers.fields.iter().filter_map(given).collect();
    let pairs = given
        .iter()
        .enumerate()
        .flat_map(|(at, earlier)| given[at + 1..].iter().map(move |later| (earlier, later)));
    let mut broken = pairs.filter(|(earlier, later)| later.1 < earlier.1);
    let (earlier, later) = broken.next()?;
    let shown = |(name, number): &(String, f64)| format!("{name}({number:.1})");
    let message = numbers.message.replacen("{later}", &shown(later), 1);
    Some(message.replacen("{earlier}", &shown(earlier), 1))
}

/// Not all of the combination holds.
pub(super) fn check_combination(refused: &RefusedCombination, record: &Object) -> Option<String> {
    let is_set = |field: &String| error_tree::is_set(record.get(field));
    let is_equal = |(field, wanted): (&String, &PlainValue)| {
        let wanted = Value::from(wanted);
        record
            .get(field)
            .is_some_and(|value| validators::lua_equal(value, &wanted))
    };
    let holds = refused.set.iter().all(is_set)
        && (refused.any_set.is_empty() || refused.any_set.iter().any(is_set))
        && !refused.unset.iter().any(is_set)
        && refused.equal.iter().all(is_equal)
        && !refused.unequal.iter().any(is_equal);
    holds.then(|| refused.message.clone())
}

/// The URL holds no user, or no header says who asks.
pub(super) fn check_authorization(fields: &AuthorizationFields, record: &Object) -> Option<String> {
    const AUTHORIZATION: &str = "authorization";
    let url = record.get(&fields.url)?.as_str()?;
    let mut headers = record.get(&fields.headers)?.as_object()?.keys();
    let is_twice = urls::has_user(url) && headers.any(|name| name.eq_ignore_ascii_case(AUTHORIZATION));
    is_twice.then(|| fields.message.clone())
}

/// No two members have the same value in a field.
pub(super) fn check_unrepeated(unrepeated: &UnrepeatedMemberField, members: &[Value]) -> Option<String> {
    let values: Vec<&str> = members
        .iter()
        .filter_map(|member| member.get(&unrepeated.field)?.as_str())
        .collect();
    let mut repeated = values
        .iter()
        .enumerate()
        .filter(|(at, value)| values[..*at].contains(value));
    let (_, value) = repeated.next()?;
    Some(unrepeated.message.replacen("%s", value, 1))
}

impl From<&PlainValue> for Value {
    fn from(value: &PlainValue) -> Self {
        match value {
            PlainValue::Boolean(value) => Self::from(*value),
            PlainValue::Integer(value) => Self::from(*value),
            PlainValue::Text(value) => Self::from(value.as_str()),
        }
    }
}
