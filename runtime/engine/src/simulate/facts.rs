//! What can be asked of a simulation.

use std::collections::{BTreeMap, BTreeSet};

use mainstay_ir::test::{Fact, Which, names};
use mainstay_ir::{DurationMs, Mode, Name, Value};
use mainstay_journal::{Cause, Outcome};

use super::day::day_of;
use super::record::RunRecord;
use super::{Simulated, origin};

/// What is known of a fact.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Known {
    /// Its value, and what a person wants to know of it beside that.
    Value(Value, String),
    /// It depends on times that nothing gives: of these steps.
    Unknown(Vec<String>),
    /// There is nothing that it could be of.
    Absent(String),
}

impl Simulated {
    pub(super) fn fact(&self, fact: &Fact) -> Known {
        match fact {
            Fact::Outcome { step, of } => self.outcome(step, of),
            Fact::Took => self.timed(|| longest(&self.runs)),
            Fact::Age => self.timed(|| Some((self.age_ms(), String::new()))),
            Fact::Mode => self.mode(),
            Fact::Copies => whole(self.copies.iter().filter(|copy| copy.stored.whole).count()),
            Fact::Count => whole(self.runs.len()),
            Fact::Missed => whole(self.missed()),
        }
    }

    /// A span of time, unless a step acted for a time that nothing gives.
    fn timed(&self, span: impl Fn() -> Option<(u64, String)>) -> Known {
        let mut needs = BTreeSet::new();
        for run in &self.runs {
            let steps = self.unknown.get(&run.run).into_iter().flatten();
            needs.extend(steps.map(|step| format!("{}.{step}", run.workflow)));
        }
        if !needs.is_empty() {
            return Known::Unknown(needs.into_iter().collect());
        }
        match span() {
            Some((ms, more)) => Known::Value(Value::Duration(DurationMs(ms)), more),
            None => Known::Absent("no run began".to_owned()),
        }
    }

    /// Of several runs the mode that all had; else they were mixed.
    fn mode(&self) -> Known {
        let mut modes = self.runs.iter().map(|run| run.mode);
        let Some(first) = modes.next() else { return Known::Absent("no run began".to_owned()) };
        let mode = if modes.all(|mode| mode == first) { first } else { Mode::Hybrid };
        Known::Value(Value::Member(mode.word().to_owned()), String::new())
    }

    fn missed(&self) -> usize {
        let slots = self.runs.iter().filter(|run| run.cause == Cause::Trigger).map(|run| run.slot_ms);
        let answered = slots.collect::<BTreeSet<_>>().len();
        if self.is_by_hand() { 0 } else { self.slots.saturating_sub(answered) }
    }

    fn is_by_hand(&self) -> bool {
        self.runs.iter().any(|run| run.cause == Cause::Hand)
    }

    /// The worst end of a step, of all that are meant.
    fn outcome(&self, step: &str, of: &Which) -> Known {
        let (round, day) = match of {
            Which::Each => (None, None),
            Which::Round(round) => (Some(round.as_str()), None),
            Which::Day(day) => (None, Some(day)),
        };
        let of_day = |run: &&RunRecord| day.is_none_or(|day| day_of(run.slot_ms, &self.zone) == *day);
        let runs: Vec<&RunRecord> = self.runs.iter().filter(of_day).collect();
        if runs.is_empty() {
            return Known::Absent(match day {
                Some(day) => format!("no run began for a time of {day}"),
                None => "no run began".to_owned(),
            });
        }
        let ends = runs.iter().filter_map(|run| Some((*run, worst(run, step, round)?)));
        let ends: Vec<(&RunRecord, &Outcome)> = ends.collect();
        let Some((run, outcome)) = ends
            .iter()
            .copied()
            .reduce(|worst, next| if next.1.rank() > worst.1.rank() { next } else { worst })
        else {
            let round = round.map(|round| format!("[{round}]")).unwrap_or_default();
            return Known::Absent(format!("no run has a step `{step}{round}`"));
        };
        let alike = ends.iter().filter(|(_, other)| other.rank() == outcome.rank()).count();
        let more = self.more(outcome, (alike, ends.len()), run);
        Known::Value(Value::Member(outcome.word().to_owned()), more)
    }

    fn more(&self, outcome: &Outcome, (alike, all): (usize, usize), run: &RunRecord) -> String {
        let when = if all > 1 {
            let first = self.shown(run.slot_ms);
            format!(" in {alike} of {all} runs, first {first}")
        } else {
            String::new()
        };
        let why = outcome.reason().map(|reason| format!(": {reason}")).unwrap_or_default();
        format!("{when}{why}")
    }

    /// A time by the clocks of the simulation's zone.
    pub fn shown(&self, at_ms: i64) -> String {
        let at = jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default();
        mainstay_calendar::show(at, &self.zone)
    }

    /// The greatest age that the newest whole copy reached, over all pairs of source and repository that the workflow
    /// fills. Before the first, one is taken to have been made at the beginning, or when the script says.
    fn age_ms(&self) -> u64 {
        let mut newest = self.begun();
        let mut oldest = 0;
        let mut look = |age_ms: i64| oldest = oldest.max(u64::try_from(age_ms).unwrap_or(0));
        for copy in self.copies.iter().filter(|copy| copy.stored.whole) {
            let pair = (copy.stored.source.clone(), copy.stored.repo.clone());
            let known = newest.entry(pair).or_insert(self.from_ms);
            look(copy.at_ms.min(self.until_ms).saturating_sub(*known));
            if copy.at_ms <= self.until_ms {
                *known = (*known).max(copy.stored.as_of_ms);
            }
        }
        newest.values().for_each(|as_of_ms| look(self.until_ms.saturating_sub(*as_of_ms)));
        oldest
    }

    /// Each pair of source and repository, and how old its newest copy is when the simulation begins.
    fn begun(&self) -> BTreeMap<(Name, Name), i64> {
        let shapes: BTreeMap<&str, _> =
            self.state.runs().filter_map(|run| Some((run.workflow.as_str(), run.shape.as_ref()?))).collect();
        let mut pairs = BTreeMap::new();
        for shape in shapes.values() {
            for (step, source, repo) in origin::copies(shape) {
                let is = |(name, _): &&(mainstay_ir::test::StepName, u64)| name.is(&shape.workflow, step);
                let age_ms = self.script.history.iter().rev().find(is).map_or(0, |(_, age_ms)| *age_ms);
                let as_of_ms = self.from_ms.saturating_sub_unsigned(age_ms);
                pairs.entry((source.clone(), repo.clone())).or_insert(as_of_ms);
            }
        }
        pairs
    }
}

fn whole(count: usize) -> Known {
    Known::Value(Value::Int(i64::try_from(count).unwrap_or(i64::MAX)), String::new())
}

/// The longest run, and which it was.
fn longest(runs: &[RunRecord]) -> Option<(u64, String)> {
    let took = |run: &RunRecord| u64::try_from(run.ended_ms.saturating_sub(run.started_ms)).unwrap_or(0);
    runs.iter().map(took).max().map(|ms| (ms, String::new()))
}

/// The worst of a step's rounds.
fn worst<'r>(run: &'r RunRecord, step: &str, round: Option<&str>) -> Option<&'r Outcome> {
    let steps = run.steps.iter().filter(|(id, _)| names(step, round, id));
    steps
        .map(|(_, step)| &step.outcome)
        .reduce(|worst, next| if next.rank() > worst.rank() { next } else { worst })
}
