//! Trees made from a seed.

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::{fs, os::unix::fs::symlink};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, Timespec, Timestamps, XattrFlags};

use crate::SeededRandom;
use crate::cursor::Cursor;

/// What a tree holds.
#[derive(Debug, Clone)]
pub struct TreePlan {
    /// The same seed makes the same tree.
    pub seed: u64,
    /// Ordinary files, a hundred in a folder.
    pub files: usize,
    /// The largest of them in bytes; most are much smaller.
    pub largest_bytes: usize,
    /// Odd names, links, pipes, sockets, attributes, times and rights.
    pub odd: bool,
    /// Folders in one another, with a file in the last and in every hundredth.
    pub depth: usize,
    /// The size of a file that is almost all hole; 0: none.
    pub sparse_bytes: u64,
}

impl TreePlan {
    /// A small and ordinary tree.
    pub fn plain(seed: u64) -> Self {
        Self { seed, files: 200, largest_bytes: 256 * 1024, odd: false, depth: 0, sparse_bytes: 0 }
    }

    /// A small tree with everything in it that has ever broken a backup.
    pub fn hostile(seed: u64) -> Self {
        Self { odd: true, depth: 300, sparse_bytes: 1 << 30, ..Self::plain(seed) }
    }
}

/// Names that programs have stumbled over.
const ODD_NAMES: &[&[u8]] = &[
    b"new\nline",
    b"\xff\xfe\x80",
    b"-rf",
    b" space ",
    b"quote'\"",
    b"back\\slash",
    b"...",
    b"~",
    b"$(reboot)",
    b"\x01\x1b[31m",
    b"caf\xc3\xa9",
    b"cafe\xcc\x81",
    b"%2e%2e",
    b"a*b?",
    b"nul",
    b"{brace}",
    b"#hash",
    b"\xe2\x80\xae",
    b"tab\there",
];

/// Makes a tree in an empty folder.
pub fn make(root: &Path, plan: &TreePlan) -> io::Result<()> {
    let random = SeededRandom::new(plan.seed);
    let mut timed = vec![root.to_owned()];
    make_files(root, plan, &random, &mut timed)?;
    if plan.odd {
        make_names(&root.join("names"), &random, &mut timed)?;
        make_links(&root.join("links"), &random, &mut timed)?;
        make_attributes(&root.join("attributes"), &random, &mut timed)?;
        make_holes(&root.join("holes"))?;
        timed.push(root.join("holes"));
    }
    if plan.sparse_bytes > 0 {
        make_sparse(&root.join("sparse"), plan.sparse_bytes)?;
        timed.push(root.join("sparse"));
    }
    if plan.depth > 0 {
        make_deep(root, plan.depth)?;
    }
    set_times(&timed, &random)
}

fn make_files(
    root: &Path,
    plan: &TreePlan,
    random: &SeededRandom,
    timed: &mut Vec<PathBuf>,
) -> io::Result<()> {
    for number in 0..plan.files {
        let folder = root.join(format!("d{:02}/e{:04}", number / 100 % 40, number / 100));
        if number % 100 == 0 {
            fs::create_dir_all(&folder)?;
            timed.extend(folder.parent().map(Path::to_owned));
            timed.push(folder.clone());
        }
        let path = folder.join(format!("file-{number:06}"));
        fs::write(&path, text(random, plan.largest_bytes))?;
        set_time(&path, random)?;
    }
    Ok(())
}

/// Mostly small, sometimes empty, sometimes large; half of it can be compressed.
fn text(random: &SeededRandom, largest_bytes: usize) -> Vec<u8> {
    let length = match random.below(20) {
        0 => 0,
        1 => random.below(largest_bytes + 1),
        _ => random.below(largest_bytes.min(4096) + 1),
    };
    if random.one_in(2) {
        return random.bytes(length);
    }
    let words = random.bytes(16).escape_ascii().to_string();
    words.bytes().cycle().take(length).collect()
}

fn make_names(folder: &Path, random: &SeededRandom, timed: &mut Vec<PathBuf>) -> io::Result<()> {
    fs::create_dir(folder)?;
    timed.push(folder.to_owned());
    let long = vec![b'l'; 255];
    for name in ODD_NAMES.iter().copied().chain([long.as_slice()]) {
        let inner = folder.join(OsString::from_vec(name.to_vec()));
        fs::create_dir(&inner)?;
        let file = inner.join(std::ffi::OsStr::from_bytes(name));
        fs::write(&file, random.bytes(random.below(100)))?;
        timed.extend([inner, file]);
    }
    Ok(())
}

