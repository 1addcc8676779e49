//! Pairs of policies, and what is said of them.

use mainstay_ir::Ir;
use serde_json::Value as Json;

use super::*;
use crate::tests::one;

mod closes;
mod failures;
mod hidden;
mod machines;
mod shown;

const LAPTOP: &str = include_str!("../../../../examples/02-home/mainstay.stay");
const TWO: &str = include_str!("tests/two_copies.stay");

fn ir(text: &str) -> Ir {
    let compiled = one(text);
    let said = crate::tests::told(&compiled);
    compiled.ir.unwrap_or_else(|| panic!("{said}\n{text}"))
}

/// What a replacement does, one line for each change.
#[track_caller]
fn said(text: &str, edits: &[(&str, &str)]) -> Vec<String> {
    let mut new = text.to_owned();
    for (from, to) in edits {
        assert_eq!(new.matches(from).count(), 1, "`{from}` stands once");
        new = new.replace(from, to);
    }
    diff(&ir(text), &ir(&new)).changes.iter().map(shown).collect()
}

#[track_caller]
fn same(said: &[String], expected: &[&str]) {
    assert_eq!(said, expected, "\n{}\n", said.join("\n"));
}

fn shown(change: &Change) -> String {
    let example = change.example.as_ref().map(|example| format!(" [{example}]")).unwrap_or_default();
    format!("{:?} {:?} {}{example}", change.strength, change.facet, change.line())
}

#[test]
fn the_same_is_no_difference_however_it_is_written() {
    for text in [LAPTOP, TWO] {
        let formatted = mainstay_syntax::format(text).unwrap();
        assert_eq!(diff(&ir(text), &ir(&formatted)).changes, []);
    }
    let commented = LAPTOP.replace("workflow nightly", "/// Each night.\n// Yes.\nworkflow nightly");
    assert_eq!(diff(&ir(LAPTOP), &ir(&commented)).changes, []);
    let reordered = TWO.replace("secret key    = file(\"/etc/mainstay/papers.key\")\n", "")
        + "\nsecret key = file(\"/etc/mainstay/papers.key\")\n";
    assert_eq!(diff(&ir(TWO), &ir(&reordered)).changes, []);
}

#[test]
fn a_worst_gap_is_told_in_words() {
    let weekly = [("daily(at: 01:30, zone", "weekly(day: sunday, at: 01:30, zone")];
    same(
        &said(LAPTOP, &weekly),
        &[
            r#"Weaker Copies workflow nightly, trigger: daily(at: 01:30, zone: "Europe/Berlin") -> weekly(day: sunday, at: 01:30, zone: "Europe/Berlin"); worst gap of `home` on `shelf`: 25 h -> 7 d 1 h [2026-01-31 01:30 CET, without any failure: no copy of `home`; the old policy has one of 2026-01-01 01:30 CET]"#,
        ],
    );
    same(
        &said(LAPTOP, &[("at: 01:30", "at: 02:30")]),
        &[
            r#"Weaker Copies workflow nightly, trigger: daily(at: 01:30, zone: "Europe/Berlin") -> daily(at: 02:30, zone: "Europe/Berlin") [2026-01-31 01:30 CET, without any failure: no copy of `home`; the old policy has one of 2026-01-01 01:30 CET]"#,
        ],
    );
}

#[test]
fn retention_is_compared_bucket_by_bucket() {
    same(
        &said(LAPTOP, &[("daily: 14, monthly: 6", "daily: 30, monthly: 3")]),
        &[
            r#"Weaker History `home` on `shelf`, keep: gfs(daily: 14, monthly: 6) -> gfs(daily: 30, monthly: 3); less monthly is kept"#,
        ],
    );
    same(
        &said(TWO, &[("gfs(daily: 14, weekly: 8)", "gfs(daily: 15, weekly: 8)")]),
        &[
            r#"Stronger History `papers` on `inner_disk`, keep: gfs(daily: 14, weekly: 8) -> gfs(daily: 15, weekly: 8)"#,
            r#"Stronger History `papers` on `second_disk`, keep: gfs(daily: 14, weekly: 8) -> gfs(daily: 15, weekly: 8)"#,
            r#"Stronger Promise objective papers_safe, keep: gfs(daily: 14, weekly: 8) -> gfs(daily: 15, weekly: 8)"#,
        ],
    );
}

