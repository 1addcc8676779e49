//! What holds for every schedule, every script and every look.

use proptest::prelude::*;

use mainstay_calendar::Zone;
use mainstay_ir::test::StepName;

use super::super::horizon::played as played_whole;
use super::super::{Failure, Script, horizon, timers};
use super::*;
use crate::state::{State, apply, next};

/// Policies of a few steps in blocks, with what a test may script.
fn policies() -> impl Strategy<Value = String> {
    let block = prop_oneof![Just("sequential"), Just("parallel"), Just("parallel(limit: 1)")];
    let overlap = prop_oneof![Just("queue_one"), Just("skip"), Just("replace"), Just("allow")];
    let missed = prop_oneof![Just("run_latest"), Just("run_all"), Just("skip")];
    let trigger = prop_oneof![Just("every(7h)"), Just("daily(at: 02:30, zone: \"Europe/Berlin\")")];
    let given = prop_oneof![
        (0..3usize, 1..9u32).prop_map(|(step, hours)| format!("given took(w.{}, {hours}h)", STEPS[step])),
        (0..3usize, 1..5u32)
            .prop_map(|(step, times)| format!("given failure(w.{}, times: {times})", STEPS[step])),
        (0..3usize).prop_map(|step| format!("given failure(w.{}, at: verify)", STEPS[step])),
        (0..3usize, 0..30u32)
            .prop_map(|(step, down)| format!("given crash(at: w.{}, down: {down}h)", STEPS[step])),
        (27..30u32, 1..40u32)
            .prop_map(|(day, hours)| format!("given off(from: 2027-03-{day}, for: {hours}h)")),
    ];
    let within = prop_oneof![Just(String::new()), (1..20u32).prop_map(|hours| format!("within: {hours}h"))];
    (block, overlap, missed, trigger, within, proptest::collection::vec(given, 0..4)).prop_map(
        |(block, overlap, missed, trigger, within, givens)| {
            format!(
                "workflow w {{ trigger: {trigger} overlap: {overlap} missed: {missed} {within}
                   {block} {{ step a = protect(home, to: shelf, keep: some) step b = protect(mail, to: shelf, keep: some) }}
                   step c = copy(a, to: far, keep: some) }}
                 test \"t\" {{ {} let runs = simulate(w, from: 2027-03-26, for: 5d) }}",
                givens.join(" ")
            )
        },
    )
}

const STEPS: [&str; 3] = ["a", "b", "c"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    /// For each prefix of a simulated history: what a recovery asks for is what the live run asked for.
    #[test]
    fn live_and_recovered_ask_for_the_same(policy in policies()) {
        let (simulated, _) = played(&policy).unwrap();
        let simulated = &simulated[0];
        prop_assert!(!simulated.asked.is_empty());
        let mut folded = State::new(shapes(simulated));
        let mut records = simulated.records.iter().peekable();
        for (head, now_ms, live) in &simulated.asked {
            while let Some(record) = records.next_if(|record| record.seq <= *head) {
                apply(&mut folded, record);
            }
            prop_assert_eq!(&next(&folded, *now_ms), live);
        }
        records.for_each(|record| apply(&mut folded, record));
        prop_assert_eq!(&folded, &simulated.state);
    }

    /// The same policy and script give the same history, to the last byte.
    #[test]
    fn a_simulation_is_repeatable(policy in policies()) {
        let (once, _) = played(&policy).unwrap();
        let (again, _) = played(&policy).unwrap();
        prop_assert_eq!(&once[0].records, &again[0].records);
    }

    /// No slot has two runs, none is run before its time, and unless the policy lets them, no two runs of the
    /// workflow are under way at once.
    #[test]
    fn runs_stand_for_slots_in_order(policy in policies()) {
        let (simulated, _) = played(&policy).unwrap();
        let runs = &simulated[0].runs;
        for pair in runs.windows(2) {
            prop_assert!(pair[0].slot_ms < pair[1].slot_ms);
            prop_assert!(policy.contains("overlap: allow") || pair[0].ended_ms <= pair[1].started_ms);
        }
        prop_assert!(runs.iter().all(|run| run.slot_ms <= run.started_ms));
        prop_assert!(runs.iter().all(|run| run.slot_ms >= simulated[0].from_ms && run.slot_ms < simulated[0].until_ms));
    }
}

/// Policies whose runs may or may not meet, and a failure of one run.
fn estates() -> impl Strategy<Value = (String, Option<(usize, usize)>)> {
    let hours = || prop_oneof![Just(0u32), 1..9u32];
    let pool = prop_oneof![Just(""), Just(", pool: disk")];
    let failure = proptest::option::of((0..2usize, 0..12usize));
    (hours(), hours(), pool, any::<bool>(), failure).prop_map(|(a, b, pool, jitters, failure)| {
        let jitter = if jitters { ", jitter: 30min" } else { "" };
        let policy = format!(
            "pool disk {{ slots: 1 }}
             source one = files {{ roots: [\"/1\"]{pool} }} source two = files {{ roots: [\"/2\"], pool: disk }}
             workflow v {{ trigger: every(7h{jitter}) within: 8h step a = protect(one, to: shelf, keep: some) }}
             workflow w {{ trigger: daily(at: 02:30, zone: \"Europe/Berlin\"{jitter}) step b = protect(two, to: shelf, keep: some)
               step c = copy(b, to: far, keep: some) }}
             test \"t\" {{ given took(v.a, {a}h) given took(w.b, {b}h) let runs = simulate(w) }}"
        );
        (policy, failure)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Runs that are taken to be alike are what playing the whole history gives.
    #[test]
    fn the_short_way_and_the_whole_history_are_the_same((policy, failure) in estates()) {
        let (ir, test) = compiled(&policy);
        let mut script = Script::of(&test.simulations[0].givens, &Zone::utc()).unwrap();
        let from_ms = 1_805_000_000_000;
        let usual = horizon(&ir, from_ms, 6, &script).unwrap();
        if let Some((step, at)) = failure {
            let (workflow, step) = [("v", "a"), ("w", "b")][step];
            let slots: Vec<_> = usual.iter().filter(|run| run.workflow == workflow).map(|run| run.slot_ms).collect();
            script.failures.push(Failure {
                step: StepName { workflow: workflow.into(), step: step.into(), round: None },
                stage: None,
                times: None,
                slot_ms: slots.get(at % slots.len()).copied(),
            });
        }
        let shapes = crate::operation::shapes_of(&ir).unwrap().into_values().collect();
        let timers = timers(&ir, from_ms, from_ms + 6 * 86_400_000, |_| true).unwrap();
        let whole = played_whole(shapes, timers, &script, from_ms).unwrap();
        prop_assert!(!whole.is_empty());
        prop_assert_eq!(horizon(&ir, from_ms, 6, &script).unwrap(), whole);
    }
}
