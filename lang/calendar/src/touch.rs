//! Wall-clock times that a transition touches: skipped by a gap, or shown twice by a fold.

use jiff::Timestamp;
use jiff::civil::DateTime;

use crate::schedule::Rule;
use crate::{Schedule, Zone, horizon};

/// What a transition does to a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TouchKind {
    /// The clocks never show it that day.
    Skipped,
    /// The clocks show it twice that day.
    Twice,
}

/// A time of a schedule that a transition touches.
#[derive(Debug, Clone, PartialEq)]
pub struct Touch {
    /// How.
    pub kind: TouchKind,
    /// The time as written, on the day it first happens within the horizon.
    pub civil: DateTime,
    /// When the schedule fires for it.
    pub fires: Timestamp,
    /// The zone.
    pub zone: Zone,
}

impl Schedule {
    /// The first time of each kind that a transition touches over the [`horizon`], for each wall-clock trigger.
    pub fn touches(&self) -> Vec<Touch> {
        let walls = self.parts.iter().filter_map(|part| match &part.rule {
            Rule::Wall(pattern, zone) => Some((pattern, zone)),
            Rule::Every(_) => None,
        });
        let mut touches = Vec::new();
        for (pattern, zone) in walls {
            let (start, end) = horizon();
            let shifts = zone.transitions(start, end);
            for kind in [TouchKind::Skipped, TouchKind::Twice] {
                let touched =
                    shifts.iter().filter(|shift| (shift.by_seconds > 0) == (kind == TouchKind::Skipped));
                let first = touched.into_iter().find_map(|shift| {
                    // A gap lasts from what would have been shown to what is; a fold the other way round.
                    let (low, high) = (shift.before.min(shift.after), shift.before.max(shift.after));
                    let civil = pattern.from(low).filter(|civil| *civil < high)?;
                    Some(Touch { kind, civil, fires: zone.first(civil)?, zone: zone.clone() })
                });
                touches.extend(first);
            }
        }
        touches
    }
}

#[cfg(test)]
mod tests {
    use mainstay_ir::{DurationMs, Trigger};

    use super::*;

    fn touches(at: u16, zone: &str) -> Vec<String> {
        let trigger = Trigger::Daily { at, zone: zone.into(), jitter: DurationMs(0) };
        let found = Schedule::new(&[trigger]).unwrap().touches();
        found.iter().map(|touch| format!("{:?} {} {}", touch.kind, touch.civil, touch.fires)).collect()
    }

    #[test]
    fn the_hour_of_the_transition_is_touched_and_its_neighbours_are_not() {
        let berlin = touches(150, "Europe/Berlin");
        assert_eq!(
            berlin,
            [
                "Skipped 2026-03-29T02:30:00 2026-03-29T01:00:00Z",
                "Twice 2026-10-25T02:30:00 2026-10-25T00:30:00Z"
            ]
        );
        assert_eq!(touches(120, "Europe/Berlin").len(), 2);
        assert_eq!(touches(119, "Europe/Berlin").len(), 0);
        assert_eq!(touches(180, "Europe/Berlin").len(), 0);
        assert_eq!(touches(150, "Asia/Tokyo").len(), 0);
    }
}
