//! Where the parts of the IR came from. The IR itself holds no position, so that a moved line changes nothing.

use std::collections::HashMap;
use std::fmt::{Display, Write as _};
use std::hash::{BuildHasherDefault, Hasher};

use mainstay_diagnostics::Span;

/// Spans by dotted key: `workflow.nightly`, `workflow.nightly.step.backup.retain.keep`, `objective.gold.rpo`.
/// A field's span is that of its value: a fix replaces it.
///
/// A large estate has some hundred thousand of them, so all keys stand in one text, and a key is written there at once.
#[derive(Debug, Clone, Default)]
pub struct Places {
    text: String,
    noted: Vec<Noted>,
    /// The newest of those whose keys have this hash.
    newest: HashMap<u64, usize, BuildHasherDefault<Hashed>>,
}

/// A key by its place in the text, and what it stands for.
#[derive(Debug, Clone, Copy)]
struct Noted {
    start: usize,
    end: usize,
    span: Span,
    /// The one before of the same hash.
    before: Option<usize>,
}

impl Places {
    /// Notes where `key` stands; the first note counts.
    pub fn insert(&mut self, key: impl Display, span: Span) {
        let start = self.text.len();
        // Writing to a text cannot fail.
        let _ = write!(self.text, "{key}");
        let hash = hash_of(self.text.get(start..).unwrap_or_default());
        let before = self.newest.get(&hash).copied();
        if self.text.get(start..).is_some_and(|key| self.find(before, key).is_some()) {
            self.text.truncate(start);
            return;
        }
        self.newest.insert(hash, self.noted.len());
        self.noted.push(Noted { start, end: self.text.len(), span, before });
    }

    /// Where exactly this stands.
    pub fn get(&self, key: &str) -> Option<Span> {
        self.find(self.newest.get(&hash_of(key)).copied(), key)
    }

    fn find(&self, newest: Option<usize>, key: &str) -> Option<Span> {
        let mut at = newest;
        while let Some(noted) = at.and_then(|at| self.noted.get(at)) {
            if self.key(noted) == key {
                return Some(noted.span);
            }
            at = noted.before;
        }
        None
    }

    fn key(&self, noted: &Noted) -> &str {
        self.text.get(noted.start..noted.end).unwrap_or_default()
    }

    /// All keys with their spans, in the order in which they were noted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Span)> {
        self.noted.iter().map(|noted| (self.key(noted), noted.span))
    }

    /// Where this stands, or else what holds it: `repo.shelf.place` falls back to `repo.shelf`.
    pub fn get_or(&self, key: &str) -> Option<Span> {
        let mut key = key;
        loop {
            if let Some(span) = self.get(key) {
                return Some(span);
            }
            key = key.rsplit_once('.')?.0;
        }
    }
}

/// An odd number with its bits well spread: 2^64 over the golden ratio.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Keys are written by the author of the policy, so a quick hash does: eight bytes at a time, as in FNV-1a with a
/// wider word.
fn hash_of(key: &str) -> u64 {
    let mut hash = 0_u64;
    for chunk in key.as_bytes().chunks(8) {
        let mut word = [0; 8];
        word.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
        hash = (hash.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(SPREAD);
    }
    hash ^ (hash >> 32)
}

/// Of a number that is a hash already.
#[derive(Debug, Clone, Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_falls_back_to_what_holds_it() {
        let mut places = Places::default();
        places.insert("repo.shelf", Span::new(1, 2));
        assert_eq!(places.get("repo.shelf.place"), None);
        assert_eq!(places.get_or("repo.shelf.place.site"), Some(Span::new(1, 2)));
        assert_eq!(places.get_or("repo.other"), None);
    }

    #[test]
    fn the_first_note_counts_and_keys_of_one_hash_stay_apart() {
        let mut places = Places::default();
        places.insert("a", Span::new(1, 2));
        places.insert(format_args!("{}", "a"), Span::new(3, 4));
        assert_eq!(places.get("a"), Some(Span::new(1, 2)));
        // As it would be if `b` had the hash of `a`.
        places.newest.insert(hash_of("b"), 0);
        places.insert("b", Span::new(5, 6));
        assert_eq!((places.get("a"), places.get("b")), (Some(Span::new(1, 2)), Some(Span::new(5, 6))));
        assert_eq!(places.find(places.newest.get(&hash_of("b")).copied(), "a"), Some(Span::new(1, 2)));
        assert_eq!(places.iter().map(|(key, _)| key).collect::<Vec<_>>(), ["a", "b"]);
    }
}
