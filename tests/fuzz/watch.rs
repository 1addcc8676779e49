//! A watch over readings: what does not end, or takes all memory, is ended, and what was read is saved.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

/// A reading takes milliseconds; so long means that it does not end. Time of the wall, so wide enough for a machine
/// that is busy with other things, and for a build without optimisation.
const LONGEST: Duration = Duration::from_secs(120);

/// No reading needs so much, that of the budget included: the process is ended before the machine swaps.
const MOST_MEMORY_BYTES: u64 = 3 << 30;

/// How often it looks.
const PERIOD: Duration = Duration::from_millis(50);

/// What a thread reads.
struct Running {
    name: String,
    input: Vec<u8>,
    since: Instant,
}

type Table = Mutex<HashMap<ThreadId, Running>>;

/// All that is being read; the first use starts the watch.
fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    static STARTED: OnceLock<()> = OnceLock::new();
    let table = TABLE.get_or_init(Table::default);
    STARTED.get_or_init(|| drop(std::thread::spawn(move || look(table))));
    table
}

fn look(table: &Table) {
    loop {
        std::thread::sleep(PERIOD);
        let running = table.lock().unwrap_or_else(PoisonError::into_inner);
        for one in running.values() {
            if let Some(why) = overdue(one.since.elapsed(), memory_bytes("VmRSS:")) {
                eprintln!("{} {why}; what it reads: {}", one.name, saved(&one.name, &one.input).display());
                std::process::exit(101);
            }
        }
    }
}

fn overdue(took: Duration, memory_bytes: u64) -> Option<&'static str> {
    if took > LONGEST {
        return Some("does not end");
    }
    (memory_bytes > MOST_MEMORY_BYTES).then_some("takes too much memory")
}

/// Acts on an input under the watch.
pub fn watched<T>(name: &str, input: &[u8], act: impl FnOnce() -> T) -> T {
    let id = std::thread::current().id();
    let running = Running { name: name.to_owned(), input: input.to_vec(), since: Instant::now() };
    table().lock().unwrap_or_else(PoisonError::into_inner).insert(id, running);
    let made = act();
    table().lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    made
}

/// Writes an input to a file of its own.
pub fn saved(name: &str, input: &[u8]) -> PathBuf {
    let folder = std::env::temp_dir().join("mainstay-fuzz");
    let _ = fs::create_dir_all(&folder);
    let path = folder.join(name.replace(' ', "-"));
    let _ = fs::write(&path, input);
    path
}

/// A line of the process's own account: `VmRSS:`, `VmHWM:`. 0 where there is none.
pub fn memory_bytes(line: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let found =
        status.lines().find_map(|one| one.strip_prefix(line)?.trim().strip_suffix("kB")?.trim().parse().ok());
    found.unwrap_or(0_u64) * 1024
}

#[test]
fn what_does_not_end_is_noticed() {
    assert_eq!(overdue(LONGEST * 2, 0), Some("does not end"));
    assert_eq!(overdue(Duration::ZERO, MOST_MEMORY_BYTES + 1), Some("takes too much memory"));
    assert_eq!(overdue(Duration::from_secs(1), memory_bytes("VmRSS:")), None);
    assert!(memory_bytes("VmHWM:") > 1 << 20);
}
