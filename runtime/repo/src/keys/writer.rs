//! The writer's key file: what was derived from M for writing, a signing key, and the owner's word for it.

use ed25519_dalek::SigningKey;
use mainstay_world::Random;
use zeroize::Zeroizing;

use super::{Certificate, ChunkKeys, Key, MapKey, Role, Signer};
use crate::format::DecodeError;
use crate::format::bytes::{Reader, Writer};
use crate::format::record::{decode_certificate, encode_certificate};
use crate::id::{FamilyId, SourceId, from_hex, to_hex};

/// The first line that is no comment.
pub(super) const MARK: &str = "MAINSTAY-WRITER-KEY-1";
const VERSION: u8 = 1;
const CHECKSUM_BYTES: usize = 8;
const LINE_DIGITS: usize = 64;

/// What a writer holds: enough to deduplicate, write and publish; nothing that opens content.
#[derive(Clone)]
pub struct WriterKey {
    /// Whose.
    pub family: FamilyId,
    /// The owner's public key: only what it signed is believed.
    pub owner: [u8; 32],
    pub(crate) chunks: ChunkKeys,
    pub(crate) map: MapKey,
    pub(crate) signer: Signer,
}

impl WriterKey {
    /// Makes one, certified by the owner.
    pub(crate) fn issue(
        family: &FamilyId,
        owner: &Signer,
        chunks: &ChunkKeys,
        map: &MapKey,
        sources: Vec<SourceId>,
        random: &dyn Random,
    ) -> Self {
        let mut seed = Zeroizing::new([0u8; 32]);
        random.fill(seed.as_mut_slice());
        let key = SigningKey::from_bytes(&seed);
        let certificate =
            Certificate::issue(owner.key(), family, &key.verifying_key(), Role::Writer, sources);
        let signer = Signer::new(key, certificate);
        let owner = owner.key().verifying_key().to_bytes();
        Self { family: *family, owner, chunks: chunks.clone(), map: map.clone(), signer }
    }

    /// What it is certified for.
    pub fn certificate(&self) -> &Certificate {
        self.signer.certificate()
    }

    /// As text: comments, a mark, and lines of hex with a checksum.
    pub(super) fn to_text(&self) -> Zeroizing<String> {
        let mut payload = Writer::new();
        payload.u8(VERSION).raw(&self.family.0).raw(&self.owner);
        for key in [&self.chunks.data, &self.chunks.node, &self.chunks.list, &self.chunks.cut] {
            payload.raw(key);
        }
        payload.raw(self.map.secret()).raw(&self.signer.key().to_bytes());
        encode_certificate(self.signer.certificate(), &mut payload);
        // A certificate that was issued or read is within its limits.
        let mut payload = Zeroizing::new(payload.finish().unwrap_or_default());
        let sum = checksum(&payload);
        payload.extend_from_slice(&sum);
        let digits = Zeroizing::new(to_hex(&payload));
        let mut text = Zeroizing::new(format!(
            "# mainstay writer key: writes backups, cannot read them\n# family: {}\n# public key: {}\n{MARK}\n",
            self.family,
            to_hex(&self.signer.certificate().public_key)
        ));
        for line in digits.as_bytes().chunks(LINE_DIGITS) {
            text.push_str(&String::from_utf8_lossy(line));
            text.push('\n');
        }
        text
    }

    /// From text after its comments.
    pub(super) fn from_lines<'a>(lines: impl Iterator<Item = &'a str>) -> Result<Self, DecodeError> {
        let mut payload = Zeroizing::new(Vec::new());
        for line in lines {
            for pair in line.as_bytes().chunks(2) {
                let digits = std::str::from_utf8(pair).unwrap_or_default();
                let [byte] = from_hex::<1>(digits).ok_or(DecodeError::Value("hex digits"))?;
                payload.push(byte);
            }
        }
        let (content, sum) = payload.split_last_chunk::<CHECKSUM_BYTES>().ok_or(DecodeError::Short)?;
        if checksum(content) != *sum {
            return Err(DecodeError::Broken);
        }
        Self::decode(&mut Reader::new(content))
    }

    fn decode(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let version = from.u8()?;
        if version != VERSION {
            return Err(DecodeError::Newer { found: version.into(), known: VERSION.into() });
        }
        let (family, owner) = (FamilyId(from.array()?), from.array()?);
        let chunks =
            ChunkKeys { data: from.array()?, node: from.array()?, list: from.array()?, cut: from.array()? };
        let map = Key::new(from.array()?);
        let key = SigningKey::from_bytes(&from.array()?);
        let certificate = decode_certificate(from)?;
        from.clone().finish()?;
        let own = certificate.public_key == key.verifying_key().to_bytes();
        if !own || !certificate.is_issued_by(&owner, &family) {
            return Err(DecodeError::Value("certificate"));
        }
        Ok(Self { family, owner, chunks, map, signer: Signer::new(key, certificate) })
    }
}

fn checksum(content: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let mut sum = [0u8; CHECKSUM_BYTES];
    blake3::Hasher::new().update(MARK.as_bytes()).update(content).finalize_xof().fill(&mut sum);
    sum
}

impl std::fmt::Debug for WriterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WriterKey({}, secret)", self.family)
    }
}
