use ed25519_dalek::SigningKey;

use super::*;
use crate::format::hostile::{Taken, torment};
use crate::format::manifest::{Manifest, Private, Public, SealedPrivate};
use crate::id::{Commitment, FamilyId, PackId, SegmentId, SessionId};
use crate::keys::{Key, SessionKey, WrappedKey};

const FAMILY: FamilyId = FamilyId([1; 16]);

fn owner() -> Signer {
    Signer::owner(&[2; 32], &FAMILY)
}

fn issued(role: Role, sources: Vec<SourceId>) -> Signer {
    let key = SigningKey::from_bytes(&[3; 32]);
    let certificate = Certificate::issue(owner().key(), &FAMILY, &key.verifying_key(), role, sources);
    Signer::new(key, certificate)
}

fn map() -> MapKey {
    Key::new([4; 32])
}

fn sid() -> SessionId {
    SessionId::new(4, [1; 16])
}

fn commit(signer: &Signer) -> Commit {
    let public = Public { domain: signer.certificate().domain, ..crate::format::manifest::tests::public() };
    let private: Private = crate::format::manifest::tests::private();
    let wrapped = WrappedKey { commitment: Commitment([2; 32]), bytes: vec![3; 9] };
    let session = SessionKey { key: Key::new([4; 32]), wrapped };
    let private = SealedPrivate::seal(&private, &FAMILY, &session, [5; 32], [6; 24]).unwrap();
    Commit { segments: vec![SegmentId([8; 32])], manifest: Manifest { public, private } }
}

fn sealed(name: &SlotName, record: &Record, signer: &Signer) -> Vec<u8> {
    seal_slot(name, record, &FAMILY, &map(), [7; 24], signer).unwrap()
}

fn opened(name: &SlotName, bytes: &[u8]) -> Result<OpenedSlot, DecodeError> {
    open_slot(name, bytes, &map(), &Trust::new(owner().certificate().public_key, FAMILY))
}

fn all() -> Vec<(SlotName, Record)> {
    let commit = commit(&owner());
    let outcomes = [
        Outcome::Partial(commit.clone()),
        Outcome::Alive,
        Outcome::Final(commit),
        Outcome::Aborted,
        Outcome::Closed,
        Outcome::Unknown(9),
    ];
    let logs = [
        LogRecord::Condemn(vec![PackId([1; 32])]),
        LogRecord::Verdict { condemn: 3, delete: vec![PackId([1; 32])] },
        LogRecord::Merge { outputs: vec![SegmentId([1; 32])], inputs: vec![SegmentId([2; 32])] },
        LogRecord::Void("c/00".into()),
        LogRecord::Unknown(77),
    ];
    let hold = HoldRecord::Hold { case: "case".into(), owner: "legal".into() };
    let mut all = vec![
        (SlotName::Intent(sid()), Record::Intent(Intent::Write)),
        (SlotName::Intent(sid()), Record::Intent(Intent::Read(vec![sid()]))),
        (SlotName::Forgotten(sid()), Record::Forget(ForgetRecord { reason: "old".into() })),
        (
            SlotName::Quarantine(PackId([1; 32])),
            Record::Quarantine(QuarantineRecord { reason: "bad".into() }),
        ),
    ];
    all.extend(outcomes.map(|outcome| (SlotName::Outcome(sid(), 1), Record::Outcome(outcome))));
    all.extend(logs.map(|record| (SlotName::Log(5), Record::Log(record))));
    let holds = [hold, HoldRecord::Release, HoldRecord::Unknown(5)];
    all.extend(holds.map(|record| (SlotName::Hold(sid(), 0), Record::Hold(record))));
    all
}

#[test]
fn every_record_comes_back_with_its_signer() {
    for (name, record) in all() {
        let slot = opened(&name, &sealed(&name, &record, &owner())).unwrap();
        let signer = match record.is_signed() {
            true => Ok(owner().certificate().clone()),
            false => Err(Distrust::Unsigned),
        };
        assert_eq!(slot, OpenedSlot { record, signer });
    }
}

