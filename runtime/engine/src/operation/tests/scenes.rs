//! One scene for each promise.

use std::fs;

use mainstay_journal::{Fault, Outcome};

use super::house::{House, policy};
use crate::report::{Health, RestoreSpec, RunOptions, RunsReport, SnapshotFilter};
use crate::{Engine, RunError};

pub(super) const STORE: &str =
    "step backup = discover(home) |> snapshot() |> compress(zstd) |> encrypt() |> store(to: shelf)
    |> verify() |> retain(gfs(last: 2))";

pub(super) fn create() -> RunOptions {
    RunOptions { create: true, ..RunOptions::default() }
}

pub(super) fn ran(engine: &Engine) -> RunsReport {
    let report = engine.run(&[], &create()).unwrap();
    assert_eq!(report.outcome(), Outcome::Ok, "{report:#?}");
    report
}

fn restored(house: &House, engine: &Engine, spec: RestoreSpec) -> String {
    let to = house.path("back");
    let report = engine.restore(&RestoreSpec { source: "home".into(), to: to.clone(), ..spec }).unwrap();
    assert_eq!(report.problems, []);
    let text = fs::read_to_string(to.join("letter")).unwrap();
    fs::remove_dir_all(to).unwrap();
    text
}

#[test]
fn a_folder_is_protected_and_comes_back() {
    let house = House::new();
    let engine = house.engine(&policy(STORE));
    let report = ran(&engine);
    assert_eq!(report.created.iter().map(|made| made.what).collect::<Vec<_>>(), ["key file", "repository"]);
    let step = &report.runs[0].steps[0];
    assert_eq!((step.figures.files, step.figures.bytes), (1, 8));
    let list = engine.snapshots(&SnapshotFilter::default()).unwrap();
    assert_eq!(list.faults, []);
    assert_eq!(list.snapshots.len(), 1);
    let line = &list.snapshots[0];
    assert_eq!((line.source.as_str(), line.host.as_str(), line.whole), ("home", "here", true));
    assert_eq!(line.run, report.runs[0].run.to_string());
    assert_eq!(restored(&house, &engine, RestoreSpec::default()), "dear all");
}

#[test]
fn nothing_is_made_without_being_asked_to() {
    let house = House::new();
    let engine = house.engine(&policy(STORE));
    let report = engine.run(&[], &RunOptions::default()).unwrap();
    assert!(matches!(report.outcome(), Outcome::Failed { fault: Fault::Missing, .. }), "{report:#?}");
    assert!(!house.path("shelf").exists() && !house.path("secrets").exists());
}

#[test]
fn a_plan_and_a_dry_run_write_nothing() {
    let house = House::new();
    let engine = house.engine(&policy(STORE));
    let plan = engine.plan(&[], None).unwrap();
    assert_eq!(plan.workflows[0].steps[0].acts[0].on, "home to shelf");
    let dry = engine.dry_run(&[]).unwrap();
    assert!(dry.repos[0].is_missing && dry.sources[0].fault.is_none());
    let mut names: Vec<_> =
        fs::read_dir(house.scratch.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["home"]);
}

#[test]
fn what_cannot_be_carried_out_is_refused_before_anything_is_touched() {
    let house = House::new();
    let mut config = house.config(&policy(STORE));
    let mut ir = config.ir.as_ref().clone();
    ir.waiting.push(mainstay_ir::Waiting {
        construct: "bracket".into(),
        holder: "workflow nightly".into(),
        place: "workflow.nightly.block.0".into(),
    });
    config.ir = ir.into();
    let engine = Engine::new(config);
    let error = engine.run(&[], &create()).unwrap_err();
    assert_eq!(error.to_string(), "bracket in workflow nightly cannot be carried out yet");
    assert!(engine.plan(&[], None).is_err());
    assert!(!house.path("state").exists() && !house.path("shelf").exists());
}

#[test]
fn a_newer_snapshot_does_not_hide_an_older_one() {
    let house = House::new();
    let engine = house.engine(&policy(STORE));
    ran(&engine);
    let before = house.clock_ms();
    house.clock.advance_ms(3_600_000);
    fs::write(house.path("home/letter"), b"dear nobody").unwrap();
    ran(&engine);
    assert_eq!(restored(&house, &engine, RestoreSpec::default()), "dear nobody");
    let at = RestoreSpec { at_ms: Some(before), ..RestoreSpec::default() };
    assert_eq!(restored(&house, &engine, at), "dear all");
}

