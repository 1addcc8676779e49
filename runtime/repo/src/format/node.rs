//! Nodes: a folder's entries, or a stretch of them.

use mainstay_world::tree::{Details, Extent, Kind, Time};

use super::bytes::{DecodeError, Reader, TooLarge, Writer, length32};
use super::limits::*;
use crate::id::ChunkId;

/// Where content stands. The ids are those of its chunks (of a file) or nodes (of a folder) when `depth` is 0,
/// else of lists that lead to them in `depth` steps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Content {
    /// At most [`MAX_CONTENT_IDS`], in order.
    pub ids: Vec<ChunkId>,
    /// Levels of lists above the chunks or nodes.
    pub depth: u8,
}

/// A stretch of a folder's entries, sorted by name, each name once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Node {
    /// At most [`MAX_NODE_ENTRIES`].
    pub entries: Vec<NodeEntry>,
}

/// Which inode a file with several names is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HardLink {
    /// Number of the inode.
    pub inode: u64,
    /// Its file system.
    pub device: u64,
}

/// One entry of a folder. There is no time of access and none of the inode's change: they would make every
/// folder new in every run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeEntry {
    /// Any bytes but zero and slash, never empty except for the top.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// The lower 12 bits.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// In bytes; 0 for a folder.
    pub size: u64,
    /// Last change of content.
    pub mtime: Time,
    /// Major and minor of a device, else zeros.
    pub rdev: (u32, u32),
    /// Only for what has several names.
    pub link: Option<HardLink>,
    /// Extended attributes, target, flags.
    pub details: Details,
    /// Chunks of a file, nodes of a folder; empty for all else.
    pub content: Content,
    /// Only for a file with holes; together as long as the file.
    pub extents: Vec<Extent>,
}

/// A node as bytes, in the two parts that are sealed apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeBytes {
    /// All ids that its entries refer to, in the order of the entries.
    pub links: Vec<ChunkId>,
    /// Names and attributes; content by the number of its ids.
    pub body: Vec<u8>,
}

const VERSION: u8 = 1;
const HAS_LINK: u8 = 1;
const HAS_XATTRS: u8 = 2;
const HAS_TARGET: u8 = 4;
const HAS_FLAGS: u8 = 8;
const HAS_EXTENTS: u8 = 16;
const HAS_RDEV: u8 = 32;
const HAS_CONTENT: u8 = 64;

impl Node {
    /// As bytes.
    ///
    /// # Errors
    /// [`TooLarge`] if a limit of the format is exceeded.
    pub fn encode(&self) -> Result<NodeBytes, TooLarge> {
        let mut body = Writer::new();
        let mut links = Vec::new();
        body.u8(VERSION);
        body.list(&self.entries, MAX_NODE_ENTRIES, "entries of a node", |body, entry| {
            entry.encode(body);
            links.extend_from_slice(&entry.content.ids);
        });
        if links.len() > MAX_NODE_LINKS as usize {
            return Err(TooLarge("links of a node"));
        }
        // What could not be read back must not be written: one such entry would cost its whole folder.
        if !self.entries.iter().all(NodeEntry::is_sound) {
            return Err(TooLarge("bytes in the extents of a file"));
        }
        let body = body.finish()?;
        length32(body.len(), MAX_RAW_BYTES, "bytes of a node")?;
        Ok(NodeBytes { links, body })
    }

    /// From its two parts.
    ///
    /// # Errors
    /// [`DecodeError`] if they are no node, if names are not sorted, or a link is missing or left over.
    pub fn decode(links: &[ChunkId], body: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(body);
        check_version(reader.u8()?)?;
        let mut links = links.iter();
        let entries = reader
            .list(MAX_NODE_ENTRIES, "entries of a node", |reader| NodeEntry::decode(reader, &mut links))?;
        reader.finish()?;
        if links.next().is_some() {
            return Err(DecodeError::Trailing);
        }
        let named = entries.first().is_none_or(|entry| !entry.name.is_empty());
        let sorted = entries.windows(2).all(|pair| matches!(pair, [a, b] if a.name < b.name));
        if named && sorted { Ok(Self { entries }) } else { Err(DecodeError::Value("order of names")) }
    }
}

