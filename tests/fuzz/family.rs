//! A text in which one run stands as often as one wants: what is read is its size once, and can be made twice as large.

use std::ops::Range;

use mainstay_kit::SeededRandom;

/// What stands once before and after, and what is repeated between them.
#[derive(Debug, Clone)]
pub struct Family {
    before: Vec<u8>,
    /// The run, cut where the number of the repetition goes: one piece has none.
    run: Vec<Vec<u8>>,
    after: Vec<u8>,
    /// So often for the first reading.
    pub count: usize,
}

impl Family {
    /// A text of which nothing is repeated.
    pub fn single(text: &[u8]) -> Self {
        Self { before: Vec::new(), run: vec![text.to_vec()], after: Vec::new(), count: 1 }
    }

    /// With the run at `place` of the text. `word` has the number of its repetition behind it wherever it ends in the
    /// run, so that each repetition declares something else.
    pub fn new(text: &[u8], place: Range<usize>, word: Option<&[u8]>) -> Self {
        let run = &text[place.clone()];
        let run = word.filter(|word| !word.is_empty()).map_or(vec![run.to_vec()], |word| cut(run, word));
        Self { before: text[..place.start].to_vec(), run, after: text[place.end..].to_vec(), count: 1 }
    }

    /// Repeated so often that it has about so many bytes.
    pub fn sized(mut self, bytes: usize) -> Self {
        self.count = self.count_for(bytes);
        self
    }

    /// Whether more repetitions make a larger text.
    pub fn grows(&self) -> bool {
        self.run.iter().any(|piece| !piece.is_empty()) || self.run.len() > 1
    }

    /// How often the run stands in a text of about so many bytes.
    pub fn count_for(&self, bytes: usize) -> usize {
        let run: usize = self.run.iter().map(Vec::len).sum::<usize>() + 4 * (self.run.len() - 1);
        bytes.saturating_sub(self.before.len() + self.after.len()) / run.max(1) + 1
    }

    /// The text with so many repetitions.
    pub fn text(&self, count: usize) -> Vec<u8> {
        let mut text = self.before.clone();
        for number in 0..count {
            for (at, piece) in self.run.iter().enumerate() {
                if at > 0 {
                    text.extend_from_slice(number.to_string().as_bytes());
                }
                text.extend_from_slice(piece);
            }
        }
        text.extend_from_slice(&self.after);
        text
    }
}

/// A run in pieces, each but the last ending in the word.
fn cut(run: &[u8], word: &[u8]) -> Vec<Vec<u8>> {
    let is_name = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let mut pieces = Vec::new();
    let mut from = 0;
    for at in 0..run.len().saturating_sub(word.len() - 1) {
        let end = at + word.len();
        let whole =
            at.checked_sub(1).is_none_or(|before| !is_name(run.get(before))) && !is_name(run.get(end));
        if at >= from && whole && run[at..end] == *word {
            pieces.push(run[from..end].to_vec());
            from = end;
        }
    }
    pieces.push(run[from..].to_vec());
    pieces
}

/// How large a reading is: mostly a few lines more than nothing, now and then large.
pub fn size(random: &SeededRandom) -> usize {
    match random.below(16) {
        0..9 => 0,
        9..15 => 1 << (8 + random.below(8)),
        _ => 1 << (15 + random.below(3)),
    }
}

#[test]
fn each_repetition_has_its_number() {
    let family = Family::new(b"a { step x = f(x, xy) } b", 4..20, Some(b"x"));
    assert_eq!(family.text(2), b"a { step x0 = f(x0, xystep x1 = f(x1, xy) } b");
    assert_eq!(Family::new(b"a b c", 2..4, None).text(3), b"a b b b c");
    assert!((600..1100).contains(&family.text(family.count_for(1000)).len()));
}
