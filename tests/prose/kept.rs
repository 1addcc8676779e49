//! What a retention keeps: the first line of a block says when it is looked at, each other line a snapshot, the newest first, and
//! what becomes of it.

use mainstay_compiler::prove;
use mainstay_engine::in_its_words;
use mainstay_repo::id::SnapshotId;
use mainstay_repo::retention::{SnapshotTime, decide};
use mainstay_world::TimestampMs;

use super::block::Block;
use super::case::Case;

/// Holds the block to what is kept of the first copy of the policy.
pub fn fault(case: &Case, block: &Block) -> Option<String> {
    let Some(ir) = case.compiled().ir else { return Some("it does not compile".to_owned()) };
    let facts = prove::facts(&ir);
    let keep = facts.copies.first().and_then(|copy| copy.retention.clone())?;
    let lines: Vec<&str> = block.text.lines().collect();
    let (now, lines) = lines.split_first()?;
    let now = now.strip_prefix("now ").unwrap_or_else(|| panic!("{}: no `now`", block.place));
    let snapshots: Vec<SnapshotTime> =
        lines.iter().enumerate().map(|(number, line)| snapshot(number, line)).collect();
    let decided = decide(&in_its_words(&keep), &snapshots, time(now));
    let mut text = format!("now {now}\n");
    for (line, snapshot) in lines.iter().zip(&snapshots) {
        let kept = decided.iter().any(|one| one.id == snapshot.id && one.keep);
        let what: Vec<&str> = line.split(' ').filter(|word| !["kept", "forgotten"].contains(word)).collect();
        text += &format!("{} {}\n", what.join(" "), if kept { "kept" } else { "forgotten" });
    }
    (text != block.text).then(|| format!("is\n{text}"))
}

/// A line such as `2027-01-31 01:30 degraded kept`.
fn snapshot(number: usize, line: &str) -> SnapshotTime {
    let when = line.get(.."2027-01-31 01:30".len()).unwrap();
    let whole = !line.contains("degraded");
    SnapshotTime { id: SnapshotId::new(number as u64, [0; 16]), time: time(when), whole, verified: false }
}

fn time(text: &str) -> TimestampMs {
    let written: jiff::civil::DateTime = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    let instant = written.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
    TimestampMs(instant.as_millisecond())
}
