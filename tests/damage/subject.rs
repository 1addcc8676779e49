//! A small repository in memory that can be damaged and mended.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use mainstay_kit::{Compare, FakeClock, SeededRandom, Survey, TreePlan, differences, make, survey};
use mainstay_repo::backup::{BackupRequest, Never, Silent};
use mainstay_repo::blobs::BlobReader;
use mainstay_repo::check::{CheckRequest, Level};
use mainstay_repo::format::blob::BlobKind;
use mainstay_repo::format::manifest::SnapshotKind;
use mainstay_repo::id::{ChunkId, SnapshotId};
use mainstay_repo::index::{Index, Place};
use mainstay_repo::repository::Heads;
use mainstay_repo::restore::RestoreRequest;
use mainstay_repo::{InitOptions, KeyFile, Outside, Repository};
use mainstay_source::FilesSource;
use mainstay_store::{MemoryStore, ObjectName, Store};
use mainstay_world::TimestampMs;
use tempfile::TempDir;

/// What reading a damaged repository came to.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Something was said.
    Noticed,
    /// All that was read is as it was.
    AsItWas,
    /// Something else was read, and nobody said a word.
    WrongData,
}

/// The repository, and what must come out of it.
pub struct Subject {
    store: Arc<MemoryStore>,
    key: KeyFile,
    outside: Outside,
    objects: Vec<(ObjectName, Vec<u8>)>,
    snapshots: Vec<(SnapshotId, Survey)>,
    /// Content of every chunk, as it was.
    chunks: BTreeMap<ChunkId, Vec<u8>>,
    /// What a journal would remember of it.
    heads: Option<Heads>,
    /// The repository as it is opened with nothing damaged.
    opened: Option<Opened>,
    scratch: TempDir,
}

/// A repository with its index. No pack is read to come so far, so damage to one changes nothing of it.
struct Opened {
    repository: Repository,
    index: Index,
}

impl Subject {
    /// Three snapshots of a small tree that changes in between: about 50 KiB.
    pub fn new(seed: u64) -> Self {
        Self::of(&TreePlan { files: 12, largest_bytes: 24 * 1024, ..TreePlan::plain(seed) })
    }

    /// The same of a larger tree: about 256 KiB.
    pub fn large(seed: u64) -> Self {
        Self::of(&TreePlan { files: 100, largest_bytes: 64 * 1024, ..TreePlan::plain(seed) })
    }

    fn of(plan: &TreePlan) -> Self {
        let seed = plan.seed;
        let random = Arc::new(SeededRandom::new(seed));
        let outside = Outside {
            clock: Arc::new(FakeClock::at(TimestampMs(1_800_000_000_000))),
            random: random.clone(),
        };
        let key = KeyFile::generate(random.as_ref());
        let store = Arc::new(MemoryStore::new());
        let options = InitOptions { chunk_bytes: Some(1 << 14), trust_store: true, ..InitOptions::default() };
        Repository::init(store.clone(), &key, options, outside.clone()).unwrap();
        let scratch = tempfile::tempdir().unwrap();
        let mut subject = Self {
            store,
            key,
            outside,
            objects: Vec::new(),
            snapshots: Vec::new(),
            chunks: BTreeMap::new(),
            heads: None,
            opened: None,
            scratch,
        };
        subject.fill(plan);
        subject
    }

    fn fill(&mut self, plan: &TreePlan) {
        let data = self.path("data");
        fs::create_dir(&data).unwrap();
        make(&data, plan).unwrap();
        for round in 0..3 {
            let id = self.backup();
            self.snapshots.push((id, survey(&data).unwrap()));
            mainstay_kit::change(&data, plan.seed + round, 3).unwrap();
        }
        self.objects = self
            .store
            .names()
            .into_iter()
            .map(|name| (name.clone(), self.store.read(&name).unwrap()))
            .collect();
        let opened = Opened::of(self.open().unwrap()).unwrap();
        self.chunks = opened.chunks(|_| true).unwrap();
        self.heads = Some(opened.repository.heads(&opened.repository.state().unwrap()));
        self.opened = Some(opened);
    }

    /// The same repository, to the byte, in a store of its own.
    pub fn twin(&self) -> Self {
        let store = Arc::new(MemoryStore::new());
        for (name, bytes) in &self.objects {
            store.tamper(name, bytes.clone());
        }
        let mut twin = Self {
            store,
            key: self.key.clone(),
            outside: self.outside.clone(),
            objects: self.objects.clone(),
            snapshots: self.snapshots.clone(),
            chunks: self.chunks.clone(),
            heads: self.heads.clone(),
            opened: None,
            scratch: tempfile::tempdir().unwrap(),
        };
        twin.opened = Some(Opened::of(twin.open().unwrap()).unwrap());
        twin
    }

