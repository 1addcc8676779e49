//! Loading the index: which segments count, for whom, and which of their packs may be used.

use std::collections::{BTreeSet, HashMap};

use mainstay_store::{NameError, ObjectName, StoreError, StoreErrorKind};

use super::table::{Entry, Table};
use super::{Index, rescue};
use crate::class::Class;
use crate::format::DecodeError;
use crate::format::pack::PackEntry;
use crate::format::segment::{SegmentPack, SegmentReader, segment_id};
use crate::id::{Commitment, DomainId, PackId, SegmentId};
use crate::keys::{Certificate, WrappedKey};
use crate::repository::Repository;
use crate::slots::{SlotFaultKind, State};

/// Why an index could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A name that cannot be.
    #[error(transparent)]
    Name(#[from] NameError),
}

impl LoadError {
    /// For decisions and exit codes.
    pub fn class(&self) -> Class {
        match self {
            Self::Store(error) => Class::of_store(error),
            Self::Name(_) => Class::Other,
        }
    }
}

/// Something that the index lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexFault {
    /// The segment or pack.
    pub object: String,
    /// What is wrong with it.
    pub kind: IndexFaultKind,
}

/// What can be wrong with a segment, or with a pack's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IndexFaultKind {
    /// It is named and not there.
    #[error("it is missing")]
    Missing,
    /// Its bytes are not what its name says, or mean nothing.
    #[error("it is damaged: {0}")]
    Damaged(DecodeError),
    /// It claims another domain than that of who names it.
    #[error("it claims a domain that is not its writer's")]
    Domain,
}

