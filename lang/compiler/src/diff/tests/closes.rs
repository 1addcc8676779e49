//! What closes a workflow, a part of it, or a machine is compared as the body is.

use super::{ir, said, same};
use crate::diff::{Strength, diff};

const CLOSED: &str = r#"edition 2026
policy closed
use std.pipelines.{protect, copy}
secret key  = file("/k")
source home = files { roots: ["/home"] }
repo shelf  = local { path: "/shelf", key: key }
repo attic  = local { path: "/attic", key: key }
channel desk = ntfy { topic: "desk" }
workflow w {
  trigger: daily(at: 01:00, zone: "UTC")
  within: 1h
  step kept = discover(home) |> snapshot() |> encrypt() |> store(shelf)
  parallel {
    step a = hook(["./a"])
    step b = hook(["./b"])
  }
  @close@
}
workflow other {
  trigger: daily(at: 05:00, zone: "UTC")
  within: 1h
  step seen = hook(["./see"])
}
"#;

/// What one close in place of another does.
#[track_caller]
fn closing(old: &str, new: &str) -> Vec<String> {
    said(&CLOSED.replace("@close@", old), &[(old, new)])
        .into_iter()
        .filter(|line| !line.contains("waiting"))
        .collect()
}

const LOOKED: &str =
    "finally { step tidy = latest(home, in: shelf) |> verify(sample: 100%) |> retain(gfs(daily: 300)) }";

#[test]
fn what_a_finally_says_of_copies_counts() {
    same(
        &closing(LOOKED, &LOOKED.replace("100%", "1%").replace("300", "3")),
        &[
            "Weaker Copies `home` on `shelf`, verify: 100% within 30d -> 1% within 30d; damage is found later, or never",
            "Weaker History `home` on `shelf`, keep: gfs(daily: 300) -> gfs(daily: 3); less daily is kept",
        ],
    );
    same(
        &closing(LOOKED, "finally { hook([\"x\"]) }"),
        &[
            r#"Weaker Copies `home` on `shelf`, verify: 100% within 30d -> nothing; damage is found later, or never"#,
            r#"Stronger History `home` on `shelf`, keep: gfs(daily: 300) -> keep_all"#,
            r#"Stronger Care workflow w, finally, step hook.1: added"#,
            r#"Neutral Running workflow w, finally, body: { tidy } -> { hook.1 }"#,
            r#"Neutral Running workflow w, finally, step tidy: removed"#,
        ],
    );
}

#[test]
fn what_is_done_on_an_ending_only_is_compared_by_itself() {
    let on = LOOKED.replace("finally", "on failure");
    same(
        &closing(LOOKED, &on),
        &[
            r#"Weaker Copies `home` on `shelf`, verify: 100% within 30d -> nothing; damage is found later, or never"#,
            r#"Weaker Notice workflow w, finally, on: any end -> failure; it is not done then any more"#,
        ],
    );
    same(
        &closing(&on, LOOKED),
        &[
            r#"Stronger Copies `home` on `shelf`, verify: nothing -> 100% within 30d"#,
            r#"Stronger Notice workflow w, on failure, on: failure -> any end"#,
        ],
    );
    same(
        &closing(&on, &on.replace("100%", "1%").replace("300", "3")),
        &[
            r#"Weaker History `home` on `shelf`, keep: gfs(daily: 300) -> gfs(daily: 3); less daily is kept"#,
            r#"Weaker Care `home` on `shelf`, on failure, verify: 100% within 30d -> 1% within 30d; damage is found later, or never"#,
        ],
    );
    let drill = |check: &str| {
        format!(
            "on late {{ step t = latest(home, in: shelf) |> drill(into: box, check: [program([\"{check}\"])]) }}"
        )
    };
    let boxed = |text: String| {
        text.clone() + " }\nsandbox box = scratch { dir: \"/box\" }\nworkflow v { hook([\"./v\"])"
    };
    same(
        &closing(&boxed(drill("a")), &boxed(drill("b"))),
        &[
            r#"Weaker Care `home` on `shelf`, on late, drill check: [program(argv: ["a"])] -> [program(argv: ["b"])]; less is asked of what was restored"#,
        ],
    );
}

