//! Making what is no regular file, and finishing folders.

use std::os::fd::{AsFd, BorrowedFd};

use mainstay_world::tree::Kind;
use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::super::RestoreError;
use super::super::beneath;
use super::super::chunks::Chunks;
use super::super::folders::FolderNumber;
use super::super::report::ProblemKind;
use super::super::resume;
use super::{FrameState, Late, Restorer, State};
use crate::format::node::NodeEntry;

impl<C: Chunks> Restorer<'_, C> {
    pub(super) fn make_folder(
        &mut self,
        parent: FolderNumber,
        entry: NodeEntry,
    ) -> Result<FrameState, RestoreError> {
        match self.try_make_folder(parent, &entry) {
            Ok(()) => {
                self.state.counts.folders += 1;
                let number = self.state.folders.add(parent, entry);
                if self.keep_first_level && parent == FolderNumber::TOP {
                    self.state.folders.wait(number);
                }
                Ok(FrameState::Made(number))
            }
            Err(error) => self.not_made(parent, &entry.name, error).map(|()| FrameState::Skipped),
        }
    }

    fn try_make_folder(&mut self, parent: FolderNumber, entry: &NodeEntry) -> rustix::io::Result<()> {
        if !beneath::is_plain(&entry.name) {
            return Err(Errno::INVAL);
        }
        let parent = self.state.open.get(self.top, &self.state.folders, parent)?;
        match rustix::fs::mkdirat(parent, entry.name.as_slice(), Mode::RWXU) {
            Err(Errno::EXIST) if self.resumed => resume::take_over_folder(parent, &entry.name),
            other => other,
        }
    }

    pub(super) fn make_special(
        &mut self,
        folder: FolderNumber,
        entry: &NodeEntry,
    ) -> Result<(), RestoreError> {
        match self.try_make_special(folder, entry) {
            Ok(()) => {
                self.state.counts.others += 1;
                Ok(())
            }
            Err(error) => self.not_made(folder, &entry.name, error),
        }
    }

    fn try_make_special(&mut self, number: FolderNumber, entry: &NodeEntry) -> rustix::io::Result<()> {
        let folder = self.state.open.get(self.top, &self.state.folders, number)?;
        let kind = match entry.kind {
            Kind::CharDevice => FileType::CharacterDevice,
            Kind::BlockDevice => FileType::BlockDevice,
            _ => FileType::Fifo,
        };
        let device = match kind {
            FileType::Fifo => 0,
            _ => rustix::fs::makedev(entry.rdev.0, entry.rdev.1),
        };
        let name = entry.name.as_slice();
        let make = || rustix::fs::mknodat(folder, name, kind, Mode::RUSR | Mode::WUSR, device);
        anew(folder, name, self.resumed, make)?;
        let applied = self.rules.apply_to_closed(folder, entry);
        self.notes.applied(|| self.state.folders.path(number, name), applied);
        Ok(())
    }

    pub(super) fn make_late(&mut self, late: &Late) -> rustix::io::Result<()> {
        let Late { folder: number, entry, link_to } = late;
        let name = entry.name.as_slice();
        if let Some((first, first_name)) = link_to {
            // Two folders at once: the first is held by its own descriptor.
            let from = self.state.open.get(self.top, &self.state.folders, *first)?.try_clone_to_owned();
            let from = from.map_err(|_| Errno::MFILE)?;
            let folder = self.state.open.get(self.top, &self.state.folders, *number)?;
            let link = || rustix::fs::linkat(&from, first_name.as_slice(), folder, name, AtFlags::empty());
            anew(folder, name, self.resumed, link)?;
            self.state.counts.others += 1;
            return Ok(());
        }
        let folder = self.state.open.get(self.top, &self.state.folders, *number)?;
        let target =
            entry.details.target.as_deref().filter(|target| !target.is_empty() && !target.contains(&0));
        let target = target.ok_or(Errno::INVAL)?;
        anew(folder, name, self.resumed, || rustix::fs::symlinkat(target, folder, name))?;
        self.state.counts.others += 1;
        let applied = self.rules.apply_to_closed(folder, entry);
        self.notes.applied(|| self.state.folders.path(*number, name), applied);
        Ok(())
    }

    /// Gives folders in which nothing more is made their attributes, deepest first.
    pub(super) fn finish_folders(&mut self, end: bool) -> Result<(), RestoreError> {
        for number in self.state.folders.ready(end) {
            if end && self.keep_first_level && self.is_first_level(number) {
                self.state.folders.leave(number);
                continue;
            }
            self.finish_folder(number)?;
        }
        Ok(())
    }

    fn is_first_level(&self, number: FolderNumber) -> bool {
        self.state.folders.get(number).is_some_and(|folder| folder.parent == FolderNumber::TOP)
    }

    fn finish_folder(&mut self, number: FolderNumber) -> Result<(), RestoreError> {
        let State { folders, open, .. } = &mut self.state;
        let Some(folder) = folders.get(number) else { return Ok(()) };
        let path = || folders.path(folder.parent, &folder.entry.name);
        let parent = open.get(self.top, folders, folder.parent);
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        match parent.and_then(|parent| beneath::open(parent, [folder.entry.name.as_slice()], flags)) {
            Ok(opened) => {
                let applied = self.rules.apply_to_folder(opened.as_fd(), &folder.entry);
                self.notes.applied(path, applied);
            }
            Err(error) => match self.watch.ends_all(error) {
                Some(error) => return Err(error),
                None => {
                    let message = std::io::Error::from(error).to_string();
                    self.notes.problem(path(), ProblemKind::Attribute, message);
                }
            },
        }
        open.close(number);
        folders.finish(number);
        Ok(())
    }
}

/// Makes something; what an interrupted restore left in its place goes first.
fn anew(
    folder: BorrowedFd<'_>,
    name: &[u8],
    resumed: bool,
    make: impl Fn() -> rustix::io::Result<()>,
) -> rustix::io::Result<()> {
    match make() {
        Err(Errno::EXIST) if resumed => beneath::unlink(folder, name).and_then(|()| make()),
        other => other,
    }
}
