//! What retention by hand leaves is what the steps leave.

use super::house::{House, policy};
use crate::Engine;
use crate::report::{RunOptions, SnapshotFilter};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
const DAYS: usize = 16;

const STORE: &str = "step made = discover(home) |> snapshot() |> encrypt() |> store(to: shelf) |> verify()";
const TIDY: &str = "step weeks = latest(home, in: shelf) |> verify() |> retain(gfs(weekly: 4))
    step days = latest(home, in: shelf) |> verify() |> retain(gfs(daily: 7))";

fn left(engine: &Engine) -> Vec<String> {
    let list = engine.snapshots(&SnapshotFilter::default()).unwrap();
    list.snapshots.into_iter().map(|line| line.id).collect()
}

/// A rule judges what the ones before it left: of few snapshots one of buckets keeps more than of many.
#[test]
fn several_rules_leave_what_their_steps_leave() {
    let house = House::new();
    let options = RunOptions { create: true, ..RunOptions::default() };
    for _ in 0..DAYS {
        house.clock.advance_ms(DAY_MS);
        house.engine(&policy(STORE)).run(&[], &options).unwrap();
    }
    let tidy = house.engine(&policy(TIDY));
    let shown = tidy.retain(None, false).unwrap();
    let kept = shown.lines[0].rulings.iter().filter(|ruling| ruling.keep);
    let mut kept: Vec<String> = kept.map(|ruling| ruling.snapshot.clone()).collect();
    kept.sort();
    assert_eq!(shown.lines[0].rulings.len(), DAYS);
    tidy.run(&[], &options).unwrap();
    let mut left = left(&tidy);
    left.sort();
    assert_eq!(kept, left);
    assert!(left.len() > 1, "{left:?}");
}
