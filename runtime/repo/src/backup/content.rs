//! Ids in order become a [`Content`]: directly while they are few, else through lists.
//!
//! The lists are full but for the last of each level, so equal ids give equal lists however they arrive; and a
//! full one is stored at once, so a file of any length needs one list of memory for each level.

use crate::format::limits::{MAX_CONTENT_DEPTH, MAX_CONTENT_IDS};
use crate::format::node::Content;
use crate::id::ChunkId;

/// Where a list of ids is stored; answers its own id.
pub(crate) trait ListStore {
    /// Why it could not be stored.
    type Error;

    /// Stores one.
    fn store_list(&mut self, ids: &[ChunkId]) -> Result<ChunkId, Self::Error>;

    /// What to say when content has more ids than lists of lists can hold.
    fn too_long(&self) -> Self::Error;
}

/// Content under construction.
#[derive(Debug, Clone)]
pub(crate) struct ContentBuilder {
    /// The open list of each level, from the chunks up.
    levels: Vec<Vec<ChunkId>>,
    /// Ids of a full list.
    limit: usize,
}

impl Default for ContentBuilder {
    fn default() -> Self {
        Self { levels: Vec::new(), limit: MAX_CONTENT_IDS as usize }
    }
}

impl ContentBuilder {
    /// Adds the next id.
    pub(crate) fn push<S: ListStore>(&mut self, id: ChunkId, store: &mut S) -> Result<(), S::Error> {
        self.put(0, id, store)
    }

    /// Stores what is open and answers the whole.
    pub(crate) fn finish<S: ListStore>(mut self, store: &mut S) -> Result<Content, S::Error> {
        let mut depth = 0;
        while depth + 1 < self.levels.len() {
            let open = self.levels.get_mut(depth).map(std::mem::take).unwrap_or_default();
            let list = store.store_list(&open)?;
            depth += 1;
            self.put(depth, list, store)?;
        }
        let ids = self.levels.pop().unwrap_or_default();
        match u8::try_from(depth).ok().filter(|depth| *depth <= MAX_CONTENT_DEPTH) {
            Some(depth) => Ok(Content { ids, depth }),
            None => Err(store.too_long()),
        }
    }

    /// Adds an id to a level, and a list of that level to the next one if it was full.
    fn put<S: ListStore>(&mut self, from: usize, id: ChunkId, store: &mut S) -> Result<(), S::Error> {
        let mut carried = id;
        for level in self.levels.iter_mut().skip(from) {
            if level.len() < self.limit {
                level.push(carried);
                return Ok(());
            }
            // Full, and one more has come: only now is a list of it needed.
            let list = store.store_list(level)?;
            level.clear();
            level.push(carried);
            carried = list;
        }
        self.levels.push(vec![carried]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[derive(Default)]
    struct Lists(HashMap<ChunkId, Vec<ChunkId>>);

    impl ListStore for Lists {
        type Error = ();

        fn store_list(&mut self, ids: &[ChunkId]) -> Result<ChunkId, ()> {
            assert!(!ids.is_empty() && ids.len() <= 4);
            let bytes: Vec<u8> = ids.iter().flat_map(|id| id.0).collect();
            let id = ChunkId(*blake3::hash(&bytes).as_bytes());
            self.0.insert(id, ids.to_vec());
            Ok(id)
        }

        fn too_long(&self) {}
    }

    fn numbered(number: u32) -> ChunkId {
        let mut id = [0; 32];
        id[..4].copy_from_slice(&number.to_le_bytes());
        ChunkId(id)
    }

    fn flat(content: &Content, lists: &Lists) -> Vec<ChunkId> {
        let open = |ids: Vec<ChunkId>| ids.iter().flat_map(|id| lists.0[id].clone()).collect();
        (0..content.depth).fold(content.ids.clone(), |ids, _| open(ids))
    }

    #[test]
    fn all_ids_come_back_in_order_at_every_depth() {
        for (count, depth) in [(0, 0), (1, 0), (4, 0), (5, 1), (8, 1), (16, 1), (17, 2), (65, 3), (256, 3)] {
            let mut builder = ContentBuilder { levels: Vec::new(), limit: 4 };
            let mut lists = Lists::default();
            (0..count).try_for_each(|number| builder.push(numbered(number), &mut lists)).unwrap();
            let content = builder.finish(&mut lists).unwrap();
            assert_eq!(content.depth, depth, "{count}");
            assert!(content.ids.len() <= 4);
            assert!(flat(&content, &lists) == (0..count).map(numbered).collect::<Vec<_>>(), "{count}");
        }
    }
}