#[test]
fn an_empty_source_leaves_no_copy() {
    let house = House::new();
    fs::remove_file(house.path("home/letter")).unwrap();
    let text = policy(
        "step backup = discover(home) |> snapshot() |> encrypt() |> store(to: shelf, retry: backoff(tries: 1))
    |> verify() |> retain(gfs(last: 2))",
    );
    let engine = house.engine(&text);
    let report = engine.run(&[], &create()).unwrap();
    assert!(matches!(report.outcome(), Outcome::Failed { fault: Fault::Source, .. }), "{report:#?}");
    assert!(engine.snapshots(&SnapshotFilter::default()).unwrap().snapshots.is_empty());
}

#[test]
fn the_state_folder_has_one_holder() {
    let house = House::new();
    let engine = house.engine(&policy(STORE));
    let _held = mainstay_journal::StateFolder::take(&house.path("state")).unwrap();
    let error = engine.run(&[], &create()).unwrap_err();
    assert!(matches!(&error, RunError::State(error) if error.is_in_use()), "{error}");
    assert!(!house.path("shelf").exists());
}

#[test]
fn a_rolled_back_repository_is_refused() {
    let house = House::new();
    let engine = house.engine(&policy(STORE));
    ran(&engine);
    let copied = std::process::Command::new("cp")
        .args(["-a", "shelf", "old"])
        .current_dir(house.scratch.path())
        .status();
    assert!(copied.unwrap().success());
    house.clock.advance_ms(1_000);
    ran(&engine);
    fs::remove_dir_all(house.path("shelf")).unwrap();
    fs::rename(house.path("old"), house.path("shelf")).unwrap();
    let report = engine.run(&[], &RunOptions::default()).unwrap();
    assert!(matches!(report.outcome(), Outcome::Failed { fault: Fault::RolledBack, .. }), "{report:#?}");
    let checked = engine.repo_check("shelf", false).unwrap();
    assert!(checked.problems.iter().any(|problem| problem.message.contains("rolled back")), "{checked:#?}");
}

#[test]
fn two_repositories_with_one_key_are_one_family() {
    let house = House::new();
    let both = format!(
        "{STORE} step again = discover(home) |> snapshot() |> encrypt() |> store(to: attic)
    |> verify() |> retain(gfs(last: 2))"
    );
    let engine = house.engine(&policy(&both));
    ran(&engine);
    let (shelf, attic) = (engine.repo_info("shelf").unwrap(), engine.repo_info("attic").unwrap());
    assert_eq!(shelf.family, attic.family);
    assert_ne!(shelf.instance, attic.instance);
    assert_eq!(engine.keys().len(), 1);
    assert_eq!(engine.keys()[0].repos, ["shelf", "attic"]);
}

#[test]
fn a_lost_key_is_not_replaced() {
    let house = House::new();
    let engine = house.engine(&policy(STORE));
    ran(&engine);
    fs::remove_file(house.path("secrets/house.key")).unwrap();
    let body = "step backup = discover(home) |> snapshot() |> encrypt() |> store(to: attic)
    |> verify() |> retain(gfs(last: 2))";
    let error = house.engine(&policy(body)).run(&[], &create()).unwrap_err();
    assert!(matches!(&error, RunError::Create(error) if error.fault() == Fault::Denied), "{error}");
    assert!(!house.path("secrets/house.key").exists() && !house.path("attic").exists());
}

#[test]
fn a_dump_is_kept_and_its_secret_is_not() {
    let house = House::new();
    let body = "step dumped = discover(dump) |> snapshot() |> encrypt() |> store(to: shelf)
    |> verify() |> retain(gfs(last: 2))";
    let engine = house.engine(&policy(body));
    ran(&engine);
    let to = house.path("back");
    let spec = RestoreSpec { source: "dump".into(), to: to.clone(), ..RestoreSpec::default() };
    engine.restore(&spec).unwrap();
    assert_eq!(fs::read_to_string(to.join("stdout")).unwrap(), "table\n8\n");
}

