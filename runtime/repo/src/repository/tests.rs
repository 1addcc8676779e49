use std::sync::Arc;

use mainstay_kit::{FakeClock, SeededRandom};
use mainstay_store::MemoryStore;
use mainstay_world::TimestampMs;

use super::*;
use crate::keys::KeyFile;

pub(crate) fn outside(seed: u64) -> Outside {
    Outside {
        clock: Arc::new(FakeClock::at(TimestampMs(1_700_000_000_000))),
        random: Arc::new(SeededRandom::new(seed)),
    }
}

pub(crate) fn trusted() -> InitOptions<'static> {
    InitOptions { trust_store: true, ..InitOptions::default() }
}

#[test]
fn what_was_made_opens_with_its_key_and_no_other() {
    let store = Arc::new(MemoryStore::new());
    let outside = outside(1);
    let key = KeyFile::generate(outside.random.as_ref());
    let other = KeyFile::generate(outside.random.as_ref());
    let made = Repository::init(store.clone(), &key, InitOptions::default(), outside.clone()).unwrap();
    let opened = Repository::open(store.clone(), &key, outside.clone()).unwrap();
    assert_eq!(opened.info(), made.info());
    assert!(opened.faults().is_empty());
    let refused = Repository::open(store.clone(), &other, outside.clone());
    assert!(matches!(refused, Err(OpenError::WrongKey { .. })));
    let again = Repository::init(store, &key, trusted(), outside.clone());
    assert!(matches!(again, Err(InitError::Exists { .. })));
    let nothing = Repository::open(Arc::new(MemoryStore::new()), &key, outside);
    assert!(matches!(nothing, Err(OpenError::Missing { .. })));
}
