//! What a clock that was wrong for one run does to retention: it counts where that run stored, it is named, and somebody
//! may say that the clock is right now.

use mainstay_world::TimestampMs;

use super::house::{House, policy};
use crate::Engine;
use crate::operation::{Forced, Guard};
use crate::report::{RestoreSpec, RunOptions, RunsReport, SnapshotFilter};

const DAY_MS: i64 = 86_400_000;
const KEPT: &str = "step kept = discover(home) |> snapshot() |> encrypt() |> store(to: shelf) |> verify() |> retain(gfs(last: 1))";

fn ran(engine: &Engine, forced: Vec<Forced>) -> RunsReport {
    engine.run(&[], &RunOptions { create: true, forced, ..RunOptions::default() }).unwrap()
}

/// Why nothing was decided, by hand.
fn refused(engine: &Engine) -> Option<String> {
    engine.retain(None, false).unwrap().lines.remove(0).fault
}

fn clock_behind() -> Vec<Forced> {
    vec![Forced { guard: Guard::ClockBehind, repo: "shelf".to_owned() }]
}

#[test]
fn a_run_that_was_dated_ahead_is_named_until_somebody_says_that_the_clock_is_right() {
    let house = House::new();
    let engine = house.engine(&policy(KEPT));
    ran(&engine, Vec::new());
    let right_ms = house.clock_ms();
    house.clock.set(TimestampMs(right_ms + 10 * DAY_MS));
    let ahead = ran(&engine, Vec::new());
    house.clock.set(TimestampMs(right_ms + DAY_MS));

    let run = ahead.runs[0].run.short();
    let why = refused(&engine).unwrap();
    for part in [
        "it says 2026-11-22 09:00 UTC",
        &format!("run {run} of `nightly` is dated 2026-12-01 09:00 UTC"),
        "nothing is forgotten before then",
        "`mainstay run repo:shelf --force=clock-behind:shelf`",
    ] {
        assert!(why.contains(part), "{part}: {why}");
    }
    let degraded = ran(&engine, Vec::new());
    let ended = degraded.runs[0].outcome.as_ref().unwrap();
    assert!(
        ended.is_well() && ended.reason().is_some_and(|why| why.contains("not `retain`")),
        "{degraded:#?}"
    );

    ran(&engine, clock_behind());
    let kept = engine.snapshots(&SnapshotFilter::default()).unwrap().snapshots;
    let of_the_future = kept.iter().filter(|one| one.time_ms > house.clock_ms()).count();
    assert_eq!((kept.len(), of_the_future), (2, 1), "tonight's stays beside it: {kept:#?}");
    assert_eq!(refused(&engine), None);
    house.clock.advance_ms(1_000);
    ran(&engine, Vec::new());
    assert_eq!(refused(&engine), None, "later runs need no guard");
}

/// What is newest by its date need not be: nobody is handed it without a word, and no copy of it is green.
#[test]
fn a_snapshot_that_is_dated_after_now_is_not_taken_for_the_newest_in_silence() {
    let house = House::new();
    let engine = house.engine(&policy(KEPT));
    let right_ms = house.clock_ms();
    house.clock.set(TimestampMs(right_ms + 10 * DAY_MS));
    ran(&engine, Vec::new());
    house.clock.set(TimestampMs(right_ms));
    ran(&engine, Vec::new());
    let spec = |at_ms| RestoreSpec {
        source: "home".into(),
        at_ms,
        to: house.path("back"),
        dry_run: true,
        ..RestoreSpec::default()
    };
    let taken = engine.restore(&spec(None)).unwrap();
    assert!(taken.unread[0].message.contains("dated 2026-12-01 09:00 UTC, after now"), "{taken:#?}");
    let meant = engine.restore(&spec(Some(house.clock_ms()))).unwrap();
    assert!(meant.unread.is_empty() && meant.snapshot.time_ms == right_ms, "{meant:#?}");
    let copied =
        house.engine(&policy("step away = latest(home, in: shelf) |> replicate(to: attic) |> verify()"));
    let outcome = ran(&copied, Vec::new()).runs[0].outcome.clone().unwrap();
    assert!(outcome.reason().is_some_and(|why| why.contains("after now")), "{outcome:?}");
}

#[test]
fn it_counts_for_no_other_policy_and_no_other_place() {
    let house = House::new();
    let engine = house.engine(&policy(KEPT));
    let other = house.engine(&policy(KEPT).replace("policy house", "policy other"));
    let attic = house.engine(&policy(&KEPT.replace("shelf", "attic")));
    let right_ms = house.clock_ms();
    house.clock.set(TimestampMs(right_ms + 10 * DAY_MS));
    ran(&engine, Vec::new());
    house.clock.set(TimestampMs(right_ms));
    for (unharmed, of) in [(&other, "another policy"), (&attic, "another place")] {
        ran(unharmed, Vec::new());
        assert_eq!(refused(unharmed), None, "{of}");
    }
    assert!(refused(&engine).is_some());
}

/// Who says that the clock is right while nothing speaks against it changes nothing.
#[test]
fn a_guard_with_nothing_to_refuse_does_nothing() {
    let house = House::new();
    let engine = house.engine(&policy(KEPT));
    ran(&engine, Vec::new());
    ran(&engine, clock_behind());
    let right_ms = house.clock_ms();
    house.clock.set(TimestampMs(right_ms - DAY_MS));
    assert!(refused(&engine).is_some());
}
