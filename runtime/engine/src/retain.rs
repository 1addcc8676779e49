//! What retention does to the snapshots of one source in one repository.

use mainstay_ir::Retention;
use mainstay_repo::repository::Snapshot;
use mainstay_repo::retention::{self, SnapshotTime, decide};
use mainstay_world::TimestampMs;

use crate::report::Ruling;

/// Decides, the newest first. Whether a snapshot was verified says the journal.
pub(crate) fn rulings(
    keep: &Retention,
    snapshots: &[Snapshot],
    is_verified: impl Fn(&str) -> bool,
    now_ms: i64,
) -> Vec<Ruling> {
    let times: Vec<SnapshotTime> = snapshots
        .iter()
        .map(|snapshot| SnapshotTime {
            id: snapshot.id,
            time: snapshot.public().started,
            whole: snapshot.public().whole,
            verified: is_verified(&snapshot.id.to_string()),
        })
        .collect();
    let decisions = decide(&in_its_words(keep), &times, TimestampMs(now_ms));
    decisions
        .into_iter()
        .map(|decision| Ruling {
            snapshot: decision.id.to_string(),
            short: decision.id.short(),
            time_ms: times.iter().find(|time| time.id == decision.id).map_or(0, |time| time.time.0),
            keep: decision.keep,
            reasons: decision.reasons.iter().map(ToString::to_string).collect(),
        })
        .collect()
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
