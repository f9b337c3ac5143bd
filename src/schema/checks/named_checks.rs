use super::{
    BodyChecker, certificates, combinations, error_tree, hostname, is_reference, jwk, lua_syntax, pairs, paths, pcre,
    quote_names, route_expression, text, urls,
};
use crate::{CheckPurpose, Field, FieldCheck, KindCheck, Record};
use json::{Object, Value};

/// What the checks of a field in code say of a value that its schema allows.
pub(super) fn run_field_checks(checker: &BodyChecker<'_>, field: &Field, value: &Value) -> Option<String> {
    field
        .checks
        .iter()
        .find_map(|check| run_field_check(checker, check, value))
}

/// What a check in code says of a value that the schema allows, where a condition of the schema asks for the field.
pub(super) fn run_conditional_checks(field: &Field, value: &Value) -> Option<String> {
    let text = value
        .as_str()
        .filter(|text| !(field.referenceable && is_reference(text)))?;
    field.checks.iter().find_map(|check| match check {
        FieldCheck::WhereRequired(check) => run_text_check(check, text).err(),
        _ => None,
    })
}

fn run_field_check(checker: &BodyChecker<'_>, check: &FieldCheck, value: &Value) -> Option<String> {
    match check {
        FieldCheck::SomeTrue(fields) => combinations::check_some_true(fields, value.as_object()?),
        FieldCheck::KeyPair(fields) => combinations::check_key_pair(fields, value.as_object()?),
        FieldCheck::Ascending(numbers) => combinations::check_ascending(numbers, value.as_object()?),
        FieldCheck::Refused(refused) => combinations::check_combination(refused, value.as_object()?),
        FieldCheck::SingleAuthorization(fields) => combinations::check_authorization(fields, value.as_object()?),
        FieldCheck::UnrepeatedMember(unrepeated) => combinations::check_unrepeated(unrepeated, value.as_array()?),
        FieldCheck::SharedDictionary(message) => checker.check_dictionary(value.as_str()?, message),
        FieldCheck::Unrepeated if checker.purpose == CheckPurpose::Validate => None,
        FieldCheck::Unrepeated => find_duplicate(value).map(|member| format!("{member} is duplicated")),
        FieldCheck::WhereRequired(_) => None,
        check => run_text_check(check, value.as_str()?).err(),
    }
}

fn run_text_check(check: &FieldCheck, text: &str) -> Result<(), String> {
    match check {
        FieldCheck::CookieName => text::check_cookie_name(text),
        FieldCheck::HeaderName => text::check_header_name(text),
        FieldCheck::HostWithPort => hostname::check_host_with_port(text),
        FieldCheck::HostWithoutPort => hostname::check_host_without_port(text),
        FieldCheck::IpOrCidr => hostname::check_ip_or_cidr(text),
        FieldCheck::Origin => check_origin(text),
        FieldCheck::PairWithValue => pairs::check_pair_with_value(text),
        FieldCheck::PairedHeader => pairs::check_paired_header(text),
        FieldCheck::PairedHeaders => pairs::check_paired_headers(text),
        FieldCheck::LuaCode(prefix) => lua_syntax::check_lua_syntax(text).map_err(|error| format!("{prefix}{error}")),
        FieldCheck::PemCertificate => certificates::check_certificate(text),
        FieldCheck::PemKey => certificates::check_key(text),
        FieldCheck::SignatureKey => certificates::check_signature_key(text),
        FieldCheck::RedirectUri => urls::check_redirect_uri(text),
        FieldCheck::RouteHost => hostname::check_route_host(text),
        FieldCheck::RoutePath => paths::check_route_path(text),
        FieldCheck::ServerName => hostname::check_server_name(text),
        FieldCheck::TagCharacters => text::check_tag_characters(text),
        FieldCheck::TargetHost => hostname::check_target_host(text),
        FieldCheck::UpstreamName => hostname::check_upstream_name(text),
        FieldCheck::Url => urls::check_url(text),
        FieldCheck::UrlPath => paths::check_url_path(text),
        FieldCheck::Utf8Name => text::check_utf8_name(text),
        FieldCheck::WildcardServerName => hostname::check_wildcard_server_name(text),
        FieldCheck::SomeTrue(_)
        | FieldCheck::KeyPair(_)
        | FieldCheck::Unrepeated
        | FieldCheck::UnrepeatedMember(_)
        | FieldCheck::SharedDictionary(_)
        | FieldCheck::Ascending(_)
        | FieldCheck::Refused(_)
        | FieldCheck::SingleAuthorization(_)
        | FieldCheck::WhereRequired(_) => Ok(()),
    }
}

