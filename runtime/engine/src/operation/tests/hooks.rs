//! Programs that a policy has run.

use std::fs;
use std::sync::Arc;

use mainstay_journal::{Fault, Outcome};

use super::house::{House, policy};
use super::scenes::{STORE, create, ran};
use crate::report::RunsReport;
use crate::{Engine, EngineConfig, Monitor, Progress};

#[test]
fn a_hook_runs_in_the_policys_folder_with_its_secrets_and_nothing_else() {
    let house = House::new();
    let script = house.path("hook");
    fs::write(&script, "#!/bin/sh\nenv > seen\n[ \"$WORD\" = hunter2 ]\n").unwrap();
    fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let engine = house.engine(&policy(r#"step go = hook(["./hook"], with: [env("WORD", word)])"#));
    ran(&engine);
    let seen = fs::read_to_string(house.path("seen")).unwrap();
    assert!(seen.contains("MAINSTAY_STEP=go") && !seen.contains("CARGO"), "{seen}");
    let journal = fs::read(house.path("state/journal.sqlite-wal")).unwrap_or_default();
    let journal = [journal, fs::read(house.path("state/journal.sqlite")).unwrap()].concat();
    assert!(!journal.windows(7).any(|bytes| bytes == b"hunter2"));
}

#[test]
fn a_hook_may_say_not_now() {
    let house = House::new();
    let body = format!(r#"step gate = hook(["sh", "-c", "exit 75"], skip_on: [75]) {STORE}"#);
    let engine = house.engine(&policy(&body));
    let report = engine.run(&[], &create()).unwrap();
    assert_eq!(report.outcome().word(), "skipped", "{report:#?}");
    assert!(report.runs[0].steps.iter().all(|step| step.outcome.as_ref().unwrap().word() == "skipped"));
}

/// Does something when an act begins.
struct WhenItActs<F>(F);

impl<F: Fn() + Send + Sync> Monitor for WhenItActs<F> {
    fn event(&self, event: &Progress) {
        if matches!(event, Progress::ActStarted { .. }) {
            self.0();
        }
    }
}

const SLEEP: &str = r#"step long = hook(["sh", "-c", "sleep 1000 & echo $! > pid; wait"])"#;

/// Gone, or waiting only for whoever inherited it to take note.
fn is_dead(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"));
    stat.map_or(true, |stat| stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z')))
}

fn stopped(house: &House, config: EngineConfig) -> RunsReport {
    let report = Engine::new(config).run(&[], &create()).unwrap();
    let pid = fs::read_to_string(house.path("pid")).unwrap_or_default();
    assert!(pid.is_empty() || is_dead(pid.trim()), "the hook's child {pid} still runs");
    report
}

#[test]
fn a_cancelled_hook_ends_with_all_it_started() {
    let house = House::new();
    let mut config = house.config(&policy(SLEEP));
    let cancel = config.cancel.clone();
    config.monitor = Arc::new(WhenItActs(move || cancel.set()));
    let report = stopped(&house, config);
    assert!(matches!(report.outcome(), Outcome::Failed { fault: Fault::Cancelled, .. }), "{report:#?}");
}

#[test]
fn a_late_hook_ends_with_all_it_started() {
    let house = House::new();
    let mut config = house.config(&policy(&format!("within: 1min {SLEEP}")));
    let clock = Arc::clone(&house.clock);
    config.monitor = Arc::new(WhenItActs(move || clock.advance_ms(61_000)));
    let report = stopped(&house, config);
    assert!(matches!(report.outcome(), Outcome::Failed { fault: Fault::Late, .. }), "{report:#?}");
}
