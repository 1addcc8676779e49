//! What is proved against what happens: workflows that run on a virtual clock, with jitter and durations drawn as an
//! adversary would, never leave a copy older than its proof.

use jiff::{SignedDuration, Timestamp};
use mainstay_ir::{Action, Call, DurationMs, Ir, Overlap, Step, Trigger, Value, Workflow};
use proptest::prelude::*;

use super::*;
use crate::{horizon, total};

/// How long is looked at: long enough for a month, and for any change of the clocks that it begins before.
const DAYS: i64 = 75;

const ZONES: [&str; 4] = ["Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "UTC"];

/// How the second and third workflow start.
#[derive(Debug, Clone)]
enum Start {
    ByClock(Vec<Trigger>),
    AfterTheOneBefore,
}

#[derive(Debug, Clone)]
struct Drawn {
    start: Start,
    /// In percent of the longest `within` that is allowed.
    within: u64,
    overlap: Overlap,
}

fn trigger() -> impl Strategy<Value = Trigger> {
    let zone = || prop::sample::select(&ZONES).prop_map(str::to_owned);
    let jitter = || prop::sample::select(vec![0, 7, 45]).prop_map(DurationMs::minutes);
    let every = (prop::sample::select(vec![45_u64, 180, 360, 1440]), jitter())
        .prop_map(|(minutes, jitter)| Trigger::Every { interval: DurationMs::minutes(minutes), jitter });
    let daily =
        (0..1440_u16, zone(), jitter()).prop_map(|(at, zone, jitter)| Trigger::Daily { at, zone, jitter });
    let weekly = (1..=7_u8, 0..1440_u16, zone(), jitter())
        .prop_map(|(day, at, zone, jitter)| Trigger::Weekly { day, at, zone, jitter });
    prop_oneof![every, daily, weekly]
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let by_clock = prop::collection::vec(trigger(), 1..3).prop_map(Start::ByClock);
    let start = prop_oneof![2 => by_clock, 1 => Just(Start::AfterTheOneBefore)];
    (start, 1..=100_u64, overlap()).prop_map(|(start, within, overlap)| Drawn { start, within, overlap })
}

/// With `allow` runs would have to be told apart; it leaves nothing out.
fn overlap() -> impl Strategy<Value = Overlap> {
    prop::sample::select(&[Overlap::QueueOne, Overlap::Skip, Overlap::Replace])
}

fn first() -> impl Strategy<Value = Drawn> {
    let start = prop::collection::vec(trigger(), 1..3).prop_map(Start::ByClock);
    (start, 1..=100_u64, overlap()).prop_map(|(start, within, overlap)| Drawn { start, within, overlap })
}

fn thing(kind: &str, name: &str) -> Value {
    Value::Thing(kind.into(), name.into())
}

fn call(name: &str, args: &[(&str, Value)]) -> Call {
    let args = args.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Call { name: name.into(), args, within: None }
}

/// The first stores in `r0`; each other copies what the one before has left, from `r0` to `r1`, and so on. `quiet`
/// leaves the copying out of the second, so that the third is reached through one that only looks.
fn policy(all: &[Drawn], quiet: bool) -> Ir {
    let mut ir = Ir::new("p", 2026, "2026a");
    for (number, drawn) in all.iter().enumerate() {
        let from = if quiet { 0 } else { number.saturating_sub(1) };
        let latest =
            call("latest", &[("of", thing("source", "s")), ("in", thing("repo", &format!("r{from}")))]);
        let calls = match number {
            0 => vec![
                call("discover", &[("of", thing("source", "s"))]),
                call("store", &[("to", thing("repo", "r0"))]),
            ],
            1 if quiet => vec![latest, call("verify", &[])],
            _ => vec![latest, call("replicate", &[("to", thing("repo", &format!("r{number}")))])],
        };
        let triggers = match &drawn.start {
            Start::ByClock(triggers) => triggers.clone(),
            Start::AfterTheOneBefore => {
                let of = [("of".to_owned(), thing("workflow", &format!("w{}", number - 1)))];
                vec![Trigger::Event { name: "after_success".into(), args: of.into_iter().collect() }]
            }
        };
        let steps = [("step".to_owned(), Step::new(Action::Stages(calls)))].into_iter().collect();
        let workflow = Workflow { triggers, steps, overlap: drawn.overlap, ..Workflow::default() };
        ir.workflows.insert(format!("w{number}"), workflow);
        let gap = Timetable::new(&ir).own_gaps(&format!("w{number}")).map(|gaps| gaps.shortest());
        let within = gap.map_or(DurationMs::hours(1), |gap| DurationMs((gap.0 * drawn.within / 100).max(1)));
        if let Some(workflow) = ir.workflows.get_mut(&format!("w{number}")) {
            workflow.within = Some(within);
        }
    }
    ir
}

/// A run: when it starts and when it has ended.
type Run = (i64, i64);

/// What came to lie in a repo: when it was whole, and how old its content is.
type Copied = (i64, i64);

struct World<'a> {
    ir: &'a Ir,
    from: Timestamp,
    /// Numbers that were drawn for durations and jitter.
    luck: Vec<u8>,
    used: usize,
}

