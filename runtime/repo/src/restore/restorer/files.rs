//! Planning a file: its chunks with their places, or its end where nothing is left to write.

use std::sync::Mutex;
use std::sync::atomic::AtomicU32;

use super::super::RestoreError;
use super::super::batch::{FilePlan, FileState};
use super::super::chunks::{ChunkFault, Chunks};
use super::super::folders::FolderNumber;
use super::super::layout::Layout;
use super::super::report::ProblemKind;
use super::super::resume;
use super::super::write::Writer;
use super::{Restorer, State};
use crate::format::node::{Content, NodeEntry};
use crate::tree::walk::Ids;

impl<C: Chunks> Restorer<'_, C> {
    /// Plans the chunks of a file; one that is damaged already in its lists, or in the index, is not begun.
    pub(super) fn plan_file(&mut self, folder: FolderNumber, entry: NodeEntry) -> Result<(), RestoreError> {
        let from = self.state.batch.uses.len();
        match self.plan_chunks(folder, &entry, from) {
            Ok(Some((layout, fresh, left))) => self.add_file(folder, entry, layout, fresh, left),
            Ok(None) => Ok(()),
            Err(ChunkFault::Store(error)) => Err(error.into()),
            Err(ChunkFault::Damaged(message)) => {
                self.state.batch.forget_uses(from);
                let path = self.state.folders.path(folder, &entry.name);
                self.notes.problem(path, ProblemKind::Damaged, message);
                Ok(())
            }
        }
    }

    fn plan_chunks(
        &mut self,
        folder: FolderNumber,
        entry: &NodeEntry,
        from: usize,
    ) -> Result<Option<(Layout, bool, u32)>, ChunkFault> {
        let damaged = |message: &str| ChunkFault::Damaged(message.to_owned());
        let layout = Layout::of(entry).ok_or_else(|| damaged("its extents contradict its size"))?;
        let mut ids = Ids::new(&entry.content);
        let mut at = 0_u64;
        while let Some(id) = ids.next(self.chunks) {
            let id = id?;
            let place = self.chunks.place(&id).ok_or_else(|| damaged("a chunk of it is not in the index"))?;
            self.state.batch.add_use(id, place, at);
            at = at.saturating_add(u64::from(place.raw_length));
        }
        if layout.content_bytes.is_some_and(|bytes| bytes != at) {
            return Err(damaged("its chunks are not as long as its extents"));
        }
        let fresh = !(self.resumed && self.keep_equal_parts(folder, entry, &layout, from));
        let left = (self.state.batch.uses.len() - from) as u32;
        Ok(Some((layout, fresh, left)))
    }

    /// Looks at what an interrupted restore left of a file, and takes out of the plan what is right in it. Says
    /// whether there is anything to go on with.
    fn keep_equal_parts(
        &mut self,
        folder: FolderNumber,
        entry: &NodeEntry,
        layout: &Layout,
        from: usize,
    ) -> bool {
        let Ok(folder) = self.state.open.get(self.top, &self.state.folders, folder) else { return false };
        let Some(found) = resume::open_file(folder, &entry.name) else { return false };
        let mut buffer = Vec::new();
        let chunks = self.chunks;
        self.state.batch.keep_uses(from, |id, at, length| {
            !resume::is_equal(&found, layout, at, length, &mut buffer, |content| {
                chunks.data_id(content) == *id
            })
        });
        resume::cut(&found, entry.size)
    }

    fn add_file(
        &mut self,
        folder: FolderNumber,
        entry: NodeEntry,
        layout: Layout,
        fresh: bool,
        left: u32,
    ) -> Result<(), RestoreError> {
        self.state.counts.files += 1;
        self.state.counts.bytes += entry.size;
        let state = Mutex::new(FileState { made: !fresh, ..FileState::default() });
        let content = Content::default();
        let entry = NodeEntry { content, extents: Vec::new(), ..entry };
        let plan = FilePlan { folder, entry, layout, fresh, left: AtomicU32::new(left), state };
        if left > 0 {
            self.state.batch.files.push(plan);
            return Ok(());
        }
        let State { folders, open, .. } = &mut self.state;
        let (notes, watch) = (self.notes, self.watch);
        let writer = Writer {
            chunks: self.chunks,
            top: self.top,
            folders,
            rules: &self.rules,
            notes,
            watch,
            threads: 1,
        };
        writer.finish_planned(&plan, open)
    }
}
