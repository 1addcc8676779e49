//! How things stand, as `status` says it.

use std::fs;

use mainstay_world::TimestampMs;

use super::house::{House, policy};
use super::scenes::{STORE, ran};
use crate::report::{Health, RunOptions};

const HOUR_MS: i64 = 3_600_000;

#[test]
fn status_says_never_ran_then_ok_then_overdue() {
    let house = House::new();
    let text = policy(&format!("trigger: every(1h) {STORE}"));
    let engine = house.engine(&text);
    let line = engine.status().unwrap().lines.remove(0);
    assert_eq!((line.health, line.next_ms.is_some()), (Health::NeverRan, true));
    ran(&engine);
    let line = engine.status().unwrap().lines.remove(0);
    assert_eq!((line.health, line.reason.as_str(), line.age_ms), (Health::Ok, "", Some(0)));
    house.clock.advance_ms(3 * 3_600_000);
    let line = engine.status().unwrap().lines.remove(0);
    assert_eq!((line.health, line.age_ms), (Health::Overdue, Some(3 * 3_600_000)));
}

#[test]
fn a_failed_run_is_as_loud_as_it_is() {
    let house = House::new();
    let engine = house.engine(&policy(STORE));
    ran(&engine);
    fs::rename(house.path("shelf"), house.path("gone")).unwrap();
    house.clock.advance_ms(1_000);
    engine.run(&[], &RunOptions::default()).unwrap();
    let line = engine.status().unwrap().lines.remove(0);
    assert_eq!(line.health, Health::Failed);
    assert!(line.last_good_ms.is_some() && line.reason.contains("no repository"), "{line:?}");
    assert_eq!(engine.history(9).unwrap().runs.len(), 2);
}

/// A clock that was wrong for one run hides neither that the next ones did not come, nor how old the copies are.
#[test]
fn a_run_that_is_dated_after_now_keeps_nothing_green() {
    let house = House::new();
    let engine = house.engine(&policy(&format!("trigger: every(1h) {STORE}")));
    ran(&engine);
    let right_ms = house.clock_ms();
    house.clock.set(TimestampMs(right_ms + 240 * HOUR_MS));
    ran(&engine);
    house.clock.set(TimestampMs(right_ms + 1_000));
    let line = engine.status().unwrap().lines.remove(0);
    assert_eq!((line.health, line.age_ms), (Health::Degraded, Some(1_000)), "{line:#?}");
    assert!(line.reason.contains("is dated after now"), "{line:#?}");
    house.clock.set(TimestampMs(right_ms + 5 * HOUR_MS));
    let line = engine.status().unwrap().lines.remove(0);
    assert_eq!((line.health, line.age_ms), (Health::Overdue, Some(5 * HOUR_MS as u64)), "{line:#?}");
}

/// Where only such a one is there, its age is not known, and no objective is kept by it.
#[test]
fn the_age_of_a_copy_that_is_dated_after_now_is_unknown() {
    let house = House::new();
    let engine = house.engine(&policy(STORE));
    house.clock.advance_ms(240 * HOUR_MS as u64);
    ran(&engine);
    house.clock.set(TimestampMs(house.clock_ms() - 240 * HOUR_MS));
    let line = engine.status().unwrap().lines.remove(0);
    assert_eq!((line.health, line.age_ms), (Health::Degraded, None), "{line:#?}");
    assert!(line.last_good_ms.is_some());
}