#[test]
fn retention_forgets_in_a_run_and_by_hand_only_when_told() {
    let house = House::new();
    let engine = house.engine(&policy(STORE));
    for _ in 0..3 {
        house.clock.advance_ms(60_000);
        ran(&engine);
    }
    assert_eq!(engine.snapshots(&SnapshotFilter::default()).unwrap().snapshots.len(), 2);
    let tighter = house.engine(&policy(&STORE.replace("last: 2", "last: 1")));
    let shown = tighter.retain(None, false).unwrap();
    assert_eq!((shown.lines[0].forgotten(), shown.applied), (1, false));
    let planned = tighter.plan(&[], None).unwrap().workflows[0].retention.remove(0);
    assert_eq!(planned.forgotten(), 2, "the run stores a newer one first: {planned:#?}");
    assert_eq!(engine.snapshots(&SnapshotFilter::default()).unwrap().snapshots.len(), 2);
    let done = tighter.retain(Some("home"), true).unwrap();
    assert_eq!(done.lines[0].rulings.iter().filter(|ruling| ruling.keep).count(), 1);
    let left = engine.snapshots(&SnapshotFilter::default()).unwrap().snapshots;
    assert_eq!(left.len(), 1);
    assert!(left[0].verified_ms.is_some());
    ran(&tighter);
}

#[test]
fn damage_is_found_and_the_run_is_no_success() {
    let house = House::new();
    let engine = house.engine(&policy(STORE));
    ran(&engine);
    assert!(engine.verify(&Default::default()).unwrap().is_sound());
    for pack in fs::read_dir(house.path("shelf/p")).unwrap() {
        let pack = pack.unwrap().path();
        let mut bytes = fs::read(&pack).unwrap();
        bytes[10] ^= 1;
        let mut modes = fs::metadata(&pack).unwrap().permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut modes, 0o600);
        fs::set_permissions(&pack, modes).unwrap();
        fs::write(&pack, bytes).unwrap();
    }
    house.clock.advance_ms(1_000);
    let report = engine.run(&[], &RunOptions::default()).unwrap();
    assert!(matches!(report.outcome(), Outcome::Failed { fault: Fault::Damage, .. }), "{report:#?}");
    assert_eq!(engine.status().unwrap().lines[0].health, Health::Failed);
    assert!(!engine.verify(&Default::default()).unwrap().is_sound());
    assert!(
        engine.repo_check("shelf", true).unwrap().quarantined > 0,
        "below a lost node nothing was seen yet"
    );
    // What is damaged is in quarantine: the next run stores it anew, and older snapshots are whole again with it.
    house.clock.advance_ms(1_000);
    ran(&engine);
    assert_eq!(engine.status().unwrap().lines[0].health, Health::Ok);
    assert!(engine.verify(&Default::default()).unwrap().is_sound());
    assert!(engine.repo_check("shelf", true).unwrap().problems.is_empty());
}

#[test]
fn a_repository_that_was_made_anew_is_not_taken_for_an_old_one() {
    let house = House::new();
    let engine = house.engine(&policy(STORE));
    ran(&engine);
    fs::remove_dir_all(house.path("shelf")).unwrap();
    house.clock.advance_ms(1_000);
    ran(&engine);
    fs::remove_dir_all(house.path("shelf")).unwrap();
    assert_eq!(engine.repo_init("shelf", false).unwrap().len(), 1);
    assert!(engine.repo_init("shelf", false).is_err());
    house.clock.advance_ms(1_000);
    ran(&engine);
}

#[test]
fn a_run_is_gone_on_with_only_while_nothing_newer_went_well() {
    let house = House::new();
    let engine = house.engine(&policy(STORE));
    let resume = || engine.run(&[], &RunOptions { resume: Some(String::new()), ..RunOptions::default() });
    engine.run(&[], &RunOptions::default()).unwrap();
    engine.repo_init("shelf", true).unwrap();
    house.clock.advance_ms(1_000);
    let report = resume().unwrap();
    assert_eq!(report.outcome(), Outcome::Ok, "{report:#?}");
    assert_eq!(engine.history(9).unwrap().runs.len(), 1);
    assert!(matches!(resume().unwrap_err(), RunError::NoRun(_)));
    let id = report.runs[0].run.short();
    let named = engine.run(&[], &RunOptions { resume: Some(id), ..RunOptions::default() }).unwrap_err();
    assert!(matches!(named, RunError::EndedWell(_)), "{named}");
}

