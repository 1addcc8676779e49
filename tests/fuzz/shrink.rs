//! The smallest part of an input that still fails.

use std::time::{Duration, Instant};

/// Readings that one input is worth, and the time for them: one that is slow need not be small.
const MOST_TRIALS: usize = 2_000;
const MOST_TIME: Duration = Duration::from_secs(30);

/// Takes pieces out as long as it still fails, large ones first.
pub fn smallest(input: &[u8], fails: &dyn Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut input = input.to_vec();
    let mut piece = input.len() / 2;
    let mut trials = 0;
    let end_of_time = Instant::now() + MOST_TIME;
    let goes_on = |trials: usize| trials < MOST_TRIALS && Instant::now() < end_of_time;
    while piece > 0 && goes_on(trials) {
        let mut at = 0;
        while at < input.len() && goes_on(trials) {
            let end = (at + piece).min(input.len());
            let without = [&input[..at], &input[end..]].concat();
            trials += 1;
            if fails(&without) { input = without } else { at = end }
        }
        piece /= 2;
    }
    input
}

#[test]
fn what_does_not_matter_goes() {
    let text = b"many words and a needle among them, and more of them";
    let fails = |text: &[u8]| text.windows(6).any(|part| part == b"needle");
    assert_eq!(smallest(text, &fails), b"needle");
}
