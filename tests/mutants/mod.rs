//! Each sample, each example and the library's pipelines with one change: a token deleted, two neighbours swapped, a name
//! misspelt, a unit or a kind of thing that does not belong, stages in the other order, left out, or there twice.
//!
//! A change that still compiles without a word is a mistake that a reviewer would have to see: it has its reason in
//! `suite/clean_mutants.txt`. Each other is told at its place: a diagnostic has a label on the changed tokens, on a
//! neighbour, or on a use of the name that they bound. And it is told once: for nearly all there is exactly one
//! diagnostic, with its first label there.

mod corpus;
mod mutant;
mod operations;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

pub use corpus::{Policy, comments, corpus, wrong};
use mutant::{Mutant, Place, mutants};

use crate::scene::workspace;

/// At most this share of all mutants may compile cleanly, each with its reason.
const CLEAN_SHARE: f64 = 0.02;

/// At least this share of all mutants is told once, at its place.
const ONCE_SHARE: f64 = 0.95;

/// The same of each operation of which there are enough to speak of a share.
const ONCE_SHARE_OF_EACH: f64 = 0.9;
const FEW: usize = 40;

/// What is said of a policy that promises nothing: it stands in the originals, too.
const NOTE: &str = "W1222";

/// What came of the mutants of one operation.
#[derive(Default)]
struct Share {
    all: usize,
    once: usize,
}

impl Share {
    fn holds(&self, wanted: f64) -> bool {
        self.once as f64 >= wanted * self.all as f64
    }
}

/// What came of all mutants.
#[derive(Default)]
struct Tally {
    shares: BTreeMap<&'static str, Share>,
    clean: Vec<String>,
    astray: Vec<String>,
    /// File, place, operation, tokens, and what was told, a line for each.
    record: String,
}

fn judge(policy: &Policy, mutant: &Mutant, tally: &mut Tally) {
    let told = told(policy, &mutant.text);
    let key = mutant.key(&policy.name);
    let places: Vec<_> = told.iter().map(|labels| labels.first().map(Place::describe)).collect();
    let once =
        matches!(told.as_slice(), [labels] if labels.first().is_some_and(|label| mutant.is_near(label)));
    let share = tally.shares.entry(mutant.operation).or_default();
    share.all += 1;
    share.once += usize::from(once);
    let _ = writeln!(tally.record, "{key}\t{}\t{places:?}", if once { "once" } else { "-" });
    if told.is_empty() {
        tally.clean.push(key);
    } else if !told.iter().flatten().any(|label| mutant.is_near(label)) {
        tally.astray.push(format!("{key}  ->  {places:?}"));
    }
}

/// The labels of each diagnostic, without what the original is told.
fn told(policy: &Policy, text: &str) -> Vec<Vec<Place>> {
    let mut told = policy.told(text);
    told.retain(|labels| labels.first().is_none_or(|label| label.code != NOTE));
    told
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
    let all = Share {
        all: tally.shares.values().map(|share| share.all).sum(),
        once: tally.shares.values().map(|share| share.once).sum(),
    };
    for (operation, share) in tally.shares.iter().chain([(&"all", &all)]) {
        println!("{operation:8} {} of {} are told once, at their place", share.once, share.all);
    }
    let unexplained: Vec<_> = tally.clean.iter().filter(|key| !explained.contains(*key)).collect();
    assert!(unexplained.is_empty(), "{} compile cleanly: {unexplained:#?}", unexplained.len());
    let astray = &tally.astray;
    assert!(astray.is_empty(), "{} are told elsewhere: {astray:#?}", astray.len());
    assert!(all.holds(ONCE_SHARE), "only {} of {} are told once", all.once, all.all);
    for (operation, share) in tally.shares.iter().filter(|(_, share)| share.all >= FEW) {
        assert!(share.holds(ONCE_SHARE_OF_EACH), "{operation}: only {} of {}", share.once, share.all);
    }
}

#[test]
fn the_originals_are_clean() {
    for policy in corpus() {
        let labels: Vec<_> = told(&policy, &policy.text).iter().flatten().map(Place::describe).collect();
        assert!(labels.is_empty(), "{}: {labels:?}", policy.name);
    }
}

#[test]
fn a_sample_of_mutants_is_caught_once_and_where_it_stands() {
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
    let record = workspace().join("target/mutants.tsv");
    fs::write(&record, &tally.record).unwrap();
    let all: usize = tally.shares.values().map(|share| share.all).sum();
    println!("{all} mutants, {} compile cleanly; each in {}", tally.clean.len(), record.display());
    for line in &tally.clean {
        println!("clean: {line}");
    }
    assert!(tally.clean.len() as f64 <= CLEAN_SHARE * all as f64);
    complain(&tally);
}
