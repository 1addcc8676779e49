//! The smallest part of an input that still fails.

/// Readings that one input is worth.
const MOST_TRIALS: usize = 2_000;

/// Takes pieces out as long as it still fails, large ones first.
pub fn smallest(input: &[u8], fails: &dyn Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut input = input.to_vec();
    let mut piece = input.len() / 2;
    let mut trials = 0;
    while piece > 0 && trials < MOST_TRIALS {
        let mut at = 0;
        while at < input.len() && trials < MOST_TRIALS {
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
