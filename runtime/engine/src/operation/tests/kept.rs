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

/// What a plan says of each snapshot: how many steps would forget it, and what it says that stays in the end.
fn planned(engine: &Engine) -> (Vec<String>, Vec<String>) {
    let plan = engine.plan(&[], None).unwrap();
    let lines: Vec<_> = plan.workflows.iter().flat_map(|workflow| &workflow.retention).collect();
    let goes = lines.iter().flat_map(|line| &line.rulings).filter(|ruling| !ruling.keep);
    let stays = lines.last().unwrap().rulings.iter().filter(|ruling| ruling.keep);
    let names = |ruling: &crate::report::Ruling| ruling.snapshot.clone();
    (goes.map(names).collect(), stays.map(names).collect())
}

/// A plan shows what a run does: each step judges what the ones before it left, and what the run has stored by then.
#[test]
fn a_plan_shows_what_the_steps_of_a_run_forget() {
    let house = House::new();
    let options = RunOptions { create: true, ..RunOptions::default() };
    let storing = house.engine(&policy(STORE));
    for _ in 0..DAYS {
        house.clock.advance_ms(DAY_MS);
        storing.run(&[], &options).unwrap();
    }
    let all = |body: &str| {
        let engine = house.engine(&policy(body));
        let before = left(&engine);
        let (goes, stays) = planned(&engine);
        engine.run(&[], &options).unwrap();
        let after = left(&engine);
        let mut gone: Vec<String> = before.iter().filter(|one| !after.contains(one)).cloned().collect();
        let (mut told, news) = (goes, after.iter().filter(|one| !before.contains(one)).count());
        gone.sort();
        told.sort();
        assert_eq!(told, gone, "each is told once, and no other goes: {body}");
        assert_eq!(stays.len(), after.len(), "{body}");
        assert_eq!(stays.iter().filter(|one| *one == crate::report::NEW_SNAPSHOT).count(), news, "{body}");
        gone.len()
    };
    let kept = STORE.replace("verify()", "verify() |> retain(gfs(last: 9))");
    let weeks = "step weeks = latest(home, in: shelf) |> verify() |> retain(gfs(weekly: 3, last: 4))";
    assert!(all(&format!("{kept}\n    {weeks}")) > DAYS - 9);
    house.clock.advance_ms(DAY_MS);
    assert!(all(TIDY) > 0);
    house.clock.advance_ms(DAY_MS);
    assert!(all(&STORE.replace("verify()", "verify() |> retain(gfs(last: 2))")) > 0);
    // The newest verified one always stays: the run reads a newer one back first.
    let unread = house.engine(&policy(&STORE.replace(" |> verify()", "")));
    for _ in 0..2 {
        house.clock.advance_ms(DAY_MS);
        unread.run(&[], &options).unwrap();
    }
    let before = left(&unread).len();
    let one = "step one = latest(home, in: shelf) |> verify() |> retain(gfs(last: 1))";
    assert_eq!(all(one), before - 1);
}
