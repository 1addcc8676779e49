//! What there is to know of a repository without reading its content.

use mainstay_store::StoreError;
use mainstay_world::{Random, TimestampMs};

use super::Repository;
use crate::format::generation::Recipient;
use crate::format::header::Features;
use crate::format::limits::MAX_CERTIFICATE_SOURCES;
use crate::format::manifest::Chunker;
use crate::format::{TooLarge, bytes};
use crate::id::{DomainId, FamilyId, InstanceId, SourceId};
use crate::keys::{Held, KeyFile, Role, WriterKey};

/// What a repository is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    /// Where.
    pub place: String,
    /// The key family.
    pub family: FamilyId,
    /// This repository.
    pub instance: InstanceId,
    /// Version of its format.
    pub format: u16,
    /// What must be understood.
    pub features: Features,
    /// What the key at hand may do.
    pub role: Role,
    /// The domain of what the key at hand writes.
    pub domain: DomainId,
    /// Number of the newest key generation; nothing if it is damaged.
    pub generation: Option<u32>,
    /// When that was made.
    pub created: Option<TimestampMs>,
    /// To whom keys are wrapped.
    pub recipients: Vec<Recipient>,
    /// How new content is cut.
    pub chunker: Chunker,
}

/// What stands under a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrefixUsage {
    /// The prefix.
    pub prefix: char,
    /// Objects.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Prefixes in use, in the order in which people want to see them.
const PREFIXES: [char; 9] = ['p', 'x', 'c', 's', 'f', 'h', 'g', 'q', 'k'];

/// Why a writer's key file was not issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// Only the owner issues key files.
    #[error("only a full key issues other key files")]
    NotOwner,
    /// Too many sources.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

impl Repository {
    /// What this repository is.
    pub fn info(&self) -> Info {
        let inner = self.generation.as_ref().map(|generation| &generation.inner);
        Info {
            place: self.store.place(),
            family: *self.family(),
            instance: *self.instance(),
            format: self.header.version,
            features: self.header.features,
            role: self.role(),
            domain: self.signer().certificate().domain,
            generation: self.generation.as_ref().map(|generation| generation.number),
            created: inner.map(|inner| inner.created),
            recipients: self.recipients().to_vec(),
            chunker: self.chunker(),
        }
    }

    /// Objects and bytes by prefix; empty prefixes are left out.
    ///
    /// # Errors
    /// [`StoreError`] if a listing fails.
    pub fn usage(&self) -> Result<Vec<PrefixUsage>, StoreError> {
        let mut usage = Vec::new();
        for prefix in PREFIXES {
            let listed = self.store.list(prefix)?;
            let bytes = listed.iter().map(|object| object.size).sum();
            if !listed.is_empty() {
                usage.push(PrefixUsage { prefix, objects: listed.len() as u64, bytes });
            }
        }
        Ok(usage)
    }

    /// Issues a writer's key file for these sources (none named: any). It can write and read nothing back.
    ///
    /// # Errors
    /// [`IssueError`] for who is not the owner, or too many sources.
    pub fn issue_writer_key(&self, sources: Vec<SourceId>) -> Result<KeyFile, IssueError> {
        if self.role() != Role::Full {
            return Err(IssueError::NotOwner);
        }
        bytes::length32(sources.len(), MAX_CERTIFICATE_SOURCES, "sources of a certificate")?;
        let random: &dyn Random = self.outside.random.as_ref();
        let key = WriterKey::issue(
            self.family(),
            self.signer(),
            self.chunk_keys(),
            self.map_key(),
            sources,
            random,
        );
        Ok(KeyFile(Held::Writer(Box::new(key))))
    }
}
