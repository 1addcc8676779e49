//! Objects in memory, for tests and for campaigns that damage them bit by bit.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::api::{Created, Listed, ObjectName, Staged, StagedToken, Store, StoreError, StoreErrorKind};

/// One object. The bytes are shared, so that a copy of a whole store costs no more than its names.
#[derive(Debug, Clone)]
struct Object {
    bytes: Arc<Vec<u8>>,
    made: SystemTime,
}

#[derive(Debug, Clone)]
struct State {
    objects: BTreeMap<ObjectName, Object>,
    now: SystemTime,
}

/// A store in memory. It is as strict as the others: an object is never replaced.
#[derive(Debug)]
pub struct MemoryStore {
    state: Mutex<State>,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Clone for MemoryStore {
    fn clone(&self) -> Self {
        Self { state: Mutex::new(self.state().clone()) }
    }
}

impl MemoryStore {
    /// An empty store, its clock at 1970.
    pub fn new() -> Self {
        let state = State { objects: BTreeMap::new(), now: SystemTime::UNIX_EPOCH };
        Self { state: Mutex::new(state) }
    }

    /// Moves the store's own clock, by which objects are dated.
    pub fn advance(&self, by: Duration) {
        self.state().now += by;
    }

    /// All names, sorted.
    pub fn names(&self) -> Vec<ObjectName> {
        self.state().objects.keys().cloned().collect()
    }

    /// Replaces or makes an object behind everyone's back: the hand that damages.
    pub fn tamper(&self, name: &ObjectName, bytes: Vec<u8>) {
        let mut state = self.state();
        let made = state.now;
        state.objects.insert(name.clone(), Object { bytes: Arc::new(bytes), made });
    }

    /// What a panic of another thread left is still whole: each change is a single insert or remove.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bytes(&self, operation: &'static str, name: &ObjectName) -> Result<Arc<Vec<u8>>, StoreError> {
        let found = self.state().objects.get(name).map(|object| Arc::clone(&object.bytes));
        found.ok_or_else(|| StoreError {
            kind: StoreErrorKind::NotFound,
            operation,
            object: name.to_string(),
            message: "no such object".into(),
        })
    }
}

impl Store for MemoryStore {
    fn place(&self) -> String {
        "memory".into()
    }

    fn stage(&self, name: &ObjectName, bytes: Vec<u8>) -> Result<Staged, StoreError> {
        Ok(Staged { name: name.clone(), token: StagedToken::Bytes(bytes) })
    }

    fn publish(&self, staged: Vec<Staged>) -> Result<Vec<Created>, StoreError> {
        let mut state = self.state();
        let made = state.now;
        let mut answers = Vec::with_capacity(staged.len());
        for Staged { name, token } in staged {
            let StagedToken::Bytes(bytes) = token else {
                return Err(StoreError::foreign_token(&name));
            };
            answers.push(match state.objects.contains_key(&name) {
                true => Created::Existed,
                false => {
                    state.objects.insert(name, Object { bytes: Arc::new(bytes), made });
                    Created::New
                }
            });
        }
        Ok(answers)
    }

    fn read(&self, name: &ObjectName) -> Result<Vec<u8>, StoreError> {
        Ok(self.bytes("read", name)?.as_ref().clone())
    }

    fn read_range_into(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
        into: &mut Vec<u8>,
    ) -> Result<(), StoreError> {
        into.clear();
        let bytes = self.bytes("read", name)?;
        if length == 0 {
            return Ok(());
        }
        let range = usize::try_from(offset).ok().zip(usize::try_from(length).ok());
        let part = range.and_then(|(from, length)| bytes.get(from..from.checked_add(length)?));
        let part = part.ok_or_else(|| StoreError::beyond_end(name, offset, length))?;
        into.extend_from_slice(part);
        Ok(())
    }

    fn size(&self, name: &ObjectName) -> Result<u64, StoreError> {
        Ok(self.bytes("size", name)?.len() as u64)
    }

    fn list(&self, prefix: char) -> Result<Vec<Listed>, StoreError> {
        let state = self.state();
        let below = state.objects.iter().filter(|(name, _)| name.prefix() == Some(prefix));
        Ok(below
            .map(|(name, object)| Listed {
                name: name.clone(),
                size: object.bytes.len() as u64,
                made: object.made,
            })
            .collect())
    }

    fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        self.state().objects.remove(name);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conforms() {
        crate::conformance::run(&|| Box::new(MemoryStore::new()));
    }

    #[test]
    fn a_copy_goes_its_own_way() {
        let name = ObjectName::new("p/aa").unwrap();
        let store = MemoryStore::new();
        store.create(&name, b"one".to_vec()).unwrap();
        let copy = store.clone();
        copy.tamper(&name, b"two".to_vec());
        assert_eq!(store.read(&name).unwrap(), b"one");
        assert_eq!(copy.read(&name).unwrap(), b"two");
    }

    #[test]
    fn objects_are_dated_by_its_own_clock() {
        let store = MemoryStore::new();
        store.advance(Duration::from_secs(5));
        store.create(&ObjectName::new("s/aa").unwrap(), Vec::new()).unwrap();
        let listed = store.list('s').unwrap();
        assert_eq!(listed[0].made, SystemTime::UNIX_EPOCH + Duration::from_secs(5));
    }
}