    fn backup(&self) -> SnapshotId {
        let repository = self.open().unwrap();
        let source = FilesSource { roots: vec![self.path("data")], ..FilesSource::default() };
        let request = BackupRequest {
            policy: "damage".into(),
            source: "data".into(),
            host: "here".into(),
            workflow: "w".into(),
            step: "kept".into(),
            run_id: [1; 32],
            policy_hash: [2; 32],
            tags: Vec::new(),
            roots: Vec::new(),
            kind: SnapshotKind::Files,
            threads: 1,
            level: 3,
            cache_dir: None,
            checkpoint_bytes: None,
        };
        let mut session = repository.begin().unwrap();
        let backed = session.backup(source.snapshot().unwrap().as_ref(), &request, &Silent, &Never).unwrap();
        session.commit(backed).unwrap()
    }

    fn path(&self, below: &str) -> PathBuf {
        self.scratch.path().join(below)
    }

    fn open(&self) -> Result<Repository, String> {
        Repository::open(self.store.clone(), &self.key, self.outside.clone())
            .map_err(|error| error.to_string())
    }

    /// Every object with its bytes.
    pub fn objects(&self) -> &[(ObjectName, Vec<u8>)] {
        &self.objects
    }

    /// All of them together.
    pub fn bytes(&self) -> usize {
        self.objects.iter().map(|(_, bytes)| bytes.len()).sum()
    }

    /// Does something while an object is damaged (other bytes) or gone (none). What was written meanwhile (a check
    /// leaves a record of itself) is gone again afterwards.
    pub fn with(&self, name: &ObjectName, bytes: Option<Vec<u8>>, act: impl FnOnce()) {
        let before = self.store.read(name).unwrap();
        match bytes {
            Some(bytes) => self.store.tamper(name, bytes),
            None => self.store.delete(name).unwrap(),
        }
        act();
        self.store.tamper(name, before);
        let is_new = |name: &ObjectName| !self.objects.iter().any(|(known, _)| known == name);
        for name in self.store.names().into_iter().filter(is_new) {
            self.store.delete(&name).unwrap();
        }
    }

    /// Reads what was hit and what depends on it. Of a pack those are the chunks that lie over the damaged byte, or
    /// all of it where none does or all of it is damaged; anything else is read when the repository is opened, its
    /// snapshots are listed and its index is loaded.
    pub fn probe(&self, hit: &ObjectName, byte: Option<usize>) -> Verdict {
        let (Some(pack), Some(opened)) = (hit.as_str().strip_prefix("p/"), &self.opened) else {
            return self.probe_all_but_packs();
        };
        let pack = pack.replace('/', "");
        let is_over = |place: &Place| {
            let begin = place.offset as usize;
            byte.is_some_and(|byte| (begin..begin + place.stored_length as usize).contains(&byte))
        };
        let in_pack = |place: &Place| place.pack.to_string() == pack;
        let over = opened.chunks(|place| is_over(place) && in_pack(place));
        match over {
            Ok(none) if none.is_empty() => self.compare(opened.chunks(in_pack)),
            read => self.compare(read),
        }
    }

    fn probe_all_but_packs(&self) -> Verdict {
        let Ok(repository) = self.open() else { return Verdict::Noticed };
        let Ok(listed) = repository.snapshots() else { return Verdict::Noticed };
        if !repository.faults().is_empty() || !listed.faults.is_empty() {
            return Verdict::Noticed;
        }
        if self.is_behind(&repository) {
            return Verdict::Noticed;
        }
        let ids: Vec<SnapshotId> = listed.list.iter().map(|snapshot| snapshot.id).collect();
        let wanted: Vec<SnapshotId> = self.snapshots.iter().map(|(id, _)| *id).collect();
        if ids.iter().collect::<BTreeSet<_>>() != wanted.iter().collect::<BTreeSet<_>>() {
            return Verdict::WrongData;
        }
        match Opened::of(repository) {
            Err(_) => Verdict::Noticed,
            Ok(opened) if opened.knows(&self.chunks) => Verdict::AsItWas,
            Ok(_) => Verdict::WrongData,
        }
    }

    fn compare(&self, read: Result<BTreeMap<ChunkId, Vec<u8>>, String>) -> Verdict {
        match read {
            Err(_) => Verdict::Noticed,
            Ok(chunks) if chunks.iter().all(|(id, bytes)| self.chunks.get(id) == Some(bytes)) => {
                Verdict::AsItWas
            }
            Ok(_) => Verdict::WrongData,
        }
    }

