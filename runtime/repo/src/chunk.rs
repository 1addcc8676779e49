//! Where content is cut: FastCDC (2020, normalised) over a gear table that only holders of K_cut can make.
//!
//! The cuts depend on the content alone, never on how it arrived: [`Cutter::cut`] answers only when what it sees
//! settles the matter. A long run of zeros makes chunks of its own, of a whole number of smallest chunks, so
//! that images with empty regions share them wherever they begin.

use fastcdc::v2020::{Normalization, cut_gear, select_masks};

use crate::format::manifest::Chunker;

/// Zeros are looked for in blocks of this size: one comparison of memory each.
const ZERO_BLOCK: [u8; 4096] = [0; 4096];

/// Cuts content of one repository.
pub struct Cutter {
    min_bytes: usize,
    average_bytes: usize,
    max_bytes: usize,
    strict: u64,
    loose: u64,
    gear: Vec<u64>,
    gear_shifted: Vec<u64>,
}

impl Cutter {
    /// Of K_cut and the sizes.
    pub fn new(key: &[u8; 32], sizes: &Chunker) -> Self {
        let (strict, loose) = select_masks(sizes.average_bytes as usize, Normalization::Level1);
        let gear = gear_table(key);
        let gear_shifted = gear.iter().map(|value| value << 1).collect();
        Self {
            min_bytes: sizes.min_bytes as usize,
            average_bytes: sizes.average_bytes as usize,
            max_bytes: sizes.max_bytes as usize,
            strict,
            loose,
            gear,
            gear_shifted,
        }
    }

    /// No chunk is longer.
    pub fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    /// A window of this many bytes nearly always holds a cut: scanning less would be scanned again.
    pub fn comfortable_bytes(&self) -> usize {
        self.max_bytes.min(self.average_bytes * 3)
    }

    /// The length of the first chunk of the window; nothing if more bytes must be seen first. With `last`, the
    /// window ends where the content ends.
    pub fn cut(&self, window: &[u8], last: bool) -> Option<usize> {
        if window.is_empty() {
            return None;
        }
        let settled = last || window.len() >= self.max_bytes;
        let zeros = leading_zeros(window, self.max_bytes);
        if zeros >= self.min_bytes {
            let open = zeros == window.len() && !settled;
            return (!open).then_some(self.zero_chunk(zeros));
        }
        let (_, cut) = cut_gear(
            window,
            self.min_bytes,
            self.average_bytes,
            self.max_bytes,
            self.strict,
            self.loose,
            self.strict << 1,
            self.loose << 1,
            &self.gear,
            &self.gear_shifted,
        );
        (cut < window.len() || settled).then_some(cut)
    }

    /// Whole smallest chunks of zeros; what is left over opens the next chunk.
    fn zero_chunk(&self, zeros: usize) -> usize {
        zeros / self.min_bytes.max(1) * self.min_bytes
    }
}

/// 256 numbers from the extended output of BLAKE3 under K_cut.
fn gear_table(key: &[u8; 32]) -> Vec<u64> {
    let mut output = blake3::Hasher::new_keyed(key).update(b"mainstay 2026 gear").finalize_xof();
    let mut word = [0u8; 8];
    let next = |_| {
        output.fill(&mut word);
        u64::from_le_bytes(word)
    };
    (0..256).map(next).collect()
}

/// How many zeros the window begins with, at most `limit`.
fn leading_zeros(window: &[u8], limit: usize) -> usize {
    let window = window.get(..limit).unwrap_or(window);
    let whole = window.chunks_exact(ZERO_BLOCK.len()).take_while(|block| **block == ZERO_BLOCK).count();
    let start = whole * ZERO_BLOCK.len();
    let rest = window.get(start..).unwrap_or_default();
    start + rest.iter().take_while(|byte| **byte == 0).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sizes() -> Chunker {
        Chunker { algorithm: 1, min_bytes: 2048, average_bytes: 4096, max_bytes: 32_768 }
    }

    fn cutter() -> Cutter {
        Cutter::new(&[7; 32], &sizes())
    }

    /// Lengths of the chunks when the content is seen in pieces of these sizes, in turn.
    fn cuts(cutter: &Cutter, content: &[u8], pieces: &[usize]) -> Vec<usize> {
        let (mut lengths, mut start, mut seen) = (Vec::new(), 0, 0);
        let mut turn = pieces.iter().cycle();
        while start < content.len() {
            match cutter.cut(&content[start..seen], seen == content.len()) {
                Some(length) => {
                    lengths.push(length);
                    start += length;
                }
                None => seen = content.len().min(seen + turn.next().unwrap()),
            }
        }
        lengths
    }

    fn noise(seed: u64, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut bytes);
        bytes
    }

    proptest! {
        #[test]
        fn cuts_do_not_depend_on_how_content_arrives(
            seed: u64,
            stretches in prop::collection::vec((0usize..30_000, 0usize..40_000), 1..8),
            pieces in prop::collection::vec(1usize..50_000, 1..5),
        ) {
            let mut content = Vec::new();
            for (index, (random, zeros)) in stretches.into_iter().enumerate() {
                content.extend(noise(seed ^ index as u64, random));
                content.resize(content.len() + zeros, 0);
            }
            let cutter = cutter();
            let whole = cuts(&cutter, &content, &[content.len().max(1)]);
            prop_assert_eq!(&whole, &cuts(&cutter, &content, &pieces));
            prop_assert_eq!(whole.iter().sum::<usize>(), content.len());
            let (_, all_but_last) = whole.split_last().unwrap_or((&0, &[]));
            prop_assert!(all_but_last.iter().all(|length| (2048..=32_768).contains(length)));
        }
    }

    #[test]
    fn an_insertion_changes_few_chunks() {
        let content = noise(1, 1_000_000);
        let mut shifted = content.clone();
        shifted.splice(500_000..500_000, *b"inserted");
        let cutter = cutter();
        let chunks = |content: &[u8]| -> Vec<blake3::Hash> {
            let mut rest = content;
            let hash = |length| {
                let (chunk, after) = rest.split_at(length);
                rest = after;
                blake3::hash(chunk)
            };
            cuts(&cutter, content, &[content.len()]).into_iter().map(hash).collect()
        };
        let (before, after) = (chunks(&content), chunks(&shifted));
        let new = after.iter().filter(|hash| !before.contains(hash)).count();
        assert!(before.len() > 150 && new <= 3, "{new} of {} are new", after.len());
    }

    #[test]
    fn another_key_cuts_elsewhere() {
        let content = noise(2, 500_000);
        let other = Cutter::new(&[8; 32], &sizes());
        assert_ne!(cuts(&cutter(), &content, &[500_000]), cuts(&other, &content, &[500_000]));
    }

    #[test]
    fn zeros_are_cut_into_the_same_chunks_wherever_they_begin() {
        let shared = |lead: usize| {
            let mut content = noise(3, lead);
            content.resize(lead + 200_000, 0);
            cuts(&cutter(), &content, &[content.len()]).iter().filter(|length| **length == 32_768).count()
        };
        assert!(shared(0) >= 5 && shared(10_001) >= 5 && shared(77_777) >= 5);
    }
}
