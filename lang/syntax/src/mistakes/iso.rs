//! Spans of time as ISO 8601 writes them: `PT1H30M`.

/// The units in the order in which ISO has them: its letter, the word of the language, and how many seconds it has. Those of
/// a day and more stand before the `T`.
const UNITS: [(char, &str, u64); 5] =
    [('W', "w", 7 * 86_400), ('D', "d", 86_400), ('H', "h", 3_600), ('M', "min", 60), ('S', "s", 1)];

const DAY_SECONDS: u64 = 86_400;

/// Whether a word is such a span, be it one of months, which are no exact time.
pub(super) fn is_span(word: &str) -> bool {
    let behind = word.strip_prefix('P').map(|rest| rest.strip_prefix('T').unwrap_or(rest));
    let is_part = |letter: char| letter.is_ascii_digit() || "YMWDTHS".contains(letter);
    behind.is_some_and(|rest| {
        rest.starts_with(|first: char| first.is_ascii_digit())
            && rest.ends_with(|last: char| !last.is_ascii_digit())
            && rest.chars().all(is_part)
    })
}

/// An exact span in the language's words, in the smallest unit that it has. `P1M` is a month there, and none of these.
pub(super) fn in_our_words(word: &str) -> Option<String> {
    let behind = word.strip_prefix('P')?;
    let (days, times) = behind.split_once('T').unwrap_or((behind, ""));
    let mut units = UNITS.iter();
    let (mut seconds, mut smallest) = (0_u64, None);
    for (mut part, in_days) in [(days, true), (times, false)] {
        while let Some(at) = part.find(|letter: char| !letter.is_ascii_digit()) {
            let (number, rest) = part.split_at(at);
            let letter = rest.chars().next()?;
            let (_, unit, each) =
                units.find(|(known, _, each)| *known == letter && (*each >= DAY_SECONDS) == in_days)?;
            seconds = number.parse::<u64>().ok()?.checked_mul(*each)?.checked_add(seconds)?;
            smallest = Some((unit, each));
            part = rest.get(letter.len_utf8()..)?;
        }
        if !part.is_empty() {
            return None;
        }
    }
    smallest.map(|(unit, each)| format!("{}{unit}", seconds / each))
}

#[cfg(test)]
mod tests {
    use super::{in_our_words, is_span};

    #[test]
    fn exact_spans_are_read() {
        let read = ["PT2H", "PT30M", "PT15S", "P1D", "P2W"].map(in_our_words);
        assert_eq!(read.map(Option::unwrap), ["2h", "30min", "15s", "1d", "2w"]);
        let read = ["PT1H30M", "P1DT2H", "P1DT12H30M15S", "PT1H5S"].map(in_our_words);
        assert_eq!(read.map(Option::unwrap), ["90min", "26h", "131415s", "3605s"]);
    }

    #[test]
    fn what_is_none_is_not_read() {
        let words =
            ["P1M", "P1Y2D", "PT", "P", "PTH", "Europe", "PD", "PT1M2H", "P1H", "PT1D", "PT1", "PT1H2"];
        assert_eq!(words.map(in_our_words), [const { None }; 12]);
        assert_eq!(["P1M", "P1Y2D", "PT1H30M"].map(is_span), [true; 3]);
        assert_eq!(["PT", "P", "PTH", "Europe", "PD", "P1", "P9x", "Path"].map(is_span), [false; 8]);
    }
}
