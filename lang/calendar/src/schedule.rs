//! When a workflow is due.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use jiff::{SignedDuration, Timestamp};
use mainstay_ir::{DurationMs, IndexMap, Trigger};

use crate::cron::Cron;
use crate::jitter::jitter_offset;
use crate::pattern::{Dates, Pattern};
use crate::{CronError, UnknownZone, Zone};

/// No interval is longer: ten years. What is due more seldom is due never.
const MOST_INTERVAL: DurationMs = DurationMs::hours(24 * 3660);

/// The timed triggers of a workflow. Events are no part of it: nobody knows when they come.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    pub(crate) parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Part {
    pub rule: Rule,
    /// What is added to each time, in milliseconds.
    offset_ms: i64,
    /// The most that each trigger with this rule may add, on any host.
    jitters: Vec<DurationMs>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Rule {
    /// Milliseconds of real time, counted from the epoch.
    Every(i64),
    /// Wall-clock time.
    Wall(Pattern, Zone),
}

/// Why a trigger is no schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// An interval of nothing, or of more than ten years.
    #[error("every({interval}) is no interval: from 1ms to ten years", interval = interval.literal())]
    Interval {
        /// As written.
        interval: DurationMs,
    },
    /// A weekday, a day of the month or a time of day that does not exist.
    #[error("{value} is no {what}")]
    OutOfRange {
        /// What it should be.
        what: &'static str,
        /// As written.
        value: u16,
    },
    /// A zone that the database does not have.
    #[error(transparent)]
    Zone(#[from] UnknownZone),
    /// A cron expression that says nothing.
    #[error(transparent)]
    Cron(#[from] CronError),
}

impl Schedule {
    /// The schedule as written, without jitter: what proofs and people count with. Triggers with the same times are one part
    /// of it: a time that stands there a thousand times would be met a thousand times at each of its instants.
    ///
    /// # Errors
    /// The first trigger that is no schedule.
    pub fn new(triggers: &[Trigger]) -> Result<Self, ScheduleError> {
        let mut rules: IndexMap<Rule, Vec<DurationMs>> = IndexMap::default();
        for trigger in triggers {
            if let Some((rule, jitter)) = Rule::new(trigger)? {
                rules.entry(rule).or_default().push(jitter);
            }
        }
        let part = |(rule, jitters)| Part { rule, offset_ms: 0, jitters };
        Ok(Self { parts: rules.into_iter().map(part).collect() })
    }

    /// The schedule of one workflow on one host, with its fixed offset: what the engine runs by.
    ///
    /// # Errors
    /// As [`Schedule::new`].
    pub fn placed(triggers: &[Trigger], workflow: &str, host: &str) -> Result<Self, ScheduleError> {
        let mut schedule = Self::new(triggers)?;
        schedule.place(|most| jitter_offset(workflow, host, most));
        Ok(schedule)
    }

    /// Moves the times of each part by what is drawn of its jitter, the least of several.
    pub(crate) fn place(&mut self, draw: impl Fn(DurationMs) -> DurationMs) {
        for part in &mut self.parts {
            let least = part.jitters.iter().map(|most| draw(*most).0).min().unwrap_or_default();
            part.offset_ms = i64::try_from(least).unwrap_or(i64::MAX);
        }
    }

    /// Whether anything in it is timed. What is not is due when its events come, or by hand only.
    pub fn is_timed(&self) -> bool {
        !self.parts.is_empty()
    }

    /// The largest jitter of its triggers.
    pub fn jitter(&self) -> DurationMs {
        self.jitters().max().unwrap_or_default()
    }

    /// By how much jitter may bring two times closer than they are as written: triggers with the same jitter move together.
    pub fn unevenness(&self) -> DurationMs {
        DurationMs(self.jitter().0 - self.jitters().min().unwrap_or_default().0)
    }

    fn jitters(&self) -> impl Iterator<Item = DurationMs> {
        self.parts.iter().flat_map(|part| part.jitters.iter().copied())
    }

    /// The zone of the first wall-clock trigger, to show its times in.
    pub fn zone(&self) -> Option<&Zone> {
        self.parts.iter().find_map(|part| match &part.rule {
            Rule::Wall(_, zone) => Some(zone),
            Rule::Every(_) => None,
        })
    }

    /// The first time after an instant (not at it). None when nothing is timed.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        self.fires(after).next()
    }

    /// All times after an instant, ascending. Where several triggers meet they count once, by the one with the least offset:
    /// what is written as one time is one run, on any host.
    pub fn fires(&self, after: Timestamp) -> Fires<'_> {
        let offsets = || self.parts.iter().map(|part| part.offset_ms);
        let moved = (offsets().min().unwrap_or_default(), offsets().max().unwrap_or_default());
        // What is written that much earlier may still be due after it.
        let from = earlier(after, moved.1);
        let first = |(number, part): (usize, &Part)| Some(Reverse((part.rule.next(from)?, number)));
        let ahead = self.parts.iter().enumerate().filter_map(first).collect();
        Fires { parts: &self.parts, ahead, least_ms: moved.0, due: BinaryHeap::new(), last: after }
    }
}

