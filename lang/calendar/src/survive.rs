//! How many failed runs in a row a promise survives: the first question after "is it kept?".
//!
//! A run that fails makes two gaps one. So the span of each `n + 1` neighbouring gaps is looked at in place of the
//! largest single one: over a change of the clocks two nights are 49 hours and not twice 25.

use jiff::{SignedDuration, Timestamp};
use mainstay_ir::DurationMs;

use crate::age::{Part, PartKind};
use crate::gaps::horizon;
use crate::way::{Way, total};
use crate::{Schedule, Timetable};

/// More times than this are not looked at one by one: the largest single gap stands for each of them then.
const MOST_TIMES: usize = 1_000_000;

/// More failed runs in a row are as good as any number.
const MOST_FAILED: u32 = 10_000;

impl Timetable<'_> {
    /// How many runs in a row of any one workflow may fail until a copy of this age is older than `rpo`. None
    /// when it is older from the beginning.
    pub fn survives(&self, age: &Way, rpo: DurationMs) -> Option<u32> {
        let slack = rpo.0.checked_sub(total(age).0)?;
        let turns = self.ways.turns(*age);
        let failed = turns.iter().filter_map(|part| match part.kind {
            PartKind::Gap { .. } => Some(self.skips(part, slack)),
            PartKind::AtMost => Some(whole(slack / part.length.0.max(1))),
            PartKind::Jitter | PartKind::Within => None,
        });
        failed.min()
    }

    /// What the gap of a workflow survives; those that share their triggers are looked at once.
    fn skips(&self, gap: &Part<'_>, slack: u64) -> u32 {
        let Some(kind) = self.kind(gap.workflow) else { return 0 };
        let key = (kind, gap.length.0, slack);
        let known = self.skips.borrow().get(&key).copied();
        known.unwrap_or_else(|| {
            let fresh = self.schedule(gap.workflow).map_or(0, |schedule| schedule.skips(gap.length, slack));
            self.skips.borrow_mut().insert(key, fresh);
            fresh
        })
    }
}

fn whole(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX).min(MOST_FAILED)
}

impl Schedule {
    /// How many neighbouring times may be left out so that the widest span is at most `slack` milliseconds wider than
    /// the largest gap.
    fn skips(&self, largest: DurationMs, slack: u64) -> u32 {
        let simple = whole(slack / largest.0.max(1));
        match self.times() {
            Some(times) => widest(&times, largest.0.saturating_add(slack)).saturating_sub(1).max(simple),
            None => simple,
        }
    }

    /// All times of the horizon in milliseconds; none when they are too many, or equally far apart.
    fn times(&self) -> Option<Vec<i64>> {
        self.zone()?;
        let (start, end) = horizon();
        let before = start - SignedDuration::from_nanos(1);
        let fires = self.fires(before).take_while(|at| *at < end).map(Timestamp::as_millisecond);
        let times: Vec<i64> = fires.take(MOST_TIMES + 1).collect();
        (times.len() <= MOST_TIMES).then_some(times)
    }
}

/// The largest number of neighbouring gaps that are never wider than `most` together.
fn widest(times: &[i64], most: u64) -> u32 {
    let fits = |gaps: usize| {
        let pairs = times.iter().zip(times.iter().skip(gaps));
        pairs.into_iter().all(|(from, to)| u64::try_from(to - from).is_ok_and(|span| span <= most))
    };
    let (mut low, mut high) = (0, times.len().saturating_sub(1).min(MOST_FAILED as usize));
    while low < high {
        let middle = (low + high).div_ceil(2);
        if fits(middle) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    u32::try_from(low).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use mainstay_ir::Trigger;

    use super::*;

    fn skips(trigger: Trigger, slack_hours: u64) -> u32 {
        let schedule = Schedule::new(&[trigger]).unwrap();
        let largest = schedule.extremes().unwrap().largest.length();
        schedule.skips(largest, DurationMs::hours(slack_hours).0)
    }

    #[test]
    fn two_nights_are_49_hours_and_not_50() {
        let daily = || Trigger::Daily { at: 90, zone: "Europe/Berlin".into(), jitter: DurationMs(0) };
        // 25 h are the largest gap: a failed run needs 24 more, and two need 48.
        assert_eq!([23, 24, 47, 48].map(|slack| skips(daily(), slack)), [0, 1, 1, 2]);
        let every = || Trigger::Every { interval: DurationMs::hours(6), jitter: DurationMs(0) };
        assert_eq!([5, 6, 17, 18].map(|slack| skips(every(), slack)), [0, 1, 2, 3]);
    }
}