fn find_duplicate(list: &Value) -> Option<&str> {
    let members = list.as_array()?;
    members
        .iter()
        .enumerate()
        .find_map(|(at, member)| members[..at].contains(member).then(|| member.as_str())?)
}

/// `*`, or a regular expression.
fn check_origin(text: &str) -> Result<(), String> {
    if text == "*" || pcre::check_regex(text).is_ok() {
        return Ok(());
    }
    Err(format!("'{text}' is not a valid regex"))
}

impl BodyChecker<'_> {
    /// Adds what the checks in code of the kind, and of the schema that completes it, say of fields taken together.
    pub(crate) fn run_kind_checks(&self, record: &Record, input: &Object, errors: &mut Object) {
        for check in self.kind.checks.iter().chain(&record.code_checks) {
            let has_invalid_field = check.fields().into_iter().any(|field| errors.contains_key(field));
            if has_invalid_field && !check.runs_with_invalid_fields() {
                continue;
            }
            if let Some(message) = self.run_kind_check(check, input) {
                error_tree::add_entity_error(errors, message);
            }
        }
    }

    fn run_kind_check(&self, check: &KindCheck, input: &Object) -> Option<String> {
        let text = |field: &str| input.get_path(field.split('.'))?.as_str();
        let known = |field: &str| text(field).filter(|text| !is_reference(text));
        match check {
            KindCheck::Needs { of, needs } => check_required_together(of, needs, |path| {
                error_tree::is_set(input.get_path(path.split('.'))) || self.is_server_generated(path)
            }),
            KindCheck::Pair {
                chain,
                private,
                message,
            } => {
                let is_pair = certificates::is_key_pair(known(chain)?, known(private)?)?;
                (!is_pair).then(|| message.clone())
            }
            KindCheck::DifferentAlgorithms { first, second, message } => {
                let is_same = certificates::have_same_key_algorithm(known(first)?, known(second)?)?;
                is_same.then(|| message.clone())
            }
            KindCheck::Authority { chain } => {
                certificates::check_ca_certificate(known(chain)?, self.now).map(str::to_owned)
            }
            KindCheck::JsonWebKey { json, bears, .. } => {
                input.get(bears)?;
                jwk::check_jwk(known(json)?, text(bears)).map(str::to_owned)
            }
            KindCheck::UrlScheme { url, scheme, message } => {
                let (given, _) = known(url)?.split_once("://")?;
                (!given.is_empty() && !given.contains(':') && given != scheme).then(|| message.clone())
            }
            KindCheck::SharedDictionary {
                name,
                used_by,
                value,
                message,
                ..
            } => {
                let is_used = text(used_by) == Some(value);
                self.check_dictionary(known(name).filter(|_| is_used)?, message)
            }
            KindCheck::RouteExpression(fields) => route_expression::check_route_expression(input, fields).err(),
        }
    }

    /// What is said of the name of a dictionary that the node's workers do not share; nothing where those are not known.
    fn check_dictionary(&self, name: &str, message: &str) -> Option<String> {
        let known = self.catalog.shared_dictionaries()?;
        (!known.contains(name)).then(|| message.replacen("%s", name, 1))
    }

    /// Whether the server fills a field in before it looks at what it is to store.
    fn is_server_generated(&self, field: &str) -> bool {
        self.purpose != CheckPurpose::Validate && self.kind.record.get(field).is_some_and(|known| known.auto)
    }
}

/// Fields that are worked on together: where the first are set, the others must be.
fn check_required_together(of: &[String], needs: &[String], is_set: impl Fn(&str) -> bool) -> Option<String> {
    let all_set = |paths: &[String]| paths.iter().all(|path| is_set(path));
    let is_lacking = all_set(of) && !all_set(needs);
    is_lacking.then(|| {
        let names: Vec<Value> = of.iter().chain(needs).map(|name| Value::from(name.as_str())).collect();
        format!("all or none of these fields must be set: {}", quote_names(&names))
    })
}
