//! Against brute force: every time over the twenty years, one by one, turned into instants by trial.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use mainstay_ir::Trigger;
use proptest::prelude::*;

use super::*;

/// Zones with rules of every kind: half an hour, a day that moved, Ramadan, none, both hemispheres, midnight,
/// two hours, negative, the date line.
const ZONES: [&str; 20] = [
    "Europe/Berlin",
    "Europe/Dublin",
    "America/New_York",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Santiago",
    "America/Scoresbysund",
    "America/Havana",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Antarctica/Troll",
    "Asia/Tehran",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "UTC",
];

fn zone(name: &str) -> TimeZone {
    TimeZoneDatabase::bundled().get(name).unwrap()
}

/// Turns times of the wall into instants by trial: nothing is asked of the zone but what its clocks show.
struct Clocks {
    zone: TimeZone,
    /// All offsets that are in force on any day of the horizon, in minutes, the one furthest east first.
    offsets: Vec<i64>,
}

impl Clocks {
    fn new(name: &str) -> Self {
        let zone = zone(name);
        let (start, _) = horizon();
        let days = (-10..7320_i64).map(|day| start + SignedDuration::from_hours(24 * day));
        let ahead = |at: Timestamp| {
            let shown = jiff::tz::Offset::UTC.to_timestamp(zone.to_datetime(at)).unwrap();
            shown.duration_since(at).as_mins()
        };
        let offsets: BTreeSet<i64> = days.map(ahead).collect();
        Self { offsets: offsets.into_iter().rev().collect(), zone }
    }

    /// The first instant at which the clocks show it; if they never do, the first minute whose clock is past it.
    fn first_shown(&self, civil: jiff::civil::DateTime) -> Timestamp {
        let plain = jiff::tz::Offset::UTC.to_timestamp(civil).unwrap();
        let tries = || self.offsets.iter().map(|offset| plain - SignedDuration::from_mins(*offset));
        if let Some(at) = tries().find(|at| self.zone.to_datetime(*at) == civil) {
            return at;
        }
        let mut at = tries().next().unwrap() - SignedDuration::from_hours(3);
        while self.zone.to_datetime(at) < civil {
            at += SignedDuration::from_mins(1);
        }
        at
    }
}

fn brute(zone: &str, holds: impl Fn(Date) -> bool, times: &[u16]) -> Extremes {
    let (start, end) = horizon();
    let clocks = Clocks::new(zone);
    let mut fires = BTreeSet::new();
    let mut date: Date = "2025-12-25".parse().unwrap();
    while date.year() < 2047 {
        if holds(date) {
            fires.extend(times.iter().map(|time| clocks.first_shown(on(date, *time))));
        }
        date = date.tomorrow().unwrap();
    }
    let fires: Vec<Timestamp> = fires.into_iter().filter(|at| *at >= start && *at < end).collect();
    let gaps = || fires.iter().zip(fires.iter().skip(1)).map(|(from, to)| Gap { from: *from, to: *to });
    let largest = gaps().max_by_key(Gap::length).unwrap();
    Extremes { largest, smallest: gaps().min_by_key(Gap::length).unwrap(), exact: true }
}

fn agree(trigger: Trigger, brute: Extremes) {
    let schedule = Schedule::new(std::slice::from_ref(&trigger)).unwrap();
    let fast = schedule.extremes().unwrap();
    assert_eq!(fast.largest.length(), brute.largest.length(), "{trigger:?}: {fast:?}, brute force {brute:?}");
    assert_eq!(
        fast.smallest.length(),
        brute.smallest.length(),
        "{trigger:?}: {fast:?}, brute force {brute:?}"
    );
    for gap in [fast.largest, fast.smallest] {
        assert_eq!(schedule.next(gap.from), Some(gap.to), "{trigger:?}: the witness {gap:?} is no gap of it");
        assert_eq!(schedule.next(just_before(gap.from)), Some(gap.from));
    }
}

#[test]
fn daily_agrees_with_brute_force() {
    for (name, at) in ZONES.iter().flat_map(|name| [0, 90, 120, 150, 179, 180, 1439].map(|at| (name, at))) {
        let trigger = Trigger::Daily { at, zone: (*name).into(), jitter: DurationMs(0) };
        agree(trigger, brute(name, |_| true, &[at]));
    }
}

#[test]
fn each_zone_agrees_with_brute_force_where_it_hurts() {
    let (start, end) = horizon();
    for name in Zone::names() {
        let shifts = Zone::find(&name).unwrap().transitions(start, end);
        let Some(shift) = shifts.first() else { continue };
        // In the middle of what the first transition skips or repeats.
        let middle = shift.before.min(shift.after) + SignedDuration::from_secs(shift.by_seconds.abs() / 2);
        let at = u16::try_from(i32::from(middle.hour()) * 60 + i32::from(middle.minute())).unwrap();
        let trigger = Trigger::Daily { at, zone: name.clone(), jitter: DurationMs(0) };
        agree(trigger, brute(&name, |_| true, &[at]));
    }
}

#[test]
fn weekly_and_monthly_agree_with_brute_force() {
    for name in ZONES {
        let sunday = |date: Date| date.weekday() == jiff::civil::Weekday::Sunday;
        let weekly = Trigger::Weekly { day: 7, at: 150, zone: name.into(), jitter: DurationMs(0) };
        agree(weekly, brute(name, sunday, &[150]));
        let last = |date: Date| date.tomorrow().unwrap().day() == 1;
        let monthly = Trigger::Monthly { day: 31, at: 30, zone: name.into(), jitter: DurationMs(0) };
        agree(monthly, brute(name, last, &[30]));
    }
}

