//! Every implementation keeps one promise; the file keeps some more.

use std::os::unix::fs::PermissionsExt;

use proptest::prelude::*;
use rusqlite::{Connection, params};

use super::*;
use crate::{Cause, Class, FORMAT, Fault, Figures, Heads, MemoryJournal, Outcome, RunId, Stored, Token};

fn some_events() -> Vec<Event> {
    let run = RunId([7; 32]);
    let stored = Stored {
        repo: "shelf".into(),
        source: "home".into(),
        snapshot: "00".into(),
        whole: true,
        as_of_ms: 5,
    };
    let reason = "it said \"no\"\nand `é`".to_owned();
    let outcome = Outcome::Failed { class: Class::Transient, fault: Fault::NoSpace, reason: reason.clone() };
    let step = "backup".to_owned();
    vec![
        Event::PolicyPinned { policy: "laptop".into(), hash: "ab".into() },
        Event::RunStarted {
            run,
            policy: "laptop".into(),
            policy_hash: "ab".into(),
            workflow: "nightly".into(),
            slot_ms: 1,
            cause: Cause::Hand,
            host: "db-1".into(),
            only: vec![],
            deadline_ms: Some(9),
        },
        Event::RunResumed { run, deadline_ms: None },
        Event::StepScheduled { run, step: step.clone(), waits_for: vec!["disk".into()] },
        Event::StepSkipped { run, step: step.clone(), reason: reason.clone(), misses_copy: true },
        Event::AttemptStarted { run, step: step.clone(), act: 0, attempt: 1 },
        Event::Intent { token: Token(6), repo: "shelf".into(), session: "01".into() },
        Event::Checkpoint { token: Token(6), number: 1 },
        Event::AttemptCompleted {
            token: Token(6),
            outcome: outcome.clone(),
            stored: Some(stored.clone()),
            figures: Figures { files: 3, ..Figures::default() },
        },
        Event::Lost { token: Token(6) },
        Event::Adopted { token: Token(6), stored },
        Event::Abandoned { token: Token(6) },
        Event::RetryScheduled { run, step: step.clone(), attempt: 2, at_ms: -4 },
        Event::DeadLettered { run, step, outcome: outcome.clone() },
        Event::CancelRequested { run, fault: Fault::Late, reason },
        Event::RunEnded { run, outcome: Outcome::Ok },
        Event::Verified {
            policy: "laptop".into(),
            repo: "shelf".into(),
            snapshot: "00".into(),
            source: "home".into(),
            sample_ppm: 50_000,
            objects: 1,
            bytes: 2,
            problems: 0,
        },
        Event::Forgotten { policy: "laptop".into(), repo: "shelf".into(), snapshots: vec!["00".into()] },
        Event::RepoHeads {
            policy: "laptop".into(),
            repo: "shelf".into(),
            heads: Heads {
                family: "f".into(),
                instance: "i".into(),
                owner: "o".into(),
                generation: 1,
                log: 0,
                snapshots: vec!["00".into()],
            },
        },
    ]
}

fn open(path: &std::path::Path) -> Result<SqliteJournal, OpenError> {
    SqliteJournal::open(StateFolder::take(path)?)
}

fn keeps_the_promise(journal: &mut dyn Journal) {
    let events = some_events();
    assert_eq!(journal.head(), Seq(0));
    let (first, rest) = events.split_at(3);
    assert_eq!(journal.append(Seq(0), 10, first).unwrap(), Seq(3));
    assert!(matches!(journal.append(Seq(2), 11, rest), Err(AppendError::Moved { expected: 2, found: 3 })));
    assert_eq!(journal.append(Seq(3), 12, rest).unwrap().0, events.len() as u64);
    let records = journal.read(Seq(0)).unwrap();
    assert_eq!(records.iter().map(|record| record.event.clone()).collect::<Vec<_>>(), events);
    assert!(records.iter().zip(1..).all(|(record, place)| record.seq == Seq(place)));
    assert_eq!(journal.read(Seq(5)).unwrap(), records[5..]);
    journal.pin("ab", "{}").unwrap();
    journal.pin("ab", "{}").unwrap();
    assert_eq!(journal.pinned("ab").unwrap().as_deref(), Some("{}"));
    assert_eq!(journal.pinned("cd").unwrap(), None);
}

#[test]
fn the_memory_keeps_the_promise() {
    keeps_the_promise(&mut MemoryJournal::new());
}

