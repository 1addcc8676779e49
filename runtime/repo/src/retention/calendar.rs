//! The calendar of one fixed offset from UTC, as numbers: equal numbers are the same hour, day, week, ...

use std::fmt;

use mainstay_world::TimestampMs;

/// A rule's span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Span {
    /// From full hour to full hour.
    Hour,
    /// From midnight to midnight.
    Day,
    /// From Monday's midnight.
    Week,
    /// Of the Gregorian calendar.
    Month,
    /// Of the Gregorian calendar.
    Year,
}

impl Span {
    /// All, shortest first.
    pub const ALL: [Self; 5] = [Self::Hour, Self::Day, Self::Week, Self::Month, Self::Year];

    /// The number of the span in which a moment lies; later ones have larger numbers.
    pub(super) fn bucket(self, time: TimestampMs, offset_s: i32) -> i64 {
        let seconds = time.0.div_euclid(1000).saturating_add(i64::from(offset_s));
        let days = seconds.div_euclid(86_400);
        match self {
            Self::Hour => seconds.div_euclid(3600),
            Self::Day => days,
            // 1970-01-01 was a Thursday: three days after a Monday.
            Self::Week => (days + 3).div_euclid(7),
            Self::Month => {
                let (year, month) = year_and_month(days);
                year * 12 + month
            }
            Self::Year => year_and_month(days).0,
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hour => "hourly",
            Self::Day => "daily",
            Self::Week => "weekly",
            Self::Month => "monthly",
            Self::Year => "yearly",
        })
    }
}

/// Year and month (0 to 11) of a day since 1970-01-01. Counts in years that begin in March, so that the leap
/// day is the last of its year, and in eras of 400 years, which are all equally long.
fn year_and_month(days: i64) -> (i64, i64) {
    const DAYS_OF_ERA: i64 = 146_097;
    let since_march_0000 = days + 719_468;
    let era = since_march_0000.div_euclid(DAYS_OF_ERA);
    let day = since_march_0000.rem_euclid(DAYS_OF_ERA);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    // Five months from March on have 153 days.
    let months_since_march = (5 * day_of_year + 2) / 153;
    let month = (months_since_march + 2) % 12;
    (era * 400 + year + i64::from(month < 2), month)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: i64 = 86_400_000;

    #[test]
    fn days_agree_with_a_calendar_that_counts_them_one_by_one() {
        let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let (mut year, mut month, mut day) = (1970, 0, 0);
        for number in 0..200_000 {
            assert_eq!(year_and_month(number), (year, month), "day {number}");
            let february = if leap(year) { 29 } else { 28 };
            let length =
                [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][usize::try_from(month).unwrap()];
            day += 1;
            if day == length {
                (day, month) = (0, month + 1);
            }
            if month == 12 {
                (month, year) = (0, year + 1);
            }
        }
    }

    #[test]
    fn before_1970_and_at_its_edge() {
        assert_eq!(year_and_month(-1), (1969, 11));
        assert_eq!(Span::Day.bucket(TimestampMs(-1), 0), -1);
        assert_eq!(Span::Hour.bucket(TimestampMs(-1), 0), -1);
        assert_eq!(Span::Year.bucket(TimestampMs(i64::MIN), 0), Span::Year.bucket(TimestampMs(i64::MIN), 0));
    }

    #[test]
    fn weeks_begin_on_monday() {
        // 2024-01-01 was a Monday.
        let monday = TimestampMs(19_723 * DAY_MS);
        let sunday = TimestampMs(monday.0 - 1);
        assert_eq!(Span::Week.bucket(monday, 0), Span::Week.bucket(sunday, 0) + 1);
        assert_eq!(
            Span::Week.bucket(monday, 0),
            Span::Week.bucket(TimestampMs(monday.0 + 7 * DAY_MS - 1), 0)
        );
    }

    #[test]
    fn an_offset_moves_midnight() {
        let evening = TimestampMs(22 * 3_600_000);
        assert_eq!(Span::Day.bucket(evening, 0), 0);
        assert_eq!(Span::Day.bucket(evening, 2 * 3600), 1);
        assert_eq!(Span::Day.bucket(TimestampMs(3_600_000), -2 * 3600), -1);
    }
}
