//! What a walk says of an entry becomes what a node says of it.

use mainstay_world::tree::{Details, Entry, Kind, Stat};

use super::job::Facts;
use crate::format::node::{Content, HardLink, NodeEntry};

/// An entry of a walk, with nothing yet of what costs more than its `statx`.
pub(super) fn of_stat(name: &[u8], stat: &Stat) -> NodeEntry {
    let is_device = matches!(stat.kind, Kind::CharDevice | Kind::BlockDevice);
    let has_names = stat.kind != Kind::Folder && stat.links > 1;
    NodeEntry {
        name: name.to_vec(),
        kind: stat.kind,
        mode: stat.mode & 0o7777,
        uid: stat.uid,
        gid: stat.gid,
        size: 0,
        mtime: stat.mtime,
        rdev: if is_device { stat.rdev } else { (0, 0) },
        link: has_names.then_some(HardLink { inode: stat.inode, device: stat.device }),
        details: Details::default(),
        content: Content::default(),
        extents: Vec::new(),
    }
}

/// An entry that is no file: its details are read here.
pub(super) fn of_other(entry: &dyn Entry) -> (NodeEntry, Option<mainstay_world::tree::Fault>) {
    let bare = of_stat(entry.name(), entry.stat());
    match entry.details() {
        Ok(details) => (NodeEntry { details, ..bare }, None),
        Err(fault) => (bare, Some(fault)),
    }
}

/// A file that was read.
pub(super) fn of_file(name: Vec<u8>, facts: Facts, content: Content) -> NodeEntry {
    let bare = of_stat(&[], &facts.stat);
    NodeEntry { name, size: facts.size, details: facts.details, content, extents: facts.extents, ..bare }
}
