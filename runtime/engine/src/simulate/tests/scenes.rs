//! One scene for each rule.

use super::*;

/// A workflow that takes what `trigger` says, and a test that follows it.
fn followed(trigger: &str, givens: &str, simulated: &str) -> Simulated {
    let text = format!(
        "workflow w {{ {trigger} step kept = protect(home, to: shelf, keep: some) }}\n\
         test \"t\" {{ {givens} let runs = simulate(w, {simulated}) }}"
    );
    played(&text).unwrap().0.remove(0)
}

const DAILY: &str = r#"trigger: daily(at: 02:30, zone: "Europe/Berlin")"#;

#[test]
fn the_night_that_has_no_half_past_two_begins_at_three_and_the_one_that_has_two_begins_once() {
    let gap = followed(DAILY, "", "from: 2027-03-27, for: 3d");
    assert_eq!(starts(&gap), ["27 02:30", "28 03:00", "29 02:30"]);
    let fold = followed(DAILY, "", "from: 2027-10-30, for: 3d");
    assert_eq!(starts(&fold), ["30 02:30", "31 02:30", "01 02:30"]);
    assert_eq!(fold.runs[2].slot_ms - fold.runs[1].slot_ms, 25 * 3_600_000);
}

#[test]
fn overlap_decides_what_becomes_of_a_slot_while_a_run_is_under_way() {
    let with = |overlap: &str| {
        let trigger = format!("trigger: every(30min) overlap: {overlap}");
        followed(&trigger, "given took(w.kept, 50min)", "from: 2027-01-01, for: 2h")
    };
    assert_eq!(starts(&with("queue_one")), ["01 00:00", "01 00:50", "01 01:40"]);
    assert_eq!(starts(&with("skip")), ["01 00:00", "01 01:00"]);
    assert_eq!(starts(&with("allow")), ["01 00:00", "01 00:30", "01 01:00", "01 01:30"]);
    let replaced = with("replace");
    assert_eq!(starts(&replaced), ["01 00:00", "01 00:30", "01 01:00", "01 01:30"]);
    let ends: Vec<_> = replaced.runs.iter().map(|run| run.outcome.word()).collect();
    assert_eq!(ends, ["failed", "failed", "failed", "ok"]);
    assert_eq!(replaced.copies.len(), 1);
}

#[test]
fn missed_decides_what_becomes_of_slots_while_nothing_runs() {
    let with = |missed: &str| {
        let trigger = format!("{DAILY} missed: {missed}");
        let givens = "given took(w.kept, 1h) given off(from: 2027-01-02, for: 60h)";
        followed(&trigger, givens, "from: 2027-01-01, for: 6d")
    };
    let latest = ["01 02:30", "04 12:00", "05 02:30", "06 02:30"];
    assert_eq!(starts(&with("run_latest")), latest);
    assert_eq!(
        starts(&with("run_all")),
        ["01 02:30", "04 12:00", "04 13:00", "04 14:00", "05 02:30", "06 02:30"]
    );
    assert_eq!(starts(&with("skip")), ["01 02:30", "05 02:30", "06 02:30"]);
}

#[test]
fn a_process_that_dies_goes_on_from_the_journal() {
    let died = followed(
        DAILY,
        "given took(w.kept, 1h) given crash(at: w.kept, down: 3h)",
        "from: 2027-01-01, for: 2d",
    );
    assert_eq!(starts(&died), ["01 02:30", "02 02:30"]);
    assert_eq!(died.runs[0].outcome.word(), "ok");
    assert_eq!(died.runs[0].steps["kept"].tries, 4, "one that was lost, then store, verify, retain");
    assert_eq!(died.copies.len(), 2);
}

#[test]
fn within_ends_a_run() {
    holds(
        "workflow w { within: 1h step kept = protect(home, to: shelf, keep: some) step away = copy(kept, to: far, keep: some) }
         test \"t\" { given took(w.kept, 50min) given took(w.away, 20min) let run = simulate(w)
           expect run.kept == ok  expect run.away == failed  expect run.took == 1h  expect run.copies == 1 }",
    );
}

