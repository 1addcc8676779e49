//! What holds however often, and however seldom, somebody looks.

use mainstay_ir::{Trigger, Workflow};
use mainstay_journal::{Outcome, Record, Seq};
use proptest::prelude::*;

use super::*;
use crate::state::apply;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// Zones whose clocks move: by an hour, by half of one, at midnight, over a whole day.
const ZONES: [&str; 5] =
    ["Europe/Berlin", "Australia/Lord_Howe", "America/Santiago", "Pacific/Apia", "America/New_York"];

/// A state to which events are applied as a journal would hold them.
struct Desk {
    state: State,
    timer: Timer,
    /// How long a run takes.
    took_ms: i64,
    seq: u64,
    /// Slot and start of each run.
    runs: Vec<(i64, i64)>,
}

impl Desk {
    fn new(workflow: &Workflow, from_ms: i64, took_ms: i64) -> Self {
        let ir = Ir::new("p", 2026, "");
        let timer = Timer::new(&ir, "h", ("w", workflow), "here", from_ms).unwrap().unwrap();
        Self { state: State::default(), timer, took_ms, seq: 0, runs: Vec::new() }
    }

    fn note(&mut self, at_ms: i64, event: Event) {
        self.seq += 1;
        apply(&mut self.state, &Record { seq: Seq(self.seq), at_ms, event });
    }

    /// Ends runs whose time is over, or that were told to stop; then looks, until there is nothing new.
    fn look(&mut self, now_ms: i64) {
        for _ in 0..2 * MOST_MADE_UP {
            let over = |run: &&Run| run.is_stopping() || run.started_ms + self.took_ms <= now_ms;
            let over: Vec<_> = self.state.open_runs().filter(over).map(|run| run.id).collect();
            over.into_iter().for_each(|run| self.note(now_ms, Event::RunEnded { run, outcome: Outcome::Ok }));
            let commands = due(&self.state, std::slice::from_ref(&self.timer), now_ms);
            let events = commands.into_iter().filter_map(|command| match command {
                Command::Record(event) => Some(event),
                _ => None,
            });
            let events: Vec<Event> = events.collect();
            if events.is_empty() {
                return;
            }
            for event in events {
                if let Event::RunStarted { slot_ms, .. } = &event {
                    self.runs.push((*slot_ms, now_ms));
                }
                self.note(now_ms, event);
            }
        }
        panic!("goes on for ever");
    }

    fn slots(&self) -> Vec<i64> {
        self.runs.iter().map(|(slot_ms, _)| *slot_ms).collect()
    }
}

fn workflows() -> impl Strategy<Value = Workflow> {
    let wall = (0..ZONES.len(), 0..24 * 60u16).prop_map(|(zone, at)| Trigger::Daily {
        at,
        zone: ZONES[zone].to_owned(),
        jitter: mainstay_ir::DurationMs(0),
    });
    let every = (20..600u64).prop_map(|minutes| Trigger::Every {
        interval: mainstay_ir::DurationMs::minutes(minutes),
        jitter: mainstay_ir::DurationMs::minutes(7),
    });
    let overlap = prop_oneof![
        Just(Overlap::QueueOne),
        Just(Overlap::Skip),
        Just(Overlap::Replace),
        Just(Overlap::Allow)
    ];
    let missed = prop_oneof![Just(Missed::RunLatest), Just(Missed::RunAll), Just(Missed::Skip)];
    (proptest::collection::vec(prop_oneof![wall, every], 1..3), overlap, missed)
        .prop_map(|(triggers, overlap, missed)| Workflow { triggers, overlap, missed, ..Workflow::default() })
}

