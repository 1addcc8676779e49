//! A walk over the tree of a snapshot, depth first, entries by name, iterative: a path of any depth costs memory
//! and no stack.

use crate::format::limits::MAX_CONTENT_DEPTH;
use crate::format::node::{Content, Node, NodeEntry};
use crate::id::ChunkId;
use mainstay_world::tree::Kind;

/// Where nodes and lists come from.
pub(crate) trait Nodes {
    /// Why one could not be had.
    type Error;

    /// Reads a node, verified.
    fn node(&self, id: &ChunkId) -> Result<Node, Self::Error>;

    /// Reads a list of ids, verified.
    fn list(&self, id: &ChunkId) -> Result<Vec<ChunkId>, Self::Error>;
}

/// A step of the walk.
pub(crate) enum Step<E> {
    /// A folder begins; its entries follow, unless [`Walk::skip`] is called.
    Enter(NodeEntry),
    /// Anything that is no folder.
    Leaf(NodeEntry),
    /// The folder ends.
    Leave,
    /// Entries of the folder are missing, because a node or a list of it could not be had. The walk goes on.
    Fault(E),
}

/// A walk.
pub(crate) struct Walk<'a, N: Nodes> {
    nodes: &'a N,
    levels: Vec<Level>,
    path: Vec<u8>,
}

struct Level {
    ids: Ids,
    entries: std::vec::IntoIter<NodeEntry>,
    /// Bytes of the path to this folder.
    path_length: usize,
}

impl<'a, N: Nodes> Walk<'a, N> {
    /// Over the entries of a folder with this content.
    pub(crate) fn new(nodes: &'a N, top: &Content) -> Self {
        Self { nodes, levels: vec![Level::of(top, 0)], path: Vec::new() }
    }

    /// The path of the entry that was given last, or of the folder that is walked, below the top.
    pub(crate) fn path(&self) -> &[u8] {
        &self.path
    }

    /// Leaves out the rest of the folder that is walked; the next step leaves it.
    pub(crate) fn skip(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            level.ids.clear();
            level.entries = Vec::new().into_iter();
        }
    }

    /// The next step; nothing after the top has been left.
    pub(crate) fn next(&mut self) -> Option<Step<N::Error>> {
        loop {
            let level = self.levels.last_mut()?;
            self.path.truncate(level.path_length);
            if let Some(entry) = level.entries.next() {
                return Some(self.step(entry));
            }
            match level.ids.next(self.nodes) {
                Some(Ok(id)) => match self.nodes.node(&id) {
                    Ok(node) => level.entries = node.entries.into_iter(),
                    Err(error) => return Some(Step::Fault(error)),
                },
                Some(Err(error)) => return Some(Step::Fault(error)),
                None => {
                    self.levels.pop();
                    return Some(Step::Leave);
                }
            }
        }
    }

    fn step(&mut self, entry: NodeEntry) -> Step<N::Error> {
        if !self.path.is_empty() {
            self.path.push(b'/');
        }
        self.path.extend_from_slice(&entry.name);
        if entry.kind != Kind::Folder {
            return Step::Leaf(entry);
        }
        self.levels.push(Level::of(&entry.content, self.path.len()));
        Step::Enter(entry)
    }
}

impl Level {
    fn of(content: &Content, path_length: usize) -> Self {
        Self { ids: Ids::new(content), entries: Vec::new().into_iter(), path_length }
    }
}

/// The ids at the bottom of a content, in order, its lists read one at a time.
pub(crate) struct Ids {
    /// Ids still to come with the levels of lists above them; the next one is last.
    pending: Vec<(ChunkId, u8)>,
}

impl Ids {
    /// Of a content.
    pub(crate) fn new(content: &Content) -> Self {
        // A depth beyond the limit is refused by the decoder; here it only must not overflow.
        let depth = content.depth.min(MAX_CONTENT_DEPTH);
        Self { pending: content.ids.iter().rev().map(|id| (*id, depth)).collect() }
    }

    /// The next id at the bottom. After a fault, what that list held is left out.
    pub(crate) fn next<N: Nodes>(&mut self, nodes: &N) -> Option<Result<ChunkId, N::Error>> {
        loop {
            let (id, depth) = self.pending.pop()?;
            if depth == 0 {
                return Some(Ok(id));
            }
            match nodes.list(&id) {
                Ok(ids) => self.pending.extend(ids.into_iter().rev().map(|id| (id, depth - 1))),
                Err(error) => return Some(Err(error)),
            }
        }
    }

