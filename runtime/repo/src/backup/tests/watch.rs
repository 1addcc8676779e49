//! A store that knows the order of writes and notes what breaks it; and stores that break it on purpose.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use mainstay_store::{Created, Layer, Listed, MemoryStore, ObjectName, Staged, Store, StoreError};

use crate::format::record::{Record, open_slot};
use crate::format::segment::SegmentReader;
use crate::format::slot::SlotName;
use crate::keys::Trust;
use crate::repository::Repository;

/// Looks at each object when it becomes visible.
pub(crate) struct Watch {
    inner: Arc<dyn Store>,
    repository: Repository,
    state: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// Prefixes that were listed since the newest intent.
    listed: BTreeSet<char>,
    violations: Vec<String>,
}

impl Watch {
    /// Around a store; the repository over the same store gives the keys.
    pub(crate) fn new(inner: Arc<dyn Store>, repository: Repository) -> Self {
        Self { inner, repository, state: Mutex::default() }
    }

    pub(crate) fn violations(&self) -> Vec<String> {
        self.state.lock().unwrap().violations.clone()
    }

    fn is_there(&self, name: &str) -> bool {
        self.inner.size(&ObjectName::new(name).unwrap()).is_ok()
    }

    fn look(&self, name: &ObjectName) {
        let mut seen = self.state.lock().unwrap();
        let listed = ['g', 'c', 'f', 'h', 'q'].iter().all(|prefix| seen.listed.contains(prefix));
        match name.prefix() {
            Some('s') => seen.listed.clear(),
            Some('p' | 'x' | 'c') if !listed => {
                seen.violations.push(format!("{name} before the state was read after the intent"));
            }
            _ => {}
        }
        let bytes = self.inner.read(name).unwrap();
        let (family, map) = (self.repository.family(), self.repository.map_key());
        match SlotName::parse(name.as_str()) {
            None if name.prefix() == Some('x') => {
                let segment = SegmentReader::open(&bytes, family, map).unwrap();
                for pack in &segment.packs {
                    if !self.is_there(&format!("p/{}", pack.id)) {
                        seen.violations.push(format!("{name} before p/{}", pack.id));
                    }
                }
            }
            Some(slot) => {
                let opened =
                    open_slot(&slot, &bytes, map, &Trust::new(*self.repository.owner(), *family)).unwrap();
                let Record::Outcome(outcome) = &opened.record else { return };
                for segment in outcome.commit().into_iter().flat_map(|commit| &commit.segments) {
                    if !self.is_there(&format!("x/{segment}")) {
                        seen.violations.push(format!("{name} before x/{segment}"));
                    }
                }
            }
            None => {}
        }
    }
}

impl Layer for Watch {
    fn inner(&self) -> &dyn Store {
        self.inner.as_ref()
    }

    fn publish(&self, staged: Vec<Staged>) -> Result<Vec<Created>, StoreError> {
        let names: Vec<_> = staged.iter().map(|staged| staged.name.clone()).collect();
        let created = self.inner.publish(staged)?;
        names.iter().for_each(|name| self.look(name));
        Ok(created)
    }

    fn list(&self, prefix: char) -> Result<Vec<Listed>, StoreError> {
        self.state.lock().unwrap().listed.insert(prefix);
        self.inner.list(prefix)
    }
}

/// A mistake that a writer could make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mistake {
    None,
    /// Packs become visible only when the session's segments are.
    SegmentBeforePacks,
    /// Segments become visible only when the commit is.
    CommitBeforeSegment,
    /// What is found after the intent was looked up before it.
    ParentBeforeIntent,
}

/// Stands between a writer without mistakes and its store, and makes one.
pub(crate) struct Mistaken {
    inner: Arc<dyn Store>,
    mistake: Mistake,
    late: Mutex<Vec<Staged>>,
    early: Mutex<Vec<(char, Vec<Listed>)>>,
}

impl Mistaken {
    pub(crate) fn new(inner: Arc<dyn Store>, mistake: Mistake) -> Self {
        let early = match mistake {
            Mistake::ParentBeforeIntent => {
                "gcfhq".chars().map(|prefix| (prefix, inner.list(prefix).unwrap())).collect()
            }
            _ => Vec::new(),
        };
        Self { inner, mistake, late: Mutex::default(), early: Mutex::new(early) }
    }

    /// Which objects are held back, and what lets them go.
    fn prefixes(&self) -> Option<(char, char)> {
        match self.mistake {
            Mistake::SegmentBeforePacks => Some(('p', 'x')),
            Mistake::CommitBeforeSegment => Some(('x', 'c')),
            _ => None,
        }
    }
}

impl Layer for Mistaken {
    fn inner(&self) -> &dyn Store {
        self.inner.as_ref()
    }

    fn publish(&self, staged: Vec<Staged>) -> Result<Vec<Created>, StoreError> {
        let prefix = staged.first().and_then(|staged| staged.name.prefix());
        match self.prefixes() {
            Some((held, _)) if prefix == Some(held) => {
                let answers = vec![Created::New; staged.len()];
                self.late.lock().unwrap().extend(staged);
                Ok(answers)
            }
            Some((_, opens)) if prefix == Some(opens) => {
                let created = self.inner.publish(staged)?;
                self.inner.publish(std::mem::take(&mut *self.late.lock().unwrap()))?;
                Ok(created)
            }
            _ => self.inner.publish(staged),
        }
    }

    fn list(&self, prefix: char) -> Result<Vec<Listed>, StoreError> {
        let early = self.early.lock().unwrap();
        match early.iter().find(|(known, _)| *known == prefix) {
            Some((_, listed)) => Ok(listed.clone()),
            None => self.inner.list(prefix),
        }
    }
}

/// The same objects in another store.
pub(crate) fn copy_of(store: &MemoryStore) -> Arc<MemoryStore> {
    let copy = Arc::new(MemoryStore::new());
    for name in store.names() {
        copy.create(&name, store.read(&name).unwrap()).unwrap();
    }
    copy
}
