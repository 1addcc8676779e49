//! Reading the stream, with its chain checked on the way.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row};

use super::schema;
use crate::Seq;
use crate::chain::{self, Link};
use crate::journal::{ReadError, Record};

/// An event as it stands in the file.
pub(super) struct Line {
    pub(super) seq: Seq,
    at_ms: i64,
    event: String,
    body: String,
    link: Vec<u8>,
}

/// Hands out every event in order, unparsed; says where the stream ends. Stops at the first one that does not
/// follow from the one before it.
pub(super) fn walk(
    connection: &Connection,
    file: &Path,
    mut each: impl FnMut(Line) -> Result<(), ReadError>,
) -> Result<(Seq, Link), ReadError> {
    let unreadable = |error: rusqlite::Error| schema::unreadable(file, &error);
    let mut statement = connection.prepare_cached(schema::SELECT).map_err(unreadable)?;
    let lines = statement.query_map([], line).map_err(unreadable)?;
    let (mut head, mut last) = (Seq(0), chain::START);
    for line in lines {
        let line = line.map_err(unreadable)?;
        (head, last) = follow(head, &last, &line).ok_or_else(|| {
            damaged(file, format!("event {} does not follow from event {}", line.seq.0, head.0))
        })?;
        each(line)?;
    }
    Ok((head, last))
}

fn line(row: &Row<'_>) -> rusqlite::Result<Line> {
    Ok(Line {
        seq: row.get(0)?,
        at_ms: row.get(1)?,
        event: row.get(2)?,
        body: row.get(3)?,
        link: row.get(4)?,
    })
}

fn follow(head: Seq, last: &Link, line: &Line) -> Option<(Seq, Link)> {
    let link = chain::link(last, line.seq, line.at_ms, &line.body);
    let is_next = line.seq == head.next() && link.as_slice() == line.link;
    (is_next && is_called(line)).then_some((line.seq, link))
}

/// The name beside the body is for people who look with SQLite's own tools; it must be the body's own.
fn is_called(line: &Line) -> bool {
    let rest = line.body.strip_prefix("{\"event\":\"");
    rest.and_then(|rest| rest.strip_prefix(line.event.as_str())).is_some_and(|rest| rest.starts_with('"'))
}

/// Understands an event. The chain was checked before: what is not understood was written so.
pub(super) fn record(file: &Path, line: Line) -> Result<Record, ReadError> {
    let event: crate::Event = serde_json::from_str(&line.body).map_err(|error| ReadError::Unknown {
        file: file.display().to_string(),
        message: format!("event {}: {error}", line.seq.0),
    })?;
    Ok(Record { seq: line.seq, at_ms: line.at_ms, event })
}

/// A pinned policy, if it is there and is what was pinned.
pub(super) fn pinned(connection: &Connection, file: &Path, hash: &str) -> Result<Option<String>, ReadError> {
    let found: Option<(String, Vec<u8>)> = connection
        .query_row(schema::PINNED, [hash], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
        .map_err(|error| schema::unreadable(file, &error))?;
    let Some((ir, digest)) = found else { return Ok(None) };
    if blake3::hash(ir.as_bytes()).as_bytes().as_slice() != digest {
        return Err(damaged(file, format!("the pinned policy `{hash}` is not what was pinned")));
    }
    Ok(Some(ir))
}

fn damaged(file: &Path, message: String) -> ReadError {
    ReadError::Damaged { file: file.display().to_string(), message }
}
