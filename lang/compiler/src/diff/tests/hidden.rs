//! What is weaker behind something that stays as it was, or gets stronger.

use super::{said, same};

const HELD: &str = r#"edition 2026
policy held
use std.pipelines.protect
secret key  = file("/k")
source home = files { roots: ["/home"] }
source mail = files { roots: ["/mail"] }
repo shelf  = local { path: "/shelf", key: key }
workflow w {
  trigger: daily(at: 01:00, zone: "UTC")
  within: 1h
  bracket(acquire: hook(["./hold"]), release: hook(["./drop"]), at_most: 5min) { step a = hook(["./one"]) }
  bracket(acquire: hook(["./hold"]), release: hook(["./drop"]), at_most: 7min) { step b = hook(["./two"]) }
  group(apart: 5min) {
    step c = protect(home, to: shelf, keep: keep_all)
    step d = discover(mail) |> snapshot() |> encrypt() |> store(shelf, retry: backoff(tries: 8))
  }
  step tidy = latest(home, in: shelf) |> verify() |> retain(gfs(daily: 9))
}
"#;

fn weaker(edits: &[(&str, &str)]) -> Vec<String> {
    said(HELD, edits).into_iter().filter(|line| line.starts_with("Weaker")).collect()
}

#[test]
fn each_of_two_brackets_that_acquire_the_same_counts() {
    let acquire = r#"Weaker Care workflow w, bracket hook(argv: ["./hold"], with: [], skip_on: [])"#;
    let longer = [("at_most: 5min", "at_most: 6min")];
    same(
        &weaker(&longer),
        &[&format!("{acquire}, at_most: 5min -> 6min; what it acquired may be held for longer")],
    );
}

#[test]
fn what_leaves_a_group_may_lie_further_apart() {
    let out = [(
        "  group(apart: 5min) {\n    step c = protect(home, to: shelf, keep: keep_all)\n",
        "  step c = protect(home, to: shelf, keep: keep_all)\n  group(apart: 5min) {\n",
    )];
    same(
        &weaker(&out),
        &[
            "Weaker Care workflow w, group(apart): [5min: c, d] -> [5min: d]; snapshots that belong together may lie further apart",
        ],
    );
}

#[test]
fn fewer_tries_of_one_stage_are_known_as_such() {
    let found = weaker(&[("backoff(tries: 8)", "backoff(tries: 2)")]);
    let stage = "workflow w, step d, store, retry: backoff(first: 30s, most: 15min, tries: 8) -> backoff(first: 30s, most: 15min, tries: 2); it gives up earlier";
    assert!(found.iter().any(|line| line.ends_with(stage)), "{}", found.join("\n"));
    assert!(!found.iter().any(|line| line.contains("not known")), "{}", found.join("\n"));
}

#[test]
fn a_second_step_that_keeps_less_is_seen_behind_one_that_keeps_all() {
    same(
        &weaker(&[("gfs(daily: 9)", "gfs(daily: 8)")]),
        &["Weaker History `home` on `shelf`, keep: gfs(daily: 9) -> gfs(daily: 8); less daily is kept"],
    );
}
