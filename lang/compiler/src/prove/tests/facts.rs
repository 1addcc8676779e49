//! What is told of policies that hold.

use super::*;
use crate::prove::{Worst, facts};

fn two() -> Built {
    let mut built = Built::new();
    built.objective("gold", promise(DurationMs::hours(80)));
    let kept = vec![("kept", protect("home", "shelf", days(14)))];
    built.workflow("nightly", vec![daily(60)], Some(DurationMs::hours(2)), kept);
    built.repo("away", repo("s3", &[place(&[("site", "bern"), ("account", "vault")])]));
    let carried = vec![("carried", carry("home", "shelf", "away", days(7)))];
    built.workflow("carry", vec![daily(300)], Some(DurationMs::hours(1)), carried);
    built
}

#[test]
fn each_copy_has_its_age_and_the_way_to_it() {
    let facts = facts(&two().ir);
    let [shelf, away] = facts.copies.as_slice() else { panic!("{facts:?}") };
    let Worst::Proved { age, chain, timeline, sum } = &away.worst else { panic!("{away:?}") };
    assert_eq!(*age, DurationMs::hours(53));
    assert_eq!(sum, "25 h gap + 2 h within + 25 h gap + 1 h within");
    assert_eq!(chain.as_slice(), ["nightly", "carry"]);
    assert_eq!(timeline.len(), 4);
    assert_eq!(
        (away.site.as_deref(), away.deleters.as_slice()),
        (Some("bern"), ["vault".to_owned()].as_slice())
    );
    assert_eq!(away.retention, Some(days(7)));
    // 27 h may be 53 h older: 24 h for each failed run but for the first. 53 h may be 27 h older.
    assert_eq!((shelf.survives, away.survives), (Some(2), Some(1)));
}

#[test]
fn what_is_locked_nobody_deletes() {
    let mut built = two();
    built.ir.repos["away"].fields.insert("lock_mode".into(), Value::Member("compliance".into()));
    let facts = facts(&built.ir);
    assert!(facts.copies[1].is_locked && facts.copies[1].deleters.is_empty());
}

#[test]
fn what_is_unknown_says_why() {
    let mut built = two();
    built.ir.workflows["nightly"].within = None;
    let facts = facts(&built.ir);
    let why = |number: usize| match &facts.copies[number].worst {
        Worst::Unknown { why } => why.clone(),
        proved => panic!("{proved:?}"),
    };
    assert_eq!(
        (why(0), why(1)),
        ("`nightly` has no `within`".to_owned(), "`nightly` has no `within`".to_owned())
    );
}

#[test]
fn what_a_proof_takes_for_granted_is_told() {
    let mut built = two();
    let workflow = &mut built.ir.workflows["nightly"];
    workflow.other.insert("needs".into(), Value::List(Vec::new()));
    workflow.overlap = mainstay_ir::Overlap::Replace;
    workflow.triggers.push(Trigger::Event { name: "change".into(), args: IndexMap::default() });
    assert_eq!(
        facts(&built.ir).copies[0].assumed,
        [
            "what `nightly` needs is there when it is due",
            "no event comes while a run of `nightly` is due or under way: it would cancel the timed run, and events that keep coming would cancel each"
        ]
    );
}
