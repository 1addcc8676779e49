//! The walk: one folder after the other, by descriptors, without recursion.

use std::collections::{BTreeMap, VecDeque};
use std::ffi::{CStr, CString};
use std::os::fd::OwnedFd;
use std::sync::Arc;

use mainstay_world::tree::{Event, Fault, FaultKind, Kind, Tree};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::entry::{FileEntry, Name, fault};
use super::folder::{Descriptors, Folder, open_below, open_path};
use super::listing::{Lister, Listing};
use super::plan::{self, Branch};
use super::settings::{Settings, c_path};
use super::stat::{Seen, look_at, look_open};
use crate::pattern::Say;

/// The first bytes of a valid `CACHEDIR.TAG`.
const CACHE_TAG: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";
const CACHE_TAG_NAME: &[u8] = b"CACHEDIR.TAG";

/// A walk over the files of a source.
pub(super) struct Walk {
    settings: Arc<Settings>,
    descriptors: Arc<Descriptors>,
    lister: Lister,
    frames: Vec<Frame>,
    /// What is to be said before the walk goes on.
    ready: VecDeque<Event>,
    /// The absolute path of the folder that is walked, as its root was written; kept only when there are patterns.
    path: Vec<u8>,
    /// How much of it is the root.
    root_length: usize,
    own_uid: u32,
}

/// A folder that was entered and is not left yet.
struct Frame {
    folder: Arc<Folder>,
    listing: Arc<Listing>,
    next: usize,
    only: Option<Arc<BTreeMap<CString, Branch>>>,
    /// Everything below is left out unless `include` names it.
    excluded: bool,
    /// Its own entry, if it was not given yet: it is left out unless something below is kept.
    unsaid: Option<FileEntry>,
    /// The device that the walk must stay on.
    device: u64,
    /// Of the walk's path, before this folder was added.
    path_length: usize,
}

/// A folder that was found and opened.
struct Found {
    seen: Seen,
    descriptor: Option<OwnedFd>,
    trouble: Option<Errno>,
}

impl Walk {
    pub(super) fn begin(settings: Arc<Settings>) -> Result<Self, Fault> {
        let mut walk = Self {
            settings: Arc::clone(&settings),
            descriptors: Arc::default(),
            lister: Lister::new(),
            frames: Vec::new(),
            ready: VecDeque::new(),
            path: Vec::new(),
            root_length: 0,
            own_uid: rustix::process::geteuid().as_raw(),
        };
        let (path, branch) = plan::top(&settings.roots).map_err(|error| fault(Vec::new(), error))?;
        let begun = c_path(path).and_then(|path| walk.enter_top(&path, &branch));
        begun.map_err(|error| fault(Vec::new(), error))?;
        Ok(walk)
    }

    fn enter_top(&mut self, path: &CStr, branch: &Branch) -> Result<(), Errno> {
        let descriptor = open_path(path)?;
        let seen = look_open(&descriptor)?;
        let folder = Folder::keep(&self.descriptors, None, path, seen.identity(), descriptor);
        let entry = FileEntry::new(Arc::clone(&folder), Name::Top, seen, self.own_uid);
        self.push(folder, entry, branch_of(Some(branch)), false, seen.stat.device, true)
    }

    /// Lists a folder and makes it the one that is walked.
    fn push(
        &mut self,
        folder: Arc<Folder>,
        entry: FileEntry,
        taken: Taken,
        excluded: bool,
        device: u64,
        may_enter: bool,
    ) -> Result<(), Errno> {
        let path_length = self.path.len();
        let mut trouble = None;
        let listing = match &taken.only {
            Some(only) => Listing::of(only.keys().map(CString::as_c_str))?,
            None if !may_enter => Listing::default(),
            None => self.list(&folder).unwrap_or_else(|error| {
                trouble = Some(error);
                Listing::default()
            }),
        };
        self.extend_path(&taken, entry.name_bytes());
        let trouble = trouble.filter(|_| !excluded).map(|error| (entry.path_bytes(), error));
        let mut frame = Frame {
            folder,
            listing: Arc::new(listing),
            next: 0,
            only: taken.only,
            excluded,
            unsaid: Some(entry),
            device,
            path_length,
        };
        if !excluded {
            self.say_unsaid();
            self.ready.extend(frame.unsaid.take().map(|entry| Event::Enter(Box::new(entry))));
        }
        self.frames.push(frame);
        if let Some((path, error)) = trouble {
            self.report(path, error);
        }
        Ok(())
    }

