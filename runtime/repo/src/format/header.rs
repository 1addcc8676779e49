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
        if version > FORMAT_VERSION && !is_ours_with_another_version(stored) {
            return Err(DecodeError::Newer { found: version.into(), known: FORMAT_VERSION.into() });
        }
        let content = stored.get(..HEADER_BYTES).ok_or(DecodeError::Short)?;
        let sum = stored.get(HEADER_BYTES..HEADER_BYTES + CHECKSUM_BYTES).ok_or(DecodeError::Short)?;
        if sum != checksum(content) || version != FORMAT_VERSION {
            return Err(DecodeError::Broken);
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

/// Whether these are our own bytes but for the version. A newer layout may end elsewhere and keep its checksum
/// elsewhere, so ours says nothing of it; but a version that was damaged in our layout is told by it.
fn is_ours_with_another_version(stored: &[u8]) -> bool {
    let Some((content, sum)) = stored.split_at_checked(HEADER_BYTES) else { return false };
    let mut ours = content.to_vec();
    if let Some(version) = ours.get_mut(MAGIC.len()..MAGIC.len() + 2) {
        version.copy_from_slice(&FORMAT_VERSION.to_le_bytes());
    }
    sum == checksum(&ours)
}

fn checksum(content: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let mut sum = [0u8; CHECKSUM_BYTES];
    blake3::Hasher::new().update(b"mainstay format\0").update(content).finalize_xof().fill(&mut sum);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        let (family, instance) = (FamilyId([3; 16]), InstanceId([4; 16]));
        Header { version: FORMAT_VERSION, features: Features::KNOWN, family, instance }
    }

    fn is_newer(stored: &[u8]) -> bool {
        matches!(Header::decode(stored), Err(DecodeError::Newer { found: 2, known: 1 }))
    }

    #[test]
    fn a_newer_layout_is_newer_whatever_follows_the_version() {
        let same = Header { version: 2, ..header() }.encode();
        assert!(is_newer(&same));
        let longer = [&same[..], b"and more"].concat();
        assert!(is_newer(&longer));
        for length in 10..same.len() {
            assert!(is_newer(&same[..length]), "{length} bytes");
        }
        let mut elsewhere = same;
        elsewhere[60] ^= 1;
        assert!(is_newer(&elsewhere), "its checksum need not be where ours is");
    }

    #[test]
    fn each_flipped_bit_of_ours_is_damage() {
        let stored = header().encode();
        assert_eq!(Header::decode(&stored), Ok(header()));
        for bit in 0..stored.len() * 8 {
            let mut damaged = stored.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let told = Header::decode(&damaged);
            assert!(matches!(told, Err(DecodeError::Broken | DecodeError::Magic(_))), "bit {bit}: {told:?}");
        }
    }
}
