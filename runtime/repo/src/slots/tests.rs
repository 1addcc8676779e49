use std::sync::Arc;

use mainstay_store::{MemoryStore, ObjectName, Store as _};

use super::*;
use crate::format::record::{Distrust, Record};
use crate::format::slot::*;
use crate::id::{PackId, SessionId};
use crate::keys::KeyFile;
use crate::repository::sample::{Sample, write};
use crate::repository::tests::{outside, repository};
use crate::repository::{Repository, RolledBack};

fn snapshot(repo: &Repository, text: &str) -> Sample {
    write(repo, &repo.state().unwrap(), &[("file", text.as_bytes())])
}

fn put(repo: &Repository, name: SlotName, record: Record) {
    assert!(matches!(repo.put_slot(&name, &record).unwrap(), Put::Ours), "{name}");
}

fn forget(repo: &Repository, id: SessionId) {
    put(repo, SlotName::Forgotten(id), Record::Forget(ForgetRecord { reason: String::new() }));
}

fn reopened(store: &Arc<MemoryStore>, key: &KeyFile) -> Repository {
    Repository::open(store.clone(), key, outside(99)).unwrap()
}

#[test]
fn each_snapshot_names_the_heads_it_saw() {
    let (_, _, repo) = repository(1);
    let first = snapshot(&repo, "1");
    let source = crate::id::SourceId([1; 16]);
    assert_eq!(repo.state().unwrap().heads(&source), [first.snapshot]);
    let before = repo.state().unwrap();
    let (left, right) = (snapshot(&repo, "2"), write(&repo, &before, &[("file", b"3")]));
    let mut heads = vec![left.snapshot, right.snapshot];
    heads.sort();
    assert_eq!(repo.state().unwrap().heads(&source), heads);
    let joined = snapshot(&repo, "4");
    assert_eq!(repo.state().unwrap().heads(&source), [joined.snapshot]);
    forget(&repo, joined.snapshot);
    assert_eq!(repo.state().unwrap().heads(&source), heads);
}

#[test]
fn forgetting_takes_out_of_force_and_a_hold_outranks_it() {
    let (_, _, repo) = repository(1);
    let sample = snapshot(&repo, "1");
    forget(&repo, sample.snapshot);
    assert!(!repo.state().unwrap().in_force(&sample.snapshot));
    let hold = HoldRecord::Hold { case: "7/26".into(), owner: "legal".into() };
    put(&repo, SlotName::Hold(sample.snapshot, 0), Record::Hold(hold));
    assert!(repo.state().unwrap().in_force(&sample.snapshot));
    put(&repo, SlotName::Hold(sample.snapshot, 1), Record::Hold(HoldRecord::Release));
    assert!(!repo.state().unwrap().in_force(&sample.snapshot));
    assert_eq!(repo.state().unwrap().live_segments().len(), 1, "others may share its chunks");
}

#[test]
fn a_writer_cannot_forget() {
    let (store, key, repo) = repository(1);
    let sample = snapshot(&repo, "1");
    let file = repo.issue_writer_key(Vec::new()).unwrap();
    forget(&reopened(&store, &file), sample.snapshot);
    let state = reopened(&store, &key).state().unwrap();
    assert!(state.in_force(&sample.snapshot));
    let kinds: Vec<_> = state.faults.iter().map(|fault| fault.kind).collect();
    assert_eq!(kinds, [SlotFaultKind::Distrusted(Distrust::Role)]);
}

#[test]
fn a_deleted_snapshot_is_missed() {
    let (store, key, repo) = repository(1);
    let first = snapshot(&repo, "1");
    snapshot(&repo, "2");
    let name = SlotName::Outcome(first.snapshot, 0);
    store.delete(&name.object().unwrap()).unwrap();
    let state = reopened(&store, &key).state().unwrap();
    let deleted = SlotFault { object: name.to_string(), kind: SlotFaultKind::Deleted };
    assert_eq!(state.faults, [deleted]);
    forget(&reopened(&store, &key), first.snapshot);
    assert_eq!(reopened(&store, &key).state().unwrap().faults, []);
}