#[test]
fn cron_agrees_with_brute_force() {
    for name in ["Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca", "Antarctica/Troll"] {
        let cron =
            |text: &str| Trigger::Cron { expression: text.into(), zone: name.into(), jitter: DurationMs(0) };
        let half_hours: Vec<u16> = (0..48).map(|n| n * 30).collect();
        agree(cron("*/30 * * * *"), brute(name, |_| true, &half_hours));
        let quarter = |date: Date| date.day() == 5 && [1, 4, 7, 10].contains(&date.month());
        agree(cron("0 10 5 1,4,7,10 *"), brute(name, quarter, &[600]));
        let workdays = |date: Date| date.weekday().to_monday_one_offset() < 6;
        agree(cron("15 2,3,22 * * mon-fri"), brute(name, workdays, &[135, 195, 1335]));
        agree(cron("0 2 29 2 *"), brute(name, |date| date.month() == 2 && date.day() == 29, &[120]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5))]

    #[test]
    fn any_cron_agrees_with_brute_force(
        hours in prop::collection::btree_set(0..24_u16, 1..4),
        minute in 0..60_u16,
        days in prop::collection::btree_set(1..=31_i8, 1..5),
        zone in prop::sample::select(&ZONES),
    ) {
        let list = |values: Vec<String>| values.join(",");
        let hour_list = list(hours.iter().map(u16::to_string).collect());
        let day_list = list(days.iter().map(i8::to_string).collect());
        let expression = format!("{minute} {hour_list} {day_list} * *");
        let trigger = Trigger::Cron { expression, zone: zone.into(), jitter: DurationMs(0) };
        let times: Vec<u16> = hours.iter().map(|hour| hour * 60 + minute).collect();
        agree(trigger, brute(zone, |date| days.contains(&date.day()), &times));
    }

    #[test]
    fn several_triggers_agree_with_a_walk_over_all_their_times(
        interval in 240..3000_u64,
        times in prop::collection::vec(0..1440_u16, 1..3),
        other in prop::option::of(300..4000_u64),
        zone in prop::sample::select(&ZONES),
    ) {
        let every = |minutes| Trigger::Every { interval: DurationMs::minutes(minutes), jitter: DurationMs(0) };
        let daily = |at: &u16| Trigger::Daily { at: *at, zone: zone.into(), jitter: DurationMs(0) };
        let mut triggers: Vec<Trigger> = times.iter().map(daily).collect();
        triggers.push(every(interval));
        triggers.extend(other.map(every));
        let schedule = Schedule::new(&triggers).unwrap();
        let (fast, slow) = (schedule.extremes().unwrap(), schedule.merged().unwrap());
        prop_assert_eq!(fast.largest.length(), slow.largest.length(), "{:?} {:?}", fast, slow);
        prop_assert_eq!(fast.smallest.length(), slow.smallest.length(), "{:?} {:?}", fast, slow);
        for gap in [fast.largest, fast.smallest] {
            prop_assert_eq!(schedule.next(gap.from), Some(gap.to));
        }
    }

    #[test]
    fn next_agrees_with_brute_force(
        day in 0..7300_i64,
        minute in 0..1440_i64,
        at in 0..1440_u16,
        name in prop::sample::select(&ZONES),
    ) {
        let (start, _) = horizon();
        let after = start + SignedDuration::from_mins(day * 1440 + minute);
        let trigger = Trigger::Daily { at, zone: name.into(), jitter: DurationMs(0) };
        let clocks = Clocks::new(name);
        let today = clocks.zone.to_datetime(after).date();
        let near = today.yesterday().unwrap().series(1.day()).take(4);
        let expected = near.map(|date| clocks.first_shown(on(date, at))).find(|fire| *fire > after);
        prop_assert_eq!(Schedule::new(&[trigger]).unwrap().next(after), expected);
    }
}

#[test]
fn the_day_with_25_hours_is_found() {
    let trigger = Trigger::Daily { at: 180, zone: "Europe/Berlin".into(), jitter: DurationMs(0) };
    let found = Schedule::new(&[trigger]).unwrap().extremes().unwrap();
    let zone = Zone::find("Europe/Berlin").unwrap();
    let shown = crate::timeline(&found.largest, &zone);
    assert_eq!(shown, "2026-10-24 03:00 CEST, next 2026-10-25 03:00 CET: 25 h");
    assert_eq!(
        crate::timeline(&found.smallest, &zone),
        "2026-03-28 03:00 CET, next 2026-03-29 03:00 CEST: 23 h"
    );
}

#[test]
fn several_triggers_together() {
    let daily = |at| Trigger::Daily { at, zone: "Europe/Berlin".into(), jitter: DurationMs(0) };
    let every = |interval| Trigger::Every { interval, jitter: DurationMs(0) };
    let both = Schedule::new(&[daily(60), daily(780)]).unwrap().extremes().unwrap();
    assert_eq!(
        (both.largest.length(), both.smallest.length()),
        (DurationMs::hours(13), DurationMs::hours(11))
    );
    let dense = Schedule::new(&[every(DurationMs::minutes(1)), daily(60)]).unwrap().extremes().unwrap();
    assert_eq!((dense.largest.length(), dense.exact), (DurationMs::minutes(1), true));
    let minutes = Trigger::Cron { expression: "* * * * *".into(), zone: "UTC".into(), jitter: DurationMs(0) };
    let many = Schedule::new(&[minutes, daily(60)]).unwrap().extremes().unwrap();
    assert_eq!((many.largest.length(), many.exact), (DurationMs::minutes(1), false));
}

#[test]
fn what_fires_less_than_twice_has_no_gap() {
    let once = Trigger::Every { interval: DurationMs::hours(24 * 3650), jitter: DurationMs(0) };
    assert!(Schedule::new(&[once]).unwrap().extremes().is_some());
    assert_eq!(Schedule::new(&[]).unwrap().extremes(), None);
}
