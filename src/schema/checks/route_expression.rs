use regex::Regex;

use json::{Object, Value};

/// Writes a route as Kong does for its router, which then refuses regular expressions of another dialect than its own
/// and headers without values. `fields` says which field of the route
/// becomes which field of the router.
///
/// # Errors
/// The router's message, with the expression and the place in it.
pub(super) fn check(route: &Object, fields: &Value) -> Result<(), String> {
    let part = |name: &str| fields.get(name).and_then(|field| route.get(field.as_str()?));
    let mut expression = Expression::default();
    expression.any_of(&terms(part("tls.sni"), |sni| Term::new("tls.sni ==", sni)), SNI);
    expression.any_of(
        &terms(part("http.method"), |method| Term::new("http.method ==", method)),
        PLAIN,
    );
    expression.any_of(&terms(part("http.host"), host), PLAIN);
    expression.any_of(&paths(part("http.path")), PLAIN);
    expression.headers(part("http.headers"));
    match expression.fault {
        None => Ok(()),
        Some(fault) => Err(format!(
            "Router Expression failed validation: {}",
            fault.told(&expression.text)
        )),
    }
}

/// What stands around alternatives.
type Around = (&'static str, &'static str);

const PLAIN: Around = ("(", ")");
const SNI: Around = ("(net.protocol != r#\"https\"# || (", "))");

struct Term {
    /// The field and the operator.
    left: String,
    value: String,
    is_regex: bool,
}

impl Term {
    fn new(left: impl Into<String>, value: &str) -> Self {
        Self {
            left: left.into(),
            value: value.to_owned(),
            is_regex: false,
        }
    }
}

fn texts(list: Option<&Value>) -> Vec<&str> {
    let members = list.and_then(Value::as_array).into_iter().flatten();
    members.filter_map(Value::as_str).collect()
}

fn terms(list: Option<&Value>, term: impl Fn(&str) -> Term) -> Vec<Term> {
    texts(list).into_iter().map(term).collect()
}

fn host(host: &str) -> Term {
    match (host.strip_prefix('*'), host.strip_suffix('*')) {
        (Some(end), _) => Term::new("http.host =^", end),
        (_, Some(start)) => Term::new("http.host ^=", start),
        _ => Term::new("http.host ==", host),
    }
}

/// Regular expressions first, longer paths before shorter ones.
fn paths(list: Option<&Value>) -> Vec<Term> {
    let mut paths = texts(list);
    paths.sort_by_key(|path| (!path.starts_with('~'), std::cmp::Reverse(path.len())));
    paths
        .into_iter()
        .map(|path| match path.strip_prefix('~') {
            Some(regex) => Term {
                is_regex: true,
                ..Term::new("http.path ~", &format!("^{regex}"))
            },
            None => Term::new("http.path ^=", path),
        })
        .collect()
}

#[derive(Default)]
struct Expression {
    text: String,
    fault: Option<Fault>,
}

impl Expression {
    fn and(&mut self) {
        if !self.text.is_empty() {
            self.text.push_str(" && ");
        }
    }

    fn any_of(&mut self, terms: &[Term], (open, close): Around) {
        if terms.is_empty() {
            return;
        }
        self.and();
        self.alternatives(terms, open, close);
    }

    fn alternatives(&mut self, terms: &[Term], open: &str, close: &str) {
        self.text.push_str(open);
        for (at, term) in terms.iter().enumerate() {
            if at > 0 {
                self.text.push_str(" || ");
            }
            self.term(term);
        }
        self.text.push_str(close);
    }

    fn term(&mut self, term: &Term) {
        self.text.push_str(&term.left);
        self.text.push(' ');
        let literal = literal(&term.value);
        let start = self.text.len();
        self.text.push_str(&literal);
        if term.is_regex
            && let Err(error) = Regex::new(&term.value)
        {
            self.found(Fault {
                start,
                end: Some(self.text.len()),
                why: error.to_string(),
            });
        }
    }

