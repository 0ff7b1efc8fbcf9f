//! One parser under libFuzzer: `cargo xtask fuzz` builds this with counters in every branch and
//! starts it for each target. Not part of an ordinary build.
#![no_main]
#![allow(
    unsafe_code,
    clippy::expect_used,
    reason = "libFuzzer finds its entry points by name; a wrong name of a target ends the program"
)]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use tests::fuzz::{self, Target};

/// Names the target: arguments are libFuzzer's.
static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("GEWU_FUZZ_TARGET").expect("GEWU_FUZZ_TARGET names a target");
    fuzz::target(&name).expect("no such target")
});

fuzz_target!(|bytes: &[u8]| TARGET(bytes));
