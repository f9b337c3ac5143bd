//! Servers that others made (HashiCorp Vault, moto) are had on request alone, since they are built first.
//!
//! A test that is skipped for want of one is counted; when all tests have ended, one line says so.

use std::collections::BTreeMap;
use std::ffi::c_int;
use std::io::Write;
use std::process::Command;
use std::sync::{Mutex, Once, PoisonError};

/// How many tests were skipped, by the reason.
static SKIPPED: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());

const NOT_REQUESTED: &str = "they start HashiCorp Vault or moto; `STRONGROOM_TESTS=servers cargo test` runs them";

/// Whether tests shall do all that they can, however long it takes: with real servers, and with all random cases.
pub fn is_everything_requested() -> bool {
    std::env::var("STRONGROOM_TESTS").is_ok_and(|word| word == "servers")
}

/// How many cases are tried, or how large they are: all, or some for whoever waits for the result.
pub fn effort<T>(all: T, some: T) -> T {
    if is_everything_requested() { all } else { some }
}

/// Runs a script that makes a server; what it prints.
///
/// # Errors
/// Why the test must be skipped: servers are not requested, or this one cannot be had on this machine.
pub fn make(script: &str) -> Result<String, String> {
    if !is_everything_requested() {
        return Err(NOT_REQUESTED.to_owned());
    }
    let output = Command::new(script).output().expect("the script runs");
    let (printed, complaint) = [output.stdout, output.stderr]
        .map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned())
        .into();
    match output.status.code() {
        Some(0) => Ok(printed),
        Some(3) => Err(format!("{script}: {complaint}")),
        _ => panic!("{script}: {complaint}"),
    }
}

/// Counts this test as skipped.
pub fn skip(reason: &str) {
    static REPORTED_AT_EXIT: Once = Once::new();
    REPORTED_AT_EXIT.call_once(|| assert_eq!(atexit(report), 0));
    let mut skipped = SKIPPED.lock().unwrap_or_else(PoisonError::into_inner);
    *skipped.entry(reason.to_owned()).or_default() += 1;
}

#[expect(
    unsafe_code,
    reason = "the harness captures what tests print, and runs nothing after the last of them"
)]
unsafe extern "C" {
    safe fn atexit(function: extern "C" fn()) -> c_int;
}

extern "C" fn report() {
    let skipped = SKIPPED.lock().unwrap_or_else(PoisonError::into_inner);
    for (reason, count) in skipped.iter() {
        // nobody is left to be told that it cannot be written
        let _ = writeln!(std::io::stdout(), "skipped {count} tests: {reason}\n");
    }
}
