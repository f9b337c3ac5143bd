use regex::Regex;

use crate::RouterFields;
use json::{Object, Value};

/// Writes a route as Kong does for its router, which then refuses regular expressions of another dialect than its own
/// and headers without values. `fields` says which field of the route
/// becomes which field of the router.
///
/// # Errors
/// The router's message, with the expression and the place in it.
pub(super) fn check_route_expression(route: &Object, fields: &RouterFields) -> Result<(), String> {
    let part = |field: &str| route.get(field);
    let mut expression = RouterExpression::default();
    expression.push_any_of(
        &build_terms(part(&fields.sni), |sni| ExpressionTerm::new("tls.sni ==", sni)),
        SNI_DELIMITERS,
    );
    expression.push_any_of(
        &build_terms(part(&fields.method), |method| {
            ExpressionTerm::new("http.method ==", method)
        }),
        PARENTHESES,
    );
    expression.push_any_of(&build_terms(part(&fields.host), host_term), PARENTHESES);
    expression.push_any_of(&path_terms(part(&fields.path)), PARENTHESES);
    expression.push_headers(part(&fields.headers));
    match expression.error {
        None => Ok(()),
        Some(fault) => Err(format!(
            "Router Expression failed validation: {}",
            fault.render(&expression.text)
        )),
    }
}

/// What stands around alternatives.
type Delimiters = (&'static str, &'static str);

const PARENTHESES: Delimiters = ("(", ")");
const SNI_DELIMITERS: Delimiters = ("(net.protocol != r#\"https\"# || (", "))");

struct ExpressionTerm {
    /// The field and the operator.
    left: String,
    value: String,
    is_regex: bool,
}

impl ExpressionTerm {
    fn new(left: impl Into<String>, value: &str) -> Self {
        Self {
            left: left.into(),
            value: value.to_owned(),
            is_regex: false,
        }
    }
}

fn string_list(list: Option<&Value>) -> Vec<&str> {
    let members = list.and_then(Value::as_array).into_iter().flatten();
    members.filter_map(Value::as_str).collect()
}

fn build_terms(list: Option<&Value>, term: impl Fn(&str) -> ExpressionTerm) -> Vec<ExpressionTerm> {
    string_list(list).into_iter().map(term).collect()
}

fn host_term(host: &str) -> ExpressionTerm {
    match (host.strip_prefix('*'), host.strip_suffix('*')) {
        (Some(end), _) => ExpressionTerm::new("http.host =^", end),
        (_, Some(start)) => ExpressionTerm::new("http.host ^=", start),
        _ => ExpressionTerm::new("http.host ==", host),
    }
}

/// Regular expressions first, longer paths before shorter ones.
fn path_terms(list: Option<&Value>) -> Vec<ExpressionTerm> {
    let mut paths = string_list(list);
    paths.sort_by_key(|path| (!path.starts_with('~'), std::cmp::Reverse(path.len())));
    paths
        .into_iter()
        .map(|path| match path.strip_prefix('~') {
            Some(regex) => ExpressionTerm {
                is_regex: true,
                ..ExpressionTerm::new("http.path ~", &format!("^{regex}"))
            },
            None => ExpressionTerm::new("http.path ^=", path),
        })
        .collect()
}

#[derive(Default)]
struct RouterExpression {
    text: String,
    error: Option<ExpressionError>,
}

impl RouterExpression {
    fn push_and(&mut self) {
        if !self.text.is_empty() {
            self.text.push_str(" && ");
        }
    }

    fn push_any_of(&mut self, terms: &[ExpressionTerm], (open, close): Delimiters) {
        if terms.is_empty() {
            return;
        }
        self.push_and();
        self.push_alternatives(terms, open, close);
    }

    fn push_alternatives(&mut self, terms: &[ExpressionTerm], open: &str, close: &str) {
        self.text.push_str(open);
        for (at, term) in terms.iter().enumerate() {
            if at > 0 {
                self.text.push_str(" || ");
            }
            self.push_term(term);
        }
        self.text.push_str(close);
    }

    fn push_term(&mut self, term: &ExpressionTerm) {
        self.text.push_str(&term.left);
        self.text.push(' ');
        let literal = quote_literal(&term.value);
        let start = self.text.len();
        self.text.push_str(&literal);
        if term.is_regex
            && let Err(error) = Regex::new(&term.value)
        {
            self.record_error(ExpressionError {
                start,
                end: Some(self.text.len()),
                reason: error.to_string(),
            });
        }
    }

    fn push_headers(&mut self, headers: Option<&Value>) {
        let Some(headers) = headers.and_then(Value::as_object).filter(|headers| !headers.is_empty()) else {
            return;
        };
        for (name, values) in headers {
            self.push_and();
            let left = format!(
                "any(lower(http.headers.{}))",
                name.replace('-', "_").to_ascii_lowercase()
            );
            let terms = build_terms(Some(values), |value| header_term(&left, value));
            if terms.is_empty() {
                self.record_error(ExpressionError {
                    start: self.text.len() + 1,
                    end: None,
                    reason: "expected term".to_owned(),
                });
            }
            self.push_alternatives(&terms, "(", ")");
        }
    }

    /// The router stops at the first thing it does not understand, and looks at regular expressions only in what it
    /// has understood.
    fn record_error(&mut self, fault: ExpressionError) {
        let worse = fault.end.is_none() && self.error.as_ref().is_some_and(|known| known.end.is_some());
        if self.error.is_none() || worse {
            self.error = Some(fault);
        }
    }
}

fn header_term(left: &str, value: &str) -> ExpressionTerm {
    let value = value.to_ascii_lowercase();
    match value.strip_prefix("~*") {
        Some(regex) => ExpressionTerm {
            is_regex: true,
            ..ExpressionTerm::new(format!("{left} ~"), regex)
        },
        None => ExpressionTerm::new(format!("{left} =="), &value),
    }
}

/// A raw string, or where that cannot hold the value, one with escapes.
fn quote_literal(value: &str) -> String {
    if value.contains("\"#") {
        format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        format!("r#\"{value}\"#")
    }
}

/// A place in the expression and what is wrong there.
struct ExpressionError {
    start: usize,
    /// Where it ends, if it is more than a point.
    end: Option<usize>,
    reason: String,
}

impl ExpressionError {
    fn render(&self, expression: &str) -> String {
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
        let why = &self.reason;
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

    use super::check_route_expression;

    fn told(route: json::Value) -> Result<(), String> {
        let catalog = crate::Catalog::recorded();
        let routes = catalog.kind(catalog.find_kind("routes").expect("a kind"));
        let fields = routes.checks.iter().find_map(|check| match check {
            crate::KindCheck::RouteExpression(fields) => Some(fields),
            _ => None,
        });
        check_route_expression(route.as_object().expect("an object"), fields.expect("the check"))
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
