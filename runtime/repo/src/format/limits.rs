//! What no stored thing may exceed. A decoder refuses more before it allocates; an encoder never writes more.

/// Content of one blob before compression: four times the largest chunk, so that a node with large extended
/// attributes still fits.
pub const MAX_RAW_BYTES: u32 = 32 * 1024 * 1024;
/// A blob as stored: its content, two seals, and what zstd may add to what it cannot compress.
pub const MAX_STORED_BYTES: u32 = MAX_RAW_BYTES + 256 * 1024;
/// A pack: a data pack is closed at 16 MiB, one repacked by a janitor at 64 MiB; offsets are 32 bits.
pub const MAX_PACK_BYTES: u64 = 256 * 1024 * 1024;
/// Blobs of one pack: a pack of 64 MiB with nothing but small files of 256 bytes.
pub const MAX_PACK_ENTRIES: u32 = 1 << 18;
/// Wrapped session keys that one pack or segment refers to.
pub const MAX_KEYS: u32 = 1 << 16;
/// A wrapped key: an age file for [`MAX_RECIPIENTS`].
pub const MAX_WRAPPED_BYTES: u32 = 32 * 1024;
/// Recipients of a repository.
pub const MAX_RECIPIENTS: u32 = 128;
/// Entries of one segment of the index: 57 MiB of them.
pub const MAX_SEGMENT_ENTRIES: u32 = 1 << 20;
/// Packs that one segment speaks of.
pub const MAX_SEGMENT_PACKS: u32 = 1 << 20;
/// A segment as stored.
pub const MAX_SEGMENT_BYTES: u64 = 256 * 1024 * 1024;
/// A slot as stored; a manifest with a thousand faults of long paths fits.
pub const MAX_SLOT_BYTES: u64 = 32 * 1024 * 1024;
/// Segments that one slot names.
pub const MAX_SLOT_SEGMENTS: u32 = 1 << 16;
/// Snapshots or packs that one slot names.
pub const MAX_SLOT_NAMES: u32 = 1 << 20;
/// Entries of one node.
pub const MAX_NODE_ENTRIES: u32 = 4096;
/// Ids that one content, or one list, holds directly; more stand in lists.
pub const MAX_CONTENT_IDS: u32 = 4096;
/// Links of one node: their number is kept in 16 bits of the index.
pub const MAX_NODE_LINKS: u32 = u16::MAX as u32;
/// Levels of lists: 4,096 to the fifth chunks are more than any file system holds.
pub const MAX_CONTENT_DEPTH: u8 = 4;
/// A name in a folder: Linux allows 255 bytes, other systems up to 255 characters of 4 bytes.
pub const MAX_NAME_BYTES: u32 = 1024;
/// A path or the target of a symbolic link.
pub const MAX_PATH_BYTES: u32 = 64 * 1024;
/// Extended attributes of one entry.
pub const MAX_XATTRS: u32 = 1024;
/// The value of an extended attribute: Linux allows 64 KiB, some file systems more.
pub const MAX_XATTR_BYTES: u32 = 16 * 1024 * 1024;
/// Extents of one file: more holes than that are stored as zeros.
pub const MAX_EXTENTS: u32 = 1 << 17;
/// A short text of a manifest: a name, a label, a tag.
pub const MAX_TEXT_BYTES: u32 = 4096;
/// Tags, roots, parents and the like of one manifest.
pub const MAX_MANIFEST_ITEMS: u32 = 4096;
/// Faults that a manifest lists by name; the rest are only counted.
pub const MAX_FAULTS: u32 = 1000;
/// Sources that one certificate names.
pub const MAX_CERTIFICATE_SOURCES: u32 = 1024;
/// Revoked certificates in a generation.
pub const MAX_REVOKED: u32 = 4096;
/// A generation or `format` as stored.
pub const MAX_GENERATION_BYTES: u64 = 1024 * 1024;
