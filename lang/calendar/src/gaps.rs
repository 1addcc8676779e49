//! The largest and the smallest gap of a schedule over twenty years, each with its witness.
//!
//! Wall-clock times are as far apart as the calendar says, except around transitions. So three kinds of
//! pairs are looked at, and no others: one pair of each kind that the calendar has (within a day, and from
//! one day that fires to the next), and all pairs near each transition. Every pair that is looked at is one of
//! neighbours that the schedule really has, so a witness can be looked up on a wall calendar.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use mainstay_ir::DurationMs;

use crate::pattern::{Dates, Pattern, on};
use crate::schedule::{Part, Rule};
use crate::zone::Shift;
use crate::{Schedule, Zone};

/// How many times of several triggers together are looked at one by one; beyond, bounds stand for the gaps.
/// Twenty years of every(15min) beside a daily one are 700,000.
const MOST_MERGED: usize = 1_000_000;

/// Days after which a daily or weekly pattern has shown all pairs that the calendar has. More than a year, so
/// that no zone is in a transition all the time.
const REGULAR_DAYS: usize = 400;

/// The span that proofs cover: from 2026-01-01 up to 2046-01-01, UTC.
pub fn horizon() -> (Timestamp, Timestamp) {
    (second(1_767_225_600), second(2_398_377_600))
}

/// A moment that is known to be within range.
fn second(since_epoch: i64) -> Timestamp {
    Timestamp::from_second(since_epoch).unwrap_or_default()
}

/// Two neighbouring times of a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// One time.
    pub from: Timestamp,
    /// The next.
    pub to: Timestamp,
}

impl Gap {
    /// How far apart they are.
    pub fn length(&self) -> DurationMs {
        let ms = self.to.as_millisecond() - self.from.as_millisecond();
        DurationMs(u64::try_from(ms).unwrap_or(0))
    }
}

/// The extremes of a schedule over the [`horizon`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extremes {
    /// The largest gap. Of equal ones the first that was looked at.
    pub largest: Gap,
    /// The smallest gap.
    pub smallest: Gap,
    /// Whether both are gaps that the schedule has. When not (several triggers, and too many times to merge),
    /// the largest is an upper bound and the smallest one that was seen.
    pub exact: bool,
}

impl Schedule {
    /// The largest and the smallest gap over the [`horizon`]; none when there are less than two times in it.
    pub fn extremes(&self) -> Option<Extremes> {
        match self.parts.as_slice() {
            [part] => part.extremes(),
            parts => {
                let densest = parts.iter().filter_map(Part::interval).min();
                let beside = densest.and_then(|interval| self.beside(interval));
                beside.or_else(|| self.merged()).or_else(|| bounded(self, parts))
            }
        }
    }

    /// The densest `every`, and beside it others that fire more seldom: only the pairs around each of theirs are
    /// looked at, and of the many between two `every` one. None when there is no `every`, or nothing beside it.
    fn beside(&self, interval: i64) -> Option<Extremes> {
        let (start, end) = horizon();
        let at_interval = |part: &&Part| part.interval() == Some(interval);
        let every = self.parts.iter().find(at_interval)?;
        let others = Self { parts: self.parts.iter().filter(|part| !at_interval(part)).cloned().collect() };
        let step = SignedDuration::from_millis(interval);
        let mut found = Found::default();
        let mut last = self.next(just_before(start))?;
        let mut seen = 0;
        for at in others.fires(last).take_while(|at| *at < end).take(MOST_MERGED) {
            let (first, after) = (every.rule.next(last)?, every.rule.next(just_before(at))?);
            if first < at {
                found.pair(last, first);
                found.pair(first, (first + step).min(at));
                found.pair(after - step, at);
            } else {
                found.pair(last, at);
            }
            last = at;
            seen += 1;
        }
        let first = every.rule.next(last)?;
        found.pair(last, first);
        found.pair(first, first + step);
        if seen == 0 || seen == MOST_MERGED { None } else { found.extremes() }
    }

    /// One by one; none when they are too many.
    fn merged(&self) -> Option<Extremes> {
        let (start, end) = horizon();
        let mut found = Found::default();
        let mut fires = self.fires(just_before(start)).take_while(|at| *at < end);
        let mut last = fires.next()?;
        for at in fires.by_ref().take(MOST_MERGED) {
            found.pair(last, at);
            last = at;
        }
        if fires.next().is_some() { None } else { found.extremes() }
    }
}

/// Several triggers together are never further apart than the densest of them alone.
fn bounded(schedule: &Schedule, parts: &[Part]) -> Option<Extremes> {
    let alone: Vec<Extremes> = parts.iter().filter_map(Part::extremes).collect();
    let largest = alone.iter().map(|one| one.largest).min_by_key(Gap::length)?;
    let mut smallest = alone.iter().map(|one| one.smallest).min_by_key(Gap::length)?;
    let (start, _) = horizon();
    let mut last = None;
    for at in schedule.fires(just_before(start)).take(MOST_MERGED / 10) {
        if let Some(from) = last {
            let gap = Gap { from, to: at };
            smallest = if gap.length() < smallest.length() { gap } else { smallest };
        }
        last = Some(at);
    }
    Some(Extremes { largest, smallest, exact: false })
}

