//! Certificates: what the owner lets a key do. One travels inside each manifest and each maintenance record.

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use crate::id::{DomainId, FamilyId, SourceId};

/// What the holder of a key file may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everything: the owner, who holds an age identity.
    Full,
    /// Write and publish snapshots.
    Writer,
    /// Forget, hold, collect, repack, mirror. No key file of this role is made yet; its records are read.
    Janitor,
}

impl Role {
    /// As stored.
    pub fn number(self) -> u8 {
        match self {
            Self::Full => 0,
            Self::Writer => 1,
            Self::Janitor => 2,
        }
    }

    /// From what is stored.
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Full, Self::Writer, Self::Janitor].into_iter().find(|role| role.number() == number)
    }

    /// May publish snapshots.
    pub fn publishes(self) -> bool {
        matches!(self, Self::Full | Self::Writer)
    }

    /// May forget, hold and collect.
    pub fn maintains(self) -> bool {
        matches!(self, Self::Full | Self::Janitor)
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Full => "full",
            Self::Writer => "writer",
            Self::Janitor => "janitor",
        })
    }
}

/// A public key, what it may do, and the owner's word for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Ed25519.
    pub public_key: [u8; 32],
    /// What it may do.
    pub role: Role,
    /// Sources it may publish; none named: any.
    pub sources: Vec<SourceId>,
    /// The domain of what it writes.
    pub domain: DomainId,
    /// By the owner's key, over all of the above and the family.
    pub signature: [u8; 64],
}

impl Certificate {
    /// Issues one. The domain is made of the public key: one for each key file.
    pub fn issue(
        owner: &SigningKey,
        family: &FamilyId,
        key: &VerifyingKey,
        role: Role,
        sources: Vec<SourceId>,
    ) -> Self {
        let public_key = key.to_bytes();
        let domain = domain_of(&public_key);
        let mut certificate = Self { public_key, role, sources, domain, signature: [0; 64] };
        certificate.signature = owner.sign(&certificate.message(family)).to_bytes();
        certificate
    }

    /// Whether the owner of this family signed it.
    pub fn is_issued_by(&self, owner: &[u8; 32], family: &FamilyId) -> bool {
        verify(owner, &self.message(family), &self.signature)
    }

    /// Whether this certificate's key signed the message.
    pub fn signed(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        verify(&self.public_key, message, signature)
    }

    /// Whether it covers a source.
    pub fn covers(&self, source: &SourceId) -> bool {
        self.sources.is_empty() || self.sources.contains(source)
    }

    fn message(&self, family: &FamilyId) -> Vec<u8> {
        let mut message = b"mainstay certificate 1\0".to_vec();
        message.extend_from_slice(&family.0);
        message.extend_from_slice(&self.public_key);
        message.push(self.role.number());
        message.extend_from_slice(&self.domain.0);
        message.extend_from_slice(&(self.sources.len() as u32).to_le_bytes());
        self.sources.iter().for_each(|source| message.extend_from_slice(&source.0));
        message
    }
}

fn domain_of(public_key: &[u8; 32]) -> DomainId {
    let hash = blake3::derive_key("mainstay 2026 domain", public_key);
    let mut id = [0u8; 16];
    id.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    DomainId(id)
}

/// Whether a signature holds. Strict: a weak key or a malleable signature is none.
pub(crate) fn verify(public_key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    VerifyingKey::from_bytes(public_key)
        .is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
}

/// A signing key and what the owner lets it do.
#[derive(Clone)]
pub struct Signer {
    key: SigningKey,
    certificate: Certificate,
}

impl Signer {
    /// Of its two parts.
    pub fn new(key: SigningKey, certificate: Certificate) -> Self {
        Self { key, certificate }
    }

    /// The owner's own: it certifies itself.
    pub fn owner(seed: &[u8; 32], family: &FamilyId) -> Self {
        let key = SigningKey::from_bytes(seed);
        let certificate = Certificate::issue(&key, family, &key.verifying_key(), Role::Full, Vec::new());
        Self { key, certificate }
    }

    /// What travels with its signatures.
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Signs.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }

    pub(crate) fn key(&self) -> &SigningKey {
        &self.key
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({})", self.certificate.role)
    }
}
