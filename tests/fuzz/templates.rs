//! State files with templates, of any text.
#![no_main]

#[allow(dead_code)] // the other target's
#[path = "../it/common/hostile.rs"]
mod hostile;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    hostile::is_read_or_refused(text, false);
    hostile::is_read_or_refused(text, true);
});
