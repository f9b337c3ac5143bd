use super::record::message;
use super::view::View;
use super::{Checker, is_reference, quoted, tree};
use crate::{Field, FieldType, Record};
use json::{Object, Value};

/// What a check across fields is told by.
struct Across<'a> {
    record: &'a Record,
    input: &'a Object,
    rule: &'a Value,
}

/// How a check across fields deals with fields that are missing or wrong.
#[derive(Clone, Copy, Default)]
struct Habits {
    /// It is made even if none of its fields is there (in a whole entity).
    with_none: bool,
    /// It is made even if one of its fields is wrong.
    with_wrong: bool,
    /// Fields that must be there if any is.
    needs: Option<&'static str>,
}

const MISSING: Habits = Habits {
    with_none: true,
    with_wrong: false,
    needs: None,
};

impl Checker<'_> {
    /// Adds what is wrong with the fields of a record taken together.
    pub fn across(&self, record: &Record, input: &Object, errors: &mut Object) {
        for check in &record.entity_checks {
            for (name, rule) in check.as_object().into_iter().flatten() {
                self.one_across(name, Across { record, input, rule }, errors);
            }
        }
    }

    fn one_across(&self, name: &str, across: Across<'_>, errors: &mut Object) {
        let Some((habits, sources)) = habits(name, across.rule) else {
            return;
        };
        if !self.is_due(habits, &sources, &across, errors) {
            return;
        }
        match name {
            "conditional" => self.conditional(&across, errors),
            "conditional_at_least_one_of" => self.conditional_choice(&across, errors),
            _ => {
                if let Some(broken) = broken_choice(name, &across) {
                    tree::add(errors, broken);
                }
            }
        }
    }

    /// Whether a check is made at all. That a field is wrong counts only where it is named without a dot.
    fn is_due(&self, habits: Habits, sources: &[&str], across: &Across<'_>, errors: &mut Object) -> bool {
        let value = |path: &&str| tree::get(across.input, path);
        if sources.iter().any(|path| holds_reference(across, path)) {
            return false;
        }
        if !habits.with_wrong && sources.iter().any(|path| errors.contains_key(path)) {
            return false;
        }
        if sources.iter().all(|path| value(path).is_none()) {
            return habits.with_none && self.whole;
        }
        if let Some(needed) = habits.needs.and_then(|name| across.rule.get(name)?.as_str())
            && value(&needed).is_none()
        {
            tree::put(errors, needed, message("field required for entity check"));
            return false;
        }
        true
    }

    /// Whether a field's value fits a condition. A field that is not there counts as null.
    fn fits(&self, across: &Across<'_>, path: &str, condition: &Value) -> Result<(), Value> {
        let value = tree::get(across.input, path).unwrap_or(&Value::Null);
        match tree::field(across.record, path) {
            Some(field) => self.value(View::under(field, condition.as_object()), value),
            None => Ok(()),
        }
    }

    /// Whether a condition holds. Of a field without value none does, unless it asks for that.
    fn holds(&self, across: &Across<'_>, path: &str, condition: &Value) -> bool {
        let is_null = tree::get(across.input, path).is_none_or(Value::is_null);
        let asks_null = condition.get("eq") == Some(&Value::Null);
        is_null == asks_null && self.fits(across, path, condition).is_ok()
    }

    fn conditional(&self, across: &Across<'_>, errors: &mut Object) {
        let rule = across.rule;
        let (Some(when), Some(then)) = (text(rule, "if_field"), text(rule, "then_field")) else {
            return;
        };
        let (if_match, then_match) = (&rule["if_match"], &rule["then_match"]);
        if !self.holds(across, when, if_match) {
            return;
        }
        if let Err(fault) = self.fits(across, then, then_match) {
            let otherwise = || format!("failed conditional validation given value of field '{when}'");
            tree::put(errors, then, fault);
            tree::add(errors, text(rule, "then_err").map_or_else(otherwise, str::to_owned));
        }
    }

    fn conditional_choice(&self, across: &Across<'_>, errors: &mut Object) {
        let rule = across.rule;
        let Some(when) = text(rule, "if_field") else { return };
        let (choice, told) = if self.holds(across, when, &rule["if_match"]) {
            ("then_at_least_one_of", "then_err")
        } else if rule.get("else_match").is_some() && self.holds(across, when, &rule["else_match"]) {
            ("else_then_at_least_one_of", "else_then_err")
        } else {
            return;
        };
        let names = rule
            .get(choice)
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice);
        if !names.is_empty() && !names.iter().any(|name| is_set(across, name)) {
            let told = text(rule, told).unwrap_or("at least one of these fields must be non-empty: %s");
            tree::add(errors, told.replace("%s", &quoted(names)));
        }
    }
}

