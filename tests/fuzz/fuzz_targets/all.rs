//! One program for all targets; `GEWU_FUZZ_TARGET` names the one that is meant.
#![no_main]

#[path = "../../src/fuzz.rs"]
mod targets;

use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;

fuzz_target!(|bytes: &[u8]| {
    static TARGET: OnceLock<targets::Target> = OnceLock::new();
    TARGET.get_or_init(|| {
        let name = std::env::var("GEWU_FUZZ_TARGET").unwrap_or_default();
        targets::target(&name).unwrap_or_else(|| panic!("there is no target {name:?}"))
    })(bytes);
});
