//! RPO.

use mainstay_ir::Overlap;

use super::*;

fn nightly(rpo: DurationMs, trigger: Trigger, within: Option<DurationMs>) -> Built {
    let mut built = Built::new();
    built.objective("gold", promise(rpo));
    built.workflow("nightly", vec![trigger], within, vec![("backup", protect("home", "shelf", days(14)))]);
    built
}

#[test]
fn the_day_with_25_hours_breaks_what_24_would_keep() {
    let built = nightly(DurationMs::hours(26), daily(180), Some(DurationMs::hours(2)));
    insta::assert_snapshot!(built.shown(), @r#"
    error[E0501]: the copy of `home` in `shelf` can be 27 h old, and `gold` promises 26 h
      at workflow.nightly.trigger: the schedule of `nightly` is 1 h short
      at objective.gold.rpo: an rpo of 26 h is promised here
      at workflow.nightly.within: a run may take this long
      = `nightly` starts 2026-10-24 03:00 CEST, next 2026-10-25 03:00 CET: 25 h, for the clocks go back in between
      = `nightly` ends 2 h after its start, for its `within`
      = 25 h gap + 2 h within = 27 h, 1 h more than the rpo
      = assumed: every run ends well and in time, and the machine is on
      help: `within: 1h` keeps it; or promise `rpo: 27h`
      fix: write `within: 1h`: 1h
    "#);
    assert_eq!(nightly(DurationMs::hours(27), daily(180), Some(DurationMs::hours(2))).shown(), "");
    let tokyo = Trigger::Daily { at: 180, zone: "Asia/Tokyo".into(), jitter: DurationMs(0) };
    assert_eq!(nightly(DurationMs::hours(26), tokyo, Some(DurationMs::hours(2))).shown(), "");
}

#[test]
fn an_interval_is_mended_by_a_shorter_one() {
    let trigger = every(DurationMs::hours(2), DurationMs::minutes(2));
    let built = nightly(DurationMs::hours(2), trigger, Some(DurationMs::minutes(20)));
    insta::assert_snapshot!(built.shown(), @r#"
    error[E0501]: the copy of `home` in `shelf` can be 2 h 22 min old, and `gold` promises 2 h
      at workflow.nightly.trigger: the schedule of `nightly` is 22 min short
      at objective.gold.rpo: an rpo of 2 h is promised here
      at workflow.nightly.within: a run may take this long
      = `nightly` starts 2026-01-01 00:00 UTC, next 2026-01-01 02:00 UTC: 2 h
      = `nightly` may start 2 min later, for its jitter
      = `nightly` ends 20 min after its start, for its `within`
      = 2 h gap + 2 min jitter + 20 min within = 2 h 22 min, 22 min more than the rpo
      = assumed: every run ends well and in time, and the machine is on
      help: `every(90min, jitter: 2min)` keeps it; or promise `rpo: 150min`
      fix: write `trigger: every(90min, jitter: 2min)`: every(90min, jitter: 2min)
    "#);
}

#[test]
fn what_cannot_be_proved_is_said_with_its_reason() {
    let by_hand = {
        let mut built = nightly(DurationMs::hours(30), daily(90), Some(DurationMs::hours(2)));
        built.ir.workflows["nightly"].triggers.clear();
        built
    };
    insta::assert_snapshot!(by_hand.shown(), @r#"
    error[E0502]: `gold` promises an rpo, and nothing starts workflow `nightly` by the clock
      at workflow.nightly.trigger: no timed trigger
      at objective.gold.rpo: the promise
      help: add a `trigger`, such as `daily(at: 01:30, zone: "Europe/Berlin")` or `every(6h)`
    "#);
    let endless = nightly(DurationMs::hours(30), daily(90), None);
    insta::assert_snapshot!(endless.shown(), @r#"
    error[E0503]: `gold` promises an rpo, and workflow `nightly` may take for ever
      at workflow.nightly: no `within`
      at objective.gold.rpo: the promise
      help: say how long a run of `nightly` may take: `within: 2h`
    "#);
}

#[test]
fn a_run_may_not_outlast_the_smallest_gap() {
    let built = nightly(DurationMs::hours(72), daily(180), Some(DurationMs::hours(24)));
    insta::assert_snapshot!(built.shown(), @r#"
    error[E0504]: a run of `nightly` may take 24 h, and the next one can start after 23 h
      at workflow.nightly.within: longer than the smallest gap
      at workflow.nightly.trigger: 23 h from one start to the next, at the least
      at objective.gold.rpo: the rpo counts on each run's end before the next one starts
      = 2026-03-28 03:00 CET, next 2026-03-29 03:00 CEST: 23 h
      help: `within: 23h` fits
      fix: write `within: 23h`: 23h
    "#);
    assert_eq!(nightly(DurationMs::hours(72), daily(180), Some(DurationMs::hours(23))).shown(), "");
}

/// Seven o'clock moves by up to 20 min and six o'clock stays. A run that waits makes up for it, one that is left out does not.
#[test]
fn what_brings_two_starts_closer_counts_where_a_run_is_left_out() {
    let at = |at, jitter| Trigger::Daily { at, zone: "UTC".into(), jitter: DurationMs::minutes(jitter) };
    let within = |minutes, jitter, overlap| {
        let mut built = nightly(DurationMs::hours(72), at(360, jitter), Some(DurationMs::minutes(minutes)));
        let nightly = built.ir.workflows.get_mut("nightly").unwrap();
        nightly.triggers.push(at(420, 20));
        nightly.overlap = overlap;
        built
    };
    assert_eq!(within(60, 20, Overlap::Skip).shown(), "");
    assert_eq!(within(40, 0, Overlap::Skip).shown(), "");
    assert_eq!(within(60, 0, Overlap::QueueOne).shown(), "");
    insta::assert_snapshot!(within(60, 0, Overlap::Skip).shown(), @r#"
    error[E0504]: a run of `nightly` may take 1 h, and the next one can start after 40 min
      at workflow.nightly.within: longer than the smallest gap
      at workflow.nightly.trigger: 40 min from one start to the next, at the least
      at objective.gold.rpo: the rpo counts on each run's end before the next one starts
      = 2026-01-01 06:00 UTC, next 2026-01-01 07:00 UTC: 1 h
      = two starts may come 20 min closer, by jitter that differs or by runs before that take their time
      = `overlap` of `nightly` then costs a run: with `queue_one`, the default, the next one waits
      help: `within: 40min` fits
      fix: write `within: 40min`: 40min
    "#);
    insta::assert_snapshot!(within(60, 90, Overlap::Replace).shown(), @r#"
    error[E0504]: a run of `nightly` may take 1 h, and the next one can start after 0 s
      at workflow.nightly.within: longer than the smallest gap
      at workflow.nightly.trigger: 0 s from one start to the next, at the least
      at objective.gold.rpo: the rpo counts on each run's end before the next one starts
      = 2026-01-01 06:00 UTC, next 2026-01-01 07:00 UTC: 1 h
      = two starts may come 1 h 10 min closer, by jitter that differs or by runs before that take their time
      = `overlap` of `nightly` then costs a run: with `queue_one`, the default, the next one waits
      help: leave `overlap` out, or give all triggers of `nightly` the same `jitter`
    "#);
}

/// `nightly` stores, and a second workflow carries it away.
fn two(rpo: DurationMs, second: Trigger) -> Built {
    let mut built = nightly(rpo, daily(60), Some(DurationMs::hours(2)));
    built.repo("away", repo("s3", &[]));
    let carried = vec![("carried", carry("home", "shelf", "away", days(14)))];
    built.workflow("carry", vec![second], Some(DurationMs::hours(1)), carried);
    built
}

/// The same jitter for all would not help: what brings its starts closer is how long the run before it takes.
#[test]
fn what_follows_a_long_run_is_not_helped_by_jitter() {
    let mut built = two(DurationMs::hours(72), after_success("nightly"));
    built.ir.workflows["nightly"].within = Some(DurationMs::hours(23));
    built.ir.workflows["carry"].overlap = Overlap::Skip;
    let shown = built.shown();
    assert!(shown.contains("a run of `carry` may take 1 h, and the next one can start after 0 s"), "{shown}");
    assert!(shown.ends_with("help: leave `overlap` out"), "{shown}");
}

#[test]
fn a_second_workflow_adds_its_gap_and_its_within() {
    // 25 h + 2 h, then 25 h + 1 h.
    assert_eq!(two(DurationMs::hours(53), daily(300)).shown(), "");
    insta::assert_snapshot!(two(DurationMs::hours(52), daily(300)).shown(), @r#"
    error[E0501]: the copy of `home` in `away` can be 2 d 5 h old, and `gold` promises 2 d 4 h
      at workflow.carry.trigger: the schedule of `carry` is 1 h short
      at objective.gold.rpo: an rpo of 2 d 4 h is promised here
      at workflow.carry.within: a run may take this long
      = `nightly` starts 2026-10-25 01:00 CEST, next 2026-10-26 01:00 CET: 25 h, for the clocks go back in between
      = `nightly` ends 2 h after its start, for its `within`
      = `carry` starts 2026-10-24 05:00 CEST, next 2026-10-25 05:00 CET: 25 h, for the clocks go back in between
      = `carry` ends 1 h after its start, for its `within`
      = 25 h gap + 2 h within + 25 h gap + 1 h within = 2 d 5 h, 1 h more than the rpo
      = assumed: every run ends well and in time, and the machine is on
      help: `trigger: every(24h)` keeps it; or promise `rpo: 53h`
    "#);
}

#[test]
fn one_that_follows_the_first_adds_its_within_only() {
    assert_eq!(two(DurationMs::hours(28), after_success("nightly")).shown(), "");
    assert_eq!(two(DurationMs::minutes(28 * 60 - 1), after_success("nightly")).codes(), ["E0501"]);
}

/// Each link of a long chain may be too late: what comes long before it is told as a sum.
#[test]
fn of_a_long_chain_the_last_links_are_written_out() {
    let mut built = nightly(DurationMs::hours(27), daily(60), Some(DurationMs::hours(2)));
    let mut before = ("nightly".to_owned(), "shelf".to_owned());
    for number in 0..100 {
        let (name, away) = (format!("w{number}"), format!("away{number}"));
        built.repo(&away, repo("s3", &[]));
        let carried = vec![("carried", carry("home", &before.1, &away, days(14)))];
        built.workflow(&name, vec![after_success(&before.0)], Some(DurationMs::hours(1)), carried);
        before = (name, away);
    }
    let shown = built.shown();
    let last = shown.rsplit("error[E0501]").next().unwrap_or_default();
    assert_eq!(last.lines().filter(|line| line.contains("after its start")).count(), 64, "{last}");
    assert!(last.contains("what comes before the following takes 2 d 15 h"), "{last}");
    assert!(last.contains("= 2 d 15 h before + 1 h within + 1 h within"), "{last}");
}

#[test]
fn a_copy_of_the_same_run_is_as_old_as_the_run() {
    let mut built = nightly(DurationMs::hours(27), daily(60), Some(DurationMs::hours(2)));
    built.repo("away", repo("s3", &[]));
    let away = step(vec![
        call("replicate", &[("of", Value::Step("backup".into())), ("to", thing("repo", "away"))]),
        call("verify", &[]),
        call("retain", &[("keep", Value::Retention(days(14)))]),
    ]);
    built.ir.workflows["nightly"].steps.insert("away".into(), away);
    assert_eq!(built.shown(), "");
}

#[test]
fn a_copy_of_what_nobody_stores_is_named() {
    let mut built = two(DurationMs::hours(60), daily(300));
    built.ir.workflows["carry"].steps["carried"] = carry("home", "attic", "away", days(14));
    insta::assert_snapshot!(built.shown(), @r#"
    error[E0507]: nothing ever stores `home` in `attic`, and `carry` copies it from there
      at workflow.carry.step.carried: copied from a repo that stays empty
      at objective.gold.rpo: the promise
      help: store `home` in `attic` first, or copy it from a repo that has it
    "#);
    // And one that is carried in a circle.
    built.ir.workflows["nightly"].steps["backup"] = carry("home", "away", "shelf", days(14));
    built.ir.workflows["carry"].steps["carried"] = carry("home", "shelf", "away", days(14));
    assert_eq!(built.codes(), ["E0507", "E0507"]);
}

#[test]
fn a_mistake_of_one_schedule_is_reported_once_for_all_its_copies() {
    let mut built = nightly(DurationMs::hours(26), daily(180), Some(DurationMs::hours(2)));
    for n in 0..6 {
        let id = format!("more_{n}");
        let made = protect(&format!("s{n}"), "shelf", days(14));
        built.ir.workflows["nightly"].steps.insert(id, made);
    }
    let found = built.prove();
    assert_eq!(found.len(), 1);
    let last = found[0].notes.last().unwrap();
    assert_eq!(
        last,
        "the same holds for `s0` in `shelf`, `s1` in `shelf`, `s2` in `shelf`, `s3` in `shelf` and 2 more"
    );
}

#[test]
fn the_fresher_of_two_workflows_counts() {
    let mut built = nightly(DurationMs::hours(4), daily(180), Some(DurationMs::hours(2)));
    assert_eq!(built.codes(), ["E0501"]);
    let trigger = every(DurationMs::hours(3), DurationMs(0));
    built.workflow(
        "hourly",
        vec![trigger],
        Some(DurationMs::hours(1)),
        vec![("again", protect("home", "shelf", days(14)))],
    );
    assert_eq!(built.shown(), "");
}

#[test]
fn only_timed_triggers_count_for_the_promise() {
    let change = Trigger::Event { name: "change".into(), args: IndexMap::default() };
    let mut built = nightly(
        DurationMs::hours(2),
        every(DurationMs::hours(1), DurationMs::minutes(2)),
        Some(DurationMs::minutes(20)),
    );
    built.ir.workflows["nightly"].triggers.push(change.clone());
    assert_eq!(built.shown(), "");
    built.ir.workflows["nightly"].triggers = vec![change];
    insta::assert_snapshot!(built.shown(), @r#"
    error[E0505]: workflow `nightly` starts by `change` only, and an event can be lost
      at workflow.nightly.trigger: no timed trigger beside it
      = when the event is lost, or its sender is down, nothing would ever run and nothing would say so
      help: add a timed trigger for the day it happens: `trigger: [change(..), every(6h)]`
    "#);
}

#[test]
fn a_log_that_is_full_starts_a_run() {
    let args = [
        ("of".to_owned(), thing("source", "home")),
        ("at_most".to_owned(), Value::Duration(DurationMs::minutes(5))),
    ];
    let wal = Trigger::Event { name: "wal".into(), args: args.into_iter().collect() };
    let built =
        |rpo, within| nightly(DurationMs::minutes(rpo), wal.clone(), Some(DurationMs::minutes(within)));
    assert_eq!(built(8, 3).shown(), "");
    assert_eq!(built(7, 3).codes(), ["E0501"]);
    // A run that takes longer than that: the next one begins when it has ended, and ends as long after.
    assert_eq!(built(10, 5).shown(), "");
    assert_eq!((built(12, 6).shown(), built(11, 6).codes()), (String::new(), vec!["E0501"]));
    assert_eq!(built(60, 30).shown(), "");
    let mut follows = built(60, 2);
    let next =
        Workflow { triggers: vec![after_success("nightly")], ..follows.ir.workflows["nightly"].clone() };
    follows.ir.workflows.insert("next".into(), Workflow { within: Some(DurationMs::minutes(6)), ..next });
    insta::assert_snapshot!(follows.shown(), @r#"
    error[E0504]: a run of `next` may take 6 min, and its logs are due again after 5 min
      at ?: longer than that
      at workflow.nightly.trigger: 5 min at the latest
      at objective.gold.rpo: the rpo counts on each run's end before logs are due again
      help: `within: 5min` fits
    "#);
    let mut slow = built(60, 6);
    slow.ir.workflows.insert("next".into(), follows.ir.workflows["next"].clone());
    assert_eq!(slow.codes(), [""; 0]);
}

#[test]
fn a_time_that_the_clocks_skip_is_a_warning() {
    let built = nightly(DurationMs::hours(30), daily(150), Some(DurationMs::hours(2)));
    insta::assert_snapshot!(built.shown(), @r#"
    warning[W1101]: a change of the clocks touches the time at which workflow `nightly` runs
      at workflow.nightly.trigger: some day has no such time
      = 2026-03-29 02:30 is skipped: the run starts at 2026-03-29 03:00 CEST
      = 2026-10-25 02:30 comes twice: the run starts the first time, at 2026-10-25 02:30 CEST, and not again
      help: `at: 03:00` exists once on each day of `Europe/Berlin`
    "#);
}

#[test]
fn what_is_no_schedule_is_an_error_of_its_own() {
    let cron = Trigger::Cron { expression: "0 0 31 2 *".into(), zone: "UTC".into(), jitter: DurationMs(0) };
    let built = nightly(DurationMs::hours(30), cron, Some(DurationMs::hours(2)));
    insta::assert_snapshot!(built.shown(), @r#"
    error[E0506]: no year has such a day: `0 0 31 2 *` would never run
      at workflow.nightly.trigger: this is no schedule
    "#);
}