impl World<'_> {
    fn draw(&mut self) -> u64 {
        self.used += 1;
        // Mostly the ends: nothing at all, or as long as allowed.
        match self.luck[self.used % self.luck.len()] {
            low if low < 100 => 0,
            high if high > 150 => 100,
            between => u64::from(between - 100) * 2,
        }
    }

    /// By their triggers, or when the run before has ended; a run that is due while one is under way goes by `overlap`.
    fn runs(&mut self, number: usize, before: &[Run]) -> Vec<Run> {
        let workflow = &self.ir.workflows[&format!("w{number}")];
        let mut schedule = Schedule::new(&workflow.triggers).unwrap();
        let starts: Vec<i64> = if schedule.is_timed() {
            let share = self.draw();
            schedule.place(|most| DurationMs(most.0 * share / 100));
            let end = self.from + SignedDuration::from_hours(24 * DAYS);
            let fires = schedule.fires(self.from).take_while(|at| *at < end);
            fires.map(Timestamp::as_millisecond).collect()
        } else {
            before.iter().map(|(_, end)| *end).collect()
        };
        let within = workflow.within.unwrap().0;
        let mut runs: Vec<Run> = Vec::new();
        for due in starts {
            match workflow.overlap {
                Overlap::Skip if runs.last().is_some_and(|(_, end)| due < *end) => continue,
                Overlap::Replace => drop(runs.pop_if(|(_, end)| due < *end)),
                _ => {}
            }
            let start = runs.last().map_or(due, |(_, end)| due.max(*end));
            let took = within * self.draw() / 100;
            runs.push((start, start + took as i64));
        }
        runs
    }
}

/// The newest that was whole at a time.
fn newest(copies: &[Copied], at: i64) -> Option<i64> {
    copies.iter().filter(|(whole, _)| *whole <= at).map(|(_, data)| *data).max()
}

/// The oldest that the newest copy ever gets, from the first one on.
fn oldest(copies: &[Copied]) -> Option<u64> {
    let ages = copies.iter().skip(1).filter_map(|(whole, _)| Some(whole - newest(copies, whole - 1)?));
    ages.max().and_then(|age| u64::try_from(age).ok())
}

/// The worst ages that came to pass, by repo.
fn happened(ir: &Ir, quiet: bool, from: Timestamp, luck: Vec<u8>) -> Vec<(String, u64)> {
    let mut world = World { ir, from, luck, used: 0 };
    let mut repos: Vec<Vec<Copied>> = Vec::new();
    let mut before: Vec<Run> = Vec::new();
    for number in 0..ir.workflows.len() {
        let runs = world.runs(number, &before);
        let source = if quiet { 0 } else { number.saturating_sub(1) };
        let copied = |(start, end): &Run| match number {
            0 => Some((*end, *start)),
            _ => Some((*end, newest(repos.get(source)?, *start)?)),
        };
        let copies = runs.iter().filter_map(copied).collect();
        repos.push(copies);
        before = runs;
    }
    let worst = |(number, copies): (usize, &Vec<Copied>)| Some((format!("r{number}"), oldest(copies)?));
    repos.iter().enumerate().filter_map(worst).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_copy_gets_older_than_its_proof(
        one in first(),
        others in prop::collection::vec(drawn(), 0..3),
        quiet in any::<bool>(),
        day in 0..7_000_i64,
        luck in prop::collection::vec(any::<u8>(), 31..97),
    ) {
        let all: Vec<Drawn> = std::iter::once(one).chain(others).collect();
        let quiet = quiet && all.len() > 2;
        let ir = policy(&all, quiet);
        let times = Timetable::new(&ir);
        let happened = happened(&ir, quiet, horizon().0 + SignedDuration::from_hours(24 * day), luck);
        prop_assert_eq!(older(&times, &happened), None);
    }
}

