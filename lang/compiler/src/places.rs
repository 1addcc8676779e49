//! Where the parts of the IR came from. The IR itself holds no position, so that a moved line changes nothing.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use mainstay_diagnostics::Span;

/// Spans by dotted key: `workflow.nightly`, `workflow.nightly.step.backup.retain.keep`, `objective.gold.rpo`.
/// A field's span is that of its value: a fix replaces it.
#[derive(Debug, Clone, Default)]
pub struct Places(HashMap<String, Span, BuildHasherDefault<KeyHasher>>);

/// Keys are written by the author of the policy, so a quick hash does: a large estate has some hundred thousand.
/// Eight bytes at a time, as in FNV-1a with a wider word.
#[derive(Debug, Clone, Default)]
struct KeyHasher(u64);

/// An odd number with its bits well spread: 2^64 over the golden ratio.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
            self.0 = (self.0.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(SPREAD);
        }
    }
}

impl Places {
    /// Notes where `key` stands; the first note counts.
    pub fn insert(&mut self, key: impl Into<String>, span: Span) {
        self.0.entry(key.into()).or_insert(span);
    }

    /// Where exactly this stands.
    pub fn get(&self, key: &str) -> Option<Span> {
        self.0.get(key).copied()
    }

    /// All keys with their spans, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Span)> {
        self.0.iter().map(|(key, span)| (key.as_str(), *span))
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
}