#[test]
fn the_file_keeps_the_promise_and_stays() {
    let scratch = tempfile::tempdir().unwrap();
    let mut journal = open(scratch.path()).unwrap();
    keeps_the_promise(&mut journal);
    let before = journal.read(Seq(0)).unwrap();
    drop(journal);
    let again = open(scratch.path()).unwrap();
    assert_eq!(again.read(Seq(0)).unwrap(), before);
    assert_eq!(again.pinned("ab").unwrap().as_deref(), Some("{}"));
}

#[test]
fn every_event_is_named_as_it_is_written() {
    for event in some_events() {
        let body: serde_json::Value = serde_json::to_value(&event).unwrap();
        assert_eq!(body["event"], event.name());
    }
}

#[test]
fn a_field_that_is_not_known_is_refused() {
    let body = r#"{"event":"lost","token":1,"more":2}"#;
    assert!(serde_json::from_str::<Event>(body).is_err());
}

#[test]
fn a_folder_in_which_everyone_may_write_is_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let mode =
        |mode| std::fs::set_permissions(scratch.path(), std::fs::Permissions::from_mode(mode)).unwrap();
    for open_to_all in [0o777, 0o1777, 0o703] {
        mode(open_to_all);
        assert!(matches!(open(scratch.path()), Err(OpenError::Folder(FolderError::Everyones(_)))));
        assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
    }
    mode(0o775);
    assert!(open(scratch.path()).is_ok());
}

#[test]
fn the_folder_has_one_holder_and_many_readers() {
    let scratch = tempfile::tempdir().unwrap();
    assert!(SqliteJournal::open_to_read(scratch.path()).unwrap().is_none());
    let mut journal = open(scratch.path()).unwrap();
    journal.append(Seq(0), 1, &some_events()).unwrap();
    assert!(matches!(open(scratch.path()), Err(OpenError::Folder(FolderError::InUse(_)))));
    let mut reader = SqliteJournal::open_to_read(scratch.path()).unwrap().unwrap();
    assert_eq!(reader.head(), journal.head());
    assert_eq!(reader.append(reader.head(), 2, &some_events()), Err(AppendError::ReadOnly));
    assert_eq!(reader.pin("ab", "{}"), Err(AppendError::ReadOnly));
    drop(journal);
    assert!(open(scratch.path()).is_ok());
}

#[test]
fn commits_are_synced() {
    let scratch = tempfile::tempdir().unwrap();
    let journal = open(scratch.path()).unwrap();
    let pragma = |name| -> String {
        let text = |row: &rusqlite::Row<'_>| row.get::<_, rusqlite::types::Value>(0);
        format!("{:?}", journal.connection.pragma_query_value(None, name, text).unwrap())
    };
    assert_eq!(pragma("journal_mode"), "Text(\"wal\")");
    assert_eq!(pragma("synchronous"), "Integer(2)");
}

fn changed_by(sql: &str) -> OpenError {
    let scratch = tempfile::tempdir().unwrap();
    let mut journal = open(scratch.path()).unwrap();
    journal.append(Seq(0), 1, &some_events()).unwrap();
    drop(journal);
    let connection = Connection::open(scratch.path().join(FILE_NAME)).unwrap();
    connection.execute_batch(sql).unwrap();
    drop(connection);
    open(scratch.path()).unwrap_err()
}

#[test]
fn a_changed_history_is_refused() {
    for sql in [
        "UPDATE events SET at_ms = 2 WHERE seq = 4",
        "UPDATE events SET body = replace(body, 'disk', 'dusk') WHERE seq = 4",
        "UPDATE events SET event = 'lost' WHERE seq = 4",
        "UPDATE events SET link = zeroblob(32) WHERE seq = 4",
        "DELETE FROM events WHERE seq = 4",
        "DELETE FROM events WHERE seq = 1",
        "UPDATE events SET seq = 99 WHERE seq = 19",
    ] {
        let error = changed_by(sql);
        assert!(matches!(error, OpenError::Read(ReadError::Damaged { .. })), "{sql}: {error}");
    }
}

#[test]
fn a_newer_format_is_refused() {
    let error = changed_by(&format!("PRAGMA user_version = {}", FORMAT + 1));
    assert!(matches!(error, OpenError::Newer { found, known: FORMAT, .. } if found == FORMAT + 1), "{error}");
}

/// A journal of a format with one event as it was written then.
fn journal_of(folder: &std::path::Path, format: u32, name: &str, body: &str) {
    let journal = open(folder).unwrap();
    let link = chain::link(&chain::START, Seq(1), 5, body);
    journal.connection.execute(schema::INSERT, params![Seq(1), 5, name, body, link]).unwrap();
    journal.connection.pragma_update(None, "user_version", format).unwrap();
}