#[test]
fn a_store_behind_what_is_remembered_was_rolled_back() {
    let (store, key, repo) = repository(1);
    snapshot(&repo, "1");
    let older = (*store).clone();
    let second = snapshot(&repo, "2");
    let heads = repo.heads(&repo.state().unwrap());
    assert_eq!(heads.snapshots.iter().copied().collect::<Vec<_>>(), [second.snapshot]);
    let text = serde_json::to_string(&heads).unwrap();
    assert_eq!(serde_json::from_str::<crate::repository::Heads>(&text).unwrap(), heads);
    assert_eq!(repo.check_heads(&repo.state().unwrap(), &heads), Ok(()));
    let behind = reopened(&Arc::new(older), &key);
    let told = behind.check_heads(&behind.state().unwrap(), &heads);
    assert_eq!(told, Err(RolledBack::Snapshots { missing: vec![second.snapshot] }));
    let (_, _, other) = repository(2);
    let told = other.check_heads(&other.state().unwrap(), &heads);
    assert!(matches!(told, Err(RolledBack::Foreign { .. })));
}

#[test]
fn an_open_session_is_aborted_and_a_final_is_adopted() {
    let (_, _, repo) = repository(1);
    let session = SessionId::new(0, [5; 16]);
    put(&repo, SlotName::Intent(session), Record::Intent(Intent::Write));
    put(&repo, SlotName::Outcome(session, 0), Record::Outcome(Outcome::Alive));
    assert_eq!(repo.decide(session).unwrap(), Decided::Aborted);
    assert_eq!(repo.decide(session).unwrap(), Decided::Aborted);
    let late = repo.put_slot(&SlotName::Outcome(session, 1), &Record::Outcome(Outcome::Alive)).unwrap();
    assert!(matches!(late, Put::Others(Ok(_))), "the session finds out that it lost");
    let sample = snapshot(&repo, "1");
    assert_eq!(repo.decide(sample.snapshot).unwrap(), Decided::Final(sample.snapshot));
    let (intents, faults) = repo.intents().unwrap();
    assert_eq!((intents.len(), faults.len()), (2, 0));
}

#[test]
fn condemned_packs_are_unusable_until_their_verdict() {
    let (store, key, repo) = repository(1);
    let pack = |n: u8| PackId([n; 32]);
    let log = |n: u64, record: LogRecord| put(&repo, SlotName::Log(n), Record::Log(record));
    log(0, LogRecord::Condemn(vec![pack(1), pack(2)]));
    let unusable = |repo: &Repository| repo.state().unwrap().unusable_packs().into_iter().collect::<Vec<_>>();
    assert_eq!(unusable(&repo), [pack(1), pack(2)]);
    log(1, LogRecord::Verdict { condemn: 0, delete: vec![pack(2)] });
    assert_eq!(unusable(&repo), [pack(2)]);
    log(2, LogRecord::Verdict { condemn: 0, delete: vec![pack(1)] });
    assert_eq!(unusable(&repo), [pack(2)], "the first verdict is the only one");
    put(&repo, SlotName::Quarantine(pack(3)), Record::Quarantine(QuarantineRecord { reason: "rot".into() }));
    assert_eq!(unusable(&repo), [pack(2), pack(3)]);
    assert_eq!(repo.log_position().unwrap(), 3);
    assert!(repo.state().unwrap().is_log_sound());
    log(3, LogRecord::Unknown(200));
    assert!(!repo.state().unwrap().is_log_sound(), "a newer version may have condemned anything");
    store.delete(&SlotName::Log(1).object().unwrap()).unwrap();
    assert!(!reopened(&store, &key).state().unwrap().is_log_sound());
}

