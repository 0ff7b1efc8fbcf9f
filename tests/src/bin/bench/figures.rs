//! Collects figures, prints each as it comes, and writes them as JSON.

use serde_json::{Value, json};
use std::time::Duration;

/// What was measured so far.
#[derive(Default)]
pub(crate) struct Figures {
    suite: String,
    rows: Vec<Value>,
}

impl Figures {
    /// Begins a group.
    pub(crate) fn suite(&mut self, name: &str) {
        self.suite = name.to_owned();
        println!("\n── {name}");
    }

    /// A figure with its unit.
    pub(crate) fn add(&mut self, name: &str, value: f64, unit: &str) {
        println!("{name:<58} {:>14} {unit}", grouped(value));
        self.rows
            .push(json!({"suite": self.suite, "name": name, "value": value, "unit": unit}));
    }

    /// A figure as a share of its limit, measured in the same run.
    pub(crate) fn ratio(&mut self, name: &str, value: f64, limit: f64, aim: &str) {
        let ratio = value / limit;
        println!("{name:<58} {ratio:>14.3} ×  ({aim})");
        self.rows.push(
            json!({"suite": self.suite, "name": name, "value": ratio, "unit": "ratio", "aim": aim}),
        );
    }

    /// The median and the 99th percentile of some durations, in milliseconds.
    pub(crate) fn spread(&mut self, name: &str, times: &mut [Duration]) {
        times.sort_unstable();
        self.add(&format!("{name}, p50"), ms(quantile(times, 0.50)), "ms");
        self.add(&format!("{name}, p99"), ms(quantile(times, 0.99)), "ms");
    }

    /// All figures.
    pub(crate) fn json(&self) -> String {
        serde_json::to_string_pretty(&self.rows).unwrap_or_default()
    }
}

/// The value below which a share of the sorted times lies.
pub(crate) fn quantile(sorted: &[Duration], share: f64) -> Duration {
    let at = ((sorted.len() as f64 - 1.0) * share).round() as usize;
    sorted.get(at).copied().unwrap_or_default()
}

pub(crate) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn grouped(value: f64) -> String {
    if value < 100.0 {
        return format!("{value:.2}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}
