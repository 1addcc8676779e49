//! Where the parts of the IR came from. The IR itself holds no position, so that a moved line changes nothing.

use std::fmt::{Display, Write as _};
use std::hash::BuildHasher as _;

use foldhash::HashMap;
use foldhash::fast::RandomState;
use mainstay_diagnostics::Span;

/// Spans by dotted key: `workflow.nightly`, `workflow.nightly.step.backup.retain.keep`, `objective.gold.rpo`.
/// A field's span is that of its value: a fix replaces it.
///
/// A large estate has some hundred thousand of them, so all keys stand in one text, and a key is written there at once.
/// Of what would not fit into 4 GiB of keys no place is known.
#[derive(Debug, Clone, Default)]
pub struct Places {
    text: String,
    noted: Vec<Noted>,
    /// The newest of those whose keys have this hash.
    newest: HashMap<u32, u32>,
    hashes: RandomState,
}

/// What a key stands for. The key is that part of the text which ends here and begins where the one before ends.
#[derive(Debug, Clone, Copy)]
struct Noted {
    end: u32,
    span: Span,
    /// The one before of the same hash.
    before: Option<u32>,
}

impl Places {
    /// Notes where `key` stands; the first note counts.
    pub fn insert(&mut self, key: impl Display, span: Span) {
        let start = self.text.len();
        // Writing to a text cannot fail.
        let _ = write!(self.text, "{key}");
        let key = self.text.get(start..).unwrap_or_default();
        let hash = self.hash_of(key);
        let before = self.newest.get(&hash).copied();
        let is_known = self.find(before, key).is_some();
        match (u32::try_from(self.noted.len()), u32::try_from(self.text.len())) {
            (Ok(at), Ok(end)) if !is_known => {
                self.newest.insert(hash, at);
                self.noted.push(Noted { end, span, before });
            }
            _ => self.text.truncate(start),
        }
    }

    /// Where exactly this stands.
    pub fn get(&self, key: &str) -> Option<Span> {
        self.find(self.newest.get(&self.hash_of(key)).copied(), key)
    }

    fn find(&self, newest: Option<u32>, key: &str) -> Option<Span> {
        let mut next = newest;
        while let Some((at, noted)) = next.and_then(|at| Some((at, self.noted.get(at as usize)?))) {
            if self.key(at as usize) == key {
                return Some(noted.span);
            }
            next = noted.before;
        }
        None
    }

    fn key(&self, at: usize) -> &str {
        let end = |at: usize| self.noted.get(at).map_or(0, |noted| noted.end as usize);
        self.text.get(at.checked_sub(1).map_or(0, end)..end(at)).unwrap_or_default()
    }

    /// Half of the bits are enough: keys of one hash are told apart.
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
    fn hash_of(&self, key: &str) -> u32 {
        self.hashes.hash_one(key) as u32
    }

    /// All keys with their spans, in the order in which they were noted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Span)> {
        self.noted.iter().enumerate().map(|(at, noted)| (self.key(at), noted.span))
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
        places.newest.insert(places.hash_of("b"), 0);
        places.insert("b", Span::new(5, 6));
        assert_eq!((places.get("a"), places.get("b")), (Some(Span::new(1, 2)), Some(Span::new(5, 6))));
        assert_eq!(places.find(places.newest.get(&places.hash_of("b")).copied(), "a"), Some(Span::new(1, 2)));
        assert_eq!(places.iter().map(|(key, _)| key).collect::<Vec<_>>(), ["a", "b"]);
    }
}
