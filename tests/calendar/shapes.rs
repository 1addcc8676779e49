//! Schedules said three times: as a trigger of ours, as a set of minutes, and as systemd writes it.

use mainstay_ir::{DurationMs, Trigger};

use super::tzif::{day_number, month_length, weekday_of};

/// Which days.
#[derive(Debug, Clone)]
pub enum Days {
    All,
    /// 0 is Sunday.
    Weekday(i64),
    /// The last one of a month that has fewer.
    MonthDay(i64),
    /// The day fields of a cron expression; empty says nothing.
    Cron {
        days: Vec<i64>,
        months: Vec<i64>,
        weekdays: Vec<i64>,
    },
}

/// Days, and the minutes of each of them, ascending.
#[derive(Debug, Clone)]
pub struct Shape {
    pub days: Days,
    pub minutes: Vec<i64>,
}

/// A day of the calendar.
pub struct Date {
    pub month: i64,
    pub day: i64,
    weekday: i64,
    is_last: bool,
}

impl Date {
    /// By days since the epoch: the years are counted off one by one.
    pub fn of(number: i64) -> Self {
        let mut year = 1970 + number / 366;
        while day_number(year + 1, 1, 1) <= number {
            year += 1;
        }
        let mut month = 1;
        while day_number(year, month, month_length(year, month)) < number {
            month += 1;
        }
        let day = number - day_number(year, month, 1) + 1;
        Self { month, day, weekday: weekday_of(number), is_last: day == month_length(year, month) }
    }
}

const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

fn list(numbers: &[i64]) -> String {
    if numbers.is_empty() {
        return "*".to_owned();
    }
    numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(",")
}

impl Shape {
    pub fn new(days: Days, minutes: impl IntoIterator<Item = i64>) -> Self {
        let mut minutes: Vec<i64> = minutes.into_iter().map(|minute| minute.rem_euclid(1440)).collect();
        minutes.sort_unstable();
        minutes.dedup();
        Self { days, minutes }
    }

    /// Whether it fires on a day, by days since the epoch.
    pub fn holds(&self, day: i64) -> bool {
        let date = Date::of(day);
        match &self.days {
            Days::All => true,
            Days::Weekday(weekday) => date.weekday == *weekday,
            Days::MonthDay(wanted) => date.day == *wanted || (date.is_last && date.day < *wanted),
            Days::Cron { days, months, weekdays } => {
                let by_day = days.contains(&date.day);
                let by_weekday = weekdays.contains(&date.weekday);
                let on_day = match (days.is_empty(), weekdays.is_empty()) {
                    (true, true) => true,
                    (false, true) => by_day,
                    (true, false) => by_weekday,
                    (false, false) => by_day || by_weekday,
                };
                on_day && (months.is_empty() || months.contains(&date.month))
            }
        }
    }

    /// As the language has it. Several minutes need hours and minutes that make a grid.
    pub fn trigger(&self, zone: &str) -> Trigger {
        let (at, zone, jitter) = (self.minutes[0] as u16, zone.to_owned(), DurationMs(0));
        match &self.days {
            Days::All if self.minutes.len() == 1 => Trigger::Daily { at, zone, jitter },
            Days::Weekday(weekday) => {
                let day = if *weekday == 0 { 7 } else { *weekday as u8 };
                Trigger::Weekly { day, at, zone, jitter }
            }
            Days::MonthDay(day) => Trigger::Monthly { day: *day as u8, at, zone, jitter },
            Days::All => self.cron(&[], &[], &[], zone),
            Days::Cron { days, months, weekdays } => self.cron(days, months, weekdays, zone),
        }
    }

    /// Hours and minutes of the grid.
    fn grid(&self) -> (Vec<i64>, Vec<i64>) {
        let mut hours: Vec<i64> = self.minutes.iter().map(|minute| minute / 60).collect();
        let mut minutes: Vec<i64> = self.minutes.iter().map(|minute| minute % 60).collect();
        hours.dedup();
        minutes.sort_unstable();
        minutes.dedup();
        assert_eq!(hours.len() * minutes.len(), self.minutes.len(), "no cron expression says {self:?}");
        (hours, minutes)
    }

    fn cron(&self, days: &[i64], months: &[i64], weekdays: &[i64], zone: String) -> Trigger {
        let (hours, minutes) = self.grid();
        let fields = [list(&minutes), list(&hours), list(days), list(months), list(weekdays)];
        Trigger::Cron { expression: fields.join(" "), zone, jitter: DurationMs(0) }
    }

    /// As systemd writes it; none where it cannot say the same: the 31st of a short month, and days of either kind.
    pub fn on_calendar(&self, zone: &str) -> Option<String> {
        let named = |weekdays: &[i64]| {
            let names: Vec<&str> = weekdays.iter().map(|day| WEEKDAYS[*day as usize]).collect();
            if names.is_empty() { String::new() } else { format!("{} ", names.join(",")) }
        };
        let (weekdays, months, days) = match &self.days {
            Days::All => (String::new(), "*".to_owned(), "*".to_owned()),
            Days::Weekday(day) => (named(&[*day]), "*".to_owned(), "*".to_owned()),
            Days::MonthDay(31) => (String::new(), "*".to_owned(), "last".to_owned()),
            Days::MonthDay(day) if *day <= 28 => (String::new(), "*".to_owned(), day.to_string()),
            Days::MonthDay(_) => return None,
            Days::Cron { days, weekdays, .. } if !days.is_empty() && !weekdays.is_empty() => return None,
            Days::Cron { days, months, weekdays } => (named(weekdays), list(months), list(days)),
        };
        let (hours, minutes) = self.grid();
        let date = if days == "last" { format!("*-{months}~01") } else { format!("*-{months}-{days}") };
        Some(format!("{weekdays}{date} {}:{}:00 {zone}", list(&hours), list(&minutes)))
    }
}
