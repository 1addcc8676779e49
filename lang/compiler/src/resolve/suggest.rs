//! "Did you mean": the nearest of the names that would have been right.

/// The nearest of `candidates` to `given`, when it is near enough to be a slip.
pub(crate) fn nearest<'c>(given: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let slips = (given.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| *candidate != given)
        .map(|candidate| (distance(given, candidate, slips), candidate))
        .filter(|(distance, _)| *distance <= slips)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Whether one name alone is near enough to be what was meant.
pub(crate) fn only_near<'c>(given: &str, candidates: impl IntoIterator<Item = &'c str>) -> bool {
    let slips = (given.chars().count() / 3).max(1);
    candidates.into_iter().filter(|candidate| distance(given, candidate, slips) <= slips).count() == 1
}

/// ``did you mean `x`?``, or else the names that there are.
pub(crate) fn did_you_mean<'c>(given: &str, candidates: impl IntoIterator<Item = &'c str> + Clone) -> String {
    if let Some(name) = nearest(given, candidates.clone()) {
        return format!("did you mean `{name}`?");
    }
    listed("there is", candidates)
}

/// At most this many names in a help: more are no help.
const MOST_LISTED: usize = 12;

fn listed<'c>(lead: &str, names: impl IntoIterator<Item = &'c str>) -> String {
    let names: Vec<_> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.len() {
        0 => String::new(),
        count if count > MOST_LISTED => {
            let some = names.get(..MOST_LISTED).unwrap_or_default().join(", ");
            format!("{lead}: {some} and {} more", count - MOST_LISTED)
        }
        _ => format!("{lead}: {}", names.join(", ")),
    }
}

/// Longer words are not compared letter by letter: that costs the product of both lengths, and nobody types them.
const LONGEST: usize = 64;

/// Edits from one to the other; a word that only begins or ends like the other counts as one edit. Words that plainly
/// need more than `most` are not compared.
fn distance(given: &str, candidate: &str, most: usize) -> usize {
    let (short, long) = (given.len().min(candidate.len()), given.len().max(candidate.len()));
    let part = short >= 4 && (candidate.starts_with(given) || given.starts_with(candidate));
    let longer = || given.chars().count().abs_diff(candidate.chars().count());
    if long > LONGEST || longer() > most || differing(given, candidate) > most {
        return if part { 1 } else { usize::MAX };
    }
    let edits = strsim::damerau_levenshtein(given, candidate);
    if part { edits.min(1) } else { edits }
}

/// Letters that one of the two has and the other has not, the more of both sides: an edit takes away one of each at most,
/// so at least as many are needed. Letters that fall on one bit only hide a difference.
fn differing(given: &str, candidate: &str) -> usize {
    let letters = |word: &str| word.chars().fold(0_u64, |all, letter| all | 1 << (letter as u32 % u64::BITS));
    let (given, candidate) = (letters(given), letters(candidate));
    (given & !candidate).count_ones().max((candidate & !given).count_ones()) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_name_and_a_stranger_finds_none() {
        assert_eq!(nearest("exlude", ["roots", "exclude"]), Some("exclude"));
        assert!(only_near("exlude", ["roots", "exclude"]) && !only_near("exclud", ["exclude", "excluded"]));
        assert_eq!(nearest("x", ["roots", "exclude"]), None);
        assert_eq!(did_you_mean("zzz", ["a", "b"]), "there is: `a`, `b`");
        // Hundreds of thousands of letters by as many would never end.
        let (long, other) = ("ab".repeat(200_000), "ba".repeat(200_000));
        assert_eq!(nearest(&long, [other.as_str(), "x"]), None);
        assert_eq!(nearest(&long, [&*format!("{long}c")]), Some(&*format!("{long}c")));
    }
    proptest::proptest! {
        #[test]
        fn what_is_not_compared_is_further_away(given in "[a-dä]{0,9}", candidate in "[a-dä]{0,9}", most in 0..4_usize) {
            let edits = strsim::damerau_levenshtein(&given, &candidate);
            proptest::prop_assert!(differing(&given, &candidate) <= edits);
            proptest::prop_assert!(edits > most || distance(&given, &candidate, most) <= most);
        }
    }
}
