//! Writing the cache of the run under way.
//!
//! Nothing is made durable and nothing depends on it: a torn file does not open, and is not used. The head is
//! replaced only after the snapshot was committed. When nothing changed, the data file stays and only the head
//! is written anew.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::sync::Arc;

use mainstay_world::Random;

use super::block::{encode_content, encode_nodes, encode_stamp};
use super::read::HEAD_BYTES;
use super::{BlockRef, Cache, CacheSeal, MAGIC, PathKey, QuarantineMark, Stamp, place};
use crate::format::bytes::Writer;
use crate::format::node::{Content, NodeBytes};
use crate::id::SnapshotId;

/// Blocks are copied from the old file in pieces of this size.
const COPY_BYTES: u64 = 1 << 20;

/// What a folder that is being built will leave in the cache.
#[derive(Debug, Default)]
pub(crate) struct CacheDraft {
    stamps: Vec<u8>,
    nodes: Vec<NodeBytes>,
}

impl CacheDraft {
    /// The next entry, in the order of names.
    pub(crate) fn stamp(&mut self, name: &[u8], stamp: &Stamp) {
        encode_stamp(name, stamp, &mut self.stamps);
    }

    /// The next node.
    pub(crate) fn node(&mut self, node: NodeBytes) {
        self.nodes.push(node);
    }
}

/// Writes the cache of one run.
pub(crate) struct CacheWriter {
    seal: CacheSeal,
    old: Option<Arc<Cache>>,
    quarantine: QuarantineMark,
    random: Arc<dyn Random>,
    /// Folders of the old cache in which nothing changed.
    kept: Vec<(PathKey, BlockRef)>,
    new: Option<NewData>,
    failed: bool,
}

struct NewData {
    number: [u8; 8],
    file: BufWriter<File>,
    end: u64,
    folders: Vec<(PathKey, BlockRef)>,
}

impl CacheWriter {
    pub(crate) fn new(
        seal: CacheSeal,
        old: Option<Arc<Cache>>,
        quarantine: QuarantineMark,
        random: Arc<dyn Random>,
    ) -> Self {
        Self { seal, old, quarantine, random, kept: Vec::new(), new: None, failed: false }
    }

    /// Nothing in a folder changed.
    pub(crate) fn keep(&mut self, key: PathKey, block: BlockRef) {
        self.kept.push((key, block));
    }

    /// A folder was built anew.
    pub(crate) fn put(&mut self, key: PathKey, content: &Content, draft: &CacheDraft) {
        if !self.failed
            && let Err(error) = self.try_put(key, content, draft)
        {
            tracing::debug!(%error, "the stat cache cannot be written");
            self.failed = true;
        }
    }

    fn try_put(&mut self, key: PathKey, content: &Content, draft: &CacheDraft) -> io::Result<()> {
        let mut stamps = encode_content(content).map_err(io::Error::other)?;
        stamps.extend_from_slice(&draft.stamps);
        let nodes = encode_nodes(&draft.nodes).map_err(io::Error::other)?;
        let mut sealed = Vec::new();
        self.seal.seal(&place("stamps", &key.0), &stamps, &*self.random, &mut sealed);
        let stamps_bytes = sealed.len();
        self.seal.seal(&place("nodes", &key.0), &nodes, &*self.random, &mut sealed);
        let length = |length: usize| u32::try_from(length).map_err(io::Error::other);
        let (stamps_bytes, nodes_bytes) = (length(stamps_bytes)?, length(sealed.len() - stamps_bytes)?);
        let new = self.new_data()?;
        let block = BlockRef { offset: new.end, stamps_bytes, nodes_bytes };
        new.append(&sealed)?;
        new.folders.push((key, block));
        Ok(())
    }

    fn new_data(&mut self) -> io::Result<&mut NewData> {
        if self.new.is_none() {
            let mut number = [0; 8];
            self.random.fill(&mut number);
            fs::create_dir_all(&self.seal.folder)?;
            let path = self.seal.data_path(&number);
            let file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
            let mut new = NewData { number, file: BufWriter::new(file), end: 0, folders: Vec::new() };
            new.append(MAGIC)?;
            debug_assert_eq!(new.end, HEAD_BYTES, "blocks begin after the magic");
            self.new = Some(new);
        }
        self.new.as_mut().ok_or_else(|| io::Error::other("no data file"))
    }

