use super::field_view::FieldView;
use super::fields::error_message;
use super::{BodyChecker, error_tree, is_reference, named_checks, quote_names};
use crate::{Field, FieldType, Record};
use json::{Object, Value};

/// What a check check fields is told by.
struct EntityCheck<'a> {
    record: &'a Record,
    input: &'a Object,
    rule: &'a Value,
}

/// How a check check fields deals with fields that are missing or wrong.
#[derive(Clone, Copy, Default)]
struct EntityCheckPolicy {
    /// It runs even if none of its fields is present (in a whole entity).
    run_with_missing_fields: bool,
    /// It runs even if one of its fields is invalid.
    run_with_invalid_fields: bool,
    /// The parameter that names a field which must be present if any is.
    required_field: Option<&'static str>,
}

const RUN_WITH_MISSING_FIELDS: EntityCheckPolicy = EntityCheckPolicy {
    run_with_missing_fields: true,
    run_with_invalid_fields: false,
    required_field: None,
};

impl BodyChecker<'_> {
    /// Adds what is wrong with the fields of a record taken together.
    pub(crate) fn run_entity_checks(&self, record: &Record, input: &Object, errors: &mut Object) {
        for check in &record.entity_checks {
            for (name, rule) in check.as_object().into_iter().flatten() {
                self.run_entity_check(name, EntityCheck { record, input, rule }, errors);
            }
        }
    }

    fn run_entity_check(&self, name: &str, check: EntityCheck<'_>, errors: &mut Object) {
        let Some((policy, sources)) = entity_check_policy(name, check.rule) else {
            return;
        };
        if !self.should_run(policy, &sources, &check, errors) {
            return;
        }
        match name {
            "conditional" => self.check_conditional(&check, errors),
            "conditional_at_least_one_of" => self.check_conditional_at_least_one_of(&check, errors),
            _ => {
                if let Some(broken) = choice_error(name, &check) {
                    error_tree::add_entity_error(errors, broken);
                }
            }
        }
    }

    /// Whether a check runs at all. That a field is wrong counts only where it is named without a dot.
    fn should_run(
        &self,
        policy: EntityCheckPolicy,
        sources: &[&str],
        check: &EntityCheck<'_>,
        errors: &mut Object,
    ) -> bool {
        let value = |path: &&str| check.input.get_path(path.split('.'));
        if sources.iter().any(|path| is_reference_at(check, path)) {
            return false;
        }
        if !policy.run_with_invalid_fields && sources.iter().any(|path| errors.contains_key(path)) {
            return false;
        }
        if sources.iter().all(|path| value(path).is_none()) {
            return policy.run_with_missing_fields && self.is_full_entity;
        }
        if let Some(needed) = policy.required_field.and_then(|name| check.rule.get(name)?.as_str())
            && value(&needed).is_none()
        {
            error_tree::set_field_error(errors, needed, error_message("field required for entity check"));
            return false;
        }
        true
    }

    /// Whether a field's value fits a condition. An absent field counts as null.
    fn check_condition(&self, check: &EntityCheck<'_>, path: &str, condition: &Value) -> Result<(), Value> {
        let value = check.input.get_path(path.split('.')).unwrap_or(&Value::Null);
        match check.record.nested_field(&path.split('.').collect::<Vec<_>>()) {
            Some(field) => self.check_value(FieldView::with_condition(field, condition.as_object()), value),
            None => Ok(()),
        }
    }

    /// Whether a condition holds. Of null most do, since most rules say nothing of it.
    fn condition_holds(&self, check: &EntityCheck<'_>, path: &str, condition: &Value) -> bool {
        self.check_condition(check, path, condition).is_ok()
    }

    /// Whether a field's value is what follows from a condition, what Kong checks of it in code included.
    fn check_consequence(&self, check: &EntityCheck<'_>, path: &str, consequence: &Value) -> Result<(), Value> {
        self.check_condition(check, path, consequence)?;
        let names: Vec<&str> = path.split('.').collect();
        let field = check.record.nested_field(&names);
        let value = check.input.get_path(names);
        let fault = field
            .zip(value)
            .and_then(|(field, value)| named_checks::run_conditional_checks(field, value));
        fault.map_or(Ok(()), |fault| Err(error_message(&fault)))
    }

    fn check_conditional(&self, check: &EntityCheck<'_>, errors: &mut Object) {
        let rule = check.rule;
        let (Some(when), Some(then)) = (rule_text(rule, "if_field"), rule_text(rule, "then_field")) else {
            return;
        };
        let (if_match, then_match) = (&rule["if_match"], &rule["then_match"]);
        if !self.condition_holds(check, when, if_match) {
            return;
        }
        if let Err(fault) = self.check_consequence(check, then, then_match) {
            let otherwise = || format!("failed conditional validation given value of field '{when}'");
            error_tree::set_field_error(errors, then, fault);
            error_tree::add_entity_error(
                errors,
                rule_text(rule, "then_err").map_or_else(otherwise, str::to_owned),
            );
        }
    }

    fn check_conditional_at_least_one_of(&self, check: &EntityCheck<'_>, errors: &mut Object) {
        let rule = check.rule;
        let Some(when) = rule_text(rule, "if_field") else {
            return;
        };
        let (choice, message_key) = if self.condition_holds(check, when, &rule["if_match"]) {
            ("then_at_least_one_of", "then_err")
        } else if rule.get("else_match").is_some() && self.condition_holds(check, when, &rule["else_match"]) {
            ("else_then_at_least_one_of", "else_then_err")
        } else {
            return;
        };
        let names = rule
            .get(choice)
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice);
        if !names.is_empty() && !names.iter().any(|name| is_set(check, name)) {
            let message = rule_text(rule, message_key).unwrap_or("at least one of these fields must be non-empty: %s");
            error_tree::add_entity_error(errors, message.replace("%s", &quote_names(names)));
        }
    }
}

