//! Templates: `${{ env "DECK_X" | toInt }}`, in the spelling of Go's templates.

mod complaint;
mod evaluate;
mod expression;
mod lexer;

pub(super) use complaint::Complaint;
pub(super) use evaluate::{Filled, evaluate, look_up};
pub(super) use expression::{Expression, parse};

/// Where the values of templates come from.
#[derive(Clone, Copy)]
pub enum Environment<'e> {
    /// The value of a variable, none if it is not set.
    Of(&'e (dyn Fn(&str) -> Option<String> + Sync)),
    /// The same; one that is not set is a note and no error, and is mocked. What it would fill in is known to be made up.
    IfSet(&'e (dyn Fn(&str) -> Option<String> + Sync)),
    /// Every variable holds its own name, `toBool` gives false, `toInt` and `toFloat` 42: for checks that must not
    /// demand secrets.
    Mocked,
}