    /// After the snapshot was committed: what this run knows becomes the cache.
    pub(crate) fn commit(mut self, snapshot: SnapshotId) {
        if self.failed {
            return;
        }
        if let Err(error) = self.try_commit(snapshot) {
            tracing::debug!(%error, "the stat cache cannot be written");
        }
    }

    fn try_commit(&mut self, snapshot: SnapshotId) -> io::Result<()> {
        let unchanged =
            self.new.is_none() && self.old.as_ref().is_some_and(|old| old.folders.len() == self.kept.len());
        let (number, offset, length) = match (&self.old, unchanged) {
            (Some(old), true) => {
                let size = old.data.metadata()?.len();
                let length = old.folders.len() as u64 * 48 + crate::crypt::SEAL_BYTES as u64;
                (old.number, size.saturating_sub(length), length)
            }
            _ => self.finish_data()?,
        };
        let mut raw = self.seal.instance.0.to_vec();
        raw.extend_from_slice(&snapshot.0);
        raw.extend_from_slice(&self.quarantine.0);
        raw.extend_from_slice(&number);
        raw.extend_from_slice(&offset.to_le_bytes());
        raw.extend_from_slice(&length.to_le_bytes());
        let mut head = MAGIC.to_vec();
        self.seal.seal(&place("head", &[]), &raw, &*self.random, &mut head);
        let path = self.seal.head_path();
        let temporary = path.with_extension("stat.new");
        fs::write(&temporary, head)?;
        fs::rename(&temporary, path)?;
        self.sweep(&number)
    }

    /// Copies what was kept, and writes where everything is.
    fn finish_data(&mut self) -> io::Result<([u8; 8], u64, u64)> {
        self.new_data()?;
        let Some(mut new) = self.new.take() else { return Err(io::Error::other("no data file")) };
        if let Some(old) = &self.old {
            self.kept.sort_unstable_by_key(|(_, block)| block.offset);
            new.copy(&old.data, &self.kept)?;
        }
        let mut raw = Writer::new();
        for (key, block) in &new.folders {
            raw.raw(&key.0).u64(block.offset).u32(block.stamps_bytes).u32(block.nodes_bytes);
        }
        let raw = raw.finish().map_err(io::Error::other)?;
        let mut sealed = Vec::new();
        self.seal.seal(&place("folders", &new.number), &raw, &*self.random, &mut sealed);
        let offset = new.end;
        new.append(&sealed)?;
        new.file.flush()?;
        Ok((new.number, offset, sealed.len() as u64))
    }

    /// Takes away data files that no head names: of the cache before, and of runs that failed.
    fn sweep(&self, number: &[u8; 8]) -> io::Result<()> {
        let used = self.seal.data_path(number);
        for entry in fs::read_dir(&self.seal.folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let ours = name.strip_prefix(&self.seal.name).is_some_and(|rest| rest.len() > ".stat".len());
            if ours && path != used {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

impl NewData {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.end += bytes.len() as u64;
        Ok(())
    }

    /// Copies blocks as they are: they are bound to their folders, not to their places.
    fn copy(&mut self, old: &File, kept: &[(PathKey, BlockRef)]) -> io::Result<()> {
        let mut rest = kept;
        let mut buffer = Vec::new();
        while let Some((_, first)) = rest.first() {
            let mut end = first.offset;
            let run = rest
                .iter()
                .take_while(|(_, block)| {
                    let next = block.offset == end && end - first.offset < COPY_BYTES;
                    end += if next { block.bytes() } else { 0 };
                    next
                })
                .count();
            let Some((run, after)) = rest.split_at_checked(run.max(1)) else { return Ok(()) };
            buffer.resize(usize::try_from(end - first.offset).map_err(io::Error::other)?, 0);
            old.read_exact_at(&mut buffer, first.offset)?;
            for (key, block) in run {
                let offset = self.end + (block.offset - first.offset);
                self.folders.push((*key, BlockRef { offset, ..*block }));
            }
            self.append(&buffer)?;
            rest = after;
        }
        Ok(())
    }
}

impl BlockRef {
    fn bytes(&self) -> u64 {
        u64::from(self.stamps_bytes) + u64::from(self.nodes_bytes)
    }
}

impl Drop for CacheWriter {
    /// A run that was not committed leaves no data file behind.
    fn drop(&mut self) {
        if let Some(new) = self.new.take() {
            let path = self.seal.data_path(&new.number);
            drop(new.file.into_parts());
            let _gone = fs::remove_file(path);
        }
    }
}
