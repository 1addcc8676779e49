//! A repository in a store: making one, opening one, and what there is to know of it.
//!
//! Everything here reads or adds single small objects. Backup, restore, checks and replication stand beside it
//! and use what it hands out: keys, the state of the slots, the index.

mod access;
mod emptied;
mod heads;
mod info;
mod init;
mod open;
mod root;
mod snapshots;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use mainstay_store::Store;
use mainstay_world::{Clock, Random};

use crate::crypt::nonce;
use crate::format::blob::{BlobError, Opener, Sealer};
use crate::format::generation::{Generation, Recipient};
use crate::format::header::Header;
use crate::format::manifest::Chunker;
use crate::id::{Commitment, FamilyId, InstanceId};
use crate::keys::{
    ChunkKeys, Key, MapKey, Role, SessionKey, Signer, Trust, UnwrapError, WrapError, WrappedKey,
    unwrap_session, wrap_session,
};
use crate::slots::SlotCache;

pub(crate) use access::Access;
pub use emptied::{Emptied, GiveUpError};
pub use heads::{Heads, RolledBack};
pub use info::{Info, IssueError, PrefixUsage};
pub use init::{InitError, InitOptions};
pub(crate) use open::FORMAT_OBJECT;
pub use open::{OpenError, OpenFault, OpenFaultKind};
pub use snapshots::{Snapshot, Snapshots};

/// Time and randomness, from outside.
#[derive(Clone)]
pub struct Outside {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// For keys and nonces.
    pub random: Arc<dyn Random>,
}

impl std::fmt::Debug for Outside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Outside")
    }
}

/// An open repository. Cheap to share between threads by reference.
pub struct Repository {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) outside: Outside,
    pub(crate) access: Access,
    pub(crate) header: Header,
    /// The newest that is sound; nothing if none is, and then nothing can be written.
    pub(crate) generation: Option<Generation>,
    pub(crate) faults: Vec<OpenFault>,
    pub(crate) slots: SlotCache,
    pub(crate) trust: Trust,
    opened_keys: Mutex<HashMap<Commitment, Result<Key, UnwrapError>>>,
}

/// Why nothing can be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteRefused {
    /// The newest key generation is damaged or gone: to whom should new keys be wrapped?
    #[error("the repository's key generation is damaged: nothing can be written until it is repaired")]
    NoGeneration,
    /// A feature for writing that this program does not know.
    #[error("the repository needs a newer program to be written to")]
    Newer,
    /// The key file was revoked.
    #[error("this key file was revoked by the owner of the repository")]
    Revoked,
    /// A key could not be wrapped.
    #[error(transparent)]
    Wrap(#[from] WrapError),
}

impl WriteRefused {
    /// For decisions and exit codes.
    pub fn class(&self) -> crate::class::Class {
        match self {
            Self::NoGeneration => crate::class::Class::Damage,
            Self::Newer => crate::class::Class::Newer,
            Self::Revoked | Self::Wrap(_) => crate::class::Class::Key,
        }
    }
}

