//! "Did you mean".

/// The known name that is most like what was written, if it is like it at all.
pub fn like<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A third of the letters may be wrong: more, and the suggestion would be a guess.
    let most = written.chars().count().max(3) / 3;
    let distances = known.into_iter().map(|name| (strsim::damerau_levenshtein(written, name), name));
    distances.filter(|(distance, _)| *distance <= most).min().map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn only_what_is_alike_is_suggested() {
        let known = ["nightly", "nightly.backup", "weekly"];
        assert_eq!(like("nigthly", known), Some("nightly"));
        assert_eq!(like("nightly.bakup", known), Some("nightly.backup"));
        assert_eq!(like("hourly", known), None);
        assert_eq!(like("", known), None);
    }
}
