//! An independent look at a tree, and what differs between two.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher as _;
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::Path;

use rustix::buffer::spare_capacity;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, SeekFrom, Stat};
use rustix::io::Errno;

use crate::cursor::Cursor;

/// What is compared in one piece; a piece of zeros counts as a hole, wherever it stands.
const PIECE_BYTES: usize = 4096;

/// Everything that a restored entry must have of its original.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// `file`, `folder`, `link`, `fifo`, `socket`, `char`, `block`.
    pub kind: &'static str,
    /// The lower 12 bits.
    pub mode: u32,
    /// Owner and group.
    pub owner: (u32, u32),
    /// Bytes; 0 for folders.
    pub size: u64,
    /// Seconds and nanoseconds.
    pub mtime: (i64, u64),
    /// Of devices.
    pub rdev: u64,
    /// Where a link points.
    pub target: Option<Vec<u8>>,
    /// Extended attributes, sorted.
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    /// The first path of the same inode in this tree, when that is another one.
    pub same_as: Option<Vec<u8>>,
    /// A hash of the content without its zeros; what could not be read says so.
    pub content: Result<u64, String>,
    /// Bytes on disk.
    pub allocated: u64,
}

/// The entries of a tree by their path; the top has an empty one.
pub type Survey = BTreeMap<Vec<u8>, Facts>;

/// What counts when two trees are compared.
#[derive(Debug, Clone, Copy)]
pub struct Compare {
    /// Owners and groups: only root can restore them.
    pub owners: bool,
    /// Sockets and devices.
    pub special: bool,
    /// The attributes of the top itself.
    pub top: bool,
    /// That holes take no more space than in the original, up to 64 KiB for each file.
    pub holes: bool,
}

impl Default for Compare {
    fn default() -> Self {
        Self { owners: rustix::process::geteuid().is_root(), special: false, top: true, holes: true }
    }
}

/// Looks at a tree.
pub fn survey(root: &Path) -> io::Result<Survey> {
    let mut cursor = Cursor::open(root)?;
    let mut found = Survey::new();
    let mut inodes = BTreeMap::new();
    found.insert(Vec::new(), facts(&cursor, b".", Vec::new(), &mut inodes)?);
    let mut pending = vec![cursor.list()?];
    while let Some(names) = pending.last_mut() {
        let Some(named) = names.pop() else {
            pending.pop();
            if !pending.is_empty() {
                cursor.up()?;
            }
            continue;
        };
        let path = cursor.path(&named.name);
        let facts = facts(&cursor, &named.name, path.clone(), &mut inodes)?;
        let is_folder = facts.kind == "folder";
        found.insert(path, facts);
        if is_folder && cursor.enter(&named.name).is_ok() {
            pending.push(cursor.list()?);
        }
    }
    name_the_first_of_each_inode(&mut found, &inodes);
    Ok(found)
}

/// What differs, one line each; nothing when the trees are equal.
pub fn differences(original: &Survey, copy: &Survey, compare: Compare) -> Vec<String> {
    let mut found = Vec::new();
    for (path, facts) in original {
        let shown = path.escape_ascii();
        let counts = compare.special || !matches!(facts.kind, "socket" | "char" | "block");
        match copy.get(path) {
            None if counts => found.push(format!("`{shown}` is missing")),
            Some(other) if counts && (compare.top || !path.is_empty()) => {
                found.extend(
                    differ(facts, other, compare).into_iter().map(|what| format!("`{shown}`: {what}")),
                );
            }
            _ => {}
        }
    }
    let surplus = copy.keys().filter(|path| !original.contains_key(*path));
    found.extend(surplus.map(|path| format!("`{}` is not in the original", path.escape_ascii())));
    found
}

fn differ(original: &Facts, copy: &Facts, compare: Compare) -> Vec<String> {
    let mut found = Vec::new();
    let mut check = |what: &str, a: String, b: String| {
        if a != b {
            found.push(format!("{what} was {a}, is {b}"));
        }
    };
    check("kind", original.kind.to_owned(), copy.kind.to_owned());
    if original.kind != "link" {
        check("mode", format!("{:o}", original.mode), format!("{:o}", copy.mode));
    }
    if compare.owners {
        check("owner", format!("{:?}", original.owner), format!("{:?}", copy.owner));
    }
    check("size", original.size.to_string(), copy.size.to_string());
    check("mtime", format!("{:?}", original.mtime), format!("{:?}", copy.mtime));
    check("rdev", original.rdev.to_string(), copy.rdev.to_string());
    check("target", format!("{:?}", original.target), format!("{:?}", copy.target));
    check("xattrs", format!("{:?}", original.xattrs), format!("{:?}", copy.xattrs));
    check("hard link", format!("{:?}", original.same_as), format!("{:?}", copy.same_as));
    check("content", format!("{:?}", original.content), format!("{:?}", copy.content));
    if compare.holes && original.kind == "file" && copy.allocated > original.allocated + 64 * 1024 {
        found.push(format!("takes {} bytes on disk instead of {}", copy.allocated, original.allocated));
    }
    found
}

type Inodes = BTreeMap<(u64, u64), Vec<Vec<u8>>>;

