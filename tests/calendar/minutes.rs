//! The schedule that needs no cleverness: every minute is looked at, one after another.
//!
//! What the clocks of the wall show runs ahead, stands still behind what they have shown before (a fold), or jumps (a
//! gap). A minute of the schedule is met when the clocks first reach or pass it.

use std::ops::Range;

use super::shapes::Shape;
use super::tzif::Offsets;

/// The clocks are watched from so long before the first minute that matters: longer than any fold.
const AHEAD: i64 = 3 * 1440;

/// The minutes since the epoch in `span` at which the shape fires.
pub fn fires(shape: &Shape, zone: &Offsets, span: Range<i64>) -> Vec<i64> {
    let mut is_due = [false; 1440];
    shape.minutes.iter().for_each(|minute| is_due[*minute as usize] = true);
    let mut today = (i64::MIN, false);
    let mut due = |shown: i64| {
        let (day, minute) = (shown.div_euclid(1440), shown.rem_euclid(1440));
        if !is_due[minute as usize] {
            return false;
        }
        if today.0 != day {
            today = (day, shape.holds(day));
        }
        today.1
    };
    let mut found = Vec::new();
    let shows = |minute: i64, offset: i64| minute + offset.div_euclid(60);
    let first = span.start - AHEAD;
    let mut highest = shows(first, zone.at(first * 60));
    let changes = zone.changes_in(first * 60..span.end * 60);
    let mut changes = changes.iter().peekable();
    let mut offset = zone.at(first * 60);
    for minute in first + 1..span.end {
        while let Some((_, _, to)) = changes.next_if(|(at, ..)| *at <= minute * 60) {
            offset = *to;
        }
        let shown = shows(minute, offset);
        let mut passed = highest + 1..=shown;
        highest = highest.max(shown);
        if passed.any(&mut due) && minute >= span.start {
            found.push(minute);
        }
    }
    found
}