    fn clear(&mut self) {
        self.pending.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[derive(Default)]
    struct Made {
        nodes: HashMap<ChunkId, Node>,
        lists: HashMap<ChunkId, Vec<ChunkId>>,
        made: u32,
    }

    impl Nodes for Made {
        type Error = ChunkId;

        fn node(&self, id: &ChunkId) -> Result<Node, ChunkId> {
            self.nodes.get(id).cloned().ok_or(*id)
        }

        fn list(&self, id: &ChunkId) -> Result<Vec<ChunkId>, ChunkId> {
            self.lists.get(id).cloned().ok_or(*id)
        }
    }

    impl Made {
        fn id(&mut self) -> ChunkId {
            self.made += 1;
            let mut id = [0; 32];
            id[..4].copy_from_slice(&self.made.to_le_bytes());
            ChunkId(id)
        }

        fn add_node(&mut self, entries: Vec<NodeEntry>) -> ChunkId {
            let id = self.id();
            self.nodes.insert(id, Node { entries });
            id
        }
    }

    fn entry(name: &str, kind: Kind, ids: Vec<ChunkId>) -> NodeEntry {
        NodeEntry {
            name: name.into(),
            kind,
            mode: 0o644,
            uid: 0,
            gid: 0,
            size: 0,
            mtime: Default::default(),
            rdev: (0, 0),
            link: None,
            details: Default::default(),
            content: Content { ids, depth: 0 },
            extents: Vec::new(),
        }
    }

    fn told(made: &Made, content: &Content) -> Vec<String> {
        let mut walk = Walk::new(made, content);
        let mut told = Vec::new();
        while let Some(step) = walk.next() {
            let path = String::from_utf8_lossy(walk.path()).into_owned();
            told.push(match step {
                Step::Enter(_) => format!("+{path}"),
                Step::Leaf(_) => path,
                Step::Leave => format!("-{path}"),
                Step::Fault(_) => format!("!{path}"),
            });
        }
        told
    }

    #[test]
    fn walks_in_order_through_lists_and_over_gaps() {
        let mut made = Made::default();
        let inner = made.add_node(vec![entry("x", Kind::File, vec![])]);
        let gone = ChunkId([9; 32]);
        let first =
            made.add_node(vec![entry("a", Kind::Folder, vec![inner, gone]), entry("b", Kind::File, vec![])]);
        let second = made.add_node(vec![entry("c", Kind::Folder, vec![])]);
        let list = made.id();
        made.lists.insert(list, vec![first, second]);
        let content = Content { ids: vec![list, gone], depth: 1 };
        assert_eq!(told(&made, &content), ["+a", "a/x", "!a", "-a", "b", "+c", "-c", "!", "-"]);
    }

    #[test]
    fn a_skipped_folder_is_left_at_once() {
        let mut made = Made::default();
        let inner = made.add_node(vec![entry("x", Kind::File, vec![]), entry("y", Kind::File, vec![])]);
        let top = made.add_node(vec![entry("a", Kind::Folder, vec![inner])]);
        let mut walk = Walk::new(&made, &Content { ids: vec![top], depth: 0 });
        assert!(matches!(walk.next(), Some(Step::Enter(_))));
        walk.skip();
        assert!(matches!(walk.next(), Some(Step::Leave)));
        assert!(matches!(walk.next(), Some(Step::Leave)));
        assert!(walk.next().is_none());
    }

    #[test]
    fn a_hundred_thousand_levels_need_no_stack() {
        let mut made = Made::default();
        let mut ids = Vec::new();
        for _ in 0..100_000 {
            ids = vec![made.add_node(vec![entry("d", Kind::Folder, ids)])];
        }
        let steps = told_count(&made, &Content { ids, depth: 0 });
        assert_eq!(steps, 200_001);
    }

    fn told_count(made: &Made, content: &Content) -> usize {
        let mut walk = Walk::new(made, content);
        std::iter::from_fn(|| walk.next().map(|_| ())).count()
    }
}
