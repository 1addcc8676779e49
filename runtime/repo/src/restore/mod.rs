//! Restoring a snapshot into a folder.
//!
//! Restore is the dangerous direction: names and attributes come from whoever wrote the repository, and the
//! target may be changed by others meanwhile. Four habits keep it harmless.
//!
//! - Everything is made below one descriptor (see `beneath`): no name leads elsewhere, no link is followed.
//! - Files come first, links last: nothing is ever written through a link that the snapshot brought along.
//! - It all happens in a private folder that becomes the target at the end (see `staging`). What was there before
//!   is never changed: a target with anything in it is refused.
//! - What gives power (setuid, capabilities, devices) is withheld unless it was asked for.
//!
//! Order of work: the tree is walked; folders are made on the way, files planned in batches by pack and written
//! by several threads (see `batch`, `write`); then symbolic links, then hard links; then the folders' attributes,
//! deepest first, since making something in a folder changes its times. What is written is made durable once,
//! by one sync of the file system before the target appears: a file at a time would cost more than all the rest.
//!
//! A restore that was interrupted is gone on with by asking for the same again: parts of files that match their
//! chunks' ids are kept. Damage takes with it only what needs it: a file with a chunk that cannot be had is left
//! out and named; a file is never left with other bytes than it had.

mod attributes;
mod batch;
mod beneath;
mod chunks;
mod compare;
mod error;
mod folders;
mod layout;
mod report;
mod repository;
mod restorer;
mod resume;
mod staging;
#[cfg(test)]
mod tests;
mod write;

use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;

use rustix::fs::OFlags;

pub(crate) use chunks::{ChunkFault, Chunks};
pub use error::RestoreError;
pub use report::{ProblemKind, RestoreProblem};
pub(crate) use repository::RepositoryChunks;

use crate::backup::{Cancel, Monitor};
use crate::format::node::{Content, NodeEntry};
use crate::tree::Selection;
use compare::Comparer;
use report::{Notes, Watch};
use restorer::{Rest, Restorer};
use staging::Staging;

/// What to restore, and where.
#[derive(Debug, Clone, Default)]
pub struct RestoreRequest {
    /// The folder that will hold the snapshot's content: it is made, or is there and empty.
    pub to: PathBuf,
    /// Patterns below the snapshot's top (see [`Selection`]); none means everything.
    pub include: Vec<Vec<u8>>,
    /// Whether owners are restored; unsaid, they are when this process is root.
    pub owners: Option<bool>,
    /// Also what gives power: setuid, setgid, capabilities, devices, immutable files.
    pub special: bool,
    /// Compare what was restored with the snapshot afterwards, entry by entry and byte by byte.
    pub verify: bool,
    /// Threads that write; 0 is one for each processor.
    pub threads: usize,
}

/// What was restored, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RestoreCounts {
    /// Regular files.
    pub files: u64,
    /// Folders below the top.
    pub folders: u64,
    /// Links, fifos, devices.
    pub others: u64,
    /// Bytes of the files, holes included.
    pub bytes: u64,
}

/// What a restore came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What was made, or found right.
    pub counts: RestoreCounts,
    /// Entries that are not as they were, sorted by path; the first ten thousand.
    pub problems: Vec<RestoreProblem>,
    /// How many there are.
    pub problem_count: u64,
    /// Entries without something that was not asked for ([`RestoreRequest::special`]), and sockets.
    pub withheld: u64,
    /// An interrupted restore was gone on with.
    pub resumed: bool,
    /// It was compared with the snapshot afterwards.
    pub verified: bool,
    /// A collection would have kept what was read; where the repository cannot be written, nothing says so.
    pub held: bool,
}

/// A tree to restore.
pub(crate) struct TreeToRestore<'a> {
    /// Names it, for a restore that goes on later.
    pub name: String,
    /// Attributes of the top.
    pub top: &'a NodeEntry,
    /// The top's nodes.
    pub content: &'a Content,
}

