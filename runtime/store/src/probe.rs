//! Tries whether a store keeps the one promise that everything rests on: of many who create a name, one wins.

use std::sync::Barrier;

use crate::api::{Created, NameError, ObjectName, Store, StoreError};

/// Under which prefix the probe works. What it makes there it takes away.
pub const PROBE_PREFIX: char = 't';

/// Who race for one name.
const RACERS: usize = 64;

/// How often they race.
const ROUNDS: usize = 8;

/// Why a store must not be used.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// It failed outright.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It let several win, or none.
    #[error("of {RACERS} who created one name, {winners} were told that they made it")]
    Winners {
        /// How many.
        winners: usize,
    },
    /// What is read back is not the winner's, or it is not listed.
    #[error("what was created is not what the store gives back: {0}")]
    NotKept(&'static str),
    /// The tag does not make a name.
    #[error(transparent)]
    Name(#[from] NameError),
}

/// Lets 64 threads create one name, eight times, and looks at who won. The tag makes the names: it is new for
/// each probe (random hexadecimal digits).
pub fn probe(store: &dyn Store, tag: &str) -> Result<(), ProbeError> {
    for round in 0..ROUNDS {
        let name = ObjectName::new(format!("{PROBE_PREFIX}/{tag}.{round}"))?;
        let judged = race(store, &name);
        // Taken away in any case: a store that failed is left as it was found.
        let deleted = store.delete(&name);
        judged?;
        deleted?;
        let left = store.list(PROBE_PREFIX)?;
        if left.iter().any(|listed| listed.name == name) {
            return Err(ProbeError::NotKept("a deleted object is still listed"));
        }
    }
    Ok(())
}

fn race(store: &dyn Store, name: &ObjectName) -> Result<(), ProbeError> {
    let start = Barrier::new(RACERS);
    let answers: Vec<Result<Created, StoreError>> = std::thread::scope(|scope| {
        let start = &start;
        let run = |racer: usize| {
            scope.spawn(move || {
                start.wait();
                store.create(name, racer.to_string().into_bytes())
            })
        };
        let racers: Vec<_> = (0..RACERS).map(run).collect();
        racers.into_iter().filter_map(|racer| racer.join().ok()).collect()
    });
    let answers = answers.into_iter().collect::<Result<Vec<_>, _>>()?;
    let winners: Vec<usize> =
        (0..).zip(&answers).filter(|(_, made)| **made == Created::New).map(|(i, _)| i).collect();
    let [winner] = winners.as_slice() else { return Err(ProbeError::Winners { winners: winners.len() }) };
    if store.read(name)? != winner.to_string().as_bytes() {
        return Err(ProbeError::NotKept("another's bytes stand under the winner's name"));
    }
    if !store.list(PROBE_PREFIX)?.iter().any(|listed| listed.name == *name) {
        return Err(ProbeError::NotKept("it is missing from the listing"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::local::model::{Flaws, ModelDisk};
    use crate::{LocalStore, MemoryStore};

    #[test]
    fn honest_stores_pass_and_are_left_as_they_were() {
        let memory = MemoryStore::new();
        probe(&memory, "00ff").unwrap();
        assert!(memory.names().is_empty());
        let folder = tempfile::tempdir().unwrap();
        let local = LocalStore::init(folder.path()).unwrap();
        probe(&local, "00ff").unwrap();
        assert!(local.list(PROBE_PREFIX).unwrap().is_empty());
    }

    #[test]
    fn a_store_that_replaces_is_refused() {
        let disk = ModelDisk::new(Flaws { replaces: true, ..Flaws::default() });
        let store = LocalStore::on(Arc::new(disk));
        assert!(matches!(probe(&store, "00ff"), Err(ProbeError::Winners { winners: RACERS })));
    }
}
