//! What every decoder must bear: cut-off bytes, flipped bits, noise. None may panic, and what it takes must be
//! the only form of what it means.

use mainstay_kit::SeededRandom;
use mainstay_world::Random;

/// Noise that is shown to each decoder.
const NOISE_ROUNDS: usize = 2000;

/// Shows a decoder everything that is almost right, and noise. `decode` says whether it took the bytes.
pub(crate) fn torment(good: &[u8], seed: u64, mut decode: impl FnMut(&[u8]) -> bool) -> Taken {
    let random = SeededRandom::new(seed);
    let mut taken = Taken::default();
    for length in 0..good.len() {
        taken.short += usize::from(decode(&good[..length]));
    }
    for bit in 0..good.len() * 8 {
        let mut changed = good.to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        taken.flipped += usize::from(decode(&changed));
    }
    let longer = [good, &[0]].concat();
    taken.long += usize::from(decode(&longer));
    for _ in 0..NOISE_ROUNDS {
        let mut noise = good.to_vec();
        let start = random.below(noise.len().max(1));
        let end = start + random.below(noise.len() - start + 1);
        random.fill(&mut noise[start..end]);
        decode(&noise);
        decode(&noise[start..]);
        let mut pure = vec![0; random.below(300)];
        random.fill(&mut pure);
        decode(&pure);
    }
    taken
}

/// What of it was taken.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) short: usize,
    pub(crate) flipped: usize,
    pub(crate) long: usize,
}

impl Taken {
    pub(crate) const NOTHING: Self = Self { short: 0, flipped: 0, long: 0 };
}