/// Restores a tree.
pub(crate) fn restore_tree<C: Chunks>(
    chunks: &C,
    tree: &TreeToRestore<'_>,
    request: &RestoreRequest,
    monitor: &dyn Monitor,
    cancel: &dyn Cancel,
) -> Result<Restored, RestoreError> {
    let owners = request.owners.unwrap_or_else(|| rustix::process::geteuid().is_root());
    let selection = Selection::new(&request.include);
    let notes = Notes::default();
    let watch = Watch::new(monitor, cancel, &request.to);
    watch.check()?;
    let staging = Staging::prepare(&request.to, &key(tree, request, owners))?;
    let rules = staging.rules(owners, request.special)?;
    let top = NodeEntry { content: Content::default(), ..tree.top.clone() };
    let mut restorer = Restorer::new(chunks, staging.folder(), top, rules, &selection, &notes, &watch);
    restorer.threads = threads(request.threads);
    restorer.resumed = staging.resumed;
    restorer.keep_first_level = staging.moves_entries();
    let Rest { folders, counts } = restorer.run(tree.content)?;
    if !request.include.is_empty() && counts == RestoreCounts::default() && notes.is_clean() {
        staging.abandon();
        return Err(RestoreError::NothingChosen);
    }
    let place = settle(&staging, &rules, &folders, &notes)?;
    if request.verify {
        let known = notes.paths();
        let (selection, notes, watch) = (&selection, &notes, &watch);
        let comparer = Comparer { chunks, top: place, rules: &rules, selection, notes, watch, known: &known };
        comparer.run(tree.top, tree.content)?;
    }
    watch.check()?;
    let noted = notes.into_inner();
    let mut problems = noted.problems;
    problems.sort();
    Ok(Restored {
        counts,
        problems,
        problem_count: noted.problem_count,
        withheld: noted.withheld,
        resumed: staging.resumed,
        verified: request.verify,
        held: false,
    })
}

/// Gives the last folders their attributes, makes all durable, and lets the target appear. Where entries move,
/// theirs come after the move: a folder that may not be written may not be moved either. Answers the tree's place.
fn settle<'a>(
    staging: &'a Staging,
    rules: &attributes::Rules,
    folders: &[NodeEntry],
    notes: &Notes,
) -> Result<BorrowedFd<'a>, RestoreError> {
    if staging.moves_entries() {
        let target = staging.publish()?;
        finish_folders(target, rules, folders, notes);
        return staging.sync().map(|()| target);
    }
    finish_folders(staging.folder(), rules, folders, notes);
    staging.sync()?;
    staging.publish()
}

/// The top's entry comes last, under no name.
fn finish_folders(top: BorrowedFd<'_>, rules: &attributes::Rules, folders: &[NodeEntry], notes: &Notes) {
    for (left, entry) in (0..folders.len()).rev().zip(folders) {
        let applied = match left {
            0 => rules.apply_to_folder(top, entry),
            _ => {
                let flags = OFlags::RDONLY | OFlags::DIRECTORY;
                match beneath::open(top, [entry.name.as_slice()], flags) {
                    Ok(folder) => rules.apply_to_folder(folder.as_fd(), entry),
                    Err(error) => attributes::Applied::refused(error),
                }
            }
        };
        notes.applied(|| entry.name.clone(), applied);
    }
}

fn threads(asked: usize) -> usize {
    match asked {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        asked => asked,
    }
}

/// Tells this restore from others: what it is of, and what was asked.
fn key(tree: &TreeToRestore<'_>, request: &RestoreRequest, owners: bool) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut add = |part: &[u8]| {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
    };
    add(tree.name.as_bytes());
    add(request.to.as_os_str().as_encoded_bytes());
    add(&[u8::from(owners), u8::from(request.special)]);
    request.include.iter().for_each(|pattern| add(pattern));
    hasher.finalize().to_hex().chars().take(16).collect()
}