#[test]
fn a_rename_keeps_its_history_only_when_it_says_so() {
    let renamed = LAPTOP.replace("shelf", "rack");
    let plain = diff(&ir(LAPTOP), &ir(&renamed));
    same(
        &plain.changes.iter().map(shown).collect::<Vec<_>>(),
        &[
            r#"Weaker Copies `home` on `shelf`: this copy is not made any more [2026-01-31 01:30 CET, with repo `rack` lost: no copy of `home`; the old policy has one of 2026-01-01 01:30 CET]"#,
            r#"Weaker History repo shelf: removed: the policy does not know its snapshots any more; if it is `rack` now, `moved shelf => rack` keeps its history"#,
            r#"Stronger Copies `home` on `rack`: a new copy"#,
            r#"Neutral History repo rack: added"#,
        ],
    );
    let moved = renamed + "\nmoved shelf => rack\n";
    let said = diff(&ir(LAPTOP), &ir(&moved));
    same(
        &said
            .changes
            .iter()
            .filter(|change| change.field.as_deref() != Some("waiting"))
            .map(shown)
            .collect::<Vec<_>>(),
        &[r#"Neutral History repo rack: it was called `shelf`; its history stays"#],
    );
}

#[test]
fn a_loss_that_takes_both_copies_is_found() {
    same(
        &said(TWO, &[("site: \"vault\"", "site: \"office\""), ("sites: 2", "sites: 1")]),
        &[
            r#"Weaker Copies repo second_disk, place.site: "vault" -> "office" [2026-01-01 02:30 CET, with site `office` lost: no copy of `papers`; the old policy has one of 2026-01-01 01:30 CET]"#,
            r#"Weaker Promise objective papers_safe, copies.sites: 2 -> 1; fewer are promised"#,
        ],
    );
    same(
        &said(TWO, &[("account: \"keeper\"", "account: \"ops\"")]),
        &[
            r#"Weaker Copies repo second_disk, place.account: "keeper" -> "ops" [2026-01-01 02:30 CET, with account `ops` lost: no copy of `papers`; the old policy has one of 2026-01-01 01:30 CET]"#,
        ],
    );
}

#[test]
fn an_account_does_not_reach_what_is_offline() {
    let one = TWO.replace("account: \"keeper\"", "account: \"ops\"");
    let offline =
        one.replace("path: \"/mnt/second/papers\"", "path: \"/mnt/second/papers\"\n  tier: offline");
    let said = |old: &str, new: &str| diff(&ir(old), &ir(new)).changes.iter().map(shown).collect::<Vec<_>>();
    same(
        &said(&offline, &one),
        &[
            r#"Weaker Copies repo second_disk, tier: offline -> hot; who has its account can delete it [2026-01-01 02:30 CET, with account `ops` lost: no copy of `papers`; the old policy has one of 2026-01-01 01:30 CET]"#,
        ],
    );
    same(
        &said(&one, &offline),
        &[
            r#"Stronger Copies repo second_disk, tier: hot -> offline; no account can delete it unless it is brought back"#,
        ],
    );
    same(
        &said(
            &one,
            &one.replace("path: \"/mnt/second/papers\"", "path: \"/mnt/second/papers\"\n  tier: cold"),
        ),
        &["Weaker Care repo second_disk, tier: hot -> cold; a restore takes longer"],
    );
}

#[test]
fn one_harm_does_not_hide_another() {
    let said = said(TWO, &[("at: 01:30", "at: 02:30"), ("account: \"keeper\"", "account: \"ops\"")]);
    let weaker = |what: &str| said.iter().any(|line| line.starts_with("Weaker") && line.contains(what));
    assert!(weaker("trigger: daily") && weaker("place.account"), "{}", said.join("\n"));
}

#[test]
fn a_step_less_is_a_copy_less() {
    let without = TWO
        .replace("copies: at_least(2, sites: 2)\n", "copies: at_least(1)\n")
        .replace("  step second = copy(first, to: second_disk, keep: papers_safe.keep)\n", "");
    let said = diff(&ir(TWO), &ir(&without));
    same(
        &said.changes.iter().map(shown).collect::<Vec<_>>(),
        &[
            r#"Weaker Copies `papers` on `second_disk`: this copy is not made any more [2026-01-01 02:30 CET, with repo `inner_disk` lost: no copy of `papers`; the old policy has one of 2026-01-01 01:30 CET]"#,
            r#"Weaker Promise objective papers_safe, copies.count: 2 -> 1; fewer are promised"#,
            r#"Weaker Promise objective papers_safe, copies.sites: 2 -> nothing; fewer are promised"#,
            r#"Neutral Running workflow nightly, step second: removed"#,
            r#"Neutral Running workflow nightly, body: { first; second } -> { first }"#,
        ],
    );
}

/// Every leaf of an IR, changed alone: a change that is still an IR is seen, unless it is in what people read only.
#[track_caller]
fn all_leaves_are_seen(text: &str, at_least: usize) {
    let ir = ir(text);
    let json: Json = serde_json::from_slice(&ir.canonical()).unwrap();
    let mut paths = Vec::new();
    leaves(&json, &mut Vec::new(), &mut paths);
    let (mut seen, mut unseen) = (0, Vec::new());
    for path in &paths {
        let mut other = json.clone();
        if !change(&mut other, path) {
            continue;
        }
        let Ok(other) = Ir::read(&serde_json::to_vec(&other).unwrap()) else { continue };
        if other == ir {
            continue;
        }
        seen += 1;
        if diff(&ir, &other).changes.is_empty() && !is_nothing(path) {
            unseen.push(path.join("."));
        }
    }
    assert!(seen > at_least, "{seen}");
    assert!(unseen.is_empty(), "changes that nobody sees: {unseen:#?}");
}

#[test]
fn no_leaf_changes_unseen() {
    all_leaves_are_seen(include_str!("tests/everything.stay"), 100);
}

#[test]
fn no_leaf_of_what_closes_changes_unseen() {
    all_leaves_are_seen(include_str!("tests/closed.stay"), 150);
}

/// What people read only; numbers of blocks, which move with those before them; the kind of a thing, which its name
/// goes with; and renames of what the old policy does not have.
fn is_nothing(path: &[String]) -> bool {
    let has = |word: &str| path.iter().any(|key| key == word);
    let kind = path.ends_with(&["thing".to_owned(), "0".to_owned()]);
    has("docs") || has("limits") || has("moved") || kind || path.starts_with(&["waiting".to_owned()])
}

fn leaves(json: &Json, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    match json {
        Json::Object(fields) => {
            for (name, inner) in fields {
                path.push(name.clone());
                leaves(inner, path, found);
                path.pop();
            }
        }
        Json::Array(items) => {
            for (at, inner) in items.iter().enumerate() {
                path.push(at.to_string());
                leaves(inner, path, found);
                path.pop();
            }
        }
        _ => found.push(path.clone()),
    }
}

fn change(json: &mut Json, path: &[String]) -> bool {
    let pointer = format!(
        "/{}",
        path.iter().map(|key| key.replace('~', "~0").replace('/', "~1")).collect::<Vec<_>>().join("/")
    );
    let Some(leaf) = json.pointer_mut(&pointer) else { return false };
    let other = match &*leaf {
        Json::Bool(truth) => Json::Bool(!truth),
        Json::Number(number) => Json::from(number.as_u64().unwrap() + 1),
        Json::String(text) => Json::String(format!("{text}x")),
        _ => return false,
    };
    *leaf = other;
    true
}
