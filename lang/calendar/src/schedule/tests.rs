use mainstay_ir::Value;

use super::*;

fn daily(at: u16, zone: &str) -> Trigger {
    Trigger::Daily { at, zone: zone.into(), jitter: DurationMs(0) }
}

fn every(interval: DurationMs) -> Trigger {
    Trigger::Every { interval, jitter: DurationMs(0) }
}

fn cron(expression: &str, zone: &str) -> Trigger {
    Trigger::Cron { expression: expression.into(), zone: zone.into(), jitter: DurationMs(0) }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn fires(triggers: &[Trigger], after: &str, count: usize) -> Vec<String> {
    let schedule = Schedule::new(triggers).unwrap();
    schedule.fires(at(after)).take(count).map(|at| at.to_string()).collect()
}

#[test]
fn every_counts_real_time_from_the_epoch() {
    let seen = fires(&[every(DurationMs::minutes(90))], "2027-03-28T00:00:00Z", 3);
    assert_eq!(seen, ["2027-03-28T01:30:00Z", "2027-03-28T03:00:00Z", "2027-03-28T04:30:00Z"]);
}

#[test]
fn next_is_after_and_not_at() {
    let schedule = Schedule::new(&[daily(90, "Europe/Berlin")]).unwrap();
    assert_eq!(schedule.next(at("2026-07-01T23:30:00Z")), Some(at("2026-07-02T23:30:00Z")));
    assert_eq!(schedule.next(at("2026-07-01T23:29:59.999Z")), Some(at("2026-07-01T23:30:00Z")));
}

#[test]
fn a_gap_fires_at_its_end_and_a_fold_the_first_time() {
    let seen = fires(&[daily(150, "Europe/Berlin")], "2027-03-27T00:00:00Z", 3);
    assert_eq!(seen, ["2027-03-27T01:30:00Z", "2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z"]);
    let seen = fires(&[daily(150, "Europe/Berlin")], "2027-10-30T00:00:00Z", 3);
    assert_eq!(seen, ["2027-10-30T00:30:00Z", "2027-10-31T00:30:00Z", "2027-11-01T01:30:00Z"]);
}

#[test]
fn a_dense_cron_rests_during_the_second_pass() {
    let seen = fires(&[cron("*/30 * * * *", "Europe/Berlin")], "2027-10-31T00:00:00Z", 3);
    assert_eq!(seen, ["2027-10-31T00:30:00Z", "2027-10-31T02:00:00Z", "2027-10-31T02:30:00Z"]);
    let seen = fires(&[cron("*/30 * * * *", "Europe/Berlin")], "2027-03-28T00:30:00Z", 2);
    assert_eq!(seen, ["2027-03-28T01:00:00Z", "2027-03-28T01:30:00Z"]);
}

#[test]
fn the_31st_is_the_last_of_a_short_month() {
    let monthly = Trigger::Monthly { day: 31, at: 0, zone: "UTC".into(), jitter: DurationMs(0) };
    let seen = fires(&[monthly], "2028-01-15T00:00:00Z", 3);
    assert_eq!(seen, ["2028-01-31T00:00:00Z", "2028-02-29T00:00:00Z", "2028-03-31T00:00:00Z"]);
}

#[test]
fn several_triggers_are_merged_and_meet_once() {
    let seen = fires(&[every(DurationMs::hours(12)), daily(720, "UTC")], "2026-01-01T00:00:00Z", 3);
    assert_eq!(seen, ["2026-01-01T12:00:00Z", "2026-01-02T00:00:00Z", "2026-01-02T12:00:00Z"]);
}

#[test]
fn events_are_not_timed() {
    let change = Trigger::Event {
        name: "change".into(),
        args: [("of".to_owned(), Value::Int(1))].into_iter().collect(),
    };
    let schedule = Schedule::new(&[change]).unwrap();
    assert!(!schedule.is_timed());
    assert_eq!(schedule.next(Timestamp::UNIX_EPOCH), None);
}

/// The second of those that meet would be a run of its own, right behind the first.
#[test]
fn what_meets_as_written_meets_once_whatever_its_jitter() {
    let jittered = |interval, jitter| Trigger::Every { interval, jitter: DurationMs::minutes(jitter) };
    let sparse = jittered(DurationMs::hours(2), 90);
    let mut schedule = Schedule::new(&[sparse, every(DurationMs::hours(6))]).unwrap();
    assert_eq!(schedule.unevenness(), DurationMs::minutes(90));
    schedule.place(|most| most);
    let all: Vec<String> =
        schedule.fires(at("2026-01-01T00:00:00Z")).take(4).map(|at| at.to_string()).collect();
    let expected =
        ["2026-01-01T03:30:00Z", "2026-01-01T05:30:00Z", "2026-01-01T06:00:00Z", "2026-01-01T09:30:00Z"];
    assert_eq!(all, expected);
    assert_eq!(schedule.next(at("2026-01-01T05:30:00Z")), Some(at("2026-01-01T06:00:00Z")));
}

/// A day's trigger is moved past the hours that are written after it.
#[test]
fn times_come_in_order_where_jitter_turns_them_around() {
    let hours = Trigger::Every { interval: DurationMs::hours(1), jitter: DurationMs(0) };
    let day = Trigger::Daily { at: 90, zone: "UTC".into(), jitter: DurationMs::minutes(150) };
    let mut schedule = Schedule::new(&[hours, day]).unwrap();
    schedule.place(|most| most);
    let from = at("2026-01-01T00:00:00Z");
    let all: Vec<Timestamp> = schedule.fires(from).take(26).collect();
    assert!(all.is_sorted() && all.contains(&at("2026-01-01T04:00:00Z")));
    // Moved by two and a half hours it meets the fourth hour: one time.
    assert_eq!(all.last(), Some(&at("2026-01-02T02:00:00Z")));
    // Looked at from any time it is the same.
    for after in &all {
        assert_eq!(
            schedule.next(*after),
            all.iter().find(|at| *at > after).copied().or(Some(at("2026-01-02T03:00:00Z")))
        );
    }
}

#[test]
fn jitter_moves_each_time_by_the_same() {
    let trigger = Trigger::Daily { at: 90, zone: "Europe/Berlin".into(), jitter: DurationMs::minutes(10) };
    let nominal = Schedule::new(std::slice::from_ref(&trigger)).unwrap();
    let placed = Schedule::placed(&[trigger], "nightly", "db-1").unwrap();
    let offset = jitter_offset("nightly", "db-1", DurationMs::minutes(10)).0;
    let start = at("2027-10-25T00:00:00Z");
    for (plain, moved) in nominal.fires(start).zip(placed.fires(start)).take(20) {
        assert_eq!(moved.as_millisecond() - plain.as_millisecond(), offset as i64);
    }
}

/// Found by fuzzing: each of the times cost as much as all of the triggers.
#[test]
fn triggers_with_the_same_times_are_one_part_with_the_jitter_of_each() {
    let minutes = DurationMs::minutes;
    let daily = |at, jitter| Trigger::Daily { at, zone: "Europe/Berlin".into(), jitter };
    let each = [daily(60, minutes(30)), daily(780, minutes(2)), daily(60, minutes(5))];
    let many: Vec<Trigger> = each.iter().cycle().take(20_000).cloned().collect();
    let schedule = Schedule::new(&many).unwrap();
    assert_eq!(schedule.parts.len(), 2);
    assert_eq!((schedule.jitter(), schedule.unevenness()), (minutes(30), minutes(28)));
    // Where they meet, the least that is drawn counts.
    let placed = Schedule::placed(&many, "nightly", "db-1").unwrap();
    let least =
        [30, 5].map(|most| jitter_offset("nightly", "db-1", minutes(most)).0).into_iter().min().unwrap();
    let first = placed.next(at("2027-01-01T12:30:00Z")).unwrap();
    assert_eq!(first.as_millisecond(), at("2027-01-02T00:00:00Z").as_millisecond() + least as i64);
}

#[test]
fn what_is_no_schedule_is_named() {
    let message = |trigger: Trigger| Schedule::new(&[trigger]).unwrap_err().to_string();
    assert_eq!(message(every(DurationMs(0))), "every(0ms) is no interval: from 1ms to ten years");
    assert_eq!(message(daily(1440, "UTC")), "1440 is no minute of a day");
    assert!(message(daily(0, "Europe/Belrin")).contains("`Europe/Belrin` is no zone of the tz database"));
    assert!(message(cron("0 0 31 2 *", "UTC")).contains("would never run"));
}
