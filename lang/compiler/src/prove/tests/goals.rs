//! Retention, lock, erase, copies, residency.

use super::*;

fn one(objective: Objective, keep: Retention) -> Built {
    let mut built = Built::new();
    built.objective("gold", objective);
    built.workflow(
        "nightly",
        vec![daily(90)],
        Some(DurationMs::hours(2)),
        vec![("backup", protect("home", "shelf", keep))],
    );
    built
}

fn keeping(keep: Retention) -> Objective {
    Objective { keep: Some(keep), ..Objective::default() }
}

fn other(field: &str, value: Value) -> Objective {
    Objective { other: [(field.to_owned(), value)].into_iter().collect(), ..Objective::default() }
}

#[test]
fn what_keeps_nothing_is_an_error() {
    insta::assert_snapshot!(one(keeping(Retention::default()), days(0)).shown(), @r#"
    error[E0508]: the `keep` of `gold` keeps nothing
      at objective.gold.keep: every bucket is 0
      help: say what must be restorable, such as `gfs(daily: 14, monthly: 6)`
    error[E0508]: step `backup` keeps nothing of what it stored
      at workflow.nightly.step.backup: every bucket is 0
      help: say what the repo holds, such as `gfs(daily: 14, monthly: 6)`, or `keep_all`
    "#);
}

#[test]
fn a_copy_without_retain_is_an_error() {
    let mut built = one(keeping(days(14)), days(14));
    let Action::Stages(calls) = &mut built.ir.workflows["nightly"].steps["backup"].action else { panic!() };
    calls.pop();
    insta::assert_snapshot!(built.shown(), @r#"
    error[E0509]: nobody says what `shelf` keeps of `home`
      at workflow.nightly.step.backup: this copy has no `retain`
      help: end the step with `|> verify() |> retain(gfs(daily: 14))`, or with `retain(keep_all)` to keep each snapshot for ever
    "#);
}

#[test]
fn the_largest_of_all_copies_covers_field_by_field() {
    let wanted = Retention { daily: 14, monthly: 12, ..Retention::default() };
    let mut built = one(keeping(wanted), days(30));
    built.repo("away", repo("s3", &[]));
    built.put("workflow.nightly.step.backup.retain.keep");
    insta::assert_snapshot!(built.shown(), @r#"
    error[E0510]: the copies of `home` together do not keep what `gold` promises
      at workflow.nightly.step.backup.retain.keep: what `shelf` keeps of it
      at objective.gold.keep: promised here
      = `gold` keeps `monthly: 12`, and the most that a copy keeps is 0
      help: let one of the copies keep it: `keep: gold.keep`
    "#);
    let monthly = Retention { monthly: 12, ..Retention::default() };
    built.ir.workflows["nightly"].steps.insert("away".into(), protect("home", "away", monthly));
    assert_eq!(built.shown(), "");
    let all = Retention { all: true, ..Retention::default() };
    assert_eq!(one(keeping(Retention { last: 3, yearly: 7, ..wanted_all() }), all).shown(), "");
}

fn wanted_all() -> Retention {
    Retention { hourly: 24, within: Some(DurationMs::hours(48)), ..Retention::default() }
}

#[test]
fn a_window_covers_the_buckets_inside_it() {
    let window = |hours| Retention { within: Some(DurationMs::hours(hours)), ..Retention::default() };
    assert_eq!(one(keeping(Retention { hourly: 24, ..Retention::default() }), window(24)).shown(), "");
    assert_eq!(
        one(keeping(days(7)), window(7 * 24)).codes(),
        ["E0510"],
        "seven days may have 25 hours one day"
    );
    assert_eq!(one(keeping(days(7)), window(8 * 24)).shown(), "");
    assert_eq!(one(keeping(window(48)), window(24)).codes(), ["E0510"]);
}

#[test]
fn a_folder_cannot_lock_and_a_promise_needs_a_lock() {
    let mut built = one(other("lock", Value::Duration(DurationMs::hours(720))), days(30));
    insta::assert_snapshot!(built.shown(), @r#"
    error[E0512]: `gold` promises a lock, and no copy of `home` is in a repo with a `lock_mode`
      at objective.gold.lock: promised here
      at repo.shelf: no `lock_mode` here
      help: keep a copy in an `s3` repo with `lock_mode: compliance`
    "#);
    built.ir.repos["shelf"] = repo("local", &[("lock_mode", Value::Member("compliance".into()))]);
    insta::assert_snapshot!(built.shown(), @r#"
    error[E0511]: a `local` repo cannot lock: whoever can write there can delete
      at repo.shelf: no such lock exists
      help: keep the locked copy in an `s3` repo, or leave `lock_mode` out
    "#);
    built.ir.repos["shelf"] = repo("s3", &[("lock_mode", Value::Member("compliance".into()))]);
    assert_eq!(built.shown(), "");
}

#[test]
fn nothing_outlives_erase() {
    let erase = |months| other("erase", Value::Period(months));
    let years = |yearly| Retention { yearly, ..Retention::default() };
    assert_eq!(one(erase(120), years(10)).shown(), "");
    insta::assert_snapshot!(one(erase(120), years(11)).shown(), @r#"
    error[E0513]: `yearly: 11` keeps snapshots beyond the age at which `gold` must have erased them
      at workflow.nightly.step.backup: `yearly: 11` keeps them longer
      at objective.gold.erase: nothing may live longer than this
      help: keep less, or erase later
    "#);
    assert_eq!(one(erase(120), Retention { all: true, ..Retention::default() }).codes(), ["E0513"]);
    let mut locked = erase(120);
    locked.other.insert("lock".into(), Value::Duration(DurationMs::hours(24 * 2557)));
    let mut built = one(locked, years(7));
    built.ir.repos["shelf"] = repo("s3", &[("lock_mode", Value::Member("compliance".into()))]);
    assert_eq!(built.shown(), "");
    built.ir.objectives["gold"].other.insert("lock".into(), Value::Duration(DurationMs::hours(24 * 3700)));
    assert_eq!(built.codes(), ["E0513"]);
}

fn two_places(first: &[(&str, &str)], second: &[(&str, &str)], copies: Copies) -> Built {
    let lock = other("lock", Value::Duration(DurationMs::hours(24)));
    let rest = if copies.locked > 0 { lock } else { Objective::default() };
    let mut built = one(Objective { copies: Some(copies), ..rest }, days(14));
    built.ir.repos["shelf"] = repo("local", &[place(first)]);
    built.repo("away", repo("s3", &[place(second), ("lock_mode", Value::Member("compliance".into()))]));
    built.ir.workflows["nightly"].steps.insert("away".into(), protect("home", "away", days(14)));
    built
}

#[test]
fn copies_are_counted_on_declared_places() {
    let wanted = Copies { count: 2, sites: 2, media: 2, locked: 1, offline: 0 };
    let berlin = [("site", "berlin"), ("medium", "disk_array")];
    let far = [("site", "frankfurt"), ("medium", "object")];
    assert_eq!(two_places(&berlin, &far, wanted.clone()).shown(), "");
    insta::assert_snapshot!(two_places(&berlin, &[("site", "berlin"), ("medium", "object")], wanted.clone()).shown(), @r#"
    error[E0514]: `gold` promises 2 sites of `home`, and there is 1
      at objective.gold.copies: promised here
      at repo.shelf: `shelf`, site `berlin`, medium `disk_array`
      at repo.away: `away`, site `berlin`, medium `object`, locked
      help: add a copy of `home` in a workflow `for gold`, or promise what there is
    "#);
    insta::assert_snapshot!(two_places(&berlin, &[("site", "frankfurt")], wanted.clone()).shown(), @r#"
    error[E0515]: `gold` asks where its copies are, and `away` does not say its medium
      at repo.away: no `medium` here
      at objective.gold.copies: asked here
      help: add it: `place: { medium: disk_array }`
    "#);
    let more = Copies { count: 3, locked: 2, offline: 1, ..wanted };
    assert_eq!(two_places(&berlin, &far, more).codes(), ["E0514"]);
}

#[test]
fn residency_is_checked_on_declared_regions() {
    let wanted = || other("residency", Value::List(vec![Value::Text("eu".into()), Value::Text("ch".into())]));
    let with = |fields: &[(&str, &str)]| {
        let mut built = one(wanted(), days(14));
        built.ir.repos["shelf"] = repo("local", &[place(fields)]);
        built
    };
    assert_eq!(with(&[("region", "ch")]).shown(), "");
    insta::assert_snapshot!(with(&[("region", "us")]).shown(), @r#"
    error[E0516]: `gold` keeps its copies in `eu` or `ch`, and `shelf` is in `us`
      at repo.shelf: outside
      at objective.gold.residency: promised here
      help: keep this copy in a repo inside, or allow the region
    "#);
    assert_eq!(with(&[("site", "bern")]).codes(), ["E0515"]);
}

#[test]
fn two_that_speak_of_one_place_keep_what_both_keep() {
    let mut built = one(keeping(days(14)), days(14));
    built.put("workflow.nightly.step.backup.retain.keep");
    built.workflow("tidy", vec![daily(300)], Some(DurationMs::hours(1)), Vec::new());
    let forget = |keep: Retention| {
        step(vec![
            call("latest", &[("of", thing("source", "home")), ("in", thing("repo", "shelf"))]),
            call("verify", &[]),
            call("retain", &[("keep", Value::Retention(keep))]),
        ])
    };
    built.put("workflow.tidy.step.week.retain.keep");
    built.ir.workflows["tidy"].steps.insert("week".into(), forget(days(7)));
    insta::assert_snapshot!(built.shown(), @r#"
    error[E0510]: the copies of `home` together do not keep what `gold` promises
      at workflow.nightly.step.backup.retain.keep: what `shelf` keeps of it
      at workflow.tidy.step.week.retain.keep: what this does not keep is gone from `shelf` too
      at objective.gold.keep: promised here
      = `gold` keeps `daily: 14`, and the most that a copy keeps is 7
      help: let one of the copies keep it: `keep: gold.keep`
    "#);
    built.ir.workflows["tidy"].steps.insert("week".into(), forget(days(30)));
    assert_eq!(built.shown(), "");
}

#[test]
fn two_names_of_one_store_are_one_copy() {
    let wanted = Copies { count: 2, ..Copies::default() };
    let mut built = two_places(&[("site", "berlin")], &[("site", "bern")], wanted);
    let path = |path: &str| [("path", Value::Text(path.into()))];
    built.ir.repos["shelf"] = repo("local", &path("/backup"));
    built.ir.repos["away"] = repo("local", &path("/mnt/away"));
    assert_eq!(built.shown(), "");
    built.ir.repos["away"] = repo("local", &path("/backup"));
    insta::assert_snapshot!(built.shown(), @r#"
    error[E0514]: `gold` promises 2 copies of `home`, and there is 1
      at objective.gold.copies: promised here
      at repo.shelf: `shelf`
      at repo.away: `away`, the same store as `shelf`
      help: add a copy of `home` in a workflow `for gold`, or promise what there is
    "#);
}

#[test]
fn a_promise_of_copies_needs_one() {
    let mut built = one(promise(DurationMs::hours(30)), days(14));
    assert_eq!(built.shown(), "");
    let looked =
        step(vec![call("latest", &[("of", thing("source", "home")), ("in", thing("repo", "shelf"))])]);
    built.ir.workflows["nightly"].steps["backup"] = looked;
    insta::assert_snapshot!(built.shown(), @r#"
    error[E0517]: `gold` promises copies by its `rpo`, and nothing that is for it makes one
      at objective.gold.rpo: promised here
      at workflow.nightly: nothing is stored here
      help: store a source in the body of a workflow `for gold`, or take the `rpo` out
    "#);
    // When a run has ended, it is too late.
    let stored = step(vec![
        call("discover", &[("of", thing("source", "home"))]),
        call("store", &[("to", thing("repo", "shelf"))]),
    ]);
    built.put("workflow.nightly.step.late");
    let close = mainstay_ir::Close {
        steps: [("late".to_owned(), stored)].into_iter().collect(),
        ..Default::default()
    };
    built.ir.workflows["nightly"].closes.push(close);
    insta::assert_snapshot!(built.shown(), @r#"
    error[E0517]: `gold` promises copies by its `rpo`, and nothing that is for it makes one
      at objective.gold.rpo: promised here
      at workflow.nightly.step.late: stored when the run has ended: no promise can count on it
      help: store a source in the body of a workflow `for gold`, or take the `rpo` out
    "#);
    // A promise of something else needs none.
    built.ir.objectives["gold"] = Objective { rto: Some(DurationMs::hours(1)), ..Objective::default() };
    assert_eq!(built.shown(), "");
}

fn links(source: &str, base: (&str, &str), repo: &str) -> Step {
    let since = Constructed {
        constructor: "latest".into(),
        fields: [("of".to_owned(), thing("source", base.0)), ("in".to_owned(), thing("repo", base.1))]
            .into_iter()
            .collect(),
    };
    step(vec![
        call("logs", &[("of", thing("source", source)), ("since", Value::Constructed(since.into()))]),
        call("encrypt", &[]),
        call("store", &[("to", thing("repo", repo))]),
        call("verify", &[]),
        call("retain", &[("keep", Value::Retention(days(3)))]),
    ])
}

#[test]
fn logs_lie_beside_their_base() {
    let mut built = one(keeping(days(14)), days(14));
    built.repo("away", repo("local", &[]));
    let mut with = |source: &str, base: (&str, &str), repo: &str| {
        built.ir.workflows["nightly"].steps.insert("link".into(), links(source, base, repo));
        built.shown()
    };
    // What the links keep says nothing of the base, and the other way round.
    assert_eq!(with("home", ("home", "shelf"), "shelf"), "");
    insta::assert_snapshot!(with("home", ("home", "shelf"), "away"), @r#"
    error[E0518]: `away` holds logs of `home` and no base that they could continue
      at workflow.nightly: these cannot be restored from there
      at workflow.nightly.step.backup: the base in `shelf`
      help: store a whole copy of `home` in `away` too
    "#);
    insta::assert_snapshot!(with("home", ("other", "shelf"), "shelf"), @r#"
    error[E0518]: the logs of `home` cannot continue a base of `other`
      at workflow.nightly: since a copy of `other`
      help: take a base of the same source: `since: latest(home, in: shelf)`
    "#);
}

#[test]
fn exact_days_are_held_against_the_shortest_year() {
    let erase = other("erase", Value::Period(12));
    assert_eq!(one(erase.clone(), days(365)).shown(), "");
    assert_eq!(one(erase, days(366)).codes(), ["E0513"]);
}
