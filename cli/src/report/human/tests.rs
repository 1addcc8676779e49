//! What people read, whole.

use mainstay_engine::report::{
    Health, RetainLine, RetainReport, Ruling, RunReport, StatusLine, StatusReport, StepReport,
};
use mainstay_journal::{Cause, Class, Fault, Figures, Outcome, RunId};

use super::{Look, advice, plain, retain, run, status};

const HOUR_MS: u64 = 3_600_000;

fn look() -> Look {
    plain()
}

fn line(health: Health, reason: &str) -> StatusLine {
    StatusLine {
        health,
        reason: reason.to_owned(),
        workflow: "nightly".to_owned(),
        step: Some("backup".to_owned()),
        source: Some("home".to_owned()),
        repo: Some("shelf".to_owned()),
        last_good_ms: None,
        snapshot: None,
        age_ms: None,
        rpo_ms: Some(25 * HOUR_MS),
        is_missed: true,
        overdue_since_ms: None,
        next_ms: Some(look().now.0 + 2 * HOUR_MS as i64),
        last_run: None,
        verified_ms: None,
    }
}

fn shown(lines: Vec<StatusLine>) -> String {
    let report = StatusReport { policy: "laptop".to_owned(), at_ms: look().now.0, lines, open: Vec::new() };
    status(&report, &look()).join("\n")
}

#[test]
fn never_ran_is_as_loud_as_failed() {
    let expected = "\
laptop  never ran
  never ran  home in shelf, objective missed
      why: there is no copy, and no run yet
      last good: never
      next run: 2026-11-21 11:15Z (in 2h), workflow nightly";
    assert_eq!(shown(vec![line(Health::NeverRan, "there is no copy, and no run yet")]), expected);
}

#[test]
fn a_good_copy_says_how_old_it_is_and_may_be() {
    let now = look().now.0;
    let good = StatusLine {
        last_good_ms: Some(now - 3 * HOUR_MS as i64),
        age_ms: Some(3 * HOUR_MS),
        is_missed: false,
        verified_ms: Some(now - 2 * HOUR_MS as i64),
        last_run: Some((RunId([0xab; 32]), now - 3 * HOUR_MS as i64, Some(Outcome::Ok))),
        ..line(Health::Ok, "")
    };
    let expected = "\
laptop  ok
  ok  home in shelf
      last good: 2026-11-21 06:15Z, 3h old of 1d 1h allowed, verified 2h ago
      last run: ok, 3h ago, run abababab
      next run: 2026-11-21 11:15Z (in 2h), workflow nightly";
    assert_eq!(shown(vec![good]), expected);
}

fn failed_run(fault: Fault) -> RunReport {
    let reason = "repo `shelf`: the device is \x1b[2J full".to_owned();
    let outcome = Outcome::Failed { class: Class::Transient, fault, reason };
    let started_ms = look().now.0;
    RunReport {
        run: RunId([0xcd; 32]),
        policy: "laptop".to_owned(),
        policy_hash: String::new(),
        workflow: "nightly".to_owned(),
        cause: Cause::Hand,
        host: "vm".to_owned(),
        slot_ms: started_ms,
        started_ms,
        ended_ms: Some(started_ms + 65_000),
        outcome: Some(outcome.clone()),
        steps: vec![StepReport {
            step: "backup".to_owned(),
            outcome: Some(outcome),
            stored: None,
            figures: Figures { files: 2, bytes: 5 << 20, ..Figures::default() },
            tries: 3,
            took_ms: Some(61_000),
        }],
    }
}

#[test]
fn a_failed_run_says_why_and_cannot_drive_the_terminal() {
    let expected = "\
failed  nightly in 1min 5s, run cdcdcdcd
  failed  backup  1min 1s  2 files, 5.0 MiB, 0 B new
        repo `shelf`: the device is \\u{1b}[2J full";
    assert_eq!(run(&failed_run(Fault::NoSpace), &look()).join("\n"), expected);
}

#[test]
fn each_kind_of_fault_has_its_next_step() {
    let outcome = |fault| Outcome::Failed { class: Class::Permanent, fault, reason: String::new() };
    for (fault, words) in [
        (Fault::Missing, "mainstay run nightly --create -p x"),
        (Fault::NoSpace, "make room"),
        (Fault::Denied, "mainstay key check -p x"),
        (Fault::Damage, "mainstay repo check shelf --read-data -p x"),
        (Fault::RolledBack, "mainstay run nightly -p x --force=rolled-back-repo:shelf"),
        (Fault::Replaced, "mainstay run nightly -p x --force=replaced-repo:shelf"),
        (Fault::Emptied, "mainstay run nightly -p x --force=emptied-repo:shelf"),
        (Fault::Unreachable, "reached"),
        (Fault::Cancelled, "mainstay run --resume cdcdcdcd -p x` goes on"),
        (Fault::Source, "mend the cause"),
    ] {
        let said = advice(&failed_run(fault), &outcome(fault), Some("shelf"), " -p x");
        assert!(said.contains(words), "{fault:?}: {said}");
    }
}

#[test]
fn retention_shows_why_and_says_that_nothing_was_changed() {
    let ruling = |short: &str, keep: bool, reasons: &[&str]| Ruling {
        snapshot: String::new(),
        short: short.to_owned(),
        time_ms: look().now.0 - HOUR_MS as i64,
        keep,
        reasons: reasons.iter().map(|reason| (*reason).to_owned()).collect(),
    };
    let rulings =
        vec![ruling("aaaa", true, &["daily 1 of 7", "newest whole one"]), ruling("bbbb", false, &[])];
    let line = RetainLine { source: "home".to_owned(), repo: "shelf".to_owned(), rulings, fault: None };
    let mut report = RetainReport { lines: vec![line], applied: false };
    let expected = "\
home in shelf
  keep    aaaa  2026-11-21 08:15Z  1h ago  daily 1 of 7, newest whole one
  forget  bbbb  2026-11-21 08:15Z  1h ago  no rule keeps it
1 snapshot would be forgotten; nothing was changed: `mainstay retain --apply` does it";
    assert_eq!(retain(&report, &look()).join("\n"), expected);
    report.applied = true;
    assert!(retain(&report, &look()).join("\n").contains("  forgotten  bbbb"));
}
