//! The grammar of references, on any bytes.
#![no_main]

#[allow(dead_code)] // the other target's
#[path = "../it/common/hostile.rs"]
mod hostile;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    hostile::is_answered(text);
    hostile::is_answered(&[b"{vault://", text, b"}"].concat());
});
