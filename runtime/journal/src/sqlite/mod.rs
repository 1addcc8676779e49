//! The journal as one SQLite file: the best tested storage there is, and an operator can open it.
//!
//! Order of writes. The state folder is taken first, so there is one writer. A batch is one transaction in
//! WAL mode with `synchronous=FULL`: when the commit has returned, the log is on the medium, with all of the
//! batch or none. A policy is pinned by a transaction of its own before the event that names it, so an event
//! never names a policy that is not there. The head that this process remembers moves only after the commit.

mod place;
mod read;
mod schema;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, params};

use crate::chain::{self, Link};
use crate::folder::{FolderError, StateFolder, open_private, sync_folder};
use crate::journal::{AppendError, Journal, ReadError, Record};
use crate::{Event, Seq};

/// The file's name in the state folder.
const FILE_NAME: &str = "journal.sqlite";

/// Why the journal could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder could not be had.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// It was written by a newer Mainstay.
    #[error("the journal `{file}` has format {found}; this mainstay knows formats up to {known}")]
    Newer {
        /// Which file.
        file: String,
        /// Its format.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// It is a file of some other program.
    #[error("`{file}` is not a journal of mainstay")]
    Foreign {
        /// Which file.
        file: String,
    },
    /// What is there is not what was written, or it cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// A journal in a state folder.
#[derive(Debug)]
pub struct SqliteJournal {
    connection: Connection,
    file: PathBuf,
    head: Seq,
    last: Link,
    folder: Option<StateFolder>,
}

impl SqliteJournal {
    /// Opens the journal of a folder for appending, and makes it if it is not there.
    pub fn open(folder: StateFolder) -> Result<Self, OpenError> {
        let file = folder.path().join(FILE_NAME);
        let io = |error: std::io::Error| failed(&file, &error);
        drop(open_private(&file).map_err(io)?);
        sync_folder(folder.path()).map_err(io)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection =
            Connection::open_with_flags(&file, flags).map_err(|e| schema::unreadable(&file, &e))?;
        let format = schema::prepare(&connection, &file)?;
        let journal = Self::checked(connection, file, Some(folder))?;
        if format < crate::FORMAT {
            // Only once all of it is understood: else the version that wrote it could not go on with it either.
            journal.read(Seq(0))?;
            schema::take_over(&journal.connection, &journal.file)?;
        }
        Ok(journal)
    }

    /// Opens the journal of a folder for reading, beside whoever appends; nothing when there is none.
    pub fn open_to_read(folder: &Path) -> Result<Option<Self>, OpenError> {
        let file = folder.join(FILE_NAME);
        if !file.exists() {
            return Ok(None);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection =
            Connection::open_with_flags(&file, flags).map_err(|e| schema::unreadable(&file, &e))?;
        match schema::identify(&connection, &file)? {
            schema::Identity::Empty => Ok(None),
            schema::Identity::Ours(_) => Ok(Some(Self::checked(connection, file, None)?)),
        }
    }

    fn checked(
        connection: Connection,
        file: PathBuf,
        folder: Option<StateFolder>,
    ) -> Result<Self, OpenError> {
        schema::check_pages(&connection, &file)?;
        let mut journal = Self { connection, file, head: Seq(0), last: chain::START, folder };
        let (head, last) = read::walk(&journal.connection, &journal.file, |_| Ok(()))?;
        (journal.head, journal.last) = (head, last);
        Ok(journal)
    }

    /// The state folder, when it was opened for appending.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_ref().map(StateFolder::path)
    }

    fn insert(&mut self, expected: Seq, at_ms: i64, bodies: &[(&str, String)]) -> Result<(Seq, Link), Halt> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found: Seq = transaction.query_row(schema::HEAD, [], |row| row.get(0))?;
        if found != expected {
            return Err(Halt::Moved(found));
        }
        let (mut head, mut last) = (expected, self.last);
        {
            let mut insert = transaction.prepare_cached(schema::INSERT)?;
            for (name, body) in bodies {
                head = head.next();
                last = chain::link(&last, head, at_ms, body);
                insert.execute(params![head, at_ms, name, body, last])?;
            }
        }
        transaction.commit()?;
        Ok((head, last))
    }

    fn unwritable(&self, error: &rusqlite::Error) -> AppendError {
        let file = self.file.display().to_string();
        match error.sqlite_error_code() {
            _ if schema::is_full(error) => AppendError::NoSpace { file },
            Some(ErrorCode::ReadOnly) => AppendError::ReadOnly,
            _ => AppendError::Failed { file, message: error.to_string() },
        }
    }
}

/// Why a transaction was given up.
enum Halt {
    Moved(Seq),
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Halt {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

fn failed(file: &Path, error: &dyn std::fmt::Display) -> ReadError {
    ReadError::Failed { file: file.display().to_string(), message: error.to_string() }
}

impl Journal for SqliteJournal {
    fn head(&self) -> Seq {
        self.head
    }

    fn append(&mut self, expected: Seq, at_ms: i64, events: &[Event]) -> Result<Seq, AppendError> {
        if self.folder.is_none() {
            return Err(AppendError::ReadOnly);
        }
        if self.head != expected {
            return Err(AppendError::Moved { expected: expected.0, found: self.head.0 });
        }
        let bodies: Result<Vec<_>, _> = events
            .iter()
            .map(|event| serde_json::to_string(event).map(|body| (event.name(), body)))
            .collect();
        let bodies = bodies.map_err(|error| AppendError::Failed {
            file: self.file.display().to_string(),
            message: error.to_string(),
        })?;
        match self.insert(expected, at_ms, &bodies) {
            Ok((head, last)) => {
                (self.head, self.last) = (head, last);
                Ok(head)
            }
            Err(Halt::Moved(found)) => Err(AppendError::Moved { expected: expected.0, found: found.0 }),
            Err(Halt::Sqlite(error)) => Err(self.unwritable(&error)),
        }
    }

    fn read(&self, after: Seq) -> Result<Vec<Record>, ReadError> {
        let mut records = Vec::new();
        read::walk(&self.connection, &self.file, |line| {
            if line.seq > after {
                records.push(read::record(&self.file, line)?);
            }
            Ok(())
        })?;
        Ok(records)
    }

    fn pin(&mut self, hash: &str, ir: &str) -> Result<(), AppendError> {
        if self.folder.is_none() {
            return Err(AppendError::ReadOnly);
        }
        let digest = blake3::hash(ir.as_bytes());
        self.connection
            .execute(schema::PIN, params![hash, ir, digest.as_bytes()])
            .map(|_| ())
            .map_err(|error| self.unwritable(&error))
    }

    fn pinned(&self, hash: &str) -> Result<Option<String>, ReadError> {
        read::pinned(&self.connection, &self.file, hash)
    }
}
