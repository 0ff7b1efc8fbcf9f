//! How long to wait after the n-th failure in a row. Pure: the random share is handed in.
//!
//! Full jitter (a uniform share of a doubling window) keeps a thousand handhelds from knocking at
//! once when a server comes back. There is no last attempt.

/// The window after the first failure.
pub const FIRST_MS: i64 = 2_000;
/// The widest window: somebody with signal again waits five minutes at the very most.
pub const LONGEST_MS: i64 = 5 * 60_000;
/// No wait is shorter than this, so that a draw near zero doesn't turn into a busy loop.
pub const SHORTEST_MS: i64 = 200;

/// Milliseconds to wait after `failures` failures in a row, for a random `share` in 0..1.
#[must_use]
pub fn wait_ms(failures: u32, share: f64) -> i64 {
    let doublings = failures.saturating_sub(1).min(16);
    let window = FIRST_MS.saturating_mul(1 << doublings).min(LONGEST_MS);
    share_of(window, share).max(SHORTEST_MS)
}

#[expect(
    clippy::as_conversions,
    reason = "the window is far below 2^53 and the cast saturates"
)]
fn share_of(window: i64, share: f64) -> i64 {
    let share = if share.is_finite() {
        share.clamp(0.0, 1.0)
    } else {
        1.0
    };
    (window as f64 * share) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_doubles_from_two_seconds_to_five_minutes_and_stays_there() {
        let longest = |failures| wait_ms(failures, 1.0);
        assert_eq!([1, 2, 3, 4].map(longest), [2_000, 4_000, 8_000, 16_000]);
        assert_eq!(longest(9), LONGEST_MS);
        assert_eq!(longest(u32::MAX), LONGEST_MS);
        assert_eq!(longest(0), FIRST_MS);
    }

    #[test]
    fn jitter_takes_any_share_of_the_window_but_never_none_of_it() {
        assert_eq!(wait_ms(3, 0.5), 4_000);
        assert_eq!(wait_ms(3, 0.0), SHORTEST_MS);
        assert_eq!(wait_ms(3, f64::NAN), 8_000);
    }
}
