//! Cron expressions: five fields, as people know them from `crontab`.
//!
//! Minute, hour, day of the month, month, day of the week (0 and 7 are Sunday). A field is `*` or a list of
//! values and ranges, each with an optional `/step`; months and weekdays have their English names too. When
//! both day fields say something, a day that either names counts: that is what POSIX says and every cron does.

use jiff::civil::Date;

/// Why a text is no cron expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    /// Not five fields.
    #[error(
        "a cron expression has five fields (minute, hour, day of the month, month, day of the week), this one has {found}"
    )]
    Fields {
        /// How many there are.
        found: usize,
    },
    /// A part of a field that says nothing.
    #[error(
        "`{part}` is no {field} of a cron expression: {low} to {high}, `*`, `a-b`, `*/n`, `a-b/n`, in a list with commas"
    )]
    Part {
        /// As written.
        part: String,
        /// Which field.
        field: &'static str,
        /// The lowest value.
        low: u8,
        /// The highest value.
        high: u8,
    },
    /// A range whose end is before its start.
    #[error("the range `{part}` in the {field} of a cron expression runs backwards")]
    Backwards {
        /// As written.
        part: String,
        /// Which field.
        field: &'static str,
    },
    /// A day that no year has.
    #[error("no year has such a day: `{expression}` would never run")]
    Never {
        /// As written.
        expression: String,
    },
}

/// A parsed expression; sets are bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cron {
    minutes: u64,
    hours: u64,
    days: Days,
}

/// The day fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Days {
    month_days: u64,
    months: u64,
    weekdays: u64,
    both: bool,
}

struct Field {
    name: &'static str,
    low: u8,
    high: u8,
    names: &'static [&'static str],
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const MINUTE: Field = Field { name: "minute", low: 0, high: 59, names: &[] };
const HOUR: Field = Field { name: "hour", low: 0, high: 23, names: &[] };
const DAY: Field = Field { name: "day of the month", low: 1, high: 31, names: &[] };
const MONTH: Field = Field { name: "month", low: 1, high: 12, names: &MONTHS };
const WEEKDAY: Field = Field { name: "day of the week", low: 0, high: 7, names: &WEEKDAYS };

impl Cron {
    /// Parses five fields.
    pub fn parse(expression: &str) -> Result<Self, CronError> {
        let fields: Vec<&str> = expression.split_ascii_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields.as_slice() else {
            return Err(CronError::Fields { found: fields.len() });
        };
        let weekdays = WEEKDAY.parse(weekday)?;
        let days = Days {
            month_days: DAY.parse(day)?,
            months: MONTH.parse(month)?,
            weekdays: (weekdays | weekdays >> 7) & 0x7f,
            both: *day != "*" && *weekday != "*",
        };
        let cron = Self { minutes: MINUTE.parse(minute)?, hours: HOUR.parse(hour)?, days };
        if days.possible() { Ok(cron) } else { Err(CronError::Never { expression: expression.to_owned() }) }
    }

    /// The days on which it fires.
    pub fn days(&self) -> Days {
        self.days
    }

    /// The minutes of such a day at which it fires, ascending.
    pub fn times(&self) -> Vec<u16> {
        let hours = (0..24_u16).filter(|hour| self.hours >> hour & 1 == 1);
        hours
            .flat_map(|hour| {
                (0..60).filter(|minute| self.minutes >> minute & 1 == 1).map(move |m| hour * 60 + m)
            })
            .collect()
    }
}

impl Days {
    /// Whether it fires on this day.
    pub fn holds(self, date: Date) -> bool {
        let bit = |set: u64, at: i8| set >> at & 1 == 1;
        let by_month_day = bit(self.month_days, date.day());
        let by_weekday = bit(self.weekdays, date.weekday().to_sunday_zero_offset());
        let by_day = if self.both { by_month_day || by_weekday } else { by_month_day && by_weekday };
        self.in_month(date) && by_day
    }

    /// Whether it fires in this month at all.
    pub fn in_month(self, date: Date) -> bool {
        self.months >> date.month() & 1 == 1
    }

    /// Whether any year has such a day. Every weekday meets every date sooner or later.
    fn possible(self) -> bool {
        const LENGTHS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let first_day = self.month_days.trailing_zeros();
        self.both
            || LENGTHS
                .iter()
                .zip(1..)
                .any(|(length, month)| self.months >> month & 1 == 1 && first_day <= *length)
    }
}