fn check_version(found: u8) -> Result<(), DecodeError> {
    match found {
        VERSION => Ok(()),
        0 => Err(DecodeError::Value("version")),
        _ => Err(DecodeError::Newer { found: found.into(), known: VERSION.into() }),
    }
}

impl NodeEntry {
    /// Without its ids, which are links.
    pub(super) fn encode(&self, to: &mut Writer) {
        to.blob(&self.name, MAX_NAME_BYTES, "bytes of a name");
        to.u8(kind_number(self.kind)).u8(self.presence());
        to.varint(self.mode.into()).varint(self.uid.into()).varint(self.gid.into()).varint(self.size);
        to.signed(self.mtime.seconds).varint(self.mtime.nanoseconds.into());
        if self.rdev != (0, 0) {
            to.varint(self.rdev.0.into()).varint(self.rdev.1.into());
        }
        if let Some(link) = self.link {
            to.varint(link.inode).varint(link.device);
        }
        encode_details(&self.details, to);
        if !self.content.ids.is_empty() {
            to.u8(self.content.depth).count(self.content.ids.len(), MAX_CONTENT_IDS, "ids of a content");
        }
        if !self.extents.is_empty() {
            to.list(&self.extents, MAX_EXTENTS, "extents", |to, extent| {
                let (hole, length) = match extent {
                    Extent::Data(length) => (false, length),
                    Extent::Hole(length) => (true, length),
                };
                to.flag(hole).varint(*length);
            });
        }
    }

    fn presence(&self) -> u8 {
        let bits = [
            (self.link.is_some(), HAS_LINK),
            (!self.details.xattrs.is_empty(), HAS_XATTRS),
            (self.details.target.is_some(), HAS_TARGET),
            (self.details.flags != 0, HAS_FLAGS),
            (!self.extents.is_empty(), HAS_EXTENTS),
            (self.rdev != (0, 0), HAS_RDEV),
            (!self.content.ids.is_empty(), HAS_CONTENT),
        ];
        bits.into_iter().filter(|(is, _)| *is).map(|(_, bit)| bit).sum()
    }

    pub(super) fn decode<'a>(
        from: &mut Reader<'_>,
        links: &mut impl Iterator<Item = &'a ChunkId>,
    ) -> Result<Self, DecodeError> {
        let name = decode_name(from)?;
        let kind = kind_from(from.u8()?)?;
        let has = from.u8()?;
        let mode = from.varint32("bits of a mode")?;
        let (uid, gid) = (from.varint32("an owner")?, from.varint32("a group")?);
        let size = from.varint()?;
        let mtime = Time { seconds: from.signed()?, nanoseconds: from.varint32("nanoseconds")? };
        if has & 0x80 != 0 {
            return Err(DecodeError::Value("attributes"));
        }
        let rdev = match has & HAS_RDEV {
            0 => (0, 0),
            _ => (from.varint32("a device")?, from.varint32("a device")?),
        };
        let link = match has & HAS_LINK {
            0 => None,
            _ => Some(HardLink { inode: from.varint()?, device: from.varint()? }),
        };
        let details = decode_details(has, from)?;
        let content = decode_content(has, from, links)?;
        let extents = match has & HAS_EXTENTS {
            0 => Vec::new(),
            _ => from.list(MAX_EXTENTS, "extents", decode_extent)?,
        };
        let entry = Self { name, kind, mode, uid, gid, size, mtime, rdev, link, details, content, extents };
        // Each entry has one form in bytes.
        if entry.presence() == has && entry.is_sound() { Ok(entry) } else { Err(DecodeError::Value("entry")) }
    }

    /// Only files and folders have content, only files have extents, and these add up to the size.
    fn is_sound(&self) -> bool {
        let lengths = self.extents.iter().map(|extent| match extent {
            Extent::Data(length) | Extent::Hole(length) => *length,
        });
        let sum = lengths.into_iter().try_fold(0u64, u64::checked_add);
        let extents_fit = self.extents.is_empty() || self.kind == Kind::File && sum == Some(self.size);
        let attributes_fit = self.mode <= 0o7777 && self.mtime.nanoseconds <= 999_999_999;
        attributes_fit
            && extents_fit
            && (self.content.ids.is_empty() || matches!(self.kind, Kind::File | Kind::Folder))
    }
}