/// How a check of that name is made and the fields it looks at; nothing for a name that Kong's schema language lacks.
fn entity_check_policy<'a>(name: &str, rule: &'a Value) -> Option<(EntityCheckPolicy, Vec<&'a str>)> {
    let conditions = ["if_field", "then_field"];
    Some(match name {
        "at_least_one_of" => (
            EntityCheckPolicy {
                run_with_invalid_fields: true,
                ..RUN_WITH_MISSING_FIELDS
            },
            string_list(rule),
        ),
        "only_one_of" | "mutually_exclusive" | "mutually_required" => (RUN_WITH_MISSING_FIELDS, string_list(rule)),
        "distinct" => (EntityCheckPolicy::default(), string_list(rule)),
        "conditional" => (
            EntityCheckPolicy {
                run_with_invalid_fields: true,
                required_field: Some("if_field"),
                ..EntityCheckPolicy::default()
            },
            conditions
                .into_iter()
                .filter_map(|name| rule_text(rule, name))
                .collect(),
        ),
        "conditional_at_least_one_of" => {
            let choices = ["then_at_least_one_of", "else_then_at_least_one_of"];
            let mut sources: Vec<&str> = choices.iter().flat_map(|name| string_list(&rule[*name])).collect();
            sources.extend(rule_text(rule, "if_field"));
            (EntityCheckPolicy::default(), sources)
        }
        _ => return None,
    })
}

fn string_list(rule: &Value) -> Vec<&str> {
    rule.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn rule_text<'a>(rule: &'a Value, name: &str) -> Option<&'a str> {
    rule.get(name)?.as_str()
}

/// A record is set by being there, whatever it holds.
fn is_set(check: &EntityCheck<'_>, path: &Value) -> bool {
    let path = path.as_str().unwrap_or_default();
    let value = check.input.get_path(path.split('.'));
    let is_record = |field: &Field| matches!(field.field_type, FieldType::Record(_));
    error_tree::is_set(value)
        || value.is_some_and(Value::is_object)
            && check
                .record
                .nested_field(&path.split('.').collect::<Vec<_>>())
                .is_some_and(is_record)
}

fn is_reference_at(check: &EntityCheck<'_>, path: &str) -> bool {
    let value = check.input.get_path(path.split('.')).and_then(Value::as_str);
    value.is_some_and(is_reference)
        && check
            .record
            .nested_field(&path.split('.').collect::<Vec<_>>())
            .is_some_and(|field| field.referenceable)
}

fn choice_error(name: &str, check: &EntityCheck<'_>) -> Option<String> {
    let names = check.rule.as_array()?;
    let set = names.iter().filter(|name| is_set(check, name)).count();
    let (holds, message) = match name {
        "at_least_one_of" => (set > 0, "at least one of these fields must be non-empty"),
        "only_one_of" => (set == 1, "exactly one of these fields must be non-empty"),
        "mutually_exclusive" => (set < 2, "only one or none of these fields must be set"),
        "mutually_required" => (
            set == 0 || set == names.len(),
            "all or none of these fields must be set",
        ),
        _ => (are_distinct(check, names), "values of these fields must be distinct"),
    };
    (!holds).then(|| format!("{message}: {}", quote_names(names)))
}

fn are_distinct(check: &EntityCheck<'_>, names: &[Value]) -> bool {
    let values: Vec<&Value> = names
        .iter()
        .filter_map(|name| check.input.get_path(name.as_str()?.split('.')))
        .filter(|value| !value.is_null())
        .collect();
    values
        .iter()
        .enumerate()
        .all(|(at, value)| !values[..at].contains(value))
}
