//! After a run a plan proposes nothing new of what is keyed by an artefact, and what a new slot asks for it does propose:
//! over generated policies, with real runs.

use std::fmt::Write as _;

use mainstay_journal::Outcome;
use mainstay_kit::SeededRandom;

use super::house::{House, policy};
use crate::report::{ArtefactState, Plan, RunOptions};
use crate::{Engine, RunError};

/// Policies that are tried, and how often each is run.
const POLICIES: u64 = 6;
const ROUNDS: usize = 2;

const SECOND_MS: u64 = 1_000;
const DAY_MS: u64 = 86_400_000;

const KEEPS: [&str; 4] = ["gfs(last: 1)", "gfs(daily: 7, weekly: 2)", "gfs(last: 2)", "keep_all"];
const TRIGGERS: [&str; 6] = [
    "trigger: daily(at: 01:30, zone: \"Europe/Berlin\")",
    "trigger: every(6h)",
    "trigger: [weekly(sunday, at: 03:00, zone: \"UTC\"), daily(at: 12:00, zone: \"UTC\")]",
    "trigger: cron(\"0 1,13 * * *\", zone: \"America/New_York\")",
    "trigger: monthly(21, at: 02:00, zone: \"UTC\", jitter: 10min)",
    "",
];

/// A policy of some workflows that fill places of their own, and some that copy or look at what those left.
struct Drawn {
    text: String,
    /// In the order in which they are run: what is filled first is read afterwards.
    workflows: Vec<String>,
    /// Those whose snapshots belong to a slot.
    timed: Vec<String>,
}