#[test]
fn an_unknown_outcome_leaves_the_session_undecided() {
    let (_, _, repo) = repository(1);
    let session = SessionId::new(0, [5; 16]);
    put(&repo, SlotName::Outcome(session, 0), Record::Outcome(Outcome::Unknown(99)));
    assert!(matches!(repo.decide(session), Err(DecideError::Newer { .. })));
    assert!(!repo.state().unwrap().sessions[&session].decided);
}

#[test]
fn damaged_slots_hide_no_others() {
    let (store, key, repo) = repository(1);
    let (first, second) = (snapshot(&repo, "1"), snapshot(&repo, "2"));
    let name = SlotName::Outcome(second.snapshot, 0).object().unwrap();
    let mut bytes = store.read(&name).unwrap();
    bytes[100] ^= 4;
    store.tamper(&name, bytes);
    store.create(&ObjectName::new("c/nonsense").unwrap(), vec![1]).unwrap();
    let seen = reopened(&store, &key).snapshots().unwrap();
    assert_eq!(seen.list.iter().map(|one| one.id).collect::<Vec<_>>(), [first.snapshot]);
    assert_eq!(seen.faults.len(), 2);
    let repo = reopened(&store, &key);
    assert!(matches!(repo.decide(second.snapshot), Err(DecideError::Unreadable { .. })));
}

fn spoil(store: &Arc<MemoryStore>, id: SessionId) {
    let name = SlotName::Outcome(id, 0).object().unwrap();
    let mut bytes = store.read(&name).unwrap();
    bytes[100] ^= 4;
    store.tamper(&name, bytes);
}

/// Otherwise one damaged record would make each source of the repository doubtful for ever.
#[test]
fn what_cannot_be_read_when_a_snapshot_is_made_is_older_than_it() {
    let (store, key, repo) = repository(1);
    let (first, second) = (snapshot(&repo, "1"), snapshot(&repo, "2"));
    spoil(&store, second.snapshot);
    let state = reopened(&store, &key).state().unwrap();
    assert_eq!(state.unread_since(Some(&first.snapshot)).len(), 1);
    let third = snapshot(&reopened(&store, &key), "3");
    let state = reopened(&store, &key).state().unwrap();
    assert_eq!(state.unread_since(Some(&third.snapshot)), Vec::<&SlotFault>::new());
    assert_eq!(state.heads(&crate::id::SourceId([1; 16])), [third.snapshot]);
    // It is still told, as what it is; and as deleted once it is.
    let kinds = |state: &State| state.faults.iter().map(|fault| fault.kind).collect::<Vec<_>>();
    assert!(matches!(kinds(&state)[..], [SlotFaultKind::Damaged(_)]), "{:?}", state.faults);
    store.delete(&SlotName::Outcome(second.snapshot, 0).object().unwrap()).unwrap();
    assert_eq!(kinds(&reopened(&store, &key).state().unwrap()), [SlotFaultKind::Deleted]);
}

#[test]
fn what_is_not_to_be_believed_when_a_snapshot_is_made_is_older_than_it() {
    let (store, key, repo) = repository(1);
    let first = snapshot(&repo, "1");
    let file = repo.issue_writer_key(vec![crate::id::SourceId([9; 16])]).unwrap();
    snapshot(&reopened(&store, &file), "of a source that this key is not for");
    let state = reopened(&store, &key).state().unwrap();
    assert_eq!(state.unread_since(Some(&first.snapshot)).len(), 1, "{:?}", state.faults);
    let third = snapshot(&repo, "3");
    let state = reopened(&store, &key).state().unwrap();
    assert_eq!(state.unread_since(Some(&third.snapshot)), Vec::<&SlotFault>::new());
    let kinds: Vec<_> = state.faults.iter().map(|fault| fault.kind).collect();
    assert!(matches!(kinds[..], [SlotFaultKind::Distrusted(_)]), "{:?}", state.faults);
}
