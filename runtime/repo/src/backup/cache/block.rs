//! The two blocks of a folder as bytes.

use mainstay_world::tree::Time;

use super::Stamp;
use crate::format::bytes::{Reader, Writer};
use crate::format::limits::{MAX_CONTENT_IDS, MAX_NAME_BYTES, MAX_NODE_LINKS, MAX_RAW_BYTES};
use crate::format::node::{Content, Node, NodeBytes, NodeEntry};
use crate::format::{DecodeError, TooLarge};
use crate::id::ChunkId;

/// Nodes of a folder that is kept in the cache.
const MAX_NODES: u32 = 1 << 20;

/// Stamps of a folder, being read in the order of names.
#[derive(Debug)]
pub(crate) struct Stamps {
    bytes: Vec<u8>,
    /// Where the entries begin.
    start: usize,
    at: usize,
    /// The nodes of the folder.
    pub(crate) content: Content,
    /// Number of the next entry.
    ordinal: u64,
}

/// What the cache says of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lookup {
    /// The entry's number in the folder, and its stamp.
    pub(crate) found: Option<(u64, Stamp)>,
    /// Entries before it are gone.
    pub(crate) skipped: bool,
}

impl Stamps {
    pub(super) fn new(bytes: Vec<u8>) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(&bytes);
        let depth = reader.u8()?;
        let ids = reader.list(MAX_CONTENT_IDS, "ids of a content", |from| Ok(ChunkId(from.array()?)))?;
        let start = bytes.len() - reader.rest().len();
        Ok(Self { start, at: start, bytes, content: Content { ids, depth }, ordinal: 0 })
    }

    /// Goes on to a name. Names must be asked for in their order.
    pub(crate) fn find(&mut self, name: &[u8]) -> Lookup {
        let mut skipped = false;
        while let Some((at, known, stamp)) = self.peek() {
            if known > name {
                break;
            }
            let found = (known == name).then_some((self.ordinal, stamp));
            self.at = at;
            self.ordinal += 1;
            if found.is_some() {
                return Lookup { found, skipped };
            }
            skipped = true;
        }
        Lookup { found: None, skipped }
    }

    /// Whether every entry was met.
    pub(crate) fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// All stamps from the first on, for the first so many entries.
    pub(crate) fn first(&self, count: u64) -> Vec<Stamp> {
        let mut reader = Reader::new(self.bytes.get(self.start..).unwrap_or_default());
        (0..count).map_while(|_| decode(&mut reader).ok().map(|(_, stamp)| stamp)).collect()
    }

    fn peek(&self) -> Option<(usize, &[u8], Stamp)> {
        let mut reader = Reader::new(self.bytes.get(self.at..)?);
        let (name, stamp) = decode(&mut reader).ok()?;
        Some((self.bytes.len() - reader.rest().len(), name, stamp))
    }
}

fn decode<'a>(from: &mut Reader<'a>) -> Result<(&'a [u8], Stamp), DecodeError> {
    let name_length = from.u16()?;
    let name = from.take(usize::from(name_length))?;
    let (kind, trusted) = (from.u8()?, from.u8()? != 0);
    let (inode, size) = (from.u64()?, from.u64()?);
    let mtime = Time { seconds: from.i64()?, nanoseconds: from.u32()? };
    let ctime = Time { seconds: from.i64()?, nanoseconds: from.u32()? };
    Ok((name, Stamp { kind, inode, size, mtime, ctime, trusted }))
}

/// Appends an entry to the stamps of a folder. A name of more bytes than the format holds never came so far.
pub(super) fn encode_stamp(name: &[u8], stamp: &Stamp, to: &mut Vec<u8>) {
    debug_assert!(name.len() <= MAX_NAME_BYTES as usize, "a name was stored that cannot be");
    to.extend_from_slice(&(name.len() as u16).to_le_bytes());
    to.extend_from_slice(name);
    to.extend_from_slice(&[stamp.kind, u8::from(stamp.trusted)]);
    to.extend_from_slice(&stamp.inode.to_le_bytes());
    to.extend_from_slice(&stamp.size.to_le_bytes());
    for time in [stamp.mtime, stamp.ctime] {
        to.extend_from_slice(&time.seconds.to_le_bytes());
        to.extend_from_slice(&time.nanoseconds.to_le_bytes());
    }
}

/// What stands before the entries.
pub(super) fn encode_content(content: &Content) -> Result<Vec<u8>, TooLarge> {
    let mut to = Writer::new();
    to.u8(content.depth);
    to.list(&content.ids, MAX_CONTENT_IDS, "ids of a content", |to, id| {
        to.raw(&id.0);
    });
    to.finish()
}

/// The nodes of a folder, of which one at a time is decoded.
#[derive(Debug, Default)]
pub(crate) struct OldNodes {
    nodes: Vec<NodeBytes>,
    /// The decoded node's number, the number of its first entry, and its entries.
    open: Option<(usize, u64, Vec<NodeEntry>)>,
}

impl OldNodes {
    pub(super) fn new(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let nodes = reader.list(MAX_NODES, "nodes of a folder", |from| {
            let links = from.list(MAX_NODE_LINKS, "links of a node", |from| Ok(ChunkId(from.array()?)))?;
            let body = from.blob(MAX_RAW_BYTES, "bytes of a node")?.to_vec();
            Ok(NodeBytes { links, body })
        })?;
        reader.finish()?;
        Ok(Self { nodes, open: None })
    }

    /// An entry by its number in the folder. Cheap when numbers only grow.
    pub(crate) fn entry(&mut self, ordinal: u64) -> Option<NodeEntry> {
        if self.open.as_ref().is_none_or(|(_, first, _)| ordinal < *first) {
            self.open_node(0, 0)?;
        }
        loop {
            let (number, first, entries) = self.open.as_ref()?;
            let place = usize::try_from(ordinal - first).ok()?;
            match entries.get(place) {
                Some(entry) => return Some(entry.clone()),
                None => {
                    let (next, first) = (number + 1, first + entries.len() as u64);
                    self.open_node(next, first)?;
                }
            }
        }
    }

    fn open_node(&mut self, number: usize, first: u64) -> Option<()> {
        self.open = None;
        let bytes = self.nodes.get(number)?;
        let node = Node::decode(&bytes.links, &bytes.body).ok()?;
        self.open = Some((number, first, node.entries));
        Some(())
    }
}

pub(super) fn encode_nodes(nodes: &[NodeBytes]) -> Result<Vec<u8>, TooLarge> {
    let mut to = Writer::new();
    to.list(nodes, MAX_NODES, "nodes of a folder", |to, node| {
        to.list(&node.links, MAX_NODE_LINKS, "links of a node", |to, id| {
            to.raw(&id.0);
        });
        to.blob(&node.body, MAX_RAW_BYTES, "bytes of a node");
    });
    to.finish()
}