/// An iterator over the times of a [`Schedule`].
#[derive(Debug, Clone)]
pub struct Fires<'a> {
    parts: &'a [Part],
    /// The next time of each part that has one, as written, with its number; the earliest on top, for a schedule may have
    /// thousands.
    ahead: BinaryHeap<Reverse<(Timestamp, usize)>>,
    /// The least offset.
    least_ms: i64,
    /// Times that are known and may not be the earliest; the earliest on top. With one offset for all there is one at most.
    due: BinaryHeap<Reverse<Timestamp>>,
    last: Timestamp,
}

impl Fires<'_> {
    /// The earliest time as written that is left, moved by the least offset of those that have it.
    fn meet(&mut self) -> Option<Timestamp> {
        let written = self.ahead.peek()?.0.0;
        let mut offset_ms = i64::MAX;
        while let Some(mut top) = self.ahead.peek_mut().filter(|top| top.0.0 == written) {
            let part = self.parts.get(top.0.1);
            offset_ms = part.map_or(offset_ms, |part| part.offset_ms.min(offset_ms));
            match part.and_then(|part| part.rule.next(written)) {
                Some(next) => top.0.0 = next,
                None => drop(PeekMut::pop(top)),
            }
        }
        written.checked_add(SignedDuration::from_millis(offset_ms)).ok()
    }

    /// Whether a time that is not known yet may come before all that are.
    fn is_open(&self) -> bool {
        let Some(Reverse((written, _))) = self.ahead.peek() else { return false };
        self.due.peek().is_none_or(|Reverse(due)| earlier(*due, self.least_ms) >= *written)
    }
}

impl Iterator for Fires<'_> {
    type Item = Timestamp;

    fn next(&mut self) -> Option<Timestamp> {
        loop {
            while self.is_open() {
                let Some(at) = self.meet() else { break };
                self.due.push(Reverse(at));
            }
            let Reverse(at) = self.due.pop()?;
            if at > self.last {
                self.last = at;
                return Some(at);
            }
        }
    }
}

/// So many milliseconds before, or as early as can be said.
fn earlier(at: Timestamp, ms: i64) -> Timestamp {
    at.checked_sub(SignedDuration::from_millis(ms)).unwrap_or(Timestamp::MIN)
}

/// A number from 1 to `most`.
fn in_range(what: &'static str, value: u16, most: u16) -> Result<i8, ScheduleError> {
    let fits = i8::try_from(value).ok().filter(|_| (1..=most).contains(&value));
    fits.ok_or(ScheduleError::OutOfRange { what, value })
}

impl Rule {
    /// None for a trigger that is not timed; with the most that jitter may add.
    fn new(trigger: &Trigger) -> Result<Option<(Self, DurationMs)>, ScheduleError> {
        let (rule, jitter) = match trigger {
            Trigger::Every { interval, jitter } => (Self::every(*interval)?, jitter),
            Trigger::Daily { at, zone, jitter } => (Self::wall(Dates::All, *at, zone)?, jitter),
            Trigger::Weekly { day, at, zone, jitter } => {
                let day = in_range("day of the week", u16::from(*day), 7)?;
                (Self::wall(Dates::Weekday(day), *at, zone)?, jitter)
            }
            Trigger::Monthly { day, at, zone, jitter } => {
                let day = in_range("day of the month", u16::from(*day), 31)?;
                (Self::wall(Dates::MonthDay(day), *at, zone)?, jitter)
            }
            Trigger::Cron { expression, zone, jitter } => {
                let cron = Cron::parse(expression)?;
                let pattern = Pattern { dates: Dates::Cron(cron.days()), times: cron.times() };
                (Self::Wall(pattern, Zone::find(zone)?), jitter)
            }
            Trigger::Event { .. } => return Ok(None),
        };
        Ok(Some((rule, *jitter)))
    }

    fn every(interval: DurationMs) -> Result<Self, ScheduleError> {
        let known = (1..=MOST_INTERVAL.0).contains(&interval.0);
        let ms = i64::try_from(interval.0).ok().filter(|_| known);
        ms.map(Self::Every).ok_or(ScheduleError::Interval { interval })
    }

    fn wall(dates: Dates, at: u16, zone: &str) -> Result<Self, ScheduleError> {
        if at >= 24 * 60 {
            return Err(ScheduleError::OutOfRange { what: "minute of a day", value: at });
        }
        Ok(Self::Wall(Pattern { dates, times: vec![at] }, Zone::find(zone)?))
    }

    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Every(interval) => {
                let ms = after.as_millisecond();
                Timestamp::from_millisecond((ms.div_euclid(*interval) + 1).checked_mul(*interval)?).ok()
            }
            Self::Wall(pattern, zone) => next_wall(pattern, zone, after),
        }
    }
}

/// The clocks of the wall run forward but for folds, and of a fold the first pass counts. So the next time
/// is never earlier on the wall than now, and it is passed over only while the second pass of a fold lasts.
fn next_wall(pattern: &Pattern, zone: &Zone, after: Timestamp) -> Option<Timestamp> {
    let now = zone.civil(after);
    let mut civil = pattern.from(now.date().at(now.hour(), now.minute(), 0, 0))?;
    loop {
        let at = zone.first(civil)?;
        if at > after {
            return Some(at);
        }
        civil = pattern.from(civil.checked_add(SignedDuration::from_mins(1)).ok()?)?;
    }
}

#[cfg(test)]
mod tests;