fn decode_name(from: &mut Reader<'_>) -> Result<Vec<u8>, DecodeError> {
    let name = from.blob(MAX_NAME_BYTES, "bytes of a name")?;
    let plain = !name.contains(&b'/') && !name.contains(&0) && name != b"." && name != b"..";
    if plain { Ok(name.to_vec()) } else { Err(DecodeError::Value("name")) }
}

fn encode_details(details: &Details, to: &mut Writer) {
    if !details.xattrs.is_empty() {
        to.list(&details.xattrs, MAX_XATTRS, "extended attributes", |to, (name, value)| {
            to.blob(name, MAX_NAME_BYTES, "bytes of a name");
            to.blob(value, MAX_XATTR_BYTES, "bytes of an extended attribute");
        });
    }
    if let Some(target) = &details.target {
        to.blob(target, MAX_PATH_BYTES, "bytes of a target");
    }
    if details.flags != 0 {
        to.varint(details.flags.into());
    }
}

fn decode_details(has: u8, from: &mut Reader<'_>) -> Result<Details, DecodeError> {
    let mut details = Details::default();
    if has & HAS_XATTRS != 0 {
        details.xattrs = from.list(MAX_XATTRS, "extended attributes", |from| {
            let name = from.blob(MAX_NAME_BYTES, "bytes of a name")?;
            Ok((name.to_vec(), from.blob(MAX_XATTR_BYTES, "bytes of an extended attribute")?.to_vec()))
        })?;
    }
    if has & HAS_TARGET != 0 {
        details.target = Some(from.blob(MAX_PATH_BYTES, "bytes of a target")?.to_vec());
    }
    if has & HAS_FLAGS != 0 {
        details.flags = from.varint32("flags")?;
    }
    Ok(details)
}

fn decode_content<'a>(
    has: u8,
    from: &mut Reader<'_>,
    links: &mut impl Iterator<Item = &'a ChunkId>,
) -> Result<Content, DecodeError> {
    if has & HAS_CONTENT == 0 {
        return Ok(Content::default());
    }
    let depth = from.u8()?;
    let count = from.varint32("ids of a content")?;
    if depth > MAX_CONTENT_DEPTH || count > MAX_CONTENT_IDS {
        return Err(DecodeError::Limit("ids of a content"));
    }
    let ids = (0..count).map(|_| links.next().copied().ok_or(DecodeError::Short));
    Ok(Content { ids: ids.collect::<Result<_, _>>()?, depth })
}

fn decode_extent(from: &mut Reader<'_>) -> Result<Extent, DecodeError> {
    let hole = from.flag("extent")?;
    let length = from.varint()?;
    Ok(if hole { Extent::Hole(length) } else { Extent::Data(length) })
}

const KINDS: [Kind; 7] =
    [Kind::Folder, Kind::File, Kind::Symlink, Kind::Fifo, Kind::Socket, Kind::CharDevice, Kind::BlockDevice];

pub(crate) fn kind_number(kind: Kind) -> u8 {
    KINDS.iter().position(|known| *known == kind).unwrap_or(KINDS.len()) as u8
}

fn kind_from(number: u8) -> Result<Kind, DecodeError> {
    KINDS.get(usize::from(number)).copied().ok_or(DecodeError::Value("kind"))
}

#[cfg(test)]
mod tests;
