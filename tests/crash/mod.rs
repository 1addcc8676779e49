//! `kill -9` in every phase of a run. Afterwards no snapshot that was reported is lost, older ones restore bit for
//! bit, nobody has to unlock or repair anything, and the next run finishes.
//!
//! The program says on its log which phase begins (`mainstay::phase`). A run is killed a random part of that phase's
//! measured length after its beginning, so the kills spread over the phase and do not pile up at its start. Phases are short,
//! and some runs die in the one behind; so the next kill is meant for the phase in which the fewest have died.

mod timeline;
mod victim;

use std::collections::BTreeMap;

use timeline::{PHASES, Timeline};
use victim::Victim;

/// How often a scratch scene is made anew, so that a campaign's repository stays small.
const KILLS_PER_SCENE: usize = 50;

/// Kills `count` runs; answers how many died in which phase.
fn campaign_of(count: usize, seed: u64) -> BTreeMap<String, usize> {
    let mut histogram = BTreeMap::<String, usize>::new();
    let random = mainstay_kit::SeededRandom::new(seed);
    let mut done = 0;
    while done < count {
        let mut victim = Victim::new(random.next_u64());
        let timeline = Timeline::measure(&mut victim);
        for _ in 0..KILLS_PER_SCENE.min(count - done) {
            let died = |phase: &&str| histogram.get(*phase).copied().unwrap_or(0);
            let phase = PHASES.into_iter().min_by_key(died).expect("there are phases");
            let wait = timeline.part_of(phase, random.next_u64());
            let died_in = victim.kill_in(phase, wait);
            *histogram.entry(died_in).or_default() += 1;
            victim.survives(random.next_u64());
            done += 1;
        }
        victim.is_whole();
    }
    histogram
}

#[test]
fn a_kill_in_each_phase_loses_nothing() {
    let histogram = campaign_of(PHASES.len() * 2, 1);
    assert!(histogram.values().sum::<usize>() == PHASES.len() * 2, "{histogram:?}");
}

#[test]
#[ignore = "500 kills take minutes: cargo xtask campaign crash"]
fn campaign() {
    let histogram = campaign_of(516, 2);
    for (phase, count) in &histogram {
        println!("{phase:12} {count:4} {}", "#".repeat(count / 2));
    }
    for phase in PHASES {
        assert!(
            histogram.get(phase).copied().unwrap_or(0) >= 30,
            "fewer than 30 kills in {phase}: {histogram:?}"
        );
    }
}
