//! What holds for every graph, every script and every cut.

use std::collections::BTreeMap;
use std::sync::Arc;

use mainstay_journal::{Class, Outcome};
use proptest::prelude::*;

use super::sim::*;
use crate::executor::door::ActError;
use crate::shape::Shape;
use crate::state::next;

const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

fn shapes() -> impl Strategy<Value = Shape> {
    let step_of = (any::<u8>(), 0..4u8, 0..3u32, proptest::option::of((0..2u32, 0..3u32)));
    proptest::collection::vec(step_of, 1..=NAMES.len()).prop_map(|parts| {
        let steps = parts.iter().enumerate().map(|(number, (waits, kind, slots, limited))| {
            let before: Vec<&str> =
                (0..number).filter(|bit| waits >> bit & 1 == 1).map(|bit| NAMES[bit]).collect();
            let kinds = match kind {
                0 => vec![backup(), verify(), retain()],
                1 => vec![backup()],
                2 => vec![backup(), verify()],
                _ => vec![verify()],
            };
            let mut step = step(kinds, &before);
            if *slots > 0 {
                step.claims = BTreeMap::from([("disk".to_owned(), *slots), ("net".to_owned(), 1)]);
            }
            step.limits = limited.iter().map(|(block, branch)| limit(*block, block + 1, *branch)).collect();
            (NAMES[number], step)
        });
        let mut shape = shape(steps.collect());
        shape.pools = BTreeMap::from([("disk".to_owned(), 2), ("net".to_owned(), 3)]);
        shape
    })
}

fn scripts() -> impl Strategy<Value = Vec<(usize, Vec<Script>)>> {
    let script = (1..3_000i64, 0..6u8).prop_map(|(took_ms, end)| {
        let end = match end {
            0 => Script::fails(Class::Transient).end,
            1 => Script::fails(Class::Permanent).end,
            2 => Err(ActError::Lost("closed by another".into())),
            3 => Ok(Outcome::Degraded { reason: "not whole".into() }),
            _ => Ok(Outcome::Ok),
        };
        Script { took_ms, end }
    });
    proptest::collection::vec((0..NAMES.len(), proptest::collection::vec(script, 0..4)), 0..6)
}

fn told(sim: &mut Sim, scripts: &[(usize, Vec<Script>)]) {
    for (number, script) in scripts {
        sim.scripts.insert(NAMES[*number].to_owned(), script.clone());
    }
}

/// For each prefix of the history: what a recovery would ask for is what the live run asked for.
fn live_and_recovered_agree(shape: &Arc<Shape>, sim: &Sim) {
    let records = sim.records();
    for (head, now_ms, live) in &sim.asked {
        let prefix = &records[..usize::try_from(head.0).unwrap()];
        assert_eq!(&next(&fold(shape, prefix), *now_ms), live);
    }
    assert_eq!(&fold(shape, &records), sim.state());
}

/// Steps whose end is good have exactly one snapshot that was not given up; nothing committed is forgotten.
fn no_copy_is_lost_or_made_twice(sim: &Sim) {
    let run = sim.state().run(&RUN).unwrap();
    for (name, step) in &run.steps {
        let committed = sim.ground.committed.values().filter(|of| *of == name).count();
        assert!(committed <= 1, "{name} was stored {committed} times");
        if committed == 1 {
            assert!(step.stored.is_some(), "{name}: a committed snapshot is not known: {step:#?}");
        }
        let stored = step.stored.iter().map(|stored| &stored.snapshot);
        assert!(stored.clone().all(|session| sim.ground.committed.contains_key(session)), "{name}");
        assert!(stored.clone().all(|session| !sim.ground.closed.contains(session)), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_run_ends_and_live_equals_recovered(shape in shapes(), scripts in scripts()) {
        let shape = Arc::new(shape);
        let mut sim = Sim::new(&shape, Ground::default(), None);
        told(&mut sim, &scripts);
        sim.start().unwrap();
        sim.go(i64::MAX).unwrap();
        live_and_recovered_agree(&shape, &sim);
        no_copy_is_lost_or_made_twice(&sim);
    }

    #[test]
    fn a_cut_at_any_event_loses_nothing(
        shape in shapes(),
        scripts in scripts(),
        cuts in proptest::collection::vec(1..12u64, 1..4),
        luck in any::<u64>(),
    ) {
        let shape = Arc::new(shape);
        let mut ground = Ground::default();
        let mut end = 0;
        let mut has_begun = false;
        for cut in cuts {
            end += cut;
            let mut sim = Sim::new(&shape, ground, Some(end));
            told(&mut sim, &scripts);
            let went = if has_begun { sim.recover() } else { sim.start() }.and_then(|()| sim.go(i64::MAX));
            has_begun |= sim.state().run(&RUN).is_some();
            live_and_recovered_agree(&shape, &sim);
            ground = if went.is_ok() { sim.ground } else { sim.die(luck) };
        }
        let mut sim = Sim::new(&shape, ground, None);
        if has_begun { sim.recover() } else { sim.start() }.unwrap();
        sim.go(i64::MAX).unwrap();
        live_and_recovered_agree(&shape, &sim);
        no_copy_is_lost_or_made_twice(&sim);
    }
}