fn format_of(folder: &std::path::Path) -> u32 {
    let connection = Connection::open(folder.join(FILE_NAME)).unwrap();
    connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

/// As the first format had it: without an owner.
const OLD_HEADS: &str = r#"{"event":"repo_heads","policy":"p","repo":"r","heads":{"family":"f","instance":"i","generation":0,"log":1,"snapshots":[]}}"#;

#[test]
fn an_older_format_is_read_and_taken_over_by_whoever_appends() {
    let scratch = tempfile::tempdir().unwrap();
    journal_of(scratch.path(), 1, "repo_heads", OLD_HEADS);
    let reader = SqliteJournal::open_to_read(scratch.path()).unwrap().unwrap();
    assert_eq!((reader.read(Seq(0)).unwrap().len(), format_of(scratch.path())), (1, 1));
    drop(reader);
    let mut journal = open(scratch.path()).unwrap();
    let Event::RepoHeads { heads, .. } = &journal.read(Seq(0)).unwrap()[0].event else { panic!() };
    assert_eq!((heads.owner.as_str(), heads.log, format_of(scratch.path())), ("", 1, FORMAT));
    journal.append(Seq(1), 6, &some_events()).unwrap();
    drop(journal);
    assert_eq!(open(scratch.path()).unwrap().read(Seq(0)).unwrap().len(), 1 + some_events().len());
}

/// What the second format had is what the third has, too.
#[test]
fn a_journal_of_the_second_format_is_read() {
    let scratch = tempfile::tempdir().unwrap();
    let body = r#"{"event":"dead_lettered","run":"0000000000000000000000000000000000000000000000000000000000000000","step":"s","outcome":{"outcome":"failed","class":"permanent","fault":"rolled_back","reason":"r"}}"#;
    journal_of(scratch.path(), 2, "dead_lettered", body);
    let journal = open(scratch.path()).unwrap();
    let Event::DeadLettered { outcome, .. } = &journal.read(Seq(0)).unwrap()[0].event else { panic!() };
    assert!(matches!(outcome, Outcome::Failed { fault: Fault::RolledBack, .. }));
    assert_eq!(format_of(scratch.path()), FORMAT);
}

#[test]
fn what_another_version_wrote_is_no_damage_and_stays_as_it_is() {
    for body in [r#"{"event":"repo_heads","policy":"p"}"#, r#"{"event":"stranger","x":1}"#] {
        let scratch = tempfile::tempdir().unwrap();
        let name = body.split('"').nth(3).unwrap();
        journal_of(scratch.path(), 1, name, body);
        let error = open(scratch.path()).unwrap_err();
        assert!(matches!(error, OpenError::Read(ReadError::Unknown { .. })), "{body}: {error}");
        assert_eq!(format_of(scratch.path()), 1);
    }
}

#[test]
fn another_programs_file_is_refused() {
    let error = changed_by("PRAGMA application_id = 1");
    assert!(matches!(error, OpenError::Foreign { .. }), "{error}");
}

#[test]
fn a_file_of_noise_is_damaged() {
    let scratch = tempfile::tempdir().unwrap();
    std::fs::write(scratch.path().join(FILE_NAME), vec![7; 8192]).unwrap();
    let error = open(scratch.path()).unwrap_err();
    assert!(matches!(error, OpenError::Read(ReadError::Damaged { .. })), "{error}");
}

#[test]
fn a_changed_policy_is_not_handed_out() {
    let scratch = tempfile::tempdir().unwrap();
    let mut journal = open(scratch.path()).unwrap();
    journal.pin("ab", "{}").unwrap();
    journal.connection.execute_batch("UPDATE policies SET ir = '[]'").unwrap();
    assert!(matches!(journal.pinned("ab"), Err(ReadError::Damaged { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// No flipped byte gives another history: the same one is read, or it is refused.
    #[test]
    fn a_flipped_byte_never_changes_what_is_read(place in 0.0..1.0f64, flip in 1u8..) {
        let scratch = tempfile::tempdir().unwrap();
        let mut journal = open(scratch.path()).unwrap();
        journal.append(Seq(0), 1, &some_events()).unwrap();
        let before = journal.read(Seq(0)).unwrap();
        drop(journal);
        let file = scratch.path().join(FILE_NAME);
        let mut bytes = std::fs::read(&file).unwrap();
        let place = (place * bytes.len() as f64) as usize;
        bytes[place] ^= flip;
        std::fs::write(&file, bytes).unwrap();
        if let Ok(journal) = open(scratch.path()) {
            prop_assert_eq!(journal.read(Seq(0)).unwrap(), before);
        }
    }
}
