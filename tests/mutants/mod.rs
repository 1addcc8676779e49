//! Each single token of each example and sample deleted, and each two neighbours swapped: a policy that still compiles
//! without a word is a mistake that a reviewer would have to see. The diagnostic has a label on the changed tokens, on a
//! neighbour, or on a use of the name that they bound; what stands cleanly has its reason in
//! `suite/clean_mutants.txt`.

mod corpus;
mod mutant;

use std::collections::BTreeSet;
use std::fs;

use corpus::{Policy, corpus};
use mutant::{Mutant, mutants};

use crate::scene::workspace;

/// At most this share of all mutants may compile cleanly, each with its reason.
const CLEAN_SHARE: f64 = 0.02;

/// What came of the mutants of one policy.
#[derive(Default)]
struct Tally {
    all: usize,
    clean: Vec<String>,
    astray: Vec<String>,
}

fn judge(policy: &Policy, mutant: &Mutant, tally: &mut Tally) {
    tally.all += 1;
    let labels = policy.labels_of(&mutant.text);
    if labels.is_empty() {
        tally.clean.push(mutant.key(&policy.name));
    } else if !labels.iter().any(|label| mutant.is_near(label)) {
        let places: Vec<_> = labels.iter().map(|label| label.describe()).collect();
        tally.astray.push(format!("{}  ->  {}", mutant.key(&policy.name), places.join(", ")));
    }
}

/// Takes each `step`-th mutant, from `offset`.
fn run(step: usize, offset: usize) -> Tally {
    let mut tally = Tally::default();
    for policy in corpus() {
        for mutant in mutants(&policy.text).into_iter().skip(offset).step_by(step) {
            judge(&policy, &mutant, &mut tally);
        }
    }
    tally
}

/// The mutants that may compile cleanly: a key, then ` # ` and the reason.
fn explained() -> BTreeSet<String> {
    let text = fs::read_to_string(workspace().join("tests/suite/clean_mutants.txt")).unwrap();
    let reasoned = |line: &str| line.split_once(" # ").map(|(key, _reason)| key.trim().to_owned());
    text.lines().filter_map(reasoned).collect()
}

fn complain(tally: &Tally) {
    let explained = explained();
    let unexplained: Vec<_> = tally.clean.iter().filter(|key| !explained.contains(*key)).collect();
    assert!(
        unexplained.is_empty(),
        "{} of {} compile cleanly: {unexplained:#?}",
        unexplained.len(),
        tally.all
    );
    let astray = &tally.astray;
    assert!(astray.is_empty(), "{} of {} are told elsewhere: {astray:#?}", astray.len(), tally.all);
}

#[test]
fn the_originals_are_clean() {
    for policy in corpus() {
        let labels: Vec<_> = policy.labels_of(&policy.text).iter().map(mutant::Place::describe).collect();
        assert!(labels.is_empty(), "{}: {labels:?}", policy.name);
    }
}

#[test]
fn a_sample_of_mutants_is_caught_where_it_stands() {
    complain(&run(4, 1));
}

#[test]
fn what_formats_formats_to_itself() {
    for policy in corpus() {
        for mutant in mutants(&policy.text).into_iter().step_by(7) {
            let Some(once) = corpus::formatted(&mutant.text) else { continue };
            assert_eq!(
                corpus::formatted(&once).as_deref(),
                Some(once.as_str()),
                "{}",
                mutant.key(&policy.name)
            );
            assert_eq!(
                corpus::comments(&once),
                corpus::comments(&mutant.text),
                "{}",
                mutant.key(&policy.name)
            );
        }
    }
}

#[test]
#[ignore = "all mutants take minutes: cargo xtask campaign mutants"]
fn campaign() {
    let tally = run(1, 0);
    println!(
        "{} mutants, {} compile cleanly, {} labels astray",
        tally.all,
        tally.clean.len(),
        tally.astray.len()
    );
    for line in &tally.clean {
        println!("clean: {line}");
    }
    for line in &tally.astray {
        println!("astray: {line}");
    }
    assert!(tally.clean.len() as f64 <= CLEAN_SHARE * tally.all as f64);
    complain(&tally);
}
