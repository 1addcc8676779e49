//! The object `format`: what repository this is, for whoever comes without a key or with an old program.

use super::bytes::{DecodeError, Reader};
use crate::id::{FamilyId, InstanceId};

const MAGIC: &[u8; 8] = b"MAINSTAY";
/// The version of the format that this program writes.
pub const FORMAT_VERSION: u16 = 1;
const CHECKSUM_BYTES: usize = 16;

/// What a program must understand to act on a repository, a bit for each feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Features {
    /// To read.
    pub read: u64,
    /// To write.
    pub write: u64,
    /// To collect.
    pub collect: u64,
}

impl Features {
    /// None so far: the first version has no features beyond itself.
    pub const KNOWN: Self = Self { read: 0, write: 0, collect: 0 };

    /// Whether all that is needed to read is known.
    pub fn readable(&self) -> bool {
        self.read & !Self::KNOWN.read == 0
    }

    /// Whether all that is needed to write is known.
    pub fn writable(&self) -> bool {
        self.readable() && self.write & !Self::KNOWN.write == 0
    }

    /// Whether all that is needed to collect is known.
    pub fn collectable(&self) -> bool {
        self.writable() && self.collect & !Self::KNOWN.collect == 0
    }
}

/// What `format` says. Each key generation repeats it, signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Version of the format.
    pub version: u16,
    /// What must be understood.
    pub features: Features,
    /// The key family.
    pub family: FamilyId,
    /// This repository.
    pub instance: InstanceId,
}

/// Bytes of a header.
pub(super) const HEADER_BYTES: usize = 8 + 2 + 3 * 8 + 16 + 16;

impl Header {
    /// As stored, with a checksum.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend_from_slice(&self.version.to_le_bytes());
        for bits in [self.features.read, self.features.write, self.features.collect] {
            out.extend_from_slice(&bits.to_le_bytes());
        }
        out.extend_from_slice(&self.family.0);
        out.extend_from_slice(&self.instance.0);
        let sum = checksum(&out);
        out.extend_from_slice(&sum);
        out
    }

    /// From what is stored. Of a newer version nothing more is looked at.
    ///
    /// # Errors
    /// [`DecodeError`] if it is damaged, or newer than this program.
    pub fn decode(stored: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(stored);
        if &reader.array::<8>()? != MAGIC {
            return Err(DecodeError::Magic("repository"));
        }
        let version = reader.u16()?;
        let content = stored.get(..HEADER_BYTES).unwrap_or_default();
        let sum = stored.get(HEADER_BYTES..HEADER_BYTES + CHECKSUM_BYTES).ok_or(DecodeError::Short)?;
        if sum != checksum(content) {
            // A newer layout may keep its checksum elsewhere; damage of the version alone is told apart by it.
            return Err(DecodeError::Broken);
        }
        if version != FORMAT_VERSION {
            return Err(DecodeError::Newer { found: version.into(), known: FORMAT_VERSION.into() });
        }
        let features = Features { read: reader.u64()?, write: reader.u64()?, collect: reader.u64()? };
        let header = Self {
            version,
            features,
            family: FamilyId(reader.array()?),
            instance: InstanceId(reader.array()?),
        };
        reader.take(CHECKSUM_BYTES)?;
        reader.finish()?;
        if features.readable() {
            Ok(header)
        } else {
            Err(DecodeError::Newer { found: u32::from(version) + 1, known: FORMAT_VERSION.into() })
        }
    }
}

fn checksum(content: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let mut sum = [0u8; CHECKSUM_BYTES];
    blake3::Hasher::new().update(b"mainstay format\0").update(content).finalize_xof().fill(&mut sum);
    sum
}
