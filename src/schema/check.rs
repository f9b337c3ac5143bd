use zeroize::Zeroize;

use super::checks::{Checker, choose};
use super::{Catalog, KindId, Violations};
use json::{Object, Value};

/// What a body is for: which rules apply to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A whole entity to be stored (POST, PUT).
    Store,
    /// The body of `/schemas/ENTITY/validate`.
    Validate,
    /// A whole entity with what its references resolve to in their places: nothing but what is found wrong outlives the check.
    Resolved,
}

/// Says what Kong would refuse in a body, in Kong's words: field types and rules, checks across fields, and the
/// checks that Kong makes in code. The body is as a client sends it; nothing is filled in. `now` is in seconds since
/// 1970 (Kong refuses expired CA certificates).
///
/// # Errors
/// Everything that is wrong, at once.
pub fn check(catalog: &Catalog, kind: KindId, body: &Object, purpose: Purpose, now: i64) -> Result<(), Violations> {
    let checker = Checker {
        catalog,
        kind: catalog.kind(kind),
        purpose,
        now,
        whole: true,
    };
    let record = choose(catalog, kind, body, true).map_err(Violations)?;
    let mut filled = checker.filled(&record, body).map_err(Violations)?;
    let life = checker.take_life(&mut filled);
    let mut errors = checker.record(&record, &filled);
    errors.extend(life);
    checker.kind_checks(&filled, &mut errors);
    if purpose == Purpose::Resolved {
        filled.values_mut().for_each(wipe);
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Violations(errors))
    }
}

/// Overwrites every text of a value that holds secrets.
pub fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(members) => members.iter_mut().for_each(wipe),
        Value::Object(members) => members.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
