//! What `diff` says of copies, held against a model of its own: on pairs of small policies, a change is called weaker
//! exactly when some single failure leaves an older copy, or none, or a sealed, locked or verified copy is none any more.

mod model;
mod sketch;
mod verdict;

use mainstay_compiler::diff::{Facet, Strength, diff};
use mainstay_kit::SeededRandom;

use sketch::Sketch;

/// How many edits lie between the two of a pair, at most.
const MOST_EDITS: usize = 3;

/// Pairs of the sample, and the days in which things go wrong there: all schedules have shown themselves by then.
const SAMPLE: u64 = 10;
const SAMPLE_DAYS: i64 = 40;

/// What came of some pairs.
#[derive(Default)]
struct Tally {
    pairs: usize,
    weaker: usize,
    disagreements: Vec<String>,
}

fn judge(seed: u64, days: i64, tally: &mut Tally) {
    let random = SeededRandom::new(seed);
    let old = Sketch::random(&random);
    let mut new = old.clone();
    for _ in 0..1 + random.below(MOST_EDITS) {
        new.edit(&random);
    }
    let (old, new) = (old.ir(), new.ir());
    let difference = diff(&old, &new);
    let said: Vec<_> = difference
        .changes
        .iter()
        .filter(|change| change.facet == Facet::Copies && change.strength == Strength::Weaker)
        .collect();
    // The model knows no renames: it is told the old policy as `moved` leaves it.
    let found = verdict::weaker(&mainstay_compiler::diff::as_moved(&old, &new), &new, days);
    tally.pairs += 1;
    tally.weaker += usize::from(found.is_some());
    if found.is_some() == said.is_empty() {
        let lines: Vec<_> = difference
            .changes
            .iter()
            .map(|change| format!("{:?} {}", change.strength, change.line()))
            .collect();
        tally
            .disagreements
            .push(format!("seed {seed}: the model finds {found:?}, diff says {said:#?} of {lines:#?}"));
    }
}

#[test]
fn a_sample_of_pairs_is_judged_alike() {
    let mut tally = Tally::default();
    (0..SAMPLE).for_each(|seed| judge(seed, SAMPLE_DAYS, &mut tally));
    assert!(tally.disagreements.is_empty(), "{}", tally.disagreements.join("\n"));
    assert!(
        tally.weaker > 3 && tally.weaker < tally.pairs,
        "{} of {} are weaker: no fair sample",
        tally.weaker,
        tally.pairs
    );
}

#[test]
#[ignore = "thousands of pairs take minutes: cargo xtask campaign oracle"]
fn campaign() {
    let pairs: u64 = std::env::var("ORACLE_PAIRS").ok().and_then(|pairs| pairs.parse().ok()).unwrap_or(2_000);
    let mut tally = Tally::default();
    (1_000..1_000 + pairs).for_each(|seed| judge(seed, model::DAYS, &mut tally));
    let (pairs, weaker, wrong) = (tally.pairs, tally.weaker, tally.disagreements.len());
    println!("{pairs} pairs, {weaker} weaker, {wrong} disagreements");
    assert!(tally.disagreements.is_empty(), "{}", tally.disagreements.join("\n"));
}