#[test]
fn a_copy_of_a_close_is_a_copy_that_no_simulation_counts_on() {
    let made = "finally { step away = copy(kept, to: attic, keep: keep_all) }";
    same(
        &closing(made, "hook([\"x\"])"),
        &[
            r#"Weaker Copies `home` on `attic`: this copy is not made any more"#,
            r#"Stronger Care workflow w, step hook.1: added"#,
            r#"Neutral Running workflow w, body: { kept; parallel { a; b } } -> { kept; parallel { a; b }; hook.1 }"#,
            r#"Neutral Running workflow w, finally, step away: removed"#,
        ],
    );
    same(
        &closing(made, &made.replace("finally", "on failure")),
        &[
            r#"Weaker Copies `home` on `attic`: this copy is not made any more"#,
            r#"Weaker Notice workflow w, finally, on: any end -> failure; it is not done then any more"#,
        ],
    );
    same(
        &closing(made, "step away = copy(kept, to: attic, keep: keep_all)"),
        &[
            r#"Stronger Copies `home` on `attic`, made by: w when it has ended, from shelf -> w, from shelf"#,
            r#"Neutral Running workflow w, step away: added"#,
            r#"Neutral Running workflow w, body: { kept; parallel { a; b } } -> { kept; parallel { a; b }; away }"#,
            r#"Neutral Running workflow w, finally, step away: removed"#,
        ],
    );
    same(
        &closing("step away = copy(kept, to: attic, keep: keep_all)", made),
        &[
            r#"Weaker Copies `home` on `attic`, made by: w, from shelf -> w when it has ended, from shelf [2026-01-01 02:00 UTC, with repo `shelf` lost: no copy of `home`; the old policy has one of 2026-01-01 01:00 UTC]"#,
            r#"Neutral Notice workflow w, finally: added"#,
            r#"Neutral Running workflow w, step away: removed"#,
            r#"Neutral Running workflow w, body: { kept; parallel { a; b }; away } -> { kept; parallel { a; b } }"#,
        ],
    );
}

const TOLD: &str = "on failure { step t = notify(desk, text: \"it failed\") }";

#[test]
fn the_same_on_more_endings_is_stronger() {
    same(
        &closing(TOLD, &TOLD.replace("failure", "failure | degraded")),
        &[r#"Stronger Notice workflow w, on failure, on: failure -> degraded, failure"#],
    );
    same(
        &closing(TOLD, &TOLD.replace("on failure", "finally")),
        &[r#"Stronger Notice workflow w, on failure, on: failure -> any end"#],
    );
    same(
        &closing(&TOLD.replace("on failure", "finally"), TOLD),
        &[r#"Weaker Notice workflow w, finally, on: any end -> failure; it is not done then any more"#],
    );
    same(
        &closing(&TOLD.replace("failure", "failure | late"), TOLD),
        &[
            r#"Weaker Notice workflow w, on failure, late, on: failure, late -> failure; it is not done then any more"#,
        ],
    );
    same(
        &closing(
            &TOLD.replace("failure", "failure | late"),
            &(TOLD.to_owned() + "\n" + &TOLD.replace("failure", "late").replace("step t", "step u")),
        ),
        &[
            "Neutral Notice workflow w, on failure, late, on: failure, late -> failure",
            "Neutral Notice workflow w, on late: added",
        ],
    );
}

#[test]
fn what_closes_a_part_only_closes_less() {
    let part = |inner: &str| {
        CLOSED
            .replace("@close@", "")
            .replace("step b = hook([\"./b\"])", &format!("step b = hook([\"./b\"])\n{inner}"))
    };
    let (whole, part) = (CLOSED.replace("@close@", TOLD), part(TOLD));
    let said = |old: &str, new: &str| {
        diff(&ir(old), &ir(new))
            .changes
            .iter()
            .filter(|it| it.field.as_deref() != Some("waiting"))
            .map(super::shown)
            .collect::<Vec<_>>()
    };
    same(
        &said(&whole, &part),
        &[r#"Weaker Notice workflow w, on failure, around: all steps -> [a, b]; less is closed by it"#],
    );
    same(&said(&part, &whole), &[r#"Stronger Notice workflow w, on failure, around: [a, b] -> all steps"#]);
}

#[test]
fn what_a_workflow_did_when_it_ended_is_lost_with_it() {
    let text = CLOSED.replace("@close@", "").replace(
        "step seen = hook([\"./see\"])",
        &format!("step seen = latest(home, in: shelf) |> verify()\n{TOLD}"),
    );
    let start = text.find("workflow other").unwrap();
    let lost = diff(&ir(&text), &ir(&text[..start]));
    let line = lost.changes.iter().find(|it| it.subject == "workflow other").unwrap();
    assert_eq!(
        (line.strength, line.effect.as_deref()),
        (Strength::Weaker, Some("removed; nobody is told any more"))
    );
}

#[test]
fn where_a_restore_takes_from_is_seen() {
    let back = "}\nsandbox box = scratch { dir: \"/box\" }\nworkflow v { step back = latest(home, in: shelf) |> restore(to: box)";
    same(
        &closing(back, &back.replace("in: shelf", "in: attic")),
        &[
            "Neutral Care `home` on `attic`, restored by: nothing -> v",
            "Neutral Care `home` on `shelf`, restored by: v -> nothing",
        ],
    );
}
