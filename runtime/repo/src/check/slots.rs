//! Slots and key generations: each is read, and each signature looked at.

use mainstay_store::StoreErrorKind;

use super::{CheckError, CheckProblemKind, CheckWatch, Findings};
use crate::format::record::Record;
use crate::repository::{Repository, Snapshots};
use crate::slots::{ReadError, SlotFault, SlotFaultKind, State};

/// Prefixes with slots.
const PREFIXES: [char; 6] = ['s', 'c', 'g', 'f', 'h', 'q'];

/// Reads them all.
pub(super) fn check(
    repo: &Repository,
    state: &State,
    snapshots: &Snapshots,
    findings: &mut Findings,
    watch: &CheckWatch<'_>,
) -> Result<(), CheckError> {
    for fault in repo.faults() {
        findings.add(&fault.object, CheckProblemKind::Damaged, fault.kind.to_string());
    }
    if repo.wrapped_root().is_err() && !repo.faults().iter().any(|fault| fault.object.starts_with("k/")) {
        findings.add(
            "k/00000000",
            CheckProblemKind::Missing,
            "there is no key generation: nothing can be written",
        );
    }
    state.faults.iter().for_each(|fault| add(findings, fault));
    for snapshot in &snapshots.list {
        if let Some(fault) = &snapshot.private_fault {
            findings.add(format!("c/{}", snapshot.id), CheckProblemKind::Damaged, fault);
        }
    }
    // W1 comes before everything of a session: what it left behind and no intent is a deletion.
    let (intents, _named_below) = repo.intents()?;
    for session in state.sessions.keys().filter(|session| !intents.contains(*session)) {
        let message = "a session left something behind and its intent is gone: it was deleted";
        findings.add(format!("s/{session}"), CheckProblemKind::Missing, message);
    }
    for prefix in PREFIXES {
        let mut faults = Vec::new();
        for name in repo.slot_names(prefix, &mut faults)? {
            watch.read(1, 0)?;
            match repo.slot(&name) {
                Ok(Ok(slot)) => {
                    if let (true, Err(distrust)) = (is_signed(&slot.record), &slot.signer) {
                        let kind = SlotFaultKind::Distrusted(*distrust);
                        faults.push(SlotFault { object: name.to_string(), kind });
                    }
                }
                Ok(Err(kind)) => faults.push(SlotFault { object: name.to_string(), kind }),
                // One that cannot be read hides no other.
                Err(ReadError::Store(error)) if error.kind == StoreErrorKind::Other => {
                    findings.add(name, CheckProblemKind::Damaged, error);
                }
                Err(error) => return Err(error.into()),
            }
        }
        faults.iter().for_each(|fault| add(findings, fault));
    }
    Ok(())
}

fn add(findings: &mut Findings, fault: &SlotFault) {
    let kind = match fault.kind {
        SlotFaultKind::Deleted => CheckProblemKind::Missing,
        SlotFaultKind::Distrusted(_) => CheckProblemKind::Untrusted,
        SlotFaultKind::Damaged(_) | SlotFaultKind::Name | SlotFaultKind::Unknown => CheckProblemKind::Damaged,
    };
    findings.add(&fault.object, kind, fault.kind);
}

/// Whether a record means nothing without a signature.
fn is_signed(record: &Record) -> bool {
    match record {
        Record::Intent(_) => false,
        Record::Outcome(outcome) => outcome.commit().is_some(),
        Record::Log(_) | Record::Forget(_) | Record::Hold(_) | Record::Quarantine(_) => true,
    }
}