fn draw(random: &SeededRandom) -> Drawn {
    let one = |of: &[&'static str]| of[random.below(of.len())];
    let mut text = String::from(
        "edition 2026\npolicy house\nsecret key = file(\"secrets/house.key\")\nsource home = files { roots: [\"home\"] }\n\
         source dump = command { argv: [\"sh\", \"-c\", \"echo table\"] }\n",
    );
    for repo in ["shelf", "attic", "cellar"] {
        let _ = writeln!(text, "repo {repo} = local {{ path: \"{repo}\", key: key }}");
    }
    let (mut workflows, mut timed) = (Vec::new(), Vec::new());
    let mut workflow = |body: &str, trigger: &str, stores: bool| {
        let name = format!("work{}", workflows.len());
        let _ = writeln!(text, "workflow {name} {{\n  {trigger}\n  {body}\n}}");
        if stores && !trigger.is_empty() {
            timed.push(name.clone());
        }
        workflows.push(name);
    };
    let verify = |random: &SeededRandom| format!(" |> verify(sample: {}%)", [1, 5, 100][random.below(3)]);
    let tidy = |random: &SeededRandom| format!("{} |> retain({})", verify(random), one(&KEEPS));
    let mut filled = Vec::new();
    for source in ["home", "dump"].into_iter().take(1 + random.below(2)) {
        let mut body = format!(
            "step {source}_kept = discover({source}) |> snapshot() |> encrypt() |> store(to: shelf){}",
            if random.one_in(3) { String::new() } else { tidy(random) }
        );
        if random.one_in(2) {
            let _ = write!(body, "\n  step told = hook([\"/usr/bin/true\"])");
        }
        if random.one_in(2) {
            let _ =
                write!(body, "\n  step {source}_away = replicate({source}_kept, to: attic){}", tidy(random));
            filled.push((source, "attic"));
        }
        filled.push((source, "shelf"));
        workflow(&body, one(&TRIGGERS), true);
        // A second one that fills the same place, and tidies it, too.
        if random.one_in(2) {
            let body = format!(
                "step {source}_again = discover({source}) |> snapshot() |> encrypt() |> store(to: shelf){}",
                tidy(random)
            );
            workflow(&body, one(&TRIGGERS), true);
        }
    }
    for (number, (source, repo)) in filled.iter().enumerate() {
        let latest = format!("step later{number} = latest({source}, in: {repo})");
        match random.below(3) {
            0 => workflow(&format!("{latest}{}", verify(random)), one(&TRIGGERS), false),
            1 if *repo == "shelf" => {
                let body = format!("{latest} |> replicate(to: cellar){}", tidy(random));
                workflow(&body, one(&TRIGGERS), false);
            }
            _ => {}
        }
    }
    Drawn { text, workflows, timed }
}

/// What a plan proposes although it could be there, or cannot tell.
fn proposed(plan: &Plan) -> Vec<String> {
    let mut found = Vec::new();
    for workflow in &plan.workflows {
        for step in &workflow.steps {
            let new = step.acts.iter().filter_map(|act| Some((act, act.artefact.as_ref()?)));
            let new = new.filter(|(_, made)| made.state != ArtefactState::There);
            found.extend(
                new.map(|(act, made)| format!("{}.{}: {} {made:?}", workflow.workflow, step.step, act.act)),
            );
        }
    }
    found
}

/// One after the other, as clocks have it: no two of them begin in the same moment.
fn run(house: &House, engine: &Engine, workflows: &[String]) -> Result<(), RunError> {
    let options = RunOptions { create: true, ..RunOptions::default() };
    for workflow in workflows {
        house.clock.advance_ms(SECOND_MS);
        let report = engine.run(std::slice::from_ref(workflow), &options)?;
        assert_eq!(report.outcome(), Outcome::Ok, "{report:#?}");
    }
    Ok(())
}

#[test]
fn a_plan_after_a_run_proposes_nothing_new() {
    let (mut there, mut due) = (0, 0);
    for seed in 0..POLICIES {
        let drawn = draw(&SeededRandom::new(seed));
        let house = House::new();
        let engine = house.engine(&drawn.text);
        for round in 0..ROUNDS {
            let told = || format!("seed {seed}, round {round}\n{}", drawn.text);
            // A new slot of all of them: each snapshot that belongs to a slot is to be made.
            let before = engine.plan(&drawn.timed, None).unwrap();
            for workflow in before.workflows.iter().filter(|work| drawn.timed.contains(&work.workflow)) {
                let state = workflow.steps[0].artefact;
                assert_eq!(state, Some(ArtefactState::Due), "{}: {}", workflow.workflow, told());
                due += 1;
            }
            run(&house, &engine, &drawn.workflows).unwrap();
            let after = engine.plan(&[], None).unwrap();
            assert_eq!(proposed(&after), Vec::<String>::new(), "{}", told());
            let steps = after.workflows.iter().flat_map(|workflow| &workflow.steps);
            there += steps.filter(|step| step.artefact == Some(ArtefactState::There)).count();
            // Past the next time of each trigger; the longest is a month.
            house.clock.advance_ms(32 * DAY_MS);
        }
    }
    assert!(there > 20 && due > 10, "{there} there, {due} due: no fair sample");
}

/// Two workflows that fill one place: what the second one's retention gives up of the first one's slot is not to be made
/// again, nor is its copy, its reading or its tidying.
#[test]
fn what_another_workflow_made_superfluous_is_not_proposed_again() {
    let house = House::new();
    let work = |name: &str, at: &str| {
        format!(
            "workflow {name} {{\n  trigger: daily(at: {at}, zone: \"UTC\")\n  \
             step kept = discover(home) |> snapshot() |> encrypt() |> store(to: shelf) |> verify() |> retain(gfs(daily: 7))\n  \
             step away = replicate(kept, to: attic) |> verify() |> retain(gfs(daily: 7))\n}}\n"
        )
    };
    let head = "edition 2026\npolicy house\nsecret key = file(\"secrets/house.key\")\nsource home = files { roots: [\"home\"] }\n\
                repo shelf = local { path: \"shelf\", key: key }\nrepo attic = local { path: \"attic\", key: key }\n";
    let engine = house.engine(&format!("{head}{}{}", work("early", "06:00"), work("late", "08:00")));
    run(&house, &engine, &["early".to_owned()]).unwrap();
    let before = engine.plan(&["late".to_owned()], None).unwrap();
    assert_eq!(before.workflows[0].steps[0].artefact, Some(ArtefactState::Due), "another's is not its own");
    run(&house, &engine, &["late".to_owned()]).unwrap();

    let kept = engine.snapshots(&crate::report::SnapshotFilter::default()).unwrap().snapshots;
    assert_eq!(kept.len(), 2, "one of the day in each repository: {kept:#?}");
    let after = engine.plan(&[], None).unwrap();
    assert_eq!(proposed(&after), Vec::<String>::new());
    // What is shown is what is there.
    for act in after.workflows[0].steps.iter().map(|step| &step.acts[0]) {
        let shown = act.artefact.as_ref().unwrap().snapshot.as_ref().unwrap();
        assert!(kept.iter().any(|line| line.short == *shown), "{shown} of {kept:#?}");
    }
    // A place that was emptied since is to be filled again.
    std::fs::remove_dir_all(house.path("attic")).unwrap();
    let emptied = engine.plan(&[], None).unwrap();
    assert!(emptied.workflows.iter().all(|work| work.steps[1].artefact == Some(ArtefactState::Due)));
}

/// What is old is not said by a clock that is behind what was seen before: nothing is given up, by hand neither.
#[test]
fn a_clock_that_went_back_forgets_nothing() {
    let house = House::new();
    let engine = house.engine(&policy(
        "step kept = discover(home) |> snapshot() |> encrypt() |> store(to: shelf) |> verify()\n  \
         step tidy = latest(home, in: shelf) |> verify() |> retain(gfs(last: 1))",
    ));
    run(&house, &engine, &["nightly.kept".to_owned()]).unwrap();
    run(&house, &engine, &["nightly.kept".to_owned()]).unwrap();
    house.clock.set(mainstay_world::TimestampMs(house.clock_ms() - i64::try_from(DAY_MS).unwrap()));
    let applied = engine.retain(None, true).unwrap();
    assert!(applied.lines[0].fault.as_ref().unwrap().contains("the clock is behind"), "{applied:#?}");
    let kept = engine.snapshots(&crate::report::SnapshotFilter::default()).unwrap().snapshots;
    assert_eq!(kept.len(), 2);
    house.clock.advance_ms(DAY_MS);
    assert_eq!(engine.retain(None, true).unwrap().lines[0].forgotten(), 1);
}

/// What is shown by hand is what both leave: each step forgets what it does not keep itself.
#[test]
fn retention_by_hand_shows_what_all_steps_leave() {
    let house = House::new();
    let step = |name: &str, keep: &str| {
        format!("step {name} = latest(home, in: shelf) |> verify() |> retain({keep})\n  ")
    };
    let text = policy(&format!(
        "step kept = discover(home) |> snapshot() |> encrypt() |> store(to: shelf) |> verify()\n  {}{}",
        step("much", "gfs(last: 3)"),
        step("less", "gfs(last: 2)")
    ));
    let engine = house.engine(&text);
    for _ in 0..4 {
        run(&house, &engine, &["nightly.kept".to_owned()]).unwrap();
    }
    let shown = engine.retain(None, false).unwrap();
    assert_eq!(shown.lines.len(), 1, "{shown:#?}");
    assert_eq!(shown.lines[0].forgotten(), 2, "{shown:#?}");
    assert!(shown.lines[0].rulings.iter().all(|ruling| ruling.keep != ruling.reasons.is_empty()));
}