impl Repository {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        outside: Outside,
        access: Access,
        header: Header,
        generation: Option<Generation>,
        faults: Vec<OpenFault>,
    ) -> Self {
        let slots = SlotCache::default();
        let opened_keys = Mutex::default();
        let trust = Trust::new(access.owner, header.family);
        Self { store, outside, access, header, generation, faults, slots, trust, opened_keys }
    }

    /// Where it is kept.
    pub fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }

    /// Time and randomness, as handed in.
    pub fn outside(&self) -> &Outside {
        &self.outside
    }

    /// The key family.
    pub fn family(&self) -> &FamilyId {
        &self.header.family
    }

    /// This repository.
    pub fn instance(&self) -> &InstanceId {
        &self.header.instance
    }

    /// What the key at hand may do.
    pub fn role(&self) -> Role {
        self.access.signer.certificate().role
    }

    /// How new content is cut; the default if no generation says.
    pub fn chunker(&self) -> Chunker {
        self.generation.as_ref().map_or_else(Chunker::default, |generation| generation.inner.chunker)
    }

    /// To whom new keys are wrapped.
    pub fn recipients(&self) -> &[Recipient] {
        self.generation.as_ref().map_or(&[], |generation| &generation.inner.recipients)
    }

    /// What was found wrong when it was opened; it can be read all the same.
    pub fn faults(&self) -> &[OpenFault] {
        &self.faults
    }

    /// K_id and K_cut.
    pub fn chunk_keys(&self) -> &ChunkKeys {
        &self.access.chunks
    }

    /// K_map.
    pub fn map_key(&self) -> &MapKey {
        &self.access.map
    }

    /// Who signs for us.
    pub fn signer(&self) -> &Signer {
        &self.access.signer
    }

    /// The owner's public key: what it did not sign, or certify, is not believed.
    pub fn owner(&self) -> &[u8; 32] {
        &self.access.owner
    }

    /// M, wrapped, as it belongs into each pack's end.
    ///
    /// # Errors
    /// [`WriteRefused`] if no key generation is sound.
    pub fn wrapped_root(&self) -> Result<&WrappedKey, WriteRefused> {
        self.generation.as_ref().map(|generation| &generation.root).ok_or(WriteRefused::NoGeneration)
    }

    /// A new D for a session, wrapped to all recipients of the newest generation.
    ///
    /// # Errors
    /// [`WriteRefused`] if nothing may be written.
    pub fn new_session_key(&self) -> Result<SessionKey, WriteRefused> {
        let generation = self.writable()?;
        let mut secret = zeroize::Zeroizing::new([0u8; 32]);
        self.outside.random.fill(secret.as_mut_slice());
        Ok(wrap_session(Key::new(*secret), &generation.inner.recipients)?)
    }

    /// The generation to write under, if anything may be written.
    ///
    /// # Errors
    /// [`WriteRefused`] says why not.
    pub fn writable(&self) -> Result<&Generation, WriteRefused> {
        let generation = self.generation.as_ref().ok_or_else(|| self.no_generation())?;
        if !generation.header.features.writable() {
            return Err(WriteRefused::Newer);
        }
        if generation.inner.revoked.contains(&self.signer().certificate().public_key) {
            return Err(WriteRefused::Revoked);
        }
        Ok(generation)
    }

    fn no_generation(&self) -> WriteRefused {
        let is_newer = |fault: &OpenFault| {
            matches!(fault.kind, OpenFaultKind::Damaged(crate::format::DecodeError::Newer { .. }))
        };
        if self.faults.iter().any(is_newer) { WriteRefused::Newer } else { WriteRefused::NoGeneration }
    }

    /// Opens a session key; each is opened once. A writer can open none.
    ///
    /// # Errors
    /// [`UnwrapError`]: not for us, or damaged.
    pub fn open_key(&self, wrapped: &WrappedKey) -> Result<Key, UnwrapError> {
        let mut opened = self.opened_keys.lock().unwrap_or_else(PoisonError::into_inner);
        opened
            .entry(wrapped.commitment)
            .or_insert_with(|| unwrap_session(wrapped, &self.access.identities))
            .clone()
    }

    /// What seals blobs of a session.
    pub fn sealer(&self, session: &SessionKey) -> Sealer {
        Sealer { family: *self.family(), map: self.map_key().clone(), session: session.key.clone() }
    }

    /// What opens blobs: one for each thread.
    ///
    /// # Errors
    /// [`BlobError::Compression`] if zstd gives no context.
    pub fn opener(&self) -> Result<Opener, BlobError> {
        Opener::new(*self.family(), self.map_key().clone(), Some(self.chunk_keys().clone()))
    }

    /// A fresh nonce.
    pub fn nonce(&self) -> [u8; crate::crypt::NONCE_BYTES] {
        nonce(self.outside.random.as_ref())
    }
}

impl std::fmt::Debug for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Repository({}, {}, {})", self.store.place(), self.family(), self.role())
    }
}

#[cfg(test)]
mod damage;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
pub(crate) mod tests;
