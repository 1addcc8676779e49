//! A disk that can lose its power, for tests of the order of writes.
//!
//! It keeps what is written and what is durable apart, as stern as POSIX allows: fsync of a file makes its
//! bytes durable and no name of it; fsync of a folder makes its names durable and no bytes. After
//! [`ModelDisk::power_cut`] only the durable is left, or, by choice, any part of the rest with it. Closing a
//! file makes nothing durable: a model that synced on close would hide what it is here to find.
//!
//! After a failed fsync of a file its bytes are lost although they can still be read, and the next fsync
//! succeeds without them, as on Linux.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use super::FOLDERS;
use super::disk::{Disk, DiskEntry, Folder};

/// A mistake that a harness must be able to find, planted in the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flaws {
    /// Fsync of a file does nothing.
    pub forgets_files: bool,
    /// Fsync of a folder does nothing.
    pub forgets_folders: bool,
    /// A link replaces what has its name.
    pub replaces: bool,
}

/// What of the unsynced outlives a power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Survives {
    /// Nothing.
    Nothing,
    /// Everything.
    Everything,
    /// Each name and each file as a coin falls; this seeds the coins. A file may be cut short.
    Some(u64),
}

/// What the disk's clones share.
#[derive(Debug)]
struct Machine {
    state: Mutex<State>,
    flaws: Flaws,
}

#[derive(Debug, Clone, Default)]
struct Inode {
    seen: Vec<u8>,
    durable: Vec<u8>,
    /// A failed fsync: what is unsynced now will never be durable.
    dropped: bool,
    /// Open temporary files are spared by the sweep.
    held: bool,
}

#[derive(Debug, Clone, Default)]
struct Names {
    seen: BTreeMap<String, usize>,
    durable: BTreeMap<String, usize>,
}

#[derive(Debug, Default)]
struct State {
    inodes: Vec<Inode>,
    folders: BTreeMap<Folder, Names>,
    /// Changes and syncs so far; reads do not count.
    steps: u64,
    /// The power fails before the step of this number.
    cut_at: Option<u64>,
    /// The fsync of this number, counted from now, fails.
    failing_sync: Option<u64>,
    /// Bytes left for files.
    room: Option<usize>,
    off: bool,
    /// Counts power cuts: a file opened before one is nobody's afterwards.
    life: u64,
}

/// An open file of the model.
#[derive(Debug)]
pub struct ModelFile {
    machine: Arc<Machine>,
    inode: usize,
    life: u64,
    made: bool,
}

impl Drop for ModelFile {
    fn drop(&mut self) {
        let mut state = self.machine.state();
        if self.made
            && state.life == self.life
            && let Some(inode) = state.inodes.get_mut(self.inode)
        {
            inode.held = false;
        }
    }
}

/// A store's disk: its clones share one machine, as processes do.
#[derive(Debug, Clone)]
pub struct ModelDisk(Arc<Machine>);

impl Machine {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn running(&self) -> io::Result<()> {
        if self.off { Err(io::Error::other("the machine is off")) } else { Ok(()) }
    }

    /// Counts a step that changes or syncs something; the power may fail before it.
    fn step(&mut self) -> io::Result<()> {
        self.running()?;
        if self.cut_at == Some(self.steps) {
            self.off = true;
        }
        self.steps += 1;
        self.running()
    }