fn make_links(folder: &Path, random: &SeededRandom, timed: &mut Vec<PathBuf>) -> io::Result<()> {
    fs::create_dir_all(folder.join("far"))?;
    timed.extend([folder.to_owned(), folder.join("far")]);
    fs::write(folder.join("one"), random.bytes(70_000))?;
    fs::hard_link(folder.join("one"), folder.join("far/two"))?;
    fs::hard_link(folder.join("one"), folder.join("a-first"))?;
    for (name, target) in [
        ("dangling", "no/such"),
        ("loop", "loop"),
        ("absolute", "/etc/passwd"),
        ("up", "../../../.."),
        ("folder", "far"),
    ] {
        symlink(target, folder.join(name))?;
    }
    symlink(OsString::from_vec(b"to \xff\n".to_vec()), folder.join("odd"))?;
    rustix::fs::mkfifoat(CWD, folder.join("pipe"), Mode::RUSR | Mode::WUSR)?;
    fs::hard_link(folder.join("pipe"), folder.join("far/pipe"))?;
    fs::hard_link(folder.join("dangling"), folder.join("far/dangling"))?;
    // A scratch folder whose path is too long for a socket does without.
    let _ = UnixListener::bind(folder.join("socket"));
    let names = ["one", "dangling", "loop", "absolute", "up", "folder", "odd", "pipe"];
    timed.extend(names.map(|name| folder.join(name)));
    Ok(())
}

fn make_attributes(folder: &Path, random: &SeededRandom, timed: &mut Vec<PathBuf>) -> io::Result<()> {
    fs::create_dir_all(folder.join("empty"))?;
    timed.extend([folder.to_owned(), folder.join("empty")]);
    let modes =
        [("secret", 0o600), ("nobody", 0o000), ("setuid", 0o4755), ("shared", 0o2770), ("read", 0o444)];
    for (name, _) in modes {
        fs::write(folder.join(name), name)?;
        set_time(&folder.join(name), random)?;
    }
    // Before the rights: who may not write may not set them either.
    for (name, value) in
        [("user.comment", b"x".to_vec()), ("user.empty", Vec::new()), ("user.large", random.bytes(2_000))]
    {
        rustix::fs::lsetxattr(folder.join("read"), name, &value, XattrFlags::empty())?;
        rustix::fs::lsetxattr(folder.join("empty"), name, &value, XattrFlags::empty())?;
    }
    for (name, mode) in modes {
        if mode != 0 || rustix::process::geteuid().is_root() {
            fs::set_permissions(folder.join(name), fs::Permissions::from_mode(mode))?;
        }
    }
    fs::set_permissions(folder.join("empty"), fs::Permissions::from_mode(0o1755))
}

/// Data, hole, data, and a hole at the end.
fn make_holes(path: &Path) -> io::Result<()> {
    let file = fs::File::create(path)?;
    file.write_all_at(&[1; 4096], 0)?;
    file.write_all_at(&[2; 100], 3 << 20)?;
    file.set_len((5 << 20) + 17)
}

fn make_sparse(path: &Path, size_bytes: u64) -> io::Result<()> {
    let file = fs::File::create(path)?;
    file.set_len(size_bytes)?;
    for part in 1..4 {
        file.write_all_at(&[3; 5_000], size_bytes / 4 * part)?;
    }
    Ok(())
}

fn make_deep(root: &Path, depth: usize) -> io::Result<()> {
    let mut cursor = Cursor::open(root)?;
    for level in 0..depth {
        rustix::fs::mkdirat(cursor.fd(), "deep", Mode::RWXU)?;
        cursor.enter(b"deep")?;
        if level % 100 == 99 || level + 1 == depth {
            let flags = OFlags::CREATE | OFlags::WRONLY | OFlags::CLOEXEC;
            let file = rustix::fs::openat(cursor.fd(), "bottom", flags, Mode::RUSR)?;
            rustix::io::write(&file, level.to_string().as_bytes())?;
            rustix::fs::futimens(&file, &time(i64::try_from(level).unwrap_or(0), 5))?;
        }
    }
    for _ in 0..=depth {
        rustix::fs::utimensat(cursor.fd(), ".", &time(1_000_000_000, 7), AtFlags::empty())?;
        cursor.up()?;
    }
    Ok(())
}

/// Those made last first: whatever is put into a folder changes its time.
fn set_times(timed: &[PathBuf], random: &SeededRandom) -> io::Result<()> {
    timed.iter().rev().try_for_each(|folder| set_time(folder, random))
}

fn set_time(path: &Path, random: &SeededRandom) -> io::Result<()> {
    let before_1970 = if random.one_in(50) { -2_000_000_000 } else { 0 };
    let seconds = before_1970 + i64::try_from(random.below(1_900_000_000)).unwrap_or(0);
    let nanoseconds = i64::try_from(random.below(1_000_000_000)).unwrap_or(0);
    Ok(rustix::fs::utimensat(CWD, path, &time(seconds, nanoseconds), AtFlags::SYMLINK_NOFOLLOW)?)
}

fn time(tv_sec: i64, tv_nsec: i64) -> Timestamps {
    let time = Timespec { tv_sec, tv_nsec };
    Timestamps { last_access: time, last_modification: time }
}
