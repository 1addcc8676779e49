//! Changes to a tree, from a seed, as people make them.

use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::{ffi::OsStr, fs};

use crate::{SeededRandom, survey};

/// How many changes of each kind were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Changed {
    /// Files that grew.
    pub grown: usize,
    /// Files with bytes in the middle that are new.
    pub patched: usize,
    /// Files that bear another name.
    pub renamed: usize,
    /// Files that are gone.
    pub removed: usize,
    /// Files that are new.
    pub added: usize,
    /// Files with other rights.
    pub rights: usize,
}

/// Makes `count` changes to ordinary files of a tree.
pub fn change(root: &Path, seed: u64, count: usize) -> io::Result<Changed> {
    let random = SeededRandom::new(seed);
    let mut files: Vec<PathBuf> = survey(root)?
        .iter()
        .filter(|(path, facts)| facts.kind == "file" && facts.same_as.is_none() && path.len() < 1_000)
        .map(|(path, _)| root.join(OsStr::from_bytes(path)))
        .collect();
    let mut changed = Changed::default();
    for number in 0..count {
        if files.is_empty() {
            break;
        }
        let path = files.swap_remove(random.below(files.len()));
        one_change(&path, number, &random, &mut changed)?;
    }
    Ok(changed)
}

fn one_change(path: &Path, number: usize, random: &SeededRandom, changed: &mut Changed) -> io::Result<()> {
    let beside = |suffix: &str| path.with_file_name(format!("changed-{number}-{suffix}"));
    match random.below(6) {
        0 => {
            changed.grown += 1;
            let size = fs::metadata(path)?.len();
            fs::File::options().write(true).open(path)?.write_all_at(&random.bytes(300), size)
        }
        1 => {
            changed.patched += 1;
            let at = fs::metadata(path)?.len() / 2;
            fs::File::options().write(true).open(path)?.write_all_at(&random.bytes(64), at)
        }
        2 => {
            changed.renamed += 1;
            fs::rename(path, beside("renamed"))
        }
        3 => {
            changed.removed += 1;
            fs::remove_file(path)
        }
        4 => {
            changed.added += 1;
            fs::write(beside("added"), random.bytes(random.below(9_000)))
        }
        _ => {
            changed.rights += 1;
            fs::set_permissions(path, fs::Permissions::from_mode(0o640 | (number as u32 & 7)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::change;
    use crate::{Compare, Scratch, TreePlan, differences, make, survey};

    #[test]
    fn changes_are_seen_and_follow_from_the_seed() {
        let (one, two) = (Scratch::new().unwrap(), Scratch::new().unwrap());
        for scratch in [&one, &two] {
            make(scratch.path(), &TreePlan::plain(3)).unwrap();
        }
        let before = survey(one.path()).unwrap();
        let changed = change(one.path(), 5, 30).unwrap();
        assert_eq!(changed, change(two.path(), 5, 30).unwrap());
        let found = differences(&before, &survey(one.path()).unwrap(), Compare::default());
        assert!(found.len() >= 30, "{changed:?} {found:?}");
    }
}
