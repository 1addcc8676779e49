//! The few operations on a file system that a local store is made of.
//!
//! They stand behind a trait so that the same store runs on a real file system and on one that forgets, at a
//! power cut, all that was not synced.

use std::io;
use std::time::SystemTime;

/// A folder of the store: its top, or the one of a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Folder {
    /// The top, with the object `format`.
    Top,
    /// The folder of a prefix, as `p`.
    Prefix(char),
}

/// A name in a folder with what a listing says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskEntry {
    /// Its name.
    pub name: String,
    /// In bytes.
    pub size: u64,
    /// When its content was last written.
    pub made: SystemTime,
}

/// A file system, below one folder.
pub trait Disk: Send + Sync + 'static {
    /// An open file. While one that [`Disk::create`] gave is open, [`Disk::remove_abandoned`] spares it.
    type File: Send;

    /// Where it is, for people.
    fn place(&self) -> String;

    /// Makes a new, empty file; `AlreadyExists` when the name is taken.
    fn create(&self, folder: Folder, name: &str) -> io::Result<Self::File>;

    /// Opens a file for reading and syncing. Never follows a symbolic link.
    fn open(&self, folder: Folder, name: &str) -> io::Result<Self::File>;

    /// Appends all bytes.
    fn write_all(&self, file: &Self::File, bytes: &[u8]) -> io::Result<()>;

    /// Fills the buffer with what stands at `offset`, at most `length` bytes, fewer only at the end. What was
    /// in it is gone.
    fn read_at(&self, file: &Self::File, offset: u64, length: usize, into: &mut Vec<u8>) -> io::Result<()>;

    /// The size in bytes.
    fn size(&self, file: &Self::File) -> io::Result<u64>;

    /// Makes the content durable.
    fn sync_file(&self, file: &Self::File) -> io::Result<()>;

    /// Gives a file a second name; `AlreadyExists` when it is taken.
    fn link(&self, folder: Folder, from: &str, to: &str) -> io::Result<()>;

    /// Takes a name away.
    fn unlink(&self, folder: Folder, name: &str) -> io::Result<()>;

    /// Makes the names of a folder durable.
    fn sync_folder(&self, folder: Folder) -> io::Result<()>;

    /// All regular files of a folder, in any order.
    fn entries(&self, folder: Folder) -> io::Result<Vec<DiskEntry>>;

    /// Takes away a temporary file that no living process holds; says whether it did.
    fn remove_abandoned(&self, folder: Folder, name: &str) -> io::Result<bool>;

    /// Whether the folder can still be reached under its path.
    fn is_there(&self, folder: Folder) -> bool;
}