    fn list(&mut self, folder: &Arc<Folder>) -> Result<Listing, Errno> {
        let handle = folder.handle()?;
        let mut listing = self.lister.read(&*handle)?;
        if self.settings.has_markers() {
            let settings = &self.settings;
            let is_cache =
                settings.exclude_caches && listing.contains(CACHE_TAG_NAME) && has_cache_tag(&handle);
            if is_cache || settings.skip_if.iter().any(|name| listing.contains(name)) {
                listing.keep_only(|name| {
                    (is_cache && name == CACHE_TAG_NAME)
                        || settings.skip_if.iter().any(|marker| marker == name)
                });
            }
        }
        Ok(listing)
    }

    fn extend_path(&mut self, taken: &Taken, name: &[u8]) {
        if self.settings.patterns.is_empty() || taken.only.is_some() {
            return;
        }
        if let Some(written) = &taken.root {
            self.path.clone_from(written);
            self.root_length = written.len();
        } else {
            self.path.push(b'/');
            self.path.extend_from_slice(name);
        }
    }

    /// Goes on by one entry, or leaves the folder.
    fn advance(&mut self) {
        let Some(frame) = self.frames.last_mut() else { return };
        let place = frame.next;
        if place >= frame.listing.len() {
            self.leave();
            return;
        }
        frame.next += 1;
        let folder = Arc::clone(&frame.folder);
        let listing = Arc::clone(&frame.listing);
        let branch = frame.only.as_ref().and_then(|only| only.get(listing.name(place)?)).cloned();
        if let Err(error) = self.take(&folder, &listing, place, branch.as_ref()) {
            let name = listing.bytes(place).unwrap_or_default();
            let mut path = folder.path();
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(name);
            self.report(path, error);
        }
    }

    fn leave(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        if let Some(parent) = frame.folder.parent() {
            parent.reopen_from(&frame.folder);
        }
        self.path.truncate(frame.path_length);
        if frame.unsaid.is_none() {
            self.ready.push_back(Event::Leave);
        }
    }

    /// Takes the entry at a place of a folder, unless it is left out.
    fn take(
        &mut self,
        folder: &Arc<Folder>,
        listing: &Arc<Listing>,
        place: usize,
        branch: Option<&Branch>,
    ) -> Result<(), Errno> {
        let name = listing.name(place).ok_or(Errno::INVAL)?;
        let handle = folder.handle()?;
        let is_folder = listing.is_folder(place) || branch.is_some();
        let found = if is_folder { look_into(&handle, name)? } else { look(&handle, name)? };
        let excluded = branch.is_none() && self.is_excluded(name.to_bytes(), &found.seen);
        let entry_name = Name::Listed(Arc::clone(listing), place);
        let entry = FileEntry::new(Arc::clone(folder), entry_name, found.seen, self.own_uid);
        if found.seen.is_folder() {
            return self.take_folder(folder, name, found, entry, branch, excluded);
        }
        if !excluded && !self.is_too_large(&found.seen) {
            self.say_unsaid();
            self.ready.push_back(Event::Leaf(Box::new(entry)));
        }
        Ok(())
    }

    fn take_folder(
        &mut self,
        parent: &Arc<Folder>,
        name: &CStr,
        found: Found,
        entry: FileEntry,
        branch: Option<&Branch>,
        excluded: bool,
    ) -> Result<(), Errno> {
        if excluded && !self.settings.patterns.has_include() {
            return Ok(());
        }
        if let Some(what) = self.settings.own.what(found.seen.identity()) {
            if !excluded {
                let what = what.to_owned();
                self.ready.push_back(Event::LeftOut { path: entry.path_bytes(), what });
            }
            return Ok(());
        }
        let Some(descriptor) = found.descriptor else {
            if !excluded {
                let path = entry.path_bytes();
                self.say_unsaid();
                self.ready.push_back(Event::Enter(Box::new(entry)));
                self.report(path, found.trouble.unwrap_or(Errno::ACCESS));
                self.ready.push_back(Event::Leave);
            }
            return Ok(());
        };
        let taken = branch_of(branch);
        let own = found.seen.stat.device;
        let device = match self.frames.last() {
            Some(frame) if branch.is_none() && !self.settings.inner_devices.contains(&own) => frame.device,
            _ => own,
        };
        let may_enter = !self.settings.one_filesystem || device == own;
        let folder = Folder::keep(&self.descriptors, Some(parent), name, found.seen.identity(), descriptor);
        self.push(folder, entry, taken, excluded, device, may_enter)
    }

