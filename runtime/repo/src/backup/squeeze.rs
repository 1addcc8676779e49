//! Content becomes what a seal is put on: compressed if that pays, and inflated again while it is hot, because
//! a wrong bit of a library must not reach the store.

use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::compress_bound;

use crate::format::blob::Codec;

/// Below this, trying is as cheap as asking.
const PROBE_FROM_BYTES: usize = 64 << 10;
/// One sample of a probe.
const PROBE_BYTES: usize = 4 << 10;
/// zstd's level for the probe: the first that uses entropy coding.
const PROBE_LEVEL: i32 = 1;
/// Less gain than this many thousandths does not pay for the work of a restore.
const WORTH_PER_MILLE: usize = 30;

/// Why content could not be compressed, or did not come back as it was.
#[derive(Debug, thiserror::Error)]
pub enum SqueezeError {
    /// zstd says so.
    #[error("compression failed: {0}")]
    Zstd(#[from] std::io::Error),
    /// What was compressed does not inflate to what it was: the memory or the library is at fault.
    #[error("compressed data did not come back as it was; the memory of this machine may be faulty")]
    Mismatch,
}

/// A compressor, kept for many blobs.
pub(crate) struct Squeezer {
    level: i32,
    compressor: Compressor<'static>,
    probe: Compressor<'static>,
    inflater: Decompressor<'static>,
    small: Vec<u8>,
    inflated: Vec<u8>,
    samples: Vec<u8>,
}

impl Squeezer {
    /// For a level of zstd; 0 compresses nothing.
    pub(crate) fn new(level: i32) -> Result<Self, SqueezeError> {
        Ok(Self {
            level,
            compressor: Compressor::new(level)?,
            probe: Compressor::new(PROBE_LEVEL)?,
            inflater: Decompressor::new()?,
            small: Vec::new(),
            inflated: Vec::new(),
            samples: Vec::new(),
        })
    }

    /// The bytes to seal, and how they were made.
    pub(crate) fn squeeze<'a>(&'a mut self, content: &'a [u8]) -> Result<(Codec, &'a [u8]), SqueezeError> {
        if self.level == 0 || content.is_empty() || !self.looks_compressible(content)? {
            return Ok((Codec::Raw, content));
        }
        fit(&mut self.small, compress_bound(content.len()));
        self.compressor.compress_to_buffer(content, &mut self.small)?;
        if !is_worth_it(content.len(), self.small.len()) {
            return Ok((Codec::Raw, content));
        }
        fit(&mut self.inflated, content.len());
        self.inflater.decompress_to_buffer(&self.small, &mut self.inflated)?;
        if self.inflated != content {
            return Err(SqueezeError::Mismatch);
        }
        Ok((Codec::Zstd, &self.small))
    }

    /// Three samples at a cheap level stand for the whole.
    fn looks_compressible(&mut self, content: &[u8]) -> Result<bool, SqueezeError> {
        if content.len() < PROBE_FROM_BYTES {
            return Ok(true);
        }
        self.samples.clear();
        let last = content.len() - PROBE_BYTES;
        for start in [0, last / 2, last] {
            self.samples.extend_from_slice(content.get(start..start + PROBE_BYTES).unwrap_or_default());
        }
        fit(&mut self.small, compress_bound(self.samples.len()));
        self.probe.compress_to_buffer(&self.samples, &mut self.small)?;
        Ok(is_worth_it(self.samples.len(), self.small.len()))
    }
}

/// Empty, with room for so many bytes and not for many more: zstd fills what is there.
fn fit(buffer: &mut Vec<u8>, bytes: usize) {
    buffer.clear();
    buffer.reserve(bytes);
}

fn is_worth_it(before: usize, after: usize) -> bool {
    after + before / 1000 * WORTH_PER_MILLE + before % 1000 * WORTH_PER_MILLE / 1000 < before
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        blake3::Hasher::new().finalize_xof().fill(&mut bytes);
        bytes
    }

    #[test]
    fn text_gets_smaller_and_noise_stays() {
        let mut squeezer = Squeezer::new(3).unwrap();
        let text = b"to be or not to be ".repeat(9000);
        let (codec, small) = squeezer.squeeze(&text).unwrap();
        assert!(codec == Codec::Zstd && small.len() * 20 < text.len());
        assert_eq!(zstd::bulk::decompress(small, text.len()).unwrap(), text);
        for length in [0, 1, 1000, 300_000] {
            let content = noise(length);
            let (codec, same) = squeezer.squeeze(&content).unwrap();
            assert!(codec == Codec::Raw && same == content);
        }
    }

    #[test]
    fn level_0_leaves_everything_as_it_is() {
        let zeros = [0; 5000];
        assert_eq!(Squeezer::new(0).unwrap().squeeze(&zeros).unwrap().0, Codec::Raw);
    }
}
