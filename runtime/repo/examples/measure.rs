//! A backup without the command line around it, to be measured from outside.
//!
//! ```text
//! measure init REPO          makes REPO and REPO.key
//! measure walk SOURCE        walks and counts, nothing else
//! measure backup REPO SOURCE [CACHE]
//! measure restore REPO TARGET [verify]   the newest snapshot
//! measure check REPO presence|hashes|all
//! ```
#![expect(clippy::print_stdout, reason = "a program for people who measure")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use mainstay_repo::backup::{BackupRequest, DEFAULT_LEVEL, Never, Silent};
use mainstay_repo::check::{CheckRequest, Level};
use mainstay_repo::format::manifest::SnapshotKind;
use mainstay_repo::restore::RestoreRequest;
use mainstay_repo::{InitOptions, KeyFile, Outside, Repository};
use mainstay_source::FilesSource;
use mainstay_store::LocalStore;
use mainstay_world::tree::{Event, View};
use mainstay_world::{Clock, Random, TimestampMs};

struct Kernel;

impl Random for Kernel {
    fn fill(&self, buffer: &mut [u8]) {
        // Without randomness there is no backup worth measuring.
        if getrandom::fill(buffer).is_err() {
            std::process::abort();
        }
    }
}

impl Clock for Kernel {
    #[expect(clippy::disallowed_methods, reason = "this program is its own outside")]
    fn now(&self) -> TimestampMs {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        TimestampMs(since.as_millis() as i64)
    }

    fn monotonic_ms(&self) -> u64 {
        self.now().0 as u64
    }
}

fn outside() -> Outside {
    Outside { clock: Arc::new(Kernel), random: Arc::new(Kernel) }
}

fn key_path(repository: &str) -> PathBuf {
    PathBuf::from(format!("{repository}.key"))
}

fn source(path: &str) -> Result<Box<dyn View>, Box<dyn Error>> {
    Ok(FilesSource { roots: vec![PathBuf::from(path)], ..FilesSource::default() }.snapshot()?)
}

fn init(repository: &str) -> Result<(), Box<dyn Error>> {
    let key = KeyFile::generate(&Kernel);
    std::fs::write(key_path(repository), key.to_bytes())?;
    let store = Arc::new(LocalStore::init(Path::new(repository))?);
    Repository::init(store, &key, InitOptions::default(), outside())?;
    Ok(())
}

fn walk(path: &str) -> Result<(), Box<dyn Error>> {
    let view = source(path)?;
    let mut tree = view.walk()?;
    let mut entries = 0u64;
    while let Some(event) = tree.next() {
        entries += u64::from(!matches!(event, Event::Leave));
    }
    println!("{entries} entries");
    Ok(())
}

fn backup(repository: &str, path: &str, cache: Option<&String>) -> Result<(), Box<dyn Error>> {
    let key = KeyFile::read(&std::fs::read(key_path(repository))?, None)?;
    let store = Arc::new(LocalStore::open(Path::new(repository))?);
    let repository = Repository::open(store, &key, outside())?;
    let request = BackupRequest {
        policy: "measure".into(),
        source: "files".into(),
        host: "here".into(),
        workflow: "measure".into(),
        step: "store".into(),
        run_id: [0; 32],
        policy_hash: [0; 32],
        tags: Vec::new(),
        roots: vec![path.as_bytes().to_vec()],
        kind: SnapshotKind::Files,
        threads: 2,
        level: DEFAULT_LEVEL,
        cache_dir: cache.map(PathBuf::from),
        checkpoint_bytes: None,
    };
    let mut session = repository.begin()?;
    let backed = session.backup(&*source(path)?, &request, &Silent, &Never)?;
    println!(
        "{:?}, {} bytes new, {} stored, {} faults",
        backed.counts,
        backed.new_bytes,
        backed.stored_bytes,
        backed.faults.len()
    );
    println!("{}", session.commit(backed)?);
    Ok(())
}

fn open(repository: &str) -> Result<Repository, Box<dyn Error>> {
    let key = KeyFile::read(&std::fs::read(key_path(repository))?, None)?;
    let store = Arc::new(LocalStore::open(Path::new(repository))?);
    Ok(Repository::open(store, &key, outside())?)
}

fn restore(repository: &str, target: &str, verify: bool) -> Result<(), Box<dyn Error>> {
    let repository = open(repository)?;
    let snapshots = repository.snapshots()?.list;
    let newest = snapshots.iter().max_by_key(|snapshot| snapshot.public().started).ok_or("no snapshot")?;
    let request = RestoreRequest { to: target.into(), special: true, verify, ..RestoreRequest::default() };
    let restored = repository.restore(&newest.id, &request, &Silent, &Never)?;
    println!("{:?}, {} problems, {} withheld", restored.counts, restored.problem_count, restored.withheld);
    restored.problems.iter().for_each(|problem| println!("{problem:?}"));
    Ok(())
}

fn check(repository: &str, level: &str) -> Result<(), Box<dyn Error>> {
    let level = match level {
        "presence" => Level::Presence,
        "hashes" => Level::Hashes,
        "all" => Level::AllData,
        _ => return Err("presence, hashes or all".into()),
    };
    let checked = open(repository)?.check(&CheckRequest { level, threads: 0 }, &Silent, &Never)?;
    println!(
        "{} objects, {} bytes, {} chunks, {:?}",
        checked.objects, checked.bytes, checked.chunks, checked.problems
    );
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["init", repository] => init(repository),
        ["walk", path] => walk(path),
        ["restore", repository, target, ..] => restore(repository, target, words.len() > 3),
        ["check", repository, level] => check(repository, level),
        ["backup", repository, path, ..] => backup(repository, path, words.get(3)),
        _ => Err("see the head of this file".into()),
    }
}