impl Field {
    fn parse(&self, text: &str) -> Result<u64, CronError> {
        text.split(',').try_fold(0, |set, part| Ok(set | self.part(part)?))
    }

    /// `*`, `a`, `a-b`, each with `/n`.
    fn part(&self, part: &str) -> Result<u64, CronError> {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(self.number(step).filter(|step| *step > 0))),
            None => (part, None),
        };
        let step = match step {
            Some(None) => return Err(self.refuse(part)),
            Some(Some(step)) => Some(step),
            None => None,
        };
        let (low, high) = self.range(range, step.is_some()).ok_or_else(|| self.refuse(part))?;
        if low > high {
            return Err(CronError::Backwards { part: part.to_owned(), field: self.name });
        }
        Ok((low..=high).step_by(usize::from(step.unwrap_or(1))).fold(0, |set, value| set | 1 << value))
    }

    fn range(&self, text: &str, stepped: bool) -> Option<(u8, u8)> {
        if text == "*" {
            // Sunday counts once: 7 is another way to write it, and no eighth day for a step to land on.
            return Some((
                self.low,
                self.high.min(if self.low == 0 && self.high == 7 { 6 } else { self.high }),
            ));
        }
        let (low, high) = match text.split_once('-') {
            Some((low, high)) => (self.value(low)?, self.value(high)?),
            None if stepped => return None,
            None => (self.value(text)?, self.value(text)?),
        };
        Some((low, high))
    }

    fn value(&self, text: &str) -> Option<u8> {
        let named = self.names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let value = match named {
            Some(at) => u8::try_from(at).ok()? + self.low,
            None => self.number(text)?,
        };
        (self.low..=self.high).contains(&value).then_some(value)
    }

    fn number(&self, text: &str) -> Option<u8> {
        let digits = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten()
    }

    fn refuse(&self, part: &str) -> CronError {
        CronError::Part { part: part.to_owned(), field: self.name, low: self.low, high: self.high }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days_of(expression: &str, month: &str) -> Vec<i8> {
        let cron = Cron::parse(expression).unwrap();
        let first: Date = month.parse().unwrap();
        first.series(jiff::ToSpan::day(1)).take(31).filter(|d| cron.days().holds(*d)).map(Date::day).collect()
    }

    #[test]
    fn times_of_a_day() {
        assert_eq!(Cron::parse("*/20 1-3/2 * * *").unwrap().times(), [60, 80, 100, 180, 200, 220]);
        assert_eq!(Cron::parse("30 22 * * *").unwrap().times(), [1350]);
    }

    #[test]
    fn days_by_month_weekday_or_both() {
        assert_eq!(days_of("0 0 1,15 * *", "2026-03-01"), [1, 15]);
        assert_eq!(days_of("0 0 * * sun", "2026-03-01"), [1, 8, 15, 22, 29]);
        assert_eq!(days_of("0 0 * * 7", "2026-03-01"), days_of("0 0 * * 0", "2026-03-01"));
        assert_eq!(days_of("0 0 13 * fri", "2026-03-01"), [6, 13, 20, 27]);
        assert_eq!(days_of("0 0 * * 5-7", "2026-03-01").len(), 13);
        assert!(days_of("0 0 * feb *", "2026-03-01").is_empty());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let message = |text| Cron::parse(text).unwrap_err().to_string();
        assert!(message("* * * *").contains("this one has 4"));
        assert!(message("@daily").contains("this one has 1"));
        assert!(message("60 * * * *").contains("`60` is no minute of a cron expression: 0 to 59"));
        assert!(message("0 0 1 foo *").contains("`foo` is no month"));
        assert!(message("*/0 * * * *").contains("`*/0` is no minute"));
        assert!(message("5/10 * * * *").contains("`5/10` is no minute"));
        assert!(message("0 22-6 * * *").contains("`22-6` in the hour of a cron expression runs backwards"));
        assert!(message("0 0 31 2,4 *").contains("would never run"));
        assert!(Cron::parse("0 0 29 2 *").is_ok());
        assert!(message("0 0 L * *").contains("`L` is no day of the month"));
        assert!(message(", * * * *").contains("`` is no minute"));
    }
}
