//! What the lints leave alone: each of these is near to a risk, and right.

use crate::tests::{one, told};

const HEAD: &str = r#"edition 2026
policy office
use std.pipelines.{protect, copy}

secret key     = file("/etc/mainstay/office.key")
secret pg_pass = file("/etc/mainstay/pg.password")
source books   = postgres { databases: ["books"], globals: true, user: "backup", password: pg_pass, mode: physical }
source letters = files { roots: ["/srv/letters"], snapshot: btrfs }
source photos  = files { roots: ["/srv/photos"] }
repo shelf = local { path: "/backup", key: key }
repo far   = local { path: "/far", key: key }
let keep = gfs(daily: 14)
"#;

/// The codes that a body gives, beside names that it does not use.
fn codes(body: &str) -> Vec<&'static str> {
    let compiled = one(&format!("{HEAD}{body}"));
    assert!(!compiled.has_errors(), "{}", told(&compiled));
    let codes = compiled.diagnostics.iter().map(|found| found.code.as_str());
    codes.filter(|code| !["W2001", "W2002", "W1222"].contains(code)).collect()
}

fn nightly(steps: &str) -> Vec<&'static str> {
    codes(&format!("workflow nightly {{\n  trigger: daily(at: 01:30, zone: \"UTC\")\n{steps}\n}}\n"))
}

#[test]
fn a_line_of_unrelated_work_is_told_and_a_line_of_related_work_is_not() {
    let three = "step a = protect(books, to: shelf, keep: keep)\n step b = protect(letters, to: shelf, keep: keep)\n step c = protect(photos, to: shelf, keep: keep)";
    assert_eq!(nightly(three), ["W1220"]);
    assert_eq!(nightly(&format!("parallel(limit: 1) {{ {three} }}")), [""; 0]);
    assert_eq!(nightly(&format!("group(apart: 5min) {{ {three} }}")), [""; 0]);
    let two =
        "step a = protect(books, to: shelf, keep: keep)\n step b = protect(letters, to: shelf, keep: keep)";
    assert_eq!(nightly(two), [""; 0], "two may stand in an order for a reason");
    let named = three.replace(
        "step c = protect(photos, to: shelf, keep: keep)",
        "step c = protect(photos, to: shelf, keep: keep) after b",
    );
    assert_eq!(nightly(&named), [""; 0], "who names it, means it");
    let copies = "for one in [books, letters, photos] { step kept = protect(one, to: shelf, keep: keep)\n step away = copy(kept, to: far, keep: keep) }";
    assert_eq!(nightly(copies), [""; 0], "rounds never depend on each other");
    assert_eq!(codes(&format!("workflow by_hand {{ {three} }}")), [""; 0], "somebody looks on");
}

#[test]
fn what_a_finally_reads_back_is_read_back() {
    let stored = "step kept = discover(letters) |> snapshot() |> encrypt() |> store(shelf)";
    let looked = "{ step looked = latest(letters, in: shelf) |> verify() }";
    assert_eq!(nightly(stored), ["W1214"]);
    assert_eq!(nightly(&format!("{stored}\n finally {looked}")), [""; 0]);
    assert_eq!(nightly(&format!("{stored}\n on failure {looked}")), ["W1214"], "perhaps it never fails");
    let away = "{ step away = replicate(kept, to: far) }";
    let kept = "step kept = protect(letters, to: shelf, keep: keep)";
    assert_eq!(nightly(&format!("{kept}\n finally {away}")), ["W1214"], "nor is this copy");
    assert_eq!(nightly(&format!("{kept}\n on failure {away}")), [""; 0], "nobody counts on it");
}

#[test]
fn what_closes_a_workflow_is_looked_at_as_its_body_is() {
    let two = "parallel { step a = protect(letters, to: shelf, keep: keep)\n step b = protect(photos, to: far, keep: keep) }";
    let three = "step a = protect(books, to: shelf, keep: keep)\n step b = protect(letters, to: shelf, keep: keep)\n step c = protect(photos, to: shelf, keep: keep)";
    let edge = "step a = protect(letters, to: shelf, keep: keep)\n step b = copy(a, to: far, keep: keep)\n step c = hook([\"tell\"]) after [a, b]";
    let closed = |inner: &str| nightly(&format!("hook([\"./go\"])\n finally {{ {inner} }}"));
    let held = "bracket(acquire: hook([\"./freeze\"]), release: hook([\"./thaw\"]), at_most: 2h) { step held = protect(letters, to: shelf, keep: keep) }";
    for (inner, code) in [(two, "W1209"), (held, "W1219"), (three, "W1220"), (edge, "W2004")] {
        assert_eq!(nightly(inner), [code], "{inner}");
        assert_eq!(closed(inner), [code], "{inner}");
    }
    // Body and close are two rows: none hangs on the other by its place, and each alone is short.
    let row = |sources: [&str; 2], name: &str| {
        let step = |(at, source)| format!("step {name}{at} = protect({source}, to: shelf, keep: keep)\n");
        (0..).zip(sources).map(step).collect::<String>()
    };
    let (body, close) = (row(["books", "letters"], "a"), row(["letters", "photos"], "b"));
    assert_eq!(nightly(&format!("{body} finally {{ {close} }}")), [""; 0]);
    // Who names a step of the body in a close waits for what that waited for.
    let tell = "finally { step c = hook([\"tell\"]) after [a, b] }";
    let kept = "step a = protect(letters, to: shelf, keep: keep)\n step b = copy(a, to: far, keep: keep)";
    assert_eq!(nightly(&format!("{kept}\n {tell}")), ["W2004"]);
}