impl Part {
    /// The interval of an `every`, in milliseconds.
    fn interval(&self) -> Option<i64> {
        match self.rule {
            Rule::Every(interval) => Some(interval),
            Rule::Wall(..) => None,
        }
    }

    fn extremes(&self) -> Option<Extremes> {
        let (start, end) = horizon();
        match &self.rule {
            Rule::Every(_) => {
                let from = self.rule.next(just_before(start))?;
                let gap = Gap { from, to: self.rule.next(from)? };
                Some(Extremes { largest: gap, smallest: gap, exact: true }).filter(|_| gap.to < end)
            }
            Rule::Wall(pattern, zone) => {
                let mut found = Found::default();
                Wall { rule: &self.rule, pattern, zone }.look(&mut found);
                found.extremes()
            }
        }
    }
}

struct Wall<'a> {
    rule: &'a Rule,
    pattern: &'a Pattern,
    zone: &'a Zone,
}

impl Wall<'_> {
    fn look(&self, found: &mut Found) {
        let (start, end) = horizon();
        self.regular(found);
        // A transition just outside may still move a time that is inside.
        let day = SignedDuration::from_hours(24);
        for shift in self.zone.transitions(start - day, end + day) {
            self.around(&shift, found);
        }
    }

    /// The pairs that the calendar has. A pair is measured only when the calendar says that it may beat what
    /// was found: pairs that a transition spoils are made up for by later ones of the same kind.
    fn regular(&self, found: &mut Found) {
        let (start, _) = horizon();
        let days = match self.pattern.dates {
            Dates::All | Dates::Weekday(_) => REGULAR_DAYS,
            Dates::MonthDay(_) | Dates::Cron(_) => usize::MAX,
        };
        let first = self.zone.civil(start).date();
        let within = self.widest_and_narrowest();
        let mut before: Option<Date> = None;
        for date in self.days(first).take_while(|date| date.year() < 2046).take(days) {
            if let Some(before) = before {
                self.consider(before, self.pattern.times.last(), date, self.pattern.times.first(), found);
            }
            for (from, to) in within.iter().flatten() {
                self.consider(date, Some(from), date, Some(to), found);
            }
            before = Some(date);
        }
    }

    /// The days that fire, from this one on.
    fn days(&self, first: Date) -> impl Iterator<Item = Date> {
        let dates = self.pattern.dates;
        std::iter::successors(dates.from(first), move |date| dates.from(date.tomorrow().ok()?))
    }

    /// The neighbouring times of a day that are furthest apart, and those that are closest.
    fn widest_and_narrowest(&self) -> [Option<(u16, u16)>; 2] {
        let pairs =
            || self.pattern.times.iter().zip(self.pattern.times.iter().skip(1)).map(|(a, b)| (*a, *b));
        [pairs().max_by_key(|(from, to)| to - from), pairs().min_by_key(|(from, to)| to - from)]
    }

    fn consider(
        &self,
        day: Date,
        time: Option<&u16>,
        next_day: Date,
        next_time: Option<&u16>,
        found: &mut Found,
    ) {
        let (Some(time), Some(next_time)) = (time, next_time) else { return };
        let (from, to) = (on(day, *time), on(next_day, *next_time));
        if found.may_matter(to.duration_since(from))
            && let (Some(from), Some(to)) = (self.zone.first(from), self.zone.first(to))
        {
            found.pair(from, to);
        }
    }

    /// All pairs that a transition can have moved: from a time before its fold, or its gap, to one after.
    fn around(&self, shift: &Shift, found: &mut Found) {
        let reach = SignedDuration::from_secs(shift.by_seconds.abs());
        let civil = self.zone.civil(shift.at - reach);
        let from = self.pattern.until(civil).and_then(|civil| self.zone.first(civil));
        let Some(mut last) = from else { return };
        while last <= shift.at + reach {
            let Some(next) = self.rule.next(last) else { return };
            found.pair(last, next);
            last = next;
        }
    }
}

/// What was found so far.
#[derive(Default)]
struct Found {
    largest: Option<Gap>,
    smallest: Option<Gap>,
}

impl Found {
    /// Whether a gap of this length would be a new extreme.
    fn may_matter(&self, length: SignedDuration) -> bool {
        let beyond = |gap: Gap, wider: bool| {
            let known = gap.to.duration_since(gap.from);
            if wider { length > known } else { length < known }
        };
        self.largest.is_none_or(|gap| beyond(gap, true)) || self.smallest.is_none_or(|gap| beyond(gap, false))
    }

    /// Two neighbouring times; those that meet, and those outside of the horizon, do not count.
    fn pair(&mut self, from: Timestamp, to: Timestamp) {
        let (start, end) = horizon();
        if from < start || to >= end || from >= to {
            return;
        }
        let gap = Gap { from, to };
        if self.largest.is_none_or(|known| gap.length() > known.length()) {
            self.largest = Some(gap);
        }
        if self.smallest.is_none_or(|known| gap.length() < known.length()) {
            self.smallest = Some(gap);
        }
    }

    fn extremes(self) -> Option<Extremes> {
        Some(Extremes { largest: self.largest?, smallest: self.smallest?, exact: true })
    }
}

fn just_before(at: Timestamp) -> Timestamp {
    at - SignedDuration::from_nanos(1)
}

#[cfg(test)]
mod tests;