impl std::fmt::Display for IndexFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}`: {}", self.object, self.kind)
    }
}

/// Whose chunks a session knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Domains {
    /// Everybody's: for reading, where each chunk is checked against its id anyway.
    All,
    /// These only: a wrong chunk of another writer must not stand in for a right one of ours.
    Only(BTreeSet<DomainId>),
}

impl Domains {
    fn hold(&self, domain: &DomainId) -> bool {
        match self {
            Self::All => true,
            Self::Only(domains) => domains.contains(domain),
        }
    }
}

impl Repository {
    /// What a writing session may refer to: live segments of its domains, without packs that are condemned,
    /// deleted or quarantined. Where the maintenance log cannot be understood, nothing may be.
    ///
    /// # Errors
    /// [`LoadError`] if the store fails. Damage is no error: what cannot be read is unknown, and stored anew.
    pub fn index_for_writing(&self, state: &State, trusted: &[DomainId]) -> Result<Index, LoadError> {
        if !state.is_log_sound() {
            return Ok(Index::default());
        }
        let own = self.signer().certificate().domain;
        let domains = Domains::Only(trusted.iter().copied().chain([own]).collect());
        let mut builder = Builder::new(domains, state.unusable_packs());
        builder.add_live(self, state)?;
        Ok(builder.finish())
    }

    /// All that can be found. If a segment, or a slot that may name segments, cannot be read, then segments
    /// that nothing names and the ends of packs stand in: damage of the index loses no chunk.
    ///
    /// # Errors
    /// [`LoadError`] if the store fails. Damage is no error: see [`Index::faults`].
    pub fn index_for_reading(&self, state: &State) -> Result<Index, LoadError> {
        // Packs that are condemned or quarantined may still be the only place of a chunk.
        let mut builder = Builder::new(Domains::All, BTreeSet::new());
        builder.add_live(self, state)?;
        let names_lost = state.faults.iter().any(|fault| {
            let may_name_segments = fault.object.starts_with("c/") || fault.object.starts_with("g/");
            may_name_segments && fault.kind != SlotFaultKind::Name
        });
        if names_lost || !builder.faults.is_empty() {
            rescue::add_everything(self, &mut builder)?;
        }
        Ok(builder.finish())
    }
}

/// An index under way.
pub(super) struct Builder {
    domains: Domains,
    unusable: BTreeSet<PackId>,
    entries: Vec<Entry>,
    packs: Vec<SegmentPack>,
    pack_numbers: HashMap<PackId, u32>,
    /// Packs that a segment which was read to its end speaks of.
    covered: BTreeSet<PackId>,
    keys: Vec<WrappedKey>,
    key_numbers: HashMap<Commitment, u32>,
    pub(super) loaded: BTreeSet<SegmentId>,
    pub(super) faults: Vec<IndexFault>,
}

impl Builder {
    pub(super) fn new(domains: Domains, unusable: BTreeSet<PackId>) -> Self {
        Self {
            domains,
            unusable,
            entries: Vec::new(),
            packs: Vec::new(),
            pack_numbers: HashMap::new(),
            covered: BTreeSet::new(),
            keys: Vec::new(),
            key_numbers: HashMap::new(),
            loaded: BTreeSet::new(),
            faults: Vec::new(),
        }
    }

    fn add_live(&mut self, repo: &Repository, state: &State) -> Result<(), LoadError> {
        for (segment, named_by) in state.live_segments() {
            let wanted = |certificate: &&Certificate| self.domains.hold(&certificate.domain);
            if named_by.is_empty() || named_by.iter().any(wanted) {
                self.add_stored(repo, segment, &named_by)?;
            }
        }
        Ok(())
    }

    /// One segment of the store; one that cannot be read becomes a fault.
    pub(super) fn add_stored(
        &mut self,
        repo: &Repository,
        segment: SegmentId,
        named_by: &[&Certificate],
    ) -> Result<(), LoadError> {
        let object = ObjectName::new(format!("x/{segment}"))?;
        let bytes = match repo.store().read(&object) {
            Ok(bytes) => bytes,
            Err(error) if error.kind == StoreErrorKind::NotFound => {
                self.fault(object.as_str(), IndexFaultKind::Missing);
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        if let Err(kind) = self.add_bytes(repo, segment, &bytes, named_by) {
            self.fault(object.as_str(), kind);
        }
        Ok(())
    }

    fn add_bytes(
        &mut self,
        repo: &Repository,
        segment: SegmentId,
        bytes: &[u8],
        named_by: &[&Certificate],
    ) -> Result<(), IndexFaultKind> {
        if segment_id(bytes) != segment {
            return Err(IndexFaultKind::Damaged(DecodeError::Broken));
        }
        let reader = SegmentReader::open(bytes, repo.family(), repo.map_key());
        let reader = reader.map_err(IndexFaultKind::Damaged)?;
        let rightly_named = named_by.is_empty() || named_by.iter().any(|by| by.domain == reader.domain);
        if self.domains != Domains::All && !rightly_named {
            return Err(IndexFaultKind::Domain);
        }
        if !self.domains.hold(&reader.domain) {
            return Ok(());
        }
        self.add_entries(&reader).map_err(IndexFaultKind::Damaged)?;
        self.loaded.insert(segment);
        self.covered.extend(reader.packs.iter().map(|pack| pack.id));
        Ok(())
    }

    fn add_entries(&mut self, reader: &SegmentReader<'_>) -> Result<(), DecodeError> {
        let packs: Vec<Option<u32>> = reader.packs.iter().map(|pack| self.pack_number(pack)).collect();
        let keys: Vec<u32> = reader.keys.iter().map(|key| self.key_number(key)).collect();
        let before = self.entries.len();
        self.entries.reserve(reader.entry_count as usize);
        let entries = &mut self.entries;
        let read = reader.entries(|entry| {
            if let Some(Some(pack)) = packs.get(entry.pack as usize) {
                let key = keys.get(entry.blob.key as usize).copied().unwrap_or_default();
                entries.push(Entry::new(&entry.blob, *pack, key));
            }
        });
        if read.is_err() {
            self.entries.truncate(before);
        }
        read
    }

    /// What the end of a pack says.
    pub(super) fn add_pack(&mut self, pack: SegmentPack, blobs: &[PackEntry], keys: &[WrappedKey]) {
        let Some(number) = self.pack_number(&pack) else { return };
        let keys: Vec<u32> = keys.iter().map(|key| self.key_number(key)).collect();
        for blob in blobs {
            let key = keys.get(blob.key as usize).copied().unwrap_or_default();
            self.entries.push(Entry::new(blob, number, key));
        }
    }

    pub(super) fn knows_pack(&self, pack: &PackId) -> bool {
        self.covered.contains(pack)
    }

    pub(super) fn fault(&mut self, object: &str, kind: IndexFaultKind) {
        self.faults.push(IndexFault { object: object.to_owned(), kind });
    }

    /// Nothing for a pack that must not be used.
    fn pack_number(&mut self, pack: &SegmentPack) -> Option<u32> {
        if self.unusable.contains(&pack.id) {
            return None;
        }
        let next = self.packs.len() as u32;
        let number = *self.pack_numbers.entry(pack.id).or_insert(next);
        if number == next {
            self.packs.push(*pack);
        }
        Some(number)
    }

    fn key_number(&mut self, key: &WrappedKey) -> u32 {
        let next = self.keys.len() as u32;
        let number = *self.key_numbers.entry(key.commitment).or_insert(next);
        if number == next {
            self.keys.push(key.clone());
        }
        number
    }

    pub(super) fn finish(self) -> Index {
        Index {
            table: Table::new(self.entries),
            packs: self.packs,
            keys: self.keys,
            segments: self.loaded.len(),
            faults: self.faults,
        }
    }
}
