use super::private::FAULT_KINDS;
use super::*;
use crate::format::TooLarge;
use crate::format::hostile::{Taken, torment};
use crate::id::FamilyId;
use crate::keys::{Key, SessionKey};
use crate::repository::sample::entry;
use mainstay_world::tree::Kind;

pub(crate) fn public() -> Public {
    Public {
        snapshot: SessionId::new(4, [1; 16]),
        source: SourceId([2; 16]),
        host: HostId([3; 16]),
        started: TimestampMs(-5),
        ended: TimestampMs(1 << 41),
        kind: SnapshotKind::Stream,
        root: Content { ids: vec![ChunkId([4; 32]); 3], depth: 2 },
        counts: Counts { files: 1, folders: 2, others: 3, bytes: 1 << 50, faults: 5 },
        whole: true,
        partial: false,
        run_id: [6; 32],
        parents: vec![SessionId::new(1, [7; 16])],
        heads: vec![SessionId::new(2, [8; 16]); 2],
        chunker: Chunker::default(),
        domain: DomainId([9; 16]),
        replicated_from: Some(Origin { instance: InstanceId([1; 16]), snapshot: SessionId::new(0, [2; 16]) }),
    }
}

pub(crate) fn private() -> Private {
    let fault = |kind| FaultRecord { path: b"a/\xff".to_vec(), kind, message: "no right to read it".into() };
    Private {
        policy: "erp".into(),
        source: "files".into(),
        host: "db-3".into(),
        workflow: "nightly".into(),
        step: "store".into(),
        roots: vec![b"/srv".to_vec(), vec![0xff]],
        policy_hash: [1; 32],
        tags: vec!["weekly".into()],
        top: entry("", Kind::Folder, Content::default(), 0),
        faults: FAULT_KINDS.into_iter().map(fault).collect(),
    }
}

fn decode_public(bytes: &[u8]) -> Result<Public, DecodeError> {
    let mut reader = Reader::new(bytes);
    let public = Public::decode(&mut reader)?;
    reader.finish()?;
    Ok(public)
}

#[test]
fn both_halves_come_back() {
    let mut writer = Writer::new();
    public().encode(&mut writer);
    let bytes = writer.finish().unwrap();
    assert_eq!(decode_public(&bytes), Ok(public()));
    assert_eq!(Private::decode(&private().encode().unwrap()), Ok(private()));
}

#[test]
fn hostile_halves_do_no_harm() {
    let mut writer = Writer::new();
    public().encode(&mut writer);
    let bytes = writer.finish().unwrap();
    let other_form = |bytes: &[u8]| {
        decode_public(bytes).is_ok_and(|taken| {
            let mut writer = Writer::new();
            taken.encode(&mut writer);
            writer.finish().unwrap() != bytes
        })
    };
    assert_eq!(torment(&bytes, 1, other_form), Taken::NOTHING);
    let bytes = private().encode().unwrap();
    let other_form =
        |bytes: &[u8]| Private::decode(bytes).is_ok_and(|taken| taken.encode().unwrap() != bytes);
    assert_eq!(torment(&bytes, 2, other_form), Taken::NOTHING);
}

#[test]
fn the_private_half_opens_with_its_key_alone() {
    let family = FamilyId([1; 16]);
    let wrapped = WrappedKey { commitment: crate::id::Commitment([2; 32]), bytes: vec![3] };
    let session = SessionKey { key: Key::new([4; 32]), wrapped };
    let sealed = SealedPrivate::seal(&private(), &family, &session, [5; 32], [6; 24]).unwrap();
    assert_eq!(sealed.open(&family, &session.key), Ok(private()));
    assert_eq!(sealed.open(&family, &Key::new([5; 32])), Err(DecodeError::Broken));
    let moved = SealedPrivate { binding: [6; 32], ..sealed };
    assert_eq!(moved.open(&family, &session.key), Err(DecodeError::Broken));
}

#[test]
fn more_faults_than_there_is_room_for_are_refused() {
    let fault = FaultRecord { path: vec![b'a'], kind: FaultKind::Broken, message: String::new() };
    let crowded = Private { faults: vec![fault; 1001], ..private() };
    assert_eq!(crowded.encode(), Err(TooLarge("faults")));
}