#[test]
fn a_slot_is_bound_to_its_name() {
    for (name, record) in all() {
        let bytes = sealed(&name, &record, &owner());
        let other = SlotName::Outcome(sid(), 2);
        assert_eq!(opened(&other, &bytes), Err(DecodeError::Broken), "{name}");
    }
}

#[test]
fn roles_and_scopes_hold() {
    let forgotten = SlotName::Forgotten(sid());
    let forget = Record::Forget(ForgetRecord { reason: String::new() });
    let publish = SlotName::Outcome(sid(), 0);
    let own = SourceId([2; 16]);
    let cases = [
        (issued(Role::Writer, vec![]), Role::Writer, true, Err(Distrust::Role)),
        (issued(Role::Writer, vec![own]), Role::Writer, true, Err(Distrust::Role)),
        (issued(Role::Writer, vec![SourceId([9; 16])]), Role::Writer, false, Err(Distrust::Role)),
        (issued(Role::Janitor, vec![]), Role::Janitor, false, Ok(())),
    ];
    for (signer, role, publishes, forgets) in cases {
        let said = opened(&forgotten, &sealed(&forgotten, &forget, &signer)).unwrap().signer;
        assert_eq!(said.map(|_| ()), forgets, "{role}");
        let record = Record::Outcome(Outcome::Final(commit(&signer)));
        let said = opened(&publish, &sealed(&publish, &record, &signer)).unwrap().signer;
        assert_eq!(said.is_ok(), publishes, "{role}");
    }
    let voids = (SlotName::Log(0), Record::Log(LogRecord::Void("c/0".into())));
    let said = opened(&voids.0, &sealed(&voids.0, &voids.1, &issued(Role::Janitor, vec![]))).unwrap();
    assert_eq!(said.signer, Err(Distrust::Role));
}

#[test]
fn another_session_or_domain_is_out_of_scope() {
    let writer = issued(Role::Writer, vec![]);
    let elsewhere = SlotName::Outcome(SessionId::new(4, [2; 16]), 0);
    let record = Record::Outcome(Outcome::Final(commit(&writer)));
    let said = opened(&elsewhere, &sealed(&elsewhere, &record, &writer)).unwrap();
    assert_eq!(said.signer, Err(Distrust::Scope));
    let foreign_domain = Record::Outcome(Outcome::Final(commit(&owner())));
    let name = SlotName::Outcome(sid(), 0);
    let said = opened(&name, &sealed(&name, &foreign_domain, &writer)).unwrap();
    assert_eq!(said.signer, Err(Distrust::Scope));
}

#[test]
fn who_certifies_himself_is_not_believed() {
    let rogue = Signer::owner(&[66; 32], &FAMILY);
    let name = SlotName::Forgotten(sid());
    let forget = Record::Forget(ForgetRecord { reason: String::new() });
    assert_eq!(opened(&name, &sealed(&name, &forget, &rogue)).unwrap().signer, Err(Distrust::Issuer));
    let mut bytes = sealed(&name, &forget, &owner());
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    assert_eq!(opened(&name, &bytes).unwrap().signer, Err(Distrust::Signature));
}

#[test]
fn hostile_slots_do_no_harm() {
    let mut seen = std::collections::BTreeSet::new();
    let one_of_each = all().into_iter().filter(|(name, _)| seen.insert(name.to_string()));
    for (seed, (name, record)) in (0u64..).zip(one_of_each) {
        // A changed signature leaves the slot readable and unbelievable; that is no harm.
        let taken = torment(&sealed(&name, &record, &owner()), seed, |bytes| {
            opened(&name, bytes).is_ok_and(|slot| slot.signer.is_ok() || !record.is_signed())
        });
        assert_eq!(taken, Taken::NOTHING, "{name}");
    }
}