#[test]
fn a_source_is_copied_verified_and_checked_by_later_steps() {
    let house = House::new();
    let body = format!(
        "{STORE}
  step look = latest(home, in: shelf) |> verify(sample: 100%)
  step whole = check(shelf, read_data: true)"
    );
    let engine = house.engine(&policy(&body));
    let report = ran(&engine);
    assert_eq!(report.runs[0].steps.len(), 3);
    assert!(report.runs[0].steps[1].stored.is_some());
}

#[test]
fn a_field_that_means_something_unknown_is_refused() {
    let house = House::new();
    let text = policy(STORE).replace(r#"roots: ["home"]"#, r#"roots: ["home"], snapshot: zfs"#);
    let error = house.engine(&text).run(&[], &create()).unwrap_err();
    assert_eq!(error.to_string(), "source snapshot in source home cannot be carried out yet");
}

#[test]
fn a_copy_of_a_copy_is_made_once_and_restores_alone() {
    let house = House::new();
    let body = format!(
        "{STORE}
  step away = replicate(backup, to: attic) |> verify(sample: 100%) |> retain(gfs(last: 2))"
    );
    let engine = house.engine(&policy(&body));
    let report = ran(&engine);
    let away = report.runs[0].steps[1].stored.clone().unwrap();
    assert_eq!((away.repo.as_str(), away.whole), ("attic", true));
    let again =
        "step away = latest(home, in: shelf) |> replicate(to: attic) |> verify() |> retain(gfs(last: 2))";
    let again = house.engine(&policy(&format!("{again}\n  {STORE}")));
    let first = again.run(&["nightly.away".into()], &create()).unwrap();
    assert_eq!(first.outcome(), Outcome::Ok, "{first:#?}");
    assert_eq!(first.runs[0].steps[0].stored.as_ref().unwrap().snapshot, away.snapshot);
    fs::remove_dir_all(house.path("shelf")).unwrap();
    assert_eq!(restored(&house, &engine, RestoreSpec::default()), "dear all");
    let line = engine.status().unwrap().lines.into_iter().find(|line| line.repo.as_deref() == Some("attic"));
    assert_eq!(line.unwrap().health, Health::Ok);
}

#[test]
fn a_machine_that_stands_in_for_a_lost_one_restores_its_snapshots() {
    let house = House::new();
    ran(&house.engine(&policy(STORE)));
    let there = |name: &str| {
        let mut config = house.config(&policy(STORE));
        (config.host, config.state) = (name.to_owned(), house.path(format!("state of {name}")));
        Engine::new(config)
    };
    let spare = there("spare");
    let list = spare.snapshots(&SnapshotFilter::default()).unwrap();
    assert_eq!((list.snapshots.len(), list.left_off), (1, 0));
    assert_eq!(spare.verify(&Default::default()).unwrap().lines.len(), 1);
    assert_eq!(restored(&house, &spare, RestoreSpec::default()), "dear all");
    fs::write(house.path("home/letter"), b"dear others").unwrap();
    ran(&there("other"));
    let list = spare.snapshots(&SnapshotFilter::default()).unwrap();
    assert_eq!((list.snapshots.len(), list.left_off), (0, 2));
    let unsure = spare.verify(&Default::default()).unwrap_err();
    assert_eq!(unsure.to_string(), "this machine has no snapshot to verify, and these have: here, other");
    let unsure = spare.restore(&RestoreSpec { source: "home".into(), ..RestoreSpec::default() }).unwrap_err();
    assert_eq!(unsure.to_string(), "this machine has no snapshot of `home`, and these have: here, other");
    let named = RestoreSpec { host: Some("other".into()), ..RestoreSpec::default() };
    assert_eq!(restored(&house, &spare, named), "dear others");
    assert_eq!(restored(&house, &house.engine(&policy(STORE)), RestoreSpec::default()), "dear all");
}
