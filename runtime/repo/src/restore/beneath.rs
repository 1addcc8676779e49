//! Opening and making things below one descriptor, and nowhere else.
//!
//! Names come from a repository that somebody else may have written, and the target may be changed by somebody
//! else meanwhile. So nothing is opened by a path from the root, no symbolic link is ever followed on the way,
//! and no step may lead out: `openat2` with `RESOLVE_BENEATH` and `RESOLVE_NO_SYMLINKS`. Where the kernel has no
//! `openat2`, the same is done one component at a time, with `O_NOFOLLOW` in each step.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{AtFlags, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

/// The longest path that is handed to the kernel at once: it takes 4,096 bytes with the zero at the end.
const MAX_STEP_BYTES: usize = 4_000;

/// Set when the kernel has no `openat2`, or a sandbox forbids it.
static STEPWISE: AtomicBool = AtomicBool::new(false);

/// Whether a name can stand for one entry of a folder and nothing else.
pub(crate) fn is_plain(name: &[u8]) -> bool {
    !name.is_empty() && name != b"." && name != b".." && !name.contains(&b'/') && !name.contains(&0)
}

/// Opens what a path of plain names leads to, below a folder. Without names it is the folder itself.
pub(crate) fn open<'n>(
    from: BorrowedFd<'_>,
    names: impl IntoIterator<Item = &'n [u8]>,
    flags: OFlags,
) -> rustix::io::Result<OwnedFd> {
    let mut held: Option<OwnedFd> = None;
    let mut path = Vec::new();
    let folder = OFlags::PATH | OFlags::DIRECTORY;
    for name in names {
        if !is_plain(name) {
            return Err(Errno::INVAL);
        }
        if path.len() + name.len() > MAX_STEP_BYTES {
            held = Some(open_step(held.as_ref().map_or(from, AsFd::as_fd), &path, folder)?);
            path.clear();
        }
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(name);
    }
    let from = held.as_ref().map_or(from, AsFd::as_fd);
    if path.is_empty() {
        path.push(b'.');
    }
    open_step(from, &path, flags)
}

fn open_step(from: BorrowedFd<'_>, path: &[u8], flags: OFlags) -> rustix::io::Result<OwnedFd> {
    let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    if !STEPWISE.load(Ordering::Relaxed) {
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        match rustix::fs::openat2(from, path, flags, Mode::empty(), resolve) {
            // A sandbox's filter says EPERM for calls it does not know; the walk below then decides.
            Err(Errno::NOSYS | Errno::PERM) => STEPWISE.store(true, Ordering::Relaxed),
            other => return other,
        }
    }
    open_stepwise(from, path, flags)
}

/// The same without `openat2`. The names are plain, so no step leads upwards.
fn open_stepwise(from: BorrowedFd<'_>, path: &[u8], flags: OFlags) -> rustix::io::Result<OwnedFd> {
    let way = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut held: Option<OwnedFd> = None;
    let mut names = path.split(|byte| *byte == b'/').peekable();
    while let Some(name) = names.next() {
        let flags = if names.peek().is_some() { way } else { flags };
        let folder = held.as_ref().map_or(from, AsFd::as_fd);
        held = Some(rustix::fs::openat(folder, name, flags, Mode::empty())?);
    }
    held.ok_or(Errno::INVAL)
}

/// Makes a new file; it must not be there, not even as a link.
pub(crate) fn create(folder: BorrowedFd<'_>, name: &[u8], mode: Mode) -> rustix::io::Result<OwnedFd> {
    if !is_plain(name) {
        return Err(Errno::INVAL);
    }
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(folder, name, flags, mode)
}

/// Takes away a name that is no folder.
pub(crate) fn unlink(folder: BorrowedFd<'_>, name: &[u8]) -> rustix::io::Result<()> {
    if !is_plain(name) {
        return Err(Errno::INVAL);
    }
    rustix::fs::unlinkat(folder, name, AtFlags::empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn top(path: &std::path::Path) -> OwnedFd {
        rustix::fs::open(path, OFlags::PATH | OFlags::DIRECTORY, Mode::empty()).unwrap()
    }

    fn both(
        from: &OwnedFd,
        names: &[&[u8]],
        flags: OFlags,
    ) -> (rustix::io::Result<OwnedFd>, rustix::io::Result<OwnedFd>) {
        let path = names.join(&b'/');
        let flags2 = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        (open(from.as_fd(), names.iter().copied(), flags), open_stepwise(from.as_fd(), &path, flags2))
    }

    #[test]
    fn no_link_is_followed_on_the_way_or_at_the_end() {
        let scratch = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(scratch.path().join("in/real")).unwrap();
        std::fs::create_dir_all(scratch.path().join("out")).unwrap();
        std::fs::write(scratch.path().join("out/secret"), b"x").unwrap();
        std::os::unix::fs::symlink("../out", scratch.path().join("in/away")).unwrap();
        std::os::unix::fs::symlink("real", scratch.path().join("in/near")).unwrap();
        let from = top(&scratch.path().join("in"));
        for names in [&[&b"away"[..], b"secret"][..], &[&b"away"[..]], &[&b"near"[..]]] {
            let (kernel, steps) = both(&from, names, OFlags::RDONLY);
            assert!(kernel.is_err() && steps.is_err(), "{names:?}");
        }
        let (kernel, steps) = both(&from, &[b"real"], OFlags::RDONLY);
        assert!(kernel.is_ok() && steps.is_ok());
    }

    #[test]
    fn names_that_are_paths_are_refused() {
        let scratch = tempfile::tempdir().unwrap();
        let from = top(scratch.path());
        for name in [&b".."[..], b".", b"", b"a/b", b"/etc", b"a\0b"] {
            assert_eq!(open(from.as_fd(), [name], OFlags::RDONLY).unwrap_err(), Errno::INVAL);
            assert_eq!(create(from.as_fd(), name, Mode::RUSR).unwrap_err(), Errno::INVAL);
            assert_eq!(unlink(from.as_fd(), name).unwrap_err(), Errno::INVAL);
        }
    }

    #[test]
    fn a_path_longer_than_the_kernel_takes_is_opened_in_pieces() {
        let scratch = tempfile::tempdir().unwrap();
        let mut folder = top(scratch.path());
        let name = [b'n'; 200];
        for _ in 0..60 {
            rustix::fs::mkdirat(&folder, &name[..], Mode::RWXU).unwrap();
            folder = open(folder.as_fd(), [&name[..]], OFlags::PATH | OFlags::DIRECTORY).unwrap();
        }
        drop(create(folder.as_fd(), b"deep", Mode::RUSR).unwrap());
        let from = top(scratch.path());
        let names = std::iter::repeat_n(&name[..], 60).chain([&b"deep"[..]]);
        assert!(open(from.as_fd(), names, OFlags::RDONLY).is_ok());
    }

    #[test]
    fn what_is_there_is_not_made_again() {
        let scratch = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("elsewhere", scratch.path().join("link")).unwrap();
        let from = top(scratch.path());
        assert_eq!(create(from.as_fd(), b"link", Mode::RUSR).unwrap_err(), Errno::EXIST);
        assert!(!scratch.path().join("elsewhere").exists());
    }
}
