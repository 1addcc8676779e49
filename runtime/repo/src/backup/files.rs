//! Files that are under way, and what has come back of them.

use std::collections::{BTreeMap, HashMap};

use super::blobs::BlobWriter;
use super::content::ContentBuilder;
use super::folder::Known;
use super::folders::Place;
use super::job::{Facts, Ticket};
use super::line::WriteError;
use crate::format::node::Content;
use crate::id::ChunkId;

/// Which inode, on which device.
pub(super) type Inode = (u64, u64);

/// A file whose content is being read.
pub(super) struct UnderWay {
    pub(super) place: Place,
    pub(super) name: Vec<u8>,
    /// When it has several names.
    pub(super) inode: Option<Inode>,
    large: Large,
}

/// Chunks of a large file arrive in any order.
#[derive(Default)]
struct Large {
    attempt: u32,
    builder: ContentBuilder,
    next: u64,
    early: BTreeMap<u64, ChunkId>,
    end: Option<(u64, Facts)>,
}

/// A further name of a file that is under way.
pub(super) struct OtherName {
    pub(super) place: Place,
    pub(super) name: Vec<u8>,
    pub(super) path: Vec<u8>,
}

enum Linked {
    /// These wait for it.
    Reading(Vec<OtherName>),
    /// So many names are still to come.
    Read(Box<Known>, u32),
}

/// All files under way, and all that were read and have more names.
#[derive(Default)]
pub(super) struct Files {
    under_way: HashMap<Ticket, UnderWay>,
    linked: HashMap<Inode, Linked>,
    next: Ticket,
}

/// What a name of a file with several names is.
pub(super) enum Name {
    /// The first that is met: its content is to be read.
    First,
    /// It was read under another name.
    Known(Box<Known>),
    /// It is being read.
    Waits,
}

impl Files {
    /// Whether nothing is under way.
    pub(super) fn is_empty(&self) -> bool {
        self.under_way.is_empty()
    }

    /// A file is to be read.
    pub(super) fn begin(&mut self, place: Place, name: &[u8], inode: Option<Inode>) -> Ticket {
        let ticket = self.next;
        self.next += 1;
        let file = UnderWay { place, name: name.to_vec(), inode, large: Large::default() };
        self.under_way.insert(ticket, file);
        ticket
    }

    /// A name of a file with several: the first is read, the others take what it gave.
    pub(super) fn link(
        &mut self,
        inode: Inode,
        place: Place,
        name: &[u8],
        path: impl FnOnce() -> Vec<u8>,
    ) -> Name {
        match self.linked.get_mut(&inode) {
            None => {
                self.linked.insert(inode, Linked::Reading(Vec::new()));
                Name::First
            }
            Some(Linked::Reading(waiting)) => {
                waiting.push(OtherName { place, name: name.to_vec(), path: path() });
                Name::Waits
            }
            Some(Linked::Read(known, left)) => {
                let known = Box::new(known.named(name.to_vec()));
                *left = left.saturating_sub(1);
                if *left == 0 {
                    self.linked.remove(&inode);
                }
                Name::Known(known)
            }
        }
    }

    /// A file was read; answers the names that waited for it. `links` is how many names it has in all.
    pub(super) fn linked(&mut self, inode: Inode, known: &Known, links: u32) -> Vec<OtherName> {
        let Some(Linked::Reading(waiting)) = self.linked.remove(&inode) else { return Vec::new() };
        let left = links.saturating_sub(1).saturating_sub(waiting.len() as u32);
        if left > 0 {
            self.linked.insert(inode, Linked::Read(Box::new(known.clone()), left));
        }
        waiting
    }

    /// A file could not be had; answers the names that waited for it. The next name tries again.
    pub(super) fn unlinked(&mut self, inode: Inode) -> Vec<OtherName> {
        match self.linked.remove(&inode) {
            Some(Linked::Reading(waiting)) => waiting,
            _ => Vec::new(),
        }
    }

    /// A file is no longer under way.
    pub(super) fn take(&mut self, ticket: Ticket) -> Option<UnderWay> {
        self.under_way.remove(&ticket)
    }

    /// A chunk of a large file is stored.
    pub(super) fn chunk(
        &mut self,
        ticket: Ticket,
        attempt: u32,
        number: u64,
        id: ChunkId,
        blobs: &mut BlobWriter<'_>,
    ) -> Result<Option<(UnderWay, Facts, Content)>, WriteError> {
        let Some(large) = self.attempt(ticket, attempt) else { return Ok(None) };
        large.early.insert(number, id);
        while let Some(id) = large.early.remove(&large.next) {
            large.builder.push(id, blobs)?;
            large.next += 1;
        }
        self.finish(ticket, blobs)
    }

    /// A large file was read to its end.
    pub(super) fn end(
        &mut self,
        ticket: Ticket,
        attempt: u32,
        chunks: u64,
        facts: Facts,
        blobs: &mut BlobWriter<'_>,
    ) -> Result<Option<(UnderWay, Facts, Content)>, WriteError> {
        if let Some(large) = self.attempt(ticket, attempt) {
            large.end = Some((chunks, facts));
        }
        self.finish(ticket, blobs)
    }

    /// What there is of the newest attempt to read a file; nothing for an older one.
    fn attempt(&mut self, ticket: Ticket, attempt: u32) -> Option<&mut Large> {
        let large = &mut self.under_way.get_mut(&ticket)?.large;
        if attempt > large.attempt {
            *large = Large { attempt, ..Large::default() };
        }
        (attempt == large.attempt).then_some(large)
    }

    fn finish(
        &mut self,
        ticket: Ticket,
        blobs: &mut BlobWriter<'_>,
    ) -> Result<Option<(UnderWay, Facts, Content)>, WriteError> {
        let whole =
            |file: &UnderWay| file.large.end.as_ref().is_some_and(|(chunks, _)| *chunks == file.large.next);
        if !self.under_way.get(&ticket).is_some_and(whole) {
            return Ok(None);
        }
        let Some(mut file) = self.take(ticket) else { return Ok(None) };
        let Large { builder, end, .. } = std::mem::take(&mut file.large);
        let Some((_, facts)) = end else { return Ok(None) };
        Ok(Some((file, facts, builder.finish(blobs)?)))
    }
}
