//! Wall-clock patterns: which days, and which minutes of such a day.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime};

use crate::cron::Days;

/// How far ahead a day is looked for: 29 February on the years around 2100 are eight years apart.
const MOST_MONTHS: u32 = 12 * 9;

/// Days and times of day.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Pattern {
    pub dates: Dates,
    /// Minutes after midnight, ascending, never empty.
    pub times: Vec<u16>,
}

/// Which days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Dates {
    /// Each.
    All,
    /// 1 is Monday.
    Weekday(i8),
    /// 1 to 31; the last of the month where it has fewer.
    MonthDay(i8),
    /// The day fields of a cron expression.
    Cron(Days),
}

impl Dates {
    pub fn holds(self, date: Date) -> bool {
        match self {
            Self::All => true,
            Self::Weekday(day) => date.weekday().to_monday_one_offset() == day,
            Self::MonthDay(day) => date.day() == day.min(date.days_in_month()),
            Self::Cron(days) => days.holds(date),
        }
    }

    /// The first such day, not before this one.
    pub fn from(self, date: Date) -> Option<Date> {
        match self {
            Self::All => Some(date),
            Self::Weekday(day) => {
                let ahead = (day - date.weekday().to_monday_one_offset()).rem_euclid(7);
                date.checked_add(i64::from(ahead).days()).ok()
            }
            Self::MonthDay(day) => {
                let this = with_day(date, day);
                if this >= date {
                    Some(this)
                } else {
                    Some(with_day(date.first_of_month().checked_add(1.month()).ok()?, day))
                }
            }
            Self::Cron(days) => from_cron(days, date),
        }
    }

    /// The last such day, not after this one.
    pub fn until(self, date: Date) -> Option<Date> {
        match self {
            Self::All => Some(date),
            Self::Weekday(day) => {
                let back = (date.weekday().to_monday_one_offset() - day).rem_euclid(7);
                date.checked_sub(i64::from(back).days()).ok()
            }
            Self::MonthDay(day) => {
                let this = with_day(date, day);
                if this <= date {
                    Some(this)
                } else {
                    Some(with_day(date.first_of_month().checked_sub(1.month()).ok()?, day))
                }
            }
            Self::Cron(days) => until_cron(days, date),
        }
    }
}

/// This day of the date's month, or the month's last.
fn with_day(date: Date, day: i8) -> Date {
    date.with().day(day.min(date.days_in_month())).build().unwrap_or(date)
}

fn from_cron(days: Days, date: Date) -> Option<Date> {
    let mut at = date;
    for _ in 0..MOST_MONTHS {
        let last = at.last_of_month();
        while days.in_month(at) && at < last && !days.holds(at) {
            at = at.tomorrow().ok()?;
        }
        if days.holds(at) {
            return Some(at);
        }
        at = last.tomorrow().ok()?;
    }
    None
}

fn until_cron(days: Days, date: Date) -> Option<Date> {
    let mut at = date;
    for _ in 0..MOST_MONTHS {
        let first = at.first_of_month();
        while days.in_month(at) && at > first && !days.holds(at) {
            at = at.yesterday().ok()?;
        }
        if days.holds(at) {
            return Some(at);
        }
        at = first.yesterday().ok()?;
    }
    None
}

impl Pattern {
    /// The first time of the pattern that the clocks could show, not before this one.
    pub fn from(&self, civil: DateTime) -> Option<DateTime> {
        let (date, minute) = (civil.date(), minute_up(civil));
        if self.dates.holds(date) {
            let at = self.times.partition_point(|time| *time < minute);
            if let Some(time) = self.times.get(at) {
                return Some(on(date, *time));
            }
        }
        let date = self.dates.from(date.tomorrow().ok()?)?;
        self.times.first().map(|time| on(date, *time))
    }

    /// The last time of the pattern, not after this one.
    pub fn until(&self, civil: DateTime) -> Option<DateTime> {
        let (date, minute) = (civil.date(), minute_of(civil));
        if self.dates.holds(date) {
            let after = self.times.partition_point(|time| *time <= minute);
            if let Some(time) = after.checked_sub(1).and_then(|at| self.times.get(at)) {
                return Some(on(date, *time));
            }
        }
        let date = self.dates.until(date.yesterday().ok()?)?;
        self.times.last().map(|time| on(date, *time))
    }
}

/// The date at this minute after midnight.
pub(crate) fn on(date: Date, minute: u16) -> DateTime {
    let part = |value: u16| i8::try_from(value).unwrap_or(0);
    date.at(part(minute / 60 % 24), part(minute % 60), 0, 0)
}

fn minute_of(civil: DateTime) -> u16 {
    u16::try_from(i32::from(civil.hour()) * 60 + i32::from(civil.minute())).unwrap_or(0)
}

/// The first whole minute that is not before.
fn minute_up(civil: DateTime) -> u16 {
    let beyond = civil.second() > 0 || civil.subsec_nanosecond() > 0;
    minute_of(civil) + u16::from(beyond)
}