    fn headers(&mut self, headers: Option<&Value>) {
        let Some(headers) = headers.and_then(Value::as_object).filter(|headers| !headers.is_empty()) else {
            return;
        };
        for (name, values) in headers {
            self.and();
            let left = format!(
                "any(lower(http.headers.{}))",
                name.replace('-', "_").to_ascii_lowercase()
            );
            let terms = terms(Some(values), |value| header(&left, value));
            if terms.is_empty() {
                self.found(Fault {
                    start: self.text.len() + 1,
                    end: None,
                    why: "expected term".to_owned(),
                });
            }
            self.alternatives(&terms, "(", ")");
        }
    }

    /// The router stops at the first thing it does not understand, and looks at regular expressions only in what it
    /// has understood.
    fn found(&mut self, fault: Fault) {
        let worse = fault.end.is_none() && self.fault.as_ref().is_some_and(|known| known.end.is_some());
        if self.fault.is_none() || worse {
            self.fault = Some(fault);
        }
    }
}

fn header(left: &str, value: &str) -> Term {
    let value = value.to_ascii_lowercase();
    match value.strip_prefix("~*") {
        Some(regex) => Term {
            is_regex: true,
            ..Term::new(format!("{left} ~"), regex)
        },
        None => Term::new(format!("{left} =="), &value),
    }
}

/// A raw string, or where that cannot hold the value, one with escapes.
fn literal(value: &str) -> String {
    if value.contains("\"#") {
        format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        format!("r#\"{value}\"#")
    }
}

/// A place in the expression and what is wrong there.
struct Fault {
    start: usize,
    /// Where it ends, if it is more than a point.
    end: Option<usize>,
    why: String,
}

impl Fault {
    fn told(&self, expression: &str) -> String {
        let before = &expression[..self.start];
        let row = before.matches('\n').count() + 1;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = expression[line_start..].lines().next().unwrap_or_default();
        let column = before[line_start..].chars().count() + 1;
        let mark = match self.end {
            None => "^---".to_owned(),
            Some(end) => underline(expression[self.start..end].chars().count()),
        };
        let margin = " ".repeat(row.to_string().len() + 1);
        let arrow = &margin[1..];
        let indent = " ".repeat(column - 1);
        let why = &self.why;
        format!(
            "{arrow}--> {row}:{column}\n{margin}|\n{row} | {line}\n{margin}| {indent}{mark}\n{margin}|\n{margin}= {why}"
        )
    }
}

fn underline(length: usize) -> String {
    match length {
        0 | 1 => "^".to_owned(),
        _ => format!("^{}^", "-".repeat(length - 2)),
    }
}

#[cfg(test)]
mod tests {
    use json::json;

    use super::check;

    fn told(route: json::Value) -> Result<(), String> {
        let parts = json!({"tls.sni": "snis", "http.method": "methods", "http.host": "hosts", "http.path": "paths",
                           "http.headers": "headers"});
        check(route.as_object().expect("an object"), &parts)
    }

    #[test]
    fn routers_dialect_has_no_look_around() {
        assert_eq!(
            told(json!({"paths": ["~/(?=x)"]})),
            Err("Router Expression failed validation:  --> 1:14\n  |\n1 | (http.path ~ r#\"^/(?=x)\"#)\n  |              \
                 ^----------^\n  |\n  = regex parse error:\n    ^/(?=x)\n      ^^^\nerror: look-around, including \
                 look-ahead and look-behind, is not supported"
                .to_owned())
        );
    }

    #[test]
    fn headers_must_have_values() {
        assert_eq!(
            told(json!({"paths": ["/r"], "headers": {"A": []}})),
            Err("Router Expression failed validation:  --> 1:28\n  |\n1 | (http.path ^= r#\"/r\"#) && ()\n  |          \
                 \x20                 ^---\n  |\n  = expected term"
                .to_owned())
        );
    }

    #[test]
    fn what_the_router_takes_is_taken() {
        let route = json!({"snis": ["a.test"], "methods": ["GET"], "hosts": ["*.a", "b.*", "c"], "paths": ["~/\\d+", "/x"],
                           "headers": {"a-b": ["~*^x", "y"]}});
        assert_eq!(told(route), Ok(()));
    }
}
