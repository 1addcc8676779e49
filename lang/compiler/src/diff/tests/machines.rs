//! Machines copy as workflows do, and go other ways.

use super::{said, same};

const CLOSING: &str = include_str!("closing.stay");

#[test]
fn when_a_machine_runs_is_when_its_copies_are_made() {
    same(
        &said(CLOSING, &[("within:  1h", "within:  2h")]),
        &[
            "Weaker Copies machine evening, within: 1h -> 2h; worst gap of `books` on `near`: 25 h -> 26 h [2026-01-01 22:00 UTC, without any failure: no copy of `books`; the old policy has one of 2026-01-01 21:00 UTC]",
        ],
    );
    let daily = r#"daily(at: 21:00, zone: "UTC")"#;
    let twice = format!(r#"[{daily}, daily(at: 09:00, zone: "UTC")]"#);
    same(
        &said(CLOSING, &[(daily, &twice)]),
        &[
            r#"Stronger Copies machine evening, trigger: daily(at: 21:00, zone: "UTC") -> [daily(at: 09:00, zone: "UTC"), daily(at: 21:00, zone: "UTC")]; worst gap of `books` on `near`: 25 h -> 13 h; worst gap of `books` on `far`: 24 h -> 12 h"#,
        ],
    );
}

#[test]
fn what_a_state_says_of_copies_is_compared() {
    same(
        &said(CLOSING, &[("gfs(daily: 14)", "gfs(daily: 7)")]),
        &["Weaker History `books` on `near`, keep: gfs(daily: 14) -> gfs(daily: 7); less daily is kept"],
    );
    same(
        &said(CLOSING, &[("verify(sample: 10%)", "verify(sample: 1%)")]),
        &[
            "Weaker Copies `books` on `far`, verify: 10% within 30d -> 1% within 30d; damage is found later, or never",
        ],
    );
    same(
        &said(CLOSING, &[("machine evening for gold", "machine evening")]),
        &[
            "Weaker Copies `books` on `far`, lock: governance, 30 d -> governance; it can be deleted earlier, or by more",
            "Weaker Promise machine evening, for: gold -> nothing; nothing is promised of it any more",
        ],
    );
}

#[test]
fn a_way_that_leads_past_a_copy_is_weaker() {
    let past = ("on ok -> asking  on failed -> telling", "on ok -> saved  on failed -> asking");
    same(
        &said(CLOSING, &[past]),
        &[
            "Weaker Copies source books: its newest copy can be older than before, or gone [2026-01-02 22:00 UTC, with repo `near` lost: no copy of `books`; the old policy has one of 2026-01-01 21:00 UTC]",
            "Neutral Running machine evening, state saving, on ok: asking -> saved",
            "Neutral Running machine evening, state saving, on failed: telling -> asking",
            "Neutral Running machine evening, state saving, on degraded: asking -> saved",
        ],
    );
    let asked = CLOSING.replace(
        "  start saving\n",
        "  start opening\n  state opening { do: approval(from: house, within: 1min) on ok, denied -> saving on expired -> telling }\n",
    );
    same(
        &said(&asked, &[("on ok, denied -> saving on expired", "on ok -> saving on denied, expired")]),
        &[
            "Weaker Copies source books: its newest copy can be older than before, or gone [2026-01-01 22:00 UTC, with `opening` of `evening` ending denied: no copy of `books`; the old policy has one of 2026-01-01 21:00 UTC]",
            "Neutral Running machine evening, state opening, on denied: saving -> telling",
        ],
    );
}

#[test]
fn the_ends_and_what_is_run_count() {
    same(
        &said(CLOSING, &[("final gave_up = failed", "final gave_up = degraded")]),
        &["Weaker Notice machine evening, final gave_up: failed -> degraded; it is told as less than it was"],
    );
    same(
        &said(CLOSING, &[("  enter: hook([\"./lamp\"])", "")]),
        &[
            r#"Weaker Care machine evening, state telling, enter: hook(argv: ["./lamp"], with: [], skip_on: []) -> nothing; a program is not run any more"#,
        ],
    );
    same(
        &said(CLOSING, &[("machine evening", "machine dusk")])
            .into_iter()
            .filter(|line| line.contains(" machine ") && !line.contains("waiting"))
            .collect::<Vec<_>>(),
        &[
            "Weaker Control machine evening: removed; a program is not run any more; nobody is asked any more; if it is `dusk` now, `moved evening => dusk` keeps its history",
            "Neutral Running machine dusk: added",
        ],
    );
}
