//! Templates: `${{ env "DECK_X" | toInt }}`, in the spelling of Go's templates.

mod error;
mod evaluate;
mod expression;
mod lexer;

pub(super) use error::TemplateError;
pub(super) use evaluate::{TemplateValue, evaluate, look_up_variable};
pub(super) use expression::{TemplateExpression, parse_template};

/// Where the values of templates come from.
#[derive(Clone, Copy)]
pub enum TemplateEnvironment<'e> {
    /// The value of a variable, none if it is not set.
    Strict(&'e (dyn Fn(&str) -> Option<String> + Sync)),
    /// The same; one that is not set is a note and no error, and is mocked. What it would fill in is known to be made up.
    Lenient(&'e (dyn Fn(&str) -> Option<String> + Sync)),
    /// Every variable holds its own name, `toBool` gives false, `toInt` and `toFloat` 42: for checks that must not
    /// demand secrets.
    Mock,
}