    /// Whether the store lacks what the journal has seen there.
    fn is_behind(&self, repository: &Repository) -> bool {
        let Ok(state) = repository.state() else { return true };
        self.heads.as_ref().is_some_and(|seen| repository.check_heads(&state, seen).is_err())
    }

    /// Whether a full check says that something is wrong.
    pub fn check_notices(&self) -> bool {
        let request = CheckRequest { level: Level::AllData, threads: 1 };
        match self.open() {
            Err(_) => true,
            Ok(repository) => {
                !repository.faults().is_empty()
                    || self.is_behind(&repository)
                    || repository.check(&request, &Silent, &Never).map_or(true, |checked| !checked.is_sound())
            }
        }
    }

    /// Restores a snapshot, whole; each `turn` another one. What comes out without a word is as it was.
    pub fn restores_nothing_wrong(&self, turn: usize, what: &str) {
        self.restore(turn % self.snapshots.len(), what);
    }

    /// Snapshots that a check does not name as affected restore whole.
    pub fn unaffected_are_whole(&self, what: &str) {
        let Ok(repository) = self.open() else { return };
        let request = CheckRequest { level: Level::AllData, threads: 1 };
        let Ok(checked) = repository.check(&request, &Silent, &Never) else { return };
        let affected: BTreeSet<SnapshotId> = checked.affected.iter().map(|one| one.snapshot).collect();
        let listed: BTreeSet<SnapshotId> =
            repository.snapshots().unwrap().list.iter().map(|snapshot| snapshot.id).collect();
        for number in 0..self.snapshots.len() {
            let id = self.snapshots[number].0;
            if listed.contains(&id) && !affected.contains(&id) {
                assert!(self.restore(number, what), "{what}: {id} is not affected and does not restore");
            }
        }
    }

    /// Restores one snapshot; answers whether it came out whole. A difference that nobody named is a failure.
    fn restore(&self, number: usize, what: &str) -> bool {
        let (id, original) = &self.snapshots[number];
        let Ok(repository) = self.open() else { return false };
        let to = self.path("out");
        let request = RestoreRequest { to: to.clone(), threads: 1, ..RestoreRequest::default() };
        let answer = repository.restore(id, &request, &Silent, &Never);
        let Ok(restored) = answer else {
            self.clear();
            return false;
        };
        let copy = survey(&to).unwrap();
        self.clear();
        let found = differences(original, &copy, Compare::default());
        if restored.problems.is_empty() {
            assert!(found.is_empty(), "{what}: {id} was restored without a word, and {found:?}");
            return true;
        }
        let named: Vec<String> =
            restored.problems.iter().map(|problem| problem.path.escape_ascii().to_string()).collect();
        for line in &found {
            let is_named = named.iter().any(|path| line.contains(path.as_str()));
            assert!(is_named, "{what}: {id}: `{line}` is not among {named:?}");
        }
        false
    }

    fn clear(&self) {
        for entry in fs::read_dir(self.scratch.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().is_some_and(|name| name != "data") {
                mainstay_kit::remove_tree(&path).unwrap();
            }
        }
    }
}

impl Opened {
    fn of(repository: Repository) -> Result<Self, String> {
        let state = repository.state().map_err(words)?;
        let index = repository.index_for_reading(&state).map_err(words)?;
        match index.faults().first() {
            Some(fault) => Err(format!("{fault:?}")),
            None => Ok(Self { repository, index }),
        }
    }

    /// Whether the index has a place for exactly these chunks.
    fn knows(&self, chunks: &BTreeMap<ChunkId, Vec<u8>>) -> bool {
        let ids: BTreeSet<ChunkId> = self.index.all().map(|(id, _)| id).collect();
        ids.iter().eq(chunks.keys())
    }

    /// The content of the chunks in the packs that are wanted, nodes as the text of what they say.
    fn chunks(&self, wanted: impl Fn(&Place) -> bool) -> Result<BTreeMap<ChunkId, Vec<u8>>, String> {
        let mut reader = BlobReader::new(&self.repository, &self.index).map_err(words)?;
        let mut found = BTreeMap::new();
        for (id, place) in self.index.all() {
            if !wanted(&place) {
                continue;
            }
            let mut bytes = Vec::new();
            match place.kind {
                BlobKind::Data => reader.data(&id, &mut bytes).map_err(words)?,
                BlobKind::Node => bytes = format!("{:?}", reader.node(&id).map_err(words)?).into_bytes(),
                BlobKind::List => bytes = format!("{:?}", reader.list(&id).map_err(words)?).into_bytes(),
            }
            found.insert(id, bytes);
        }
        Ok(found)
    }
}

fn words(error: impl ToString) -> String {
    error.to_string()
}
