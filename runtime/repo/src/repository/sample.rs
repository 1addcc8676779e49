//! A whole snapshot by hand, for tests: one pack, one segment, one commit, without any pipeline.

use mainstay_store::ObjectName;
use mainstay_world::TimestampMs;
use mainstay_world::tree::{Details, Kind, Time};

use super::Repository;
use crate::format::blob::{BlobKind, Codec, Shape, node_id};
use crate::format::manifest::*;
use crate::format::node::{Content, Node, NodeEntry};
use crate::format::pack::{PackEnd, PackEntry, pack_id};
use crate::format::record::Record;
use crate::format::segment::{Segment, SegmentEntry, SegmentPack, segment_id};
use crate::format::slot::{Commit, Intent, Outcome, SlotName};
use crate::id::{ChunkId, SessionId, SnapshotId, SourceId};
use crate::slots::{Put, State};

pub(crate) fn entry(name: &str, kind: Kind, content: Content, size: u64) -> NodeEntry {
    NodeEntry {
        name: name.as_bytes().to_vec(),
        kind,
        mode: 0o644,
        uid: 1000,
        gid: 1000,
        size,
        mtime: Time { seconds: 1_700_000_000, nanoseconds: 5 },
        rdev: (0, 0),
        link: None,
        details: Details::default(),
        content,
        extents: Vec::new(),
    }
}

pub(crate) struct Sample {
    pub(crate) snapshot: SnapshotId,
    pub(crate) data: Vec<ChunkId>,
    pub(crate) root: ChunkId,
    pub(crate) put: Put,
}

/// Each file is one chunk; what the state knows already is still stored anew.
pub(crate) fn write(repo: &Repository, state: &State, files: &[(&str, &[u8])]) -> Sample {
    let mut random = [0u8; 16];
    repo.outside().random.fill(&mut random);
    let session = SessionId::new(state.log_position(), random);
    let intent = repo.put_slot(&SlotName::Intent(session), &Record::Intent(Intent::Write)).unwrap();
    assert!(matches!(intent, Put::Ours));
    let key = repo.new_session_key().unwrap();
    let sealer = repo.sealer(&key);
    let (mut pack, mut blobs, mut entries, mut data) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut add = |id: ChunkId, shape: Shape, offset: usize, pack: &[u8]| {
        blobs.push(PackEntry {
            id,
            offset: offset as u32,
            stored_length: (pack.len() - offset) as u32,
            raw_length: shape.raw_length,
            key: 0,
            codec: shape.codec,
            kind: shape.kind,
            links: shape.links,
        });
    };
    for (name, bytes) in files {
        let id = repo.chunk_keys().id(BlobKind::Data, bytes);
        let offset = pack.len();
        let packed = zstd::bulk::compress(bytes, 3).unwrap();
        let shape = sealer.data(&id, Codec::Zstd, bytes.len() as u32, &packed, repo.nonce(), &mut pack);
        add(id, shape, offset, &pack);
        data.push(id);
        entries.push(entry(name, Kind::File, Content { ids: vec![id], depth: 0 }, bytes.len() as u64));
    }
    let node = Node { entries }.encode().unwrap();
    let root = node_id(repo.chunk_keys(), &node);
    let offset = pack.len();
    let nonces = [repo.nonce(), repo.nonce()];
    let shape = sealer.node(&root, &node, Codec::Raw, &node.body, nonces, &mut pack).unwrap();
    add(root, shape, offset, &pack);
    let end = PackEnd {
        entries: blobs.clone(),
        keys: vec![key.wrapped.clone()],
        root: repo.wrapped_root().unwrap().clone(),
    };
    end.append(&mut pack, repo.family(), repo.map_key(), repo.outside().random.as_ref()).unwrap();
    let id = pack_id(&pack);
    let bytes = pack.len() as u64;
    repo.store().create(&ObjectName::new(format!("p/{id}")).unwrap(), pack).unwrap();
    let mut segment = Segment {
        domain: repo.signer().certificate().domain,
        packs: vec![SegmentPack { id, bytes }],
        keys: vec![key.wrapped.clone()],
        entries: blobs.into_iter().map(|blob| SegmentEntry { pack: 0, blob }).collect(),
    };
    let stored = segment.encode(repo.family(), repo.map_key(), repo.outside().random.as_ref()).unwrap();
    let segment = segment_id(&stored);
    repo.store().create(&ObjectName::new(format!("x/{segment}")).unwrap(), stored).unwrap();
    let source = SourceId([1; 16]);
    let public = Public {
        snapshot: session,
        source,
        host: repo.chunk_keys().host("host"),
        started: repo.outside().clock.now(),
        ended: TimestampMs(repo.outside().clock.now().0 + 1),
        kind: SnapshotKind::Files,
        root: Content { ids: vec![root], depth: 0 },
        counts: Counts { files: files.len() as u64, ..Counts::default() },
        whole: true,
        partial: false,
        run_id: [3; 32],
        parents: Vec::new(),
        heads: state.seen(&source),
        chunker: repo.chunker(),
        domain: repo.signer().certificate().domain,
        replicated_from: None,
    };
    let private = Private {
        policy: "policy".into(),
        source: "source".into(),
        host: "host".into(),
        workflow: "nightly".into(),
        step: "store".into(),
        roots: vec![b"/srv".to_vec()],
        policy_hash: [4; 32],
        tags: vec!["tag".into()],
        top: entry("", Kind::Folder, Content::default(), 0),
        faults: Vec::new(),
    };
    let private = SealedPrivate::seal(&private, repo.family(), &key, [5; 32], repo.nonce()).unwrap();
    let commit = Commit { segments: vec![segment], manifest: Manifest { public, private } };
    let name = SlotName::Outcome(session, 0);
    let put = repo.put_slot(&name, &Record::Outcome(Outcome::Final(commit))).unwrap();
    Sample { snapshot: session, data, root, put }
}
