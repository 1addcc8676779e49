//! Words of what could not be read, among which a name may be bound.

use std::collections::BTreeSet;
use std::ops::Bound;

/// Words, to be asked by how they begin and end.
#[derive(Debug, Default)]
pub(crate) struct Words {
    forwards: BTreeSet<String>,
    /// Each from its last letter to its first.
    backwards: BTreeSet<String>,
}

impl Words {
    pub fn insert(&mut self, word: &str) {
        self.forwards.insert(word.to_owned());
        self.backwards.insert(backwards(word));
    }

    /// Those of a text.
    pub fn of(text: &str) -> Self {
        let mut all = Self::default();
        words(text).for_each(|word| all.insert(word));
        all
    }

    /// Whether one of them is this name, or begins or ends with it.
    pub fn may_hold(&self, name: &str) -> bool {
        begins(&self.forwards, name) || begins(&self.backwards, &backwards(name))
    }
}

/// Words that begin alike stand behind their common beginning in the order of the letters.
fn begins(words: &BTreeSet<String>, name: &str) -> bool {
    words
        .range::<str, _>((Bound::Included(name), Bound::Unbounded))
        .next()
        .is_some_and(|word| word.starts_with(name))
}

fn backwards(word: &str) -> String {
    word.chars().rev().collect()
}

/// The words of a text, in order.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
    parts.filter(|word| !word.is_empty())
}

/// Words behind which a name is bound.
const BINDERS: &[&str] = &[
    "step",
    "param",
    "let",
    "secret",
    "host",
    "source",
    "repo",
    "sandbox",
    "channel",
    "probe",
    "objective",
    "pool",
    "pipeline",
    "workflow",
    "machine",
    "as",
];

/// Names that the text seems to bind, whether or not the parser could make a declaration of it.
pub(super) fn bound_in(text: &str) -> impl Iterator<Item = &str> {
    let mut before = "";
    words(text).filter(move |word| BINDERS.contains(&std::mem::replace(&mut before, word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_at_either_end_of_a_word_and_not_in_its_middle() {
        let all = Words::of("let orders_db=größe, b");
        for held in ["orders_db", "orders", "db", "größe", "ße", "gr", "b", "le"] {
            assert!(all.may_hold(held), "{held}");
        }
        for strange in ["rders_d", "orders_dbx", "xdb", "a", "öß", "ordert"] {
            assert!(!all.may_hold(strange), "{strange}");
        }
        assert_eq!(
            bound_in("step one { } host two as three = four").collect::<Vec<_>>(),
            ["one", "two", "three"]
        );
    }
}
