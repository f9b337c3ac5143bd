use super::checks::{Checker, choose};
use super::{Catalog, KindId, Object, Violations};

/// What a body is for: which rules apply to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A whole entity to be stored (POST, PUT).
    Store,
    /// The body of `/schemas/ENTITY/validate`.
    Validate,
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
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Violations(errors))
    }
}
