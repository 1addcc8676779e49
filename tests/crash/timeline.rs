//! How long each phase of a run takes.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::victim::Victim;

/// The phases of a run in which it is killed, as the program names them.
pub const PHASES: [&str; 6] = ["walk", "pack", "segment", "slot", "checkpoint", "verify"];

/// The longest that was seen of each phase.
pub struct Timeline(BTreeMap<String, Duration>);

impl Timeline {
    /// Runs once to the end and takes the time from each line to the next.
    pub fn measure(victim: &mut Victim) -> Self {
        let mut lengths: BTreeMap<String, Duration> = BTreeMap::new();
        let mut last: Option<(String, Instant)> = None;
        victim.run_to_the_end(|phase| {
            let now = Instant::now();
            if let Some((name, began)) = last.replace((phase.to_owned(), now)) {
                let length = lengths.entry(name).or_default();
                *length = (*length).max(now - began);
            }
        });
        for phase in PHASES {
            assert!(
                lengths.contains_key(phase),
                "the program never said that it is in `{phase}`: {lengths:?}"
            );
        }
        Self(lengths)
    }

    /// A random part of a phase's length.
    pub fn part_of(&self, phase: &str, random: u64) -> Duration {
        let length = self.0.get(phase).copied().unwrap_or_default();
        length.mul_f64((random % 1000) as f64 / 1000.0)
    }
}