    fn is_excluded(&mut self, name: &[u8], seen: &Seen) -> bool {
        if self.settings.patterns.is_empty() {
            return false;
        }
        let length = self.path.len();
        self.path.push(b'/');
        self.path.extend_from_slice(name);
        let relative = self.path.get(self.root_length + 1..).unwrap_or_default();
        let said = self.settings.patterns.say(relative, &self.path, seen.is_folder());
        self.path.truncate(length);
        match said {
            Say::Include => false,
            Say::Exclude => true,
            Say::Nothing => self.frames.last().is_some_and(|frame| frame.excluded),
        }
    }

    fn is_too_large(&self, seen: &Seen) -> bool {
        seen.stat.kind == Kind::File && self.settings.skip_larger.is_some_and(|most| seen.stat.size > most)
    }

    /// Gives the folders that were held back, because something below them is kept.
    fn say_unsaid(&mut self) {
        if !self.settings.patterns.has_include() {
            return;
        }
        for frame in &mut self.frames {
            self.ready.extend(frame.unsaid.take().map(|entry| Event::Enter(Box::new(entry))));
        }
    }

    /// Tells of an entry that could not be had, unless it would be left out anyway.
    fn report(&mut self, path: Vec<u8>, error: Errno) {
        let fault = fault(path, error);
        let is_left_out = self.frames.last().is_some_and(|frame| frame.unsaid.is_some());
        if !is_left_out {
            self.ready.push_back(Event::Fault(fault));
        }
    }
}

impl Tree for Walk {
    fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.frames.is_empty() {
                return None;
            }
            self.advance();
        }
    }
}

/// What is taken of a folder, and whether a root begins there.
struct Taken {
    only: Option<Arc<BTreeMap<CString, Branch>>>,
    root: Option<Vec<u8>>,
}

fn branch_of(branch: Option<&Branch>) -> Taken {
    match branch {
        None => Taken { only: None, root: None },
        Some(Branch::Whole { written }) => Taken { only: None, root: Some(written.clone()) },
        Some(Branch::Only(only)) => Taken { only: Some(Arc::clone(only)), root: None },
    }
}

/// Looks at what the kernel called a folder, by opening it; it may be something else by now.
fn look_into(parent: &OwnedFd, name: &CStr) -> Result<Found, Errno> {
    match open_below(parent, name) {
        Ok(descriptor) => {
            let seen = look_open(&descriptor)?;
            Ok(Found { seen, descriptor: Some(descriptor), trouble: None })
        }
        Err(Errno::NOTDIR | Errno::LOOP) => {
            Ok(Found { seen: look_at(parent, name)?, descriptor: None, trouble: None })
        }
        Err(error) => Ok(Found { seen: look_at(parent, name)?, descriptor: None, trouble: Some(error) }),
    }
}

/// Looks at what the kernel did not call a folder; on some file systems it never does.
fn look(parent: &OwnedFd, name: &CStr) -> Result<Found, Errno> {
    let seen = look_at(parent, name)?;
    if seen.is_folder() {
        look_into(parent, name)
    } else {
        Ok(Found { seen, descriptor: None, trouble: None })
    }
}

fn has_cache_tag(folder: &OwnedFd) -> bool {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut begin = [0; CACHE_TAG.len()];
    rustix::fs::openat(folder, CACHE_TAG_NAME, flags, Mode::empty())
        .and_then(|file| rustix::io::pread(&file, &mut begin, 0))
        .is_ok_and(|read| begin.get(..read) == Some(CACHE_TAG))
}

/// What a failed call means for the entry that it was for.
pub(super) fn meaning(error: Errno) -> FaultKind {
    match error {
        Errno::ACCESS | Errno::PERM => FaultKind::Unreadable,
        Errno::NOENT => FaultKind::Vanished,
        Errno::LOOP | Errno::NOTDIR | Errno::STALE => FaultKind::Swapped,
        _ => FaultKind::Broken,
    }
}
