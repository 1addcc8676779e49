//! The tables, and whether a file has them.

use std::path::Path;

use rusqlite::{Connection, ErrorCode};

use super::OpenError;
use crate::FORMAT;
use crate::journal::ReadError;

/// In the file's header, so that `file` and SQLite's own tools can tell: `MStJ`.
const APPLICATION: u32 = 0x4d53_744a;

/// The shared index of the write-ahead log cannot grow: of a file of 32 KiB that means that the disk is full.
const IOERR_SHMSIZE: i32 = 10 | 19 << 8;

const CREATE: &str = "
    CREATE TABLE events (
        seq   INTEGER PRIMARY KEY,
        at_ms INTEGER NOT NULL,
        event TEXT NOT NULL,
        body  TEXT NOT NULL,
        link  BLOB NOT NULL
    ) STRICT;
    CREATE TABLE policies (
        hash   TEXT PRIMARY KEY,
        ir     TEXT NOT NULL,
        digest BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// The newest place.
pub(super) const HEAD: &str = "SELECT coalesce(max(seq), 0) FROM events";
/// One event.
pub(super) const INSERT: &str =
    "INSERT INTO events (seq, at_ms, event, body, link) VALUES (?1, ?2, ?3, ?4, ?5)";
/// All events in order.
pub(super) const SELECT: &str = "SELECT seq, at_ms, event, body, link FROM events ORDER BY seq";
/// A policy, once.
pub(super) const PIN: &str =
    "INSERT INTO policies (hash, ir, digest) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
/// A policy by its hash.
pub(super) const PINNED: &str = "SELECT ir, digest FROM policies WHERE hash = ?1";

/// What a file is.
pub(super) enum Identity {
    /// Nothing has been written to it.
    Empty,
    /// A journal of this format, or of an older one that we know.
    Ours(u32),
}

/// Tells what a file is, or why it is not for us.
pub(super) fn identify(connection: &Connection, file: &Path) -> Result<Identity, OpenError> {
    let application = number(connection, file, "application_id")?;
    let format = number(connection, file, "user_version")?;
    let pages = number(connection, file, "page_count")?;
    match (application, format) {
        (0, 0) if pages == 0 => Ok(Identity::Empty),
        (APPLICATION, 1..=FORMAT) => Ok(Identity::Ours(format)),
        (APPLICATION, found) if found > FORMAT => {
            Err(OpenError::Newer { file: file.display().to_string(), found, known: FORMAT })
        }
        _ => Err(OpenError::Foreign { file: file.display().to_string() }),
    }
}

/// Makes the tables if the file is empty, and sets how it is written. Says which format it had.
pub(super) fn prepare(connection: &Connection, file: &Path) -> Result<u32, OpenError> {
    let identity = identify(connection, file)?;
    configure(connection).map_err(|error| unreadable(file, &error))?;
    match identity {
        Identity::Ours(format) => Ok(format),
        Identity::Empty => {
            create(connection).map_err(|error| unreadable(file, &error))?;
            Ok(FORMAT)
        }
    }
}

/// From here on the file may hold what an older program does not understand, and says so.
pub(super) fn take_over(connection: &Connection, file: &Path) -> Result<(), OpenError> {
    let set = connection.pragma_update(None, "user_version", FORMAT);
    Ok(set.map_err(|error| unreadable(file, &error))?)
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "trusted_schema", false)
}

/// One transaction, so that a crash leaves an empty file or a journal.
fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(&format!(
        "BEGIN IMMEDIATE; {CREATE} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {FORMAT}; COMMIT;"
    ))
}

/// Lets SQLite look over its own pages.
pub(super) fn check_pages(connection: &Connection, file: &Path) -> Result<(), OpenError> {
    let said: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| unreadable(file, &error))?;
    if said == "ok" {
        return Ok(());
    }
    Err(ReadError::Damaged { file: file.display().to_string(), message: said }.into())
}

fn number(connection: &Connection, file: &Path, pragma: &str) -> Result<u32, OpenError> {
    let value: i64 = connection
        .pragma_query_value(None, pragma, |row| row.get(0))
        .map_err(|error| unreadable(file, &error))?;
    Ok(u32::try_from(value).unwrap_or(u32::MAX))
}

/// What a failed read of the file means.
pub(super) fn unreadable(file: &Path, error: &rusqlite::Error) -> ReadError {
    let (file, message) = (file.display().to_string(), error.to_string());
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => ReadError::Damaged { file, message },
        _ if is_full(error) => ReadError::NoSpace { file },
        _ => ReadError::Failed { file, message },
    }
}

/// Whether there is no room: for a page, or for the shared index of the write-ahead log.
pub(super) fn is_full(error: &rusqlite::Error) -> bool {
    let extended = error.sqlite_error().map(|error| error.extended_code);
    error.sqlite_error_code() == Some(ErrorCode::DiskFull) || extended == Some(IOERR_SHMSIZE)
}