/// Around the transitions of a spring and an autumn, and anywhere.
fn begins() -> impl Strategy<Value = i64> {
    let day = |text: &str| text.parse::<Timestamp>().unwrap().as_millisecond();
    let known =
        ["2027-03-27T00:00:00Z", "2027-10-30T00:00:00Z", "2027-04-03T00:00:00Z", "2011-12-29T00:00:00Z"];
    let known = proptest::sample::select(known.map(day).to_vec());
    (prop_oneof![known, 0..2_000_000_000_000i64], 0..HOUR_MS).prop_map(|(from_ms, more)| from_ms + more)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Runs that end at once, and somebody who looks each minute: each slot has its run, on time, and no other has one.
    #[test]
    fn each_slot_once(workflow in workflows(), from_ms in begins()) {
        let mut desk = Desk::new(&workflow, from_ms, 0);
        let until_ms = from_ms + 30 * HOUR_MS;
        let mut now_ms = from_ms;
        while now_ms < until_ms {
            now_ms += MINUTE_MS;
            desk.look(now_ms);
        }
        let slots: Vec<_> = desk.timer.slots(from_ms, now_ms).collect();
        prop_assert_eq!(desk.slots(), slots);
        prop_assert!(desk.runs.iter().all(|(slot_ms, at_ms)| at_ms - slot_ms < MINUTE_MS));
    }

    /// Whenever somebody looks, and however long runs take: no slot twice, none before its time; by `skip` none late;
    /// unless runs may lie side by side, no two at once; and what was said once is not said again.
    #[test]
    fn looks_may_be_lost(
        workflow in workflows(),
        from_ms in begins(),
        pauses in proptest::collection::vec(1..900i64, 1..40),
        took in 0..300i64,
    ) {
        let mut desk = Desk::new(&workflow, from_ms, took * MINUTE_MS);
        let mut now_ms = from_ms;
        for pause in pauses {
            now_ms += pause * MINUTE_MS;
            desk.look(now_ms);
            let again = due(&desk.state, std::slice::from_ref(&desk.timer), now_ms);
            let is_silent = again.iter().all(|command| matches!(command, Command::Wake { at_ms } if *at_ms > now_ms));
            prop_assert!(is_silent, "{again:?}");
        }
        let slots = desk.slots();
        prop_assert!(slots.windows(2).all(|pair| pair[0] < pair[1]), "{slots:?}");
        prop_assert!(desk.runs.iter().all(|(slot_ms, at_ms)| slot_ms <= at_ms));
        if workflow.missed == Missed::Skip && took == 0 {
            prop_assert!(desk.runs.iter().all(|(slot_ms, at_ms)| at_ms - slot_ms <= MISSED_AFTER_MS));
        }
        if workflow.overlap != Overlap::Allow {
            let open = desk.state.open_runs().count();
            prop_assert!(open <= 1, "{open} runs at once");
        }
    }

    /// After any pause: the newest slot has its run by `run_latest`, and each slot by `run_all`.
    #[test]
    fn what_was_missed_is_made_up_for(workflow in workflows(), from_ms in begins(), pause in 1..3_000i64) {
        let mut desk = Desk::new(&workflow, from_ms, 0);
        let now_ms = from_ms + pause * MINUTE_MS;
        desk.look(now_ms);
        let slots: Vec<_> = desk.timer.slots(from_ms, now_ms).collect();
        match workflow.missed {
            Missed::RunLatest => prop_assert_eq!(desk.slots().last().copied(), slots.last().copied()),
            Missed::RunAll => prop_assert_eq!(desk.slots(), slots),
            Missed::Skip => prop_assert!(desk.slots().iter().all(|slot_ms| now_ms - slot_ms <= MISSED_AFTER_MS)),
        }
    }
}

#[test]
fn a_year_away_from_a_trigger_of_each_second_is_looked_at_in_no_time() {
    let every = |ms, missed| Workflow {
        triggers: vec![Trigger::Every {
            interval: mainstay_ir::DurationMs(ms),
            jitter: mainstay_ir::DurationMs(0),
        }],
        missed,
        ..Workflow::default()
    };
    let mut latest = Desk::new(&every(1_000, Missed::RunLatest), 0, 0);
    latest.look(366 * 24 * HOUR_MS);
    assert_eq!(latest.slots(), [366 * 24 * HOUR_MS]);
    let mut all = Desk::new(&every(3_600_000, Missed::RunAll), 0, 0);
    all.look(366 * 24 * HOUR_MS);
    assert_eq!(all.runs.len(), MOST_MADE_UP);
}