fn facts(cursor: &Cursor, name: &[u8], path: Vec<u8>, inodes: &mut Inodes) -> io::Result<Facts> {
    let stat = rustix::fs::statat(cursor.fd(), name, AtFlags::SYMLINK_NOFOLLOW)?;
    let kind = kind(&stat);
    if kind != "folder" {
        inodes.entry((stat.st_dev, stat.st_ino)).or_default().push(path);
    }
    let target = match kind {
        "link" => Some(rustix::fs::readlinkat(cursor.fd(), name, Vec::new())?.into_bytes()),
        _ => None,
    };
    Ok(Facts {
        kind,
        mode: stat.st_mode & 0o7777,
        owner: (stat.st_uid, stat.st_gid),
        size: if kind == "folder" { 0 } else { u64::try_from(stat.st_size).unwrap_or(0) },
        mtime: (stat.st_mtime, stat.st_mtime_nsec),
        rdev: if matches!(kind, "char" | "block") { stat.st_rdev } else { 0 },
        target,
        xattrs: xattrs(cursor, name)?,
        same_as: None,
        content: if kind == "file" {
            content(cursor, name).map_err(|error| error.to_string())
        } else {
            Ok(0)
        },
        allocated: u64::try_from(stat.st_blocks).unwrap_or(0) * 512,
    })
}

fn kind(stat: &Stat) -> &'static str {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => "file",
        FileType::Directory => "folder",
        FileType::Symlink => "link",
        FileType::Fifo => "fifo",
        FileType::Socket => "socket",
        FileType::CharacterDevice => "char",
        FileType::BlockDevice => "block",
        FileType::Unknown => "unknown",
    }
}

fn name_the_first_of_each_inode(found: &mut Survey, inodes: &Inodes) {
    for paths in inodes.values() {
        let Some(first) = paths.iter().min() else { continue };
        for path in paths.iter().filter(|path| *path != first) {
            if let Some(facts) = found.get_mut(path) {
                facts.same_as = Some(first.clone());
            }
        }
    }
}

fn xattrs(cursor: &Cursor, name: &[u8]) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut place = format!("/proc/self/fd/{}/", cursor.fd().as_raw_fd()).into_bytes();
    place.extend_from_slice(name);
    let mut names = Vec::with_capacity(64 * 1024);
    match rustix::fs::llistxattr(place.as_slice(), spare_capacity(&mut names)) {
        Err(Errno::NOTSUP) => return Ok(Vec::new()),
        other => other?,
    };
    let mut found = Vec::new();
    for name in names.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let mut value = Vec::with_capacity(64 * 1024);
        rustix::fs::lgetxattr(place.as_slice(), name, spare_capacity(&mut value))?;
        found.push((name.to_vec(), value));
    }
    found.sort();
    Ok(found)
}

fn content(cursor: &Cursor, name: &[u8]) -> io::Result<u64> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = rustix::fs::openat(cursor.fd(), name, flags, Mode::empty())?;
    let mut hasher = DefaultHasher::new();
    let mut buffer = vec![0; PIECE_BYTES];
    let mut position = 0;
    while let Some(at) = data_from(&file, position)? {
        let read = read_piece(&file, &mut buffer, at)?;
        if read == 0 {
            break;
        }
        let piece = buffer.get(..read).unwrap_or_default();
        if piece.iter().any(|byte| *byte != 0) {
            hasher.write_u64(at);
            hasher.write(piece);
        }
        position = at + read as u64;
    }
    Ok(hasher.finish())
}

fn read_piece(file: &OwnedFd, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match rustix::io::pread(file, rest, at + filled as u64)? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

/// Where the next piece with data begins; whole pieces, so that two files are cut alike.
fn data_from(file: &OwnedFd, position: u64) -> io::Result<Option<u64>> {
    match rustix::fs::seek(file, SeekFrom::Data(position)) {
        Ok(at) => Ok(Some((at - at % PIECE_BYTES as u64).max(position))),
        Err(Errno::NXIO) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{FileExt as _, PermissionsExt as _};

    use super::{Compare, differences, survey};
    use crate::{Scratch, TreePlan, make};

    #[test]
    fn two_trees_of_one_seed_are_equal_and_each_difference_is_seen() {
        let (one, two) = (Scratch::new().unwrap(), Scratch::new().unwrap());
        let plan = TreePlan { files: 40, ..TreePlan::hostile(7) };
        make(one.path(), &plan).unwrap();
        make(two.path(), &plan).unwrap();
        let original = survey(one.path()).unwrap();
        assert!(original.len() > 60, "{}", original.len());
        assert_eq!(differences(&original, &survey(two.path()).unwrap(), Compare::default()), [""; 0]);

        let victim = two.join("holes");
        fs::File::options().write(true).open(&victim).unwrap().write_all_at(b"x", 5_000).unwrap();
        fs::set_permissions(two.join("links"), fs::Permissions::from_mode(0o701)).unwrap();
        let found = differences(&original, &survey(two.path()).unwrap(), Compare::default());
        for (path, what) in [("holes", "content"), ("holes", "mtime"), ("links", "mode")] {
            let seen = found.iter().any(|line| line.starts_with(&format!("`{path}`: {what}")));
            assert!(seen, "{path} {what}: {found:?}");
        }
    }
}
