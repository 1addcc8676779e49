//! What retention does to the snapshots of one source in one repository.

use std::collections::HashMap;

use mainstay_ir::Retention;
use mainstay_repo::id::SnapshotId;
use mainstay_repo::repository::Snapshot;
use mainstay_repo::retention::{self, SnapshotTime, decide};
use mainstay_world::TimestampMs;

use crate::report::{NEW_SNAPSHOT, Ruling};

/// No log comes so far: this names snapshots that are not there yet.
const NEW_POSITION: u64 = u64::MAX;

/// Snapshots as the steps that retain them find them, one after the other: the later ones judge only what the
/// earlier ones left. A rule of buckets keeps more of few snapshots than of many, so what each keeps of all of them would be
/// fewer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Standing(Vec<SnapshotTime>);

impl Standing {
    /// What is there now. Whether a snapshot was verified says the journal.
    pub(crate) fn new(snapshots: &[Snapshot], is_verified: impl Fn(&str) -> bool) -> Self {
        let time = |snapshot: &Snapshot| SnapshotTime {
            id: snapshot.id,
            time: snapshot.public().started,
            whole: snapshot.public().whole,
            verified: is_verified(&snapshot.id.to_string()),
        };
        Self(snapshots.iter().map(time).collect())
    }

    /// A step will store one, whole and of this time.
    pub(crate) fn store(&mut self, time_ms: i64) {
        let mut number = [0; 16];
        number.iter_mut().rev().zip(self.0.len().to_le_bytes()).for_each(|(to, from)| *to = from);
        let id = SnapshotId::new(NEW_POSITION, number);
        self.0.push(SnapshotTime { id, time: TimestampMs(time_ms), whole: true, verified: false });
    }

    /// What steps would store is not there.
    pub(crate) fn leave_new(&mut self) {
        self.0.retain(|time| time.id.position() != NEW_POSITION);
    }

    /// A step will read one back, or the newest, and find it good.
    pub(crate) fn verify(&mut self, snapshot: Option<SnapshotId>) {
        let found = match snapshot {
            Some(id) => self.0.iter_mut().find(|time| time.id == id),
            None => self.0.iter_mut().max_by_key(|time| (time.time, time.id)),
        };
        if let Some(time) = found {
            time.verified = true;
        }
    }

    /// Decides, the newest first. What goes is not found by the next step.
    pub(crate) fn judge(&mut self, keep: &Retention, now_ms: i64) -> Vec<Ruling> {
        let decisions = decide(&in_its_words(keep), &self.0, TimestampMs(now_ms));
        let times: HashMap<SnapshotId, SnapshotTime> = self.0.drain(..).map(|time| (time.id, time)).collect();
        let mut rulings = Vec::with_capacity(decisions.len());
        for decision in decisions {
            let Some(time) = times.get(&decision.id) else { continue };
            if decision.keep {
                self.0.push(*time);
            }
            rulings.push(ruling(&decision, time.time));
        }
        rulings
    }
}

fn ruling(decision: &retention::Decision, time: TimestampMs) -> Ruling {
    let (snapshot, short) = if decision.id.position() == NEW_POSITION {
        (NEW_SNAPSHOT.to_owned(), NEW_SNAPSHOT.to_owned())
    } else {
        (decision.id.to_string(), decision.id.short())
    };
    let reasons = decision.reasons.iter().map(ToString::to_string).collect();
    Ruling { snapshot, short, time_ms: time.0, keep: decision.keep, reasons }
}

/// What a policy keeps, in the words of the repository, which knows no policy. Its days are those of UTC.
pub fn in_its_words(keep: &Retention) -> retention::Retention {
    retention::Retention {
        all: keep.all,
        last: keep.last,
        hourly: keep.hourly,
        daily: keep.daily,
        weekly: keep.weekly,
        monthly: keep.monthly,
        yearly: keep.yearly,
        within_ms: keep.within.map(|within| within.0),
        offset_s: 0,
    }
}
