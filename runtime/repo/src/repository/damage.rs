//! A small repository, damaged in every way that one object can be: nothing is ever read wrong, nobody panics,
//! what does not need the object is read as before, and the damage is told.

use std::sync::Arc;

use mainstay_store::{MemoryStore, ObjectName, Store as _};

use super::sample::{Sample, write};
use super::tests::{outside, repository};
use super::{OpenError, Repository};
use crate::blobs::BlobReader;
use crate::class::Class;
use crate::keys::KeyFile;

/// One bit in so many is flipped here; the campaign outside flips them all.
const STRIDE_BITS: usize = 211;

struct Made {
    store: Arc<MemoryStore>,
    key: KeyFile,
    samples: Vec<(Sample, Vec<Vec<u8>>)>,
}

fn made() -> Made {
    let (store, key, repo) = repository(1);
    let mut samples = Vec::new();
    for (text, length) in [("first", 9_000), ("second", 400)] {
        let contents = vec![text.as_bytes().to_vec(), text.as_bytes().repeat(length / text.len())];
        let files = [("a", contents[0].as_slice()), ("b", contents[1].as_slice())];
        samples.push((write(&repo, &repo.state().unwrap(), &files), contents));
    }
    Made { store, key, samples }
}

/// What one look at everything gave.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    snapshots: usize,
    whole: usize,
    complaints: usize,
}

impl Made {
    fn look(&self, store: &Arc<MemoryStore>) -> Seen {
        let mut seen = Seen::default();
        let repo = match Repository::open(store.clone(), &self.key, outside(9)) {
            Ok(repo) => repo,
            Err(error) => panic!("one damaged object must not keep the others from being read: {error}"),
        };
        seen.complaints += repo.faults().len();
        let snapshots = repo.snapshots().unwrap();
        seen.snapshots = snapshots.list.len();
        seen.complaints += snapshots.faults.len();
        seen.complaints += snapshots.list.iter().filter(|one| one.private.is_none()).count();
        let index = repo.index_for_reading(&repo.state().unwrap()).unwrap();
        seen.complaints += index.faults().len();
        let mut reader = BlobReader::new(&repo, &index).unwrap();
        for (sample, contents) in &self.samples {
            match read(&mut reader, sample) {
                Ok(read) => {
                    assert_eq!(&read, contents, "a wrong byte");
                    seen.whole += 1;
                }
                Err(class) => {
                    assert_eq!(class, Class::Damage);
                    seen.complaints += 1;
                }
            }
        }
        seen
    }

    fn names(&self) -> Vec<ObjectName> {
        self.store.names()
    }
}

fn read(reader: &mut BlobReader<'_>, sample: &Sample) -> Result<Vec<Vec<u8>>, Class> {
    let node = reader.node(&sample.root).map_err(|error| error.class())?;
    let contents = node.entries.iter().map(|entry| {
        let mut content = Vec::new();
        for id in &entry.content.ids {
            let mut out = Vec::new();
            reader.data(id, &mut out).map_err(|error| error.class())?;
            content.extend(out);
        }
        Ok(content)
    });
    contents.collect()
}

/// Of a snapshot's slot the snapshot is lost, of a pack what lies in it; all else loses nothing.
fn at_least(name: &ObjectName) -> Seen {
    match name.prefix() {
        Some('c') => Seen { snapshots: 1, whole: 2, complaints: 1 },
        Some('p') => Seen { snapshots: 2, whole: 1, complaints: 0 },
        _ => Seen { snapshots: 2, whole: 2, complaints: 0 },
    }
}

fn check(name: &ObjectName, what: &str, seen: &Seen) {
    let least = at_least(name);
    assert!(seen.snapshots >= least.snapshots, "{name} {what}: {seen:?}");
    assert!(seen.whole >= least.whole, "{name} {what}: {seen:?}");
    assert!(seen.complaints >= least.complaints, "{name} {what}: {seen:?}");
}

#[test]
fn a_flipped_bit() {
    let made = made();
    for name in made.names() {
        let bytes = made.store.read(&name).unwrap();
        // Intents are looked at by collectors only, padding and the ends of packs by nobody who has an index.
        let is_used = !matches!(name.prefix(), Some('s' | 'p'));
        for bit in (0..bytes.len() * 8).step_by(STRIDE_BITS) {
            let store = Arc::new((*made.store).clone());
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            store.tamper(&name, changed);
            let seen = made.look(&store);
            check(&name, "flipped", &seen);
            assert!(seen.complaints > 0 || !is_used, "{name} bit {bit} was not seen");
        }
    }
}

#[test]
fn cut_off_or_gone() {
    let made = made();
    for name in made.names() {
        let bytes = made.store.read(&name).unwrap();
        for length in [0, 1, bytes.len() / 2, bytes.len() - 1] {
            let store = Arc::new((*made.store).clone());
            store.tamper(&name, bytes[..length].to_vec());
            check(&name, "cut off", &made.look(&store));
        }
        let store = Arc::new((*made.store).clone());
        store.delete(&name).unwrap();
        let seen = made.look(&store);
        let newest = made.samples.last().map(|(sample, _)| format!("c/{}.00000000", sample.snapshot));
        // That the newest slot is gone is for the journal's heads to see.
        let unseen = newest == Some(name.to_string()) || matches!(name.prefix(), Some('s'));
        let whole = if newest == Some(name.to_string()) { 1 } else { at_least(&name).whole };
        assert!(seen.whole >= whole && (unseen || seen.complaints > 0), "{name} gone: {seen:?}");
    }
}

#[test]
fn another_objects_bytes() {
    let made = made();
    for name in made.names() {
        for other in made.names().into_iter().filter(|other| *other != name) {
            let store = Arc::new((*made.store).clone());
            store.tamper(&name, made.store.read(&other).unwrap());
            check(&name, &format!("swapped with {other}"), &made.look(&store));
        }
    }
}

#[test]
fn nothing_left_but_an_intent() {
    let made = made();
    for name in made.names().into_iter().filter(|name| name.prefix() != Some('s')) {
        made.store.delete(&name).unwrap();
    }
    let told = Repository::open(made.store.clone(), &made.key, outside(9));
    assert!(matches!(told, Err(OpenError::Missing { .. })));
}
