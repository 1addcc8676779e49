//! When something runs, in words.

use jiff::Timestamp;
use mainstay_calendar::{Schedule, Zone, show};
use mainstay_ir::{DurationMs, Trigger, Value, clock};

use super::things::value;

/// So many runs are named: enough to see the rhythm.
const NEXT_RUNS: usize = 5;

/// A trigger as a person says it: `each day at 01:30 (Europe/Berlin)`.
pub fn in_words(trigger: &Trigger) -> String {
    let (rhythm, jitter) = match trigger {
        Trigger::Every { interval, jitter } => (format!("every {interval}"), *jitter),
        Trigger::Daily { at, zone, jitter } => (format!("each day at {} ({zone})", clock(*at)), *jitter),
        Trigger::Weekly { day, at, zone, jitter } => {
            (format!("each {} at {} ({zone})", weekday(*day), clock(*at)), *jitter)
        }
        Trigger::Monthly { day, at, zone, jitter } => {
            (format!("on day {day} of each month at {} ({zone})", clock(*at)), *jitter)
        }
        Trigger::Cron { expression, zone, jitter } => (format!("by cron {expression} ({zone})"), *jitter),
        Trigger::Event { name, args } => (event(name, args.values()), DurationMs(0)),
    };
    if jitter.0 == 0 { rhythm } else { format!("{rhythm}, up to {jitter} later") }
}

fn event<'v>(name: &str, args: impl Iterator<Item = &'v Value>) -> String {
    let args: Vec<String> = args.map(value).collect();
    let what = args.join(", ");
    match name {
        "change" => format!("when files change: {what}"),
        "event" => format!("when a message arrives: {what}"),
        "webhook" => format!("when somebody calls the webhook {what}"),
        "after_success" => format!("when {what} has ended well"),
        "wal" => format!("when a log is full: {what}"),
        other => format!("{other}: {what}"),
    }
}

fn weekday(day: u8) -> &'static str {
    let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    days.get(usize::from(day).saturating_sub(1)).copied().unwrap_or("week")
}

/// All triggers of something; by hand only when there are none.
pub fn all_in_words(triggers: &[Trigger]) -> Vec<String> {
    if triggers.is_empty() {
        return vec!["by hand only".to_owned()];
    }
    triggers.iter().map(in_words).collect()
}

/// The next runs, as the clocks of its zone show them.
pub fn next_runs(triggers: &[Trigger], now: Timestamp) -> Vec<String> {
    let Ok(schedule) = Schedule::new(triggers) else { return Vec::new() };
    let zone = schedule.zone().cloned().unwrap_or_else(Zone::utc);
    schedule.fires(now).take(NEXT_RUNS).map(|at| show(at, &zone)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triggers_are_said_as_people_say_them() {
        let zone = "Europe/Berlin".to_owned();
        let jitter = DurationMs::minutes(5);
        let daily = Trigger::Daily { at: 90, zone: zone.clone(), jitter };
        assert_eq!(in_words(&daily), "each day at 01:30 (Europe/Berlin), up to 5 min later");
        let weekly = Trigger::Weekly { day: 7, at: 0, zone, jitter: DurationMs(0) };
        assert_eq!(in_words(&weekly), "each Sunday at 00:00 (Europe/Berlin)");
        assert_eq!(all_in_words(&[]), ["by hand only"]);
    }

    #[test]
    fn the_next_runs_follow_the_clocks() {
        let zone = "Europe/Berlin".to_owned();
        let daily = Trigger::Daily { at: 90, zone, jitter: DurationMs(0) };
        let now = "2026-10-24T12:00:00Z".parse().unwrap();
        let runs = next_runs(&[daily], now);
        assert_eq!(runs.first().map(String::as_str), Some("2026-10-25 01:30 CEST"));
        assert_eq!(runs.get(1).map(String::as_str), Some("2026-10-26 01:30 CET"));
    }
}