#[test]
fn slots_of_pools_and_limits_of_blocks_are_kept() {
    let body = |limit: &str, slots: u32| {
        format!(
            "pool disk {{ slots: {slots} }}
             source one = files {{ roots: [\"/1\"], pool: disk }} source two = files {{ roots: [\"/2\"], pool: disk }}
             workflow w {{ parallel{limit} {{ step a = protect(one, to: shelf, keep: some) step b = protect(two, to: far, keep: some) }} }}
             test \"t\" {{ given took(w.a, 1h) given took(w.b, 1h) given slow(disk, 2) let run = simulate(w)"
        )
    };
    holds(&format!("{} expect run.took == 2h expect run.mode == parallel }}", body("", 2)));
    holds(&format!("{} expect run.took == 4h expect run.mode == sequential }}", body("", 1)));
    holds(&format!("{} expect run.took == 4h }}", body("(limit: 1)", 2)));
}

#[test]
fn failures_are_retried_as_often_as_the_policy_says() {
    let times = |times: u32, wanted: &str| {
        holds(&format!(
            "workflow w {{ step kept = protect(home, to: shelf, keep: some) }}
             test \"t\" {{ given failure(w.kept, at: store, times: {times}) let run = simulate(w) expect run.kept == {wanted} }}"
        ));
    };
    times(2, "ok");
    times(3, "failed");
    holds(
        "workflow w { step kept = protect(home, to: shelf, keep: some) }
         test \"t\" { given failure(w.kept, at: verify) let run = simulate(w) expect run.kept == degraded and run.copies == 1 }",
    );
}

#[test]
fn rounds_of_a_loop_are_asked_one_by_one_or_together() {
    holds(
        "workflow w { for src in [home, mail] { step kept = protect(src, to: shelf, keep: some) } }
         test \"t\" { given failure(w.kept[mail], at: snapshot) let run = simulate(w)
           expect run.kept[home] == ok  expect run.kept[mail] == failed  expect run.kept == failed }",
    );
}

#[test]
fn the_age_of_the_newest_copy_counts_what_fails_and_what_was_before() {
    holds(&format!(
        "workflow w {{ {DAILY} step kept = protect(home, to: shelf, keep: some) }}
         test \"t\" {{ given history(w.kept, age: 10h) given took(w.kept, 30min) given failure(w.kept, at: snapshot, times: 3)
           let runs = simulate(w, from: 2027-01-01, for: 3d)
           expect runs.kept[2027-01-01] == failed  expect runs.kept[2027-01-02] == ok
           expect runs.age == 10h + 24h + 3h }}"
    ));
}

#[test]
fn a_time_that_nothing_gives_is_unknown_and_the_missing_given_is_named() {
    let verdicts = verdicts(
        "workflow w { step kept = protect(home, to: shelf, keep: some) step away = copy(kept, to: far, keep: some) }
         test \"t\" { given took(w.kept, 5min) let run = simulate(w)
           expect run.took < 1h  expect run.kept == ok  expect run.kept == failed or run.took < 1h  expect run.kept == ok or run.took < 1h }",
    );
    let named = |verdict: &Verdict| matches!(verdict, Verdict::Unknown { steps, .. } if steps == &["w.away"]);
    assert!(named(&verdicts[0]) && named(&verdicts[2]), "{verdicts:#?}");
    assert_eq!((&verdicts[1], &verdicts[3]), (&Verdict::Holds, &Verdict::Holds));
}

#[test]
fn each_part_of_what_does_not_hold_is_shown() {
    let verdicts = verdicts(
        "objective gold { rto: 2h }
         workflow w { step kept = protect(home, to: shelf, keep: some) }
         test \"t\" { given took(w.kept, 5h) let run = simulate(w) expect run.took * 2 < gold.rto + 1h and not (run.kept == failed) }",
    );
    let Verdict::Fails(parts) = &verdicts[0] else { panic!("{verdicts:#?}") };
    let parts: Vec<_> = parts.iter().map(|part| format!("{} = {}", part.text, part.value)).collect();
    assert_eq!(
        parts,
        [
            "run.took = 5 h",
            "run.took * 2 = 10 h",
            "gold.rto + 1h = 3 h",
            "run.took * 2 < gold.rto + 1h = false",
            "run.kept = ok",
            "run.kept == failed = false",
            "not (run.kept == failed) = true",
        ]
    );
}

#[test]
fn what_the_engine_does_not_carry_out_is_refused_as_by_run() {
    let (ir, test) = compiled(
        "workflow w { step kept = protect(home, to: shelf, keep: some) undo hook([\"./u\"]) }
         test \"t\" { let run = simulate(w) }",
    );
    let error = simulate(&ir, &test.simulations[0]).unwrap_err();
    assert_eq!(error.to_string(), "undo in workflow w cannot be carried out yet");
}

#[test]
fn what_cannot_be_simulated_is_told() {
    let failing = |trigger: &str, test: &str| {
        let text = format!(
            "workflow w {{ {trigger} step kept = protect(home, to: shelf, keep: some) }} test \"t\" {{ {test} }}"
        );
        played(&text).unwrap_err()
    };
    let none = failing("", "given failure(w.kept, at: drill) let run = simulate(w)");
    assert_eq!(none, SimulateError::NoStage { step: "w.kept".into(), stage: "drill".into() });
    assert_eq!(failing("", "let runs = simulate(w, for: 2d)"), SimulateError::Untimed("w".into()));
}