/// How a check of that name is made and the fields it looks at; nothing for a name that Kong's schema language lacks.
fn habits<'a>(name: &str, rule: &'a Value) -> Option<(Habits, Vec<&'a str>)> {
    let conditions = ["if_field", "then_field"];
    Some(match name {
        "at_least_one_of" => (
            Habits {
                with_wrong: true,
                ..MISSING
            },
            texts(rule),
        ),
        "only_one_of" | "mutually_exclusive" | "mutually_required" => (MISSING, texts(rule)),
        "distinct" => (Habits::default(), texts(rule)),
        "conditional" => (
            Habits {
                with_wrong: true,
                needs: Some("if_field"),
                ..Habits::default()
            },
            conditions.into_iter().filter_map(|name| text(rule, name)).collect(),
        ),
        "conditional_at_least_one_of" => {
            let choices = ["then_at_least_one_of", "else_then_at_least_one_of"];
            let mut sources: Vec<&str> = choices.iter().flat_map(|name| texts(&rule[*name])).collect();
            sources.extend(text(rule, "if_field"));
            (Habits::default(), sources)
        }
        _ => return None,
    })
}

fn texts(rule: &Value) -> Vec<&str> {
    rule.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn text<'a>(rule: &'a Value, name: &str) -> Option<&'a str> {
    rule.get(name)?.as_str()
}

/// A record is set by being there, whatever it holds.
fn is_set(across: &Across<'_>, path: &Value) -> bool {
    let path = path.as_str().unwrap_or_default();
    let value = tree::get(across.input, path);
    let is_record = |field: &Field| matches!(field.kind, FieldType::Record(_));
    tree::is_set(value)
        || value.is_some_and(Value::is_object) && tree::field(across.record, path).is_some_and(is_record)
}

fn holds_reference(across: &Across<'_>, path: &str) -> bool {
    let value = tree::get(across.input, path).and_then(Value::as_str);
    value.is_some_and(is_reference) && tree::field(across.record, path).is_some_and(|field| field.referenceable)
}

fn broken_choice(name: &str, across: &Across<'_>) -> Option<String> {
    let names = across.rule.as_array()?;
    let set = names.iter().filter(|name| is_set(across, name)).count();
    let (holds, told) = match name {
        "at_least_one_of" => (set > 0, "at least one of these fields must be non-empty"),
        "only_one_of" => (set == 1, "exactly one of these fields must be non-empty"),
        "mutually_exclusive" => (set < 2, "only one or none of these fields must be set"),
        "mutually_required" => (
            set == 0 || set == names.len(),
            "all or none of these fields must be set",
        ),
        _ => (are_distinct(across, names), "values of these fields must be distinct"),
    };
    (!holds).then(|| format!("{told}: {}", quoted(names)))
}

fn are_distinct(across: &Across<'_>, names: &[Value]) -> bool {
    let values: Vec<&Value> = names
        .iter()
        .filter_map(|name| tree::get(across.input, name.as_str()?))
        .filter(|value| !value.is_null())
        .collect();
    values
        .iter()
        .enumerate()
        .all(|(at, value)| !values[..at].contains(value))
}