    fn names(&mut self, folder: Folder) -> io::Result<&mut Names> {
        self.folders.get_mut(&folder).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn inode(&mut self, inode: usize) -> io::Result<&mut Inode> {
        self.inodes.get_mut(inode).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn sync_fails(&mut self) -> bool {
        let fails = self.failing_sync == Some(0);
        self.failing_sync = match self.failing_sync {
            None | Some(0) => None,
            Some(more) => Some(more - 1),
        };
        fails
    }
}

impl ModelDisk {
    /// A disk with the folders of a store, all durable.
    pub fn new(flaws: Flaws) -> Self {
        let folders = FOLDERS.chars().map(Folder::Prefix).chain([Folder::Top]);
        let folders = folders.map(|folder| (folder, Names::default())).collect();
        let state = State { folders, ..State::default() };
        Self(Arc::new(Machine { state: Mutex::new(state), flaws }))
    }

    /// Steps (changes and syncs) so far.
    pub fn steps(&self) -> u64 {
        self.0.state().steps
    }

    /// Lets the power fail before the step of this number, counted from the disk's making.
    pub fn cut_at(&self, step: u64) {
        self.0.state().cut_at = Some(step);
    }

    /// Lets one fsync fail: 0 is the next one.
    pub fn fail_sync(&self, after: u64) {
        self.0.state().failing_sync = Some(after);
    }

    /// Leaves this much room, in bytes.
    pub fn leave_room(&self, bytes: usize) {
        self.0.state().room = Some(bytes);
    }

    /// Cuts the power, if it has not failed already, and starts the machine again.
    pub fn power_cut(&self, survives: Survives) {
        let mut state = self.0.state();
        let mut coins = Coins::new(survives);
        let State { inodes, folders, .. } = &mut *state;
        for inode in inodes.iter_mut() {
            inode.held = false;
            inode.seen = coins.content(inode);
            inode.durable.clone_from(&inode.seen);
            inode.dropped = false;
        }
        for names in folders.values_mut() {
            names.seen = coins.names(names);
            names.durable.clone_from(&names.seen);
        }
        state.off = false;
        state.cut_at = None;
        state.failing_sync = None;
        state.life += 1;
    }
}

/// Decides what of the unsynced is kept.
struct Coins {
    survives: Survives,
    state: u64,
}

impl Coins {
    fn new(survives: Survives) -> Self {
        let seed = if let Survives::Some(seed) = survives { seed } else { 0 };
        Self { survives, state: seed.wrapping_mul(2).wrapping_add(1) }
    }

    /// A number below `bound`, by splitmix64: enough for coins.
    fn below(&mut self, bound: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound.max(1)
    }

    fn keeps(&mut self) -> bool {
        match self.survives {
            Survives::Nothing => false,
            Survives::Everything => true,
            Survives::Some(_) => self.below(2) == 0,
        }
    }

    fn content(&mut self, inode: &Inode) -> Vec<u8> {
        if inode.dropped || !self.keeps() {
            return inode.durable.clone();
        }
        let mut kept = inode.seen.clone();
        if matches!(self.survives, Survives::Some(_)) && self.below(2) == 0 {
            let length = self.below(kept.len() as u64 + 1);
            kept.truncate(usize::try_from(length).unwrap_or(0).max(inode.durable.len()));
        }
        kept
    }

    fn names(&mut self, names: &Names) -> BTreeMap<String, usize> {
        let mut kept = names.durable.clone();
        for (name, inode) in &names.seen {
            if names.durable.get(name) != Some(inode) && self.keeps() {
                kept.insert(name.clone(), *inode);
            }
        }
        for name in names.durable.keys() {
            if !names.seen.contains_key(name) && self.keeps() {
                kept.remove(name);
            }
        }
        kept
    }
}

impl Disk for ModelDisk {
    type File = ModelFile;

    fn place(&self) -> String {
        "model".into()
    }

    fn create(&self, folder: Folder, name: &str) -> io::Result<ModelFile> {
        let mut state = self.0.state();
        state.step()?;
        let inode = state.inodes.len();
        let names = state.names(folder)?;
        if names.seen.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        names.seen.insert(name.to_owned(), inode);
        state.inodes.push(Inode { held: true, ..Inode::default() });
        Ok(ModelFile { machine: Arc::clone(&self.0), inode, life: state.life, made: true })
    }

    fn open(&self, folder: Folder, name: &str) -> io::Result<ModelFile> {
        let mut state = self.0.state();
        state.running()?;
        let inode = state.names(folder)?.seen.get(name).copied().ok_or(io::ErrorKind::NotFound)?;
        Ok(ModelFile { machine: Arc::clone(&self.0), inode, life: state.life, made: false })
    }

    fn write_all(&self, file: &ModelFile, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.0.state();
        state.step()?;
        let fits = state.room.is_none_or(|room| room >= bytes.len());
        let taken = if fits { bytes.len() } else { state.room.unwrap_or(0) };
        state.room = state.room.map(|room| room - taken);
        state.inode(file.inode)?.seen.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        if fits { Ok(()) } else { Err(rustix::io::Errno::NOSPC.into()) }
    }

    fn read_at(&self, file: &ModelFile, offset: u64, length: usize, into: &mut Vec<u8>) -> io::Result<()> {
        let mut state = self.0.state();
        state.running()?;
        let bytes = &state.inode(file.inode)?.seen;
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
        let to = from.saturating_add(length).min(bytes.len());
        into.clear();
        into.extend_from_slice(bytes.get(from..to).unwrap_or_default());
        Ok(())
    }

    fn size(&self, file: &ModelFile) -> io::Result<u64> {
        let mut state = self.0.state();
        state.running()?;
        Ok(state.inode(file.inode)?.seen.len() as u64)
    }

    fn sync_file(&self, file: &ModelFile) -> io::Result<()> {
        let mut state = self.0.state();
        state.step()?;
        let fails = state.sync_fails();
        let inode = state.inode(file.inode)?;
        if fails {
            inode.dropped = true;
            return Err(rustix::io::Errno::IO.into());
        }
        if !self.0.flaws.forgets_files && !inode.dropped {
            inode.durable.clone_from(&inode.seen);
        }
        Ok(())
    }

    fn link(&self, folder: Folder, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.0.state();
        state.step()?;
        let replaces = self.0.flaws.replaces;
        let names = state.names(folder)?;
        let inode = names.seen.get(from).copied().ok_or(io::ErrorKind::NotFound)?;
        if names.seen.contains_key(to) && !replaces {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        names.seen.insert(to.to_owned(), inode);
        Ok(())
    }

    fn unlink(&self, folder: Folder, name: &str) -> io::Result<()> {
        let mut state = self.0.state();
        state.step()?;
        state.names(folder)?.seen.remove(name).map(|_| ()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn sync_folder(&self, folder: Folder) -> io::Result<()> {
        let mut state = self.0.state();
        state.step()?;
        if state.sync_fails() {
            return Err(rustix::io::Errno::IO.into());
        }
        let forgets = self.0.flaws.forgets_folders;
        let names = state.names(folder)?;
        if !forgets {
            names.durable.clone_from(&names.seen);
        }
        Ok(())
    }

    fn entries(&self, folder: Folder) -> io::Result<Vec<DiskEntry>> {
        let mut state = self.0.state();
        state.running()?;
        let names: Vec<(String, usize)> =
            state.names(folder)?.seen.iter().map(|(name, inode)| (name.clone(), *inode)).collect();
        let mut found = Vec::with_capacity(names.len());
        for (name, inode) in names {
            let size = state.inode(inode)?.seen.len() as u64;
            found.push(DiskEntry { name, size, made: SystemTime::UNIX_EPOCH });
        }
        Ok(found)
    }

    fn remove_abandoned(&self, folder: Folder, name: &str) -> io::Result<bool> {
        let mut state = self.0.state();
        let inode = state.names(folder)?.seen.get(name).copied().ok_or(io::ErrorKind::NotFound)?;
        let held = state.inode(inode)?.held;
        drop(state);
        if held { Ok(false) } else { self.unlink(folder, name).map(|()| true) }
    }

    fn is_there(&self, folder: Folder) -> bool {
        let mut state = self.0.state();
        state.running().is_ok() && state.names(folder).is_ok()
    }
}