/// A copy that got older than its proof.
fn older(times: &Timetable<'_>, happened: &[(String, u64)]) -> Option<String> {
    times.flows().copies.iter().zip(times.ages()).find_map(|(copy, age)| {
        let age = age.as_ref().ok()?;
        let (_, seen) = happened.iter().find(|(repo, _)| repo == copy.repo)?;
        let lines: Vec<String> = times.parts(age).iter().map(Part::line).collect();
        let proved = total(age);
        let told = || {
            format!(
                "{} was {} old, and proved to be {proved} at most: {lines:?}",
                copy.repo,
                DurationMs(*seen)
            )
        };
        (*seen > proved.0).then(told)
    })
}

/// A second run right behind the first makes the one that follows late, and that one the next: so triggers that meet
/// start one run. And where a run is left out for another, what brings starts closer is no gap to fill with `within`.
#[test]
fn triggers_that_meet_or_come_close_make_nothing_late() {
    let daily = |at, jitter| Trigger::Daily { at, zone: "UTC".into(), jitter: DurationMs::minutes(jitter) };
    let meet = (vec![daily(180, 19), daily(180, 5)], 1, Overlap::QueueOne);
    let close = |overlap| (vec![daily(180, 19), daily(200, 0)], 100, overlap);
    let alone = |overlap| (vec![daily(180, 0)], 80, overlap);
    let (skip, replace) = (Overlap::Skip, Overlap::Replace);
    for (triggers, within, overlap) in [meet, close(skip), close(replace), alone(skip), alone(replace)] {
        let one = Drawn { start: Start::ByClock(triggers), within, overlap };
        let other = Drawn { start: Start::AfterTheOneBefore, within: 100, overlap };
        let ir = policy(&[one.clone(), other], false);
        let times = Timetable::new(&ir);
        for seed in 0..256_u32 {
            let bits = seed.wrapping_mul(0x9e37_79b1);
            let luck = (0..31).map(|bit| if bits >> bit & 1 == 0 { 0 } else { 255 }).collect();
            let happened = happened(&ir, false, horizon().0, luck);
            assert_eq!(older(&times, &happened), None, "seed {seed}, {one:?}");
        }
    }
}

/// The bound is reached: on the day with 25 hours, by a run that does nothing at first and takes its time the next day.
#[test]
fn the_proof_is_no_larger_than_it_must_be() {
    let daily = Trigger::Daily { at: 180, zone: "Europe/Berlin".into(), jitter: DurationMs(0) };
    let ir = policy(
        &[Drawn { start: Start::ByClock(vec![daily]), within: 50, overlap: Overlap::QueueOne }],
        false,
    );
    let times = Timetable::new(&ir);
    let proved = total(times.ages()[0].as_ref().unwrap()).0;
    let from = "2026-09-01T00:00:00Z".parse().unwrap();
    let worst = (0..8).filter_map(|turn| {
        let luck: Vec<u8> = (0..2).map(|number| if (number + turn) % 2 == 0 { 0 } else { 255 }).collect();
        happened(&ir, false, from, luck).first().map(|(_, age)| *age)
    });
    assert_eq!(worst.max(), Some(proved));
}

#[test]
fn a_chain_of_successes_adds_what_its_workflows_may_take_and_no_gap_again() {
    let every = Trigger::Every { interval: DurationMs::hours(10), jitter: DurationMs(0) };
    let after = || Drawn { start: Start::AfterTheOneBefore, within: 20, overlap: Overlap::QueueOne };
    let ir = policy(
        &[
            Drawn { start: Start::ByClock(vec![every]), within: 10, overlap: Overlap::QueueOne },
            after(),
            after(),
        ],
        true,
    );
    let times = Timetable::new(&ir);
    // 10 h gap, 1 h of the first, 2 h of the one that only looks, 2 h of the one that copies.
    assert_eq!(total(times.ages()[1].as_ref().unwrap()), DurationMs::hours(15));
    assert_eq!(times.own_gaps("w2").map(|gaps| gaps.root), Some("w0"));
    let terms: Vec<String> = times.parts(times.ages()[1].as_ref().unwrap()).iter().map(Part::term).collect();
    assert_eq!(terms.join(" + "), "10 h gap + 1 h within + 2 h within + 2 h within");
}
