//! Whom to believe: the owner, and whom the owner certified.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::Certificate;
use crate::id::FamilyId;

/// Certificates that are remembered; a repository has a handful, a hostile one could have any number.
const MAX_REMEMBERED: usize = 4096;

/// Judges certificates by the owner's public key. The same few come with every snapshot, so each is judged once.
#[derive(Debug)]
pub struct Trust {
    /// The owner's public key.
    pub owner: [u8; 32],
    /// Whose owner.
    pub family: FamilyId,
    judged: Mutex<HashMap<[u8; 64], (Certificate, bool)>>,
}

impl Trust {
    /// In one owner, of one family.
    pub fn new(owner: [u8; 32], family: FamilyId) -> Self {
        Self { owner, family, judged: Mutex::default() }
    }

    /// Whether the owner issued it.
    pub fn believes(&self, certificate: &Certificate) -> bool {
        let mut judged = self.judged.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, believed)) = judged.get(&certificate.signature)
            && known == certificate
        {
            return *believed;
        }
        let believed = certificate.is_issued_by(&self.owner, &self.family);
        if judged.len() < MAX_REMEMBERED {
            judged.insert(certificate.signature, (certificate.clone(), believed));
        }
        believed
    }
}