#[test]
fn an_implied_edge_is_told_and_a_plain_one_is_not() {
    let steps = |rule: &str| {
        format!(
            "step a = protect(letters, to: shelf, keep: keep)\n step b = copy(a, to: far, keep: keep)\n step c = hook([\"tell\"]) after {rule}"
        )
    };
    assert_eq!(nightly(&steps("[a, b]")), ["W2004"]);
    for rule in ["b", "a", "a.ended and b", "b.failed", "[b]"] {
        assert_eq!(nightly(&steps(rule)), [""; 0], "{rule}");
    }
    let taken =
        "step a = protect(letters, to: shelf, keep: keep)\n step b = copy(a, to: far, keep: keep) after a";
    assert_eq!(nightly(taken), ["W2004"]);
}

#[test]
fn a_bracket_is_told_only_where_a_snapshot_would_do() {
    let bracket = |acquire: &str, rest: &str, source: &str| {
        nightly(&format!(
            "bracket(acquire: hook([\"{acquire}\"]), release: hook([\"undo\"]){rest}) {{ step a = protect({source}, to: shelf, keep: keep) }}"
        ))
    };
    assert_eq!(bracket("./fs-freeze", "", "letters"), ["W1219"]);
    assert_eq!(bracket("./fs-freeze", ", until: end", "books"), ["W1219"]);
    assert_eq!(bracket("./fs-freeze", ", until: snapshots", "letters"), [""; 0]);
    assert_eq!(bracket("./mount-disk", "", "letters"), [""; 0], "what is mounted has to stay");
    assert_eq!(bracket("./stop-service", "", "photos"), [""; 0], "nothing else holds these files still");
    assert_eq!(bracket("./unlocked", "", "letters"), [""; 0], "a word is a whole word");
}

#[test]
fn log_records_may_be_kept_as_long_as_a_base_is_apart() {
    let logs = |keep: &str| {
        codes(&format!(
            "workflow base {{\n trigger: weekly(sunday, at: 04:00, zone: \"UTC\")\n step whole = protect(books, to: shelf, keep: gfs(weekly: 8))\n}}\n\
             workflow records {{\n trigger: wal(books, at_most: 5min)\n within: 5min\n step since = logs(books, since: latest(books, in: shelf)) |> compress() |> encrypt() |> store(shelf) |> verify() |> retain({keep})\n}}\n"
        ))
    };
    assert_eq!(logs("gfs(within: 6d)"), ["W1217"]);
    assert_eq!(logs("gfs(daily: 6)"), ["W1217"]);
    for keep in ["gfs(within: 7d)", "keep_all", "gfs(last: 5000)"] {
        assert_eq!(logs(keep), [""; 0], "{keep}");
    }
}

#[test]
fn a_silencer_above_a_statement_counts_and_a_day_that_is_over_is_told_once() {
    let body = "workflow base {\n trigger: daily(at: 01:30, zone: \"UTC\")\n allow W1214 \"tried by hand\" until 2027-01-31\n step kept = discover(letters) |> snapshot() |> encrypt() |> store(shelf)\n}\n";
    assert_eq!(codes(body), [""; 0]);
    let compiled = one(&format!("{HEAD}{body}"));
    let ended = |day| compiled.expired(day).map(|found| found.code.as_str()).collect::<Vec<_>>();
    assert_eq!(ended((2027, 1, 31)), [""; 0], "the last day counts");
    assert_eq!(ended((2027, 2, 1)), ["W2005"]);
}

#[test]
fn an_archive_is_one_for_whichever_promise_it_is_made() {
    let kept = |archive: &str| {
        format!(
            "objective years {{ keep: gfs(yearly: 30) }}\nobjective carried {{ keep: gfs(yearly: 2) }}\n{archive}\
             workflow a for years {{ step kept = protect(letters, to: shelf, keep: years.keep) }}\n\
             workflow b for carried {{ step taken = copy(latest(letters, in: shelf), to: disk, keep: gfs(yearly: 30)) }}\n"
        )
    };
    let written = |repo: &str| codes(&kept(repo)).contains(&"W1215");
    assert!(written("repo disk = local { path: \"/disk\", key: key }\n"));
    assert!(!written(
        "repo disk = archive { path: \"/disk\", recipients: [\"age1nwws695jqzu3rt5nz2fv962wsp8965t4d6u932us3ejyh22ex92sf60j22\"] }\n"
    ));
}
