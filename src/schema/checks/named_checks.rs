use super::field_view::FieldView;
use super::{
    BodyChecker, certificates, error_tree, hostname, is_reference, jwk, paths, pcre, quote_names, route_expression,
    text, urls,
};
use crate::checks::keys::PublicKey;
use crate::{CheckPurpose, NamedCheck};
use json::{Object, Value};

/// A check of one text.
type TextCheck = fn(&str) -> Result<(), String>;

/// The checks of texts that the rule `checks` of a field may name.
const TEXT_CHECKS: [(&str, TextCheck); 19] = [
    ("cookie_name", text::check_cookie_name),
    ("header_name", text::check_header_name),
    ("host_with_port", hostname::check_host_with_port),
    ("host_without_port", hostname::check_host_without_port),
    ("ip_or_cidr", hostname::check_ip_or_cidr),
    ("origin", check_origin),
    ("pem_certificate", certificates::check_certificate),
    ("pem_key", certificates::check_key),
    ("redirect_uri", urls::check_redirect_uri),
    ("route_host", hostname::check_route_host),
    ("route_path", paths::check_route_path),
    ("server_name", hostname::check_server_name),
    ("tag_characters", text::check_tag_characters),
    ("target_host", hostname::check_target_host),
    ("upstream_name", hostname::check_upstream_name),
    ("url", urls::check_url),
    ("url_path", paths::check_url_path),
    ("utf8_name", text::check_utf8_name),
    ("wildcard_server_name", hostname::check_wildcard_server_name),
];

/// What the rule `checks` of a field says of a value that its schema allows: a list of names, or of `{name: with}`.
pub(super) fn run_field_checks(checker: &BodyChecker<'_>, view: FieldView<'_>, value: &Value) -> Option<String> {
    let checks = view.rule("checks")?.as_array()?;
    checks.iter().find_map(|check| match check {
        Value::String(name) => run_text_check(name, value),
        Value::Object(check) => check
            .iter()
            .find_map(|(name, with)| run_value_check(checker, name, with, value)),
        _ => None,
    })
}

fn run_text_check(name: &str, value: &Value) -> Option<String> {
    let (_, check) = TEXT_CHECKS.iter().find(|(known, _)| *known == name)?;
    check(value.as_str()?).err()
}

fn run_value_check(checker: &BodyChecker<'_>, name: &str, with: &Value, value: &Value) -> Option<String> {
    match name {
        "some_true" => check_some_true(with, value.as_object()?),
        "key_pair" => check_pem_key_pair(with, value.as_object()?),
        "unrepeated" if checker.purpose != CheckPurpose::Validate => {
            find_duplicate(value).map(|told| format!("{told} is duplicated"))
        }
        "unrepeated_member" => check_unique_member(with, value),
        _ => None,
    }
}

/// At least one of the named fields must be true.
fn check_some_true(names: &Value, record: &Object) -> Option<String> {
    let names: Vec<&str> = names.as_array()?.iter().filter_map(Value::as_str).collect();
    let some = names.iter().any(|name| record.get(name) == Some(&Value::Bool(true)));
    (!some).then(|| format!("at least one of these fields must be true: {}", names.join(", ")))
}

/// A private and a public key, each if it is there, and as a pair if both are. With a reference nothing is known.
fn check_pem_key_pair(with: &Value, record: &Object) -> Option<String> {
    let text = |part: &str| record.get(with.get(part)?.as_str()?)?.as_str();
    let (private, public) = (text("private"), text("public"));
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

fn find_duplicate(list: &Value) -> Option<&str> {
    let members = list.as_array()?;
    members
        .iter()
        .enumerate()
        .find_map(|(at, member)| members[..at].contains(member).then(|| member.as_str())?)
}

/// Two records of a list with the same value in the named field.
fn check_unique_member(with: &Value, list: &Value) -> Option<String> {
    let (name, told) = (with.get("field")?.as_str()?, with.get("told")?.as_str()?);
    let values: Vec<Value> = list
        .as_array()?
        .iter()
        .filter_map(|record| record.get(name).cloned())
        .collect();
    find_duplicate(&Value::Array(values.clone())).map(|value| told.replace("%s", value))
}

/// `*`, or a regular expression.
fn check_origin(text: &str) -> Result<(), String> {
    if text == "*" || pcre::check_regex(text).is_ok() {
        return Ok(());
    }
    Err(format!("'{text}' is not a valid regex"))
}

impl BodyChecker<'_> {
    /// Adds what the kind's own checks say of its fields taken together.
    pub fn run_kind_checks(&self, input: &Object, errors: &mut Object) {
        for check in &self.kind.checks {
            if let Some(told) = self.run_kind_check(check, input, errors) {
                error_tree::add_entity_error(errors, told);
            }
        }
    }

    fn run_kind_check(&self, check: &NamedCheck, input: &Object, errors: &Object) -> Option<String> {
        let with = &check.arguments;
        let name = |part: &str| with.get(part).and_then(Value::as_str);
        let known = |part: &str| input.get(name(part)?)?.as_str().filter(|text| !is_reference(text));
        if check.check == "needs" {
            return check_required_together(with, |path| {
                error_tree::is_set(error_tree::value_at_path(input, path)) || self.is_server_generated(path)
            });
        }
        let sources = with.as_object()?.values().filter_map(Value::as_str);
        if sources.into_iter().any(|source| errors.contains_key(source)) {
            return None;
        }
        match check.check.as_str() {
            "pair" => {
                let pair = certificates::is_key_pair(known("chain")?, known("private")?)?;
                (!pair).then(|| name("told").unwrap_or_default().to_owned())
            }
            "different_sorts" => {
                let same = certificates::have_same_key_algorithm(known("one")?, known("other")?)?;
                same.then(|| name("told").unwrap_or_default().to_owned())
            }
            "authority" => certificates::check_ca_certificate(known("chain")?, self.now).map(str::to_owned),
            "json_web_key" => jwk::check_jwk(known("json")?, input.get(name("bears")?)?.as_str()).map(str::to_owned),
            "route_expression" => route_expression::check_route_expression(input, with).err(),
            _ => None,
        }
    }

    /// Whether the server fills a field in before it looks at what it is to store.
    fn is_server_generated(&self, field: &str) -> bool {
        self.purpose != CheckPurpose::Validate && self.kind.record.get(field).is_some_and(|known| known.auto)
    }
}

/// Fields that are worked on together: where the first are set, the others must be.
fn check_required_together(with: &Value, stands: impl Fn(&str) -> bool) -> Option<String> {
    let (of, needs) = (with.get("of")?.as_array()?, with.get("needs")?.as_array()?);
    let is_set = |path: &Value| path.as_str().is_some_and(&stands);
    let lacking = of.iter().all(is_set) && !needs.iter().all(is_set);
    lacking.then(|| {
        let names: Vec<Value> = of.iter().chain(needs).cloned().collect();
        format!("all or none of these fields must be set: {}", quote_names(&names))
    })
}
