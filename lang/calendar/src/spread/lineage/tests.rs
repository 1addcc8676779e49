use mainstay_ir::{DurationMs, Ir, Trigger, Value, Workflow};
use proptest::prelude::*;

use super::*;

const WORKS: usize = 12;

fn after(number: usize) -> Trigger {
    let other = Value::Thing("workflow".into(), format!("w{number}"));
    Trigger::Event { name: "after_success".into(), args: [("of".to_owned(), other)].into_iter().collect() }
}

/// Mostly the one before, or one nearly so: paths, forks and joins; and now and then any, so that some go in a circle.
fn follows(number: usize) -> impl Strategy<Value = Vec<usize>> {
    let near = prop::collection::vec(number.saturating_sub(5)..=number.saturating_sub(1), 1..4);
    let any = prop::collection::vec(0..WORKS, 0..5);
    prop_oneof![4 => Just(vec![number.saturating_sub(1)]), 4 => near, 1 => any]
}

fn policy(follows: &[Vec<usize>], within: &[Option<u64>]) -> Ir {
    let mut ir = Ir::new("p", 2026, "2026a");
    for (number, (follows, within)) in follows.iter().zip(within).enumerate() {
        let triggers = follows.iter().copied().map(after).collect();
        let one = Workflow { triggers, within: within.map(DurationMs), ..Workflow::default() };
        ir.workflows.insert(format!("w{number}"), one);
    }
    ir
}

/// From the end of any maker to the end of this one at the least, link by link, until nothing changes.
fn by_hand(follows: &[Vec<usize>], within: &[Option<u64>], makers: &[usize]) -> Vec<Option<u64>> {
    let mut ends = vec![None; WORKS];
    for _ in 0..WORKS {
        for (number, follows) in follows.iter().enumerate() {
            let before = |at: &usize| if makers.contains(at) { Some(0) } else { ends[*at] };
            let least = follows.iter().filter_map(before).min();
            ends[number] = least.and_then(|least| Some(least + within[number]?));
        }
    }
    ends
}

/// The same by the ways that are found from one of them on.
fn found(lineage: &Lineage<'_, '_>, makers: &Makers, last: usize) -> Option<u64> {
    let (mut known, mut paths) = (vec![last], Vec::new());
    for place in 0.. {
        let Some(at) = known.get(place).copied() else { break };
        if lineage.may_find(at, makers) {
            let fresh = lineage.before(at, makers);
            known.extend(fresh.iter().map(|path| path.after));
            paths.extend(fresh);
            let mut seen = Vec::new();
            known.retain(|at| {
                !seen.contains(at) && {
                    seen.push(*at);
                    true
                }
            });
        }
    }
    let mut ends: Vec<Option<u64>> = vec![None; WORKS];
    for _ in 0..WORKS {
        for path in &paths {
            let before = if makers.makers.contains(&path.after) { Some(0) } else { ends[path.after] };
            let other = before.and_then(|before| Some(before + lineage.length(*path).ok()?));
            ends[path.last] = ends[path.last].into_iter().chain(other).min();
        }
    }
    ends[last]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn the_ways_found_are_as_short_as_those_link_by_link(
        follows in (0..WORKS).map(follows).collect::<Vec<_>>(),
        within in prop::collection::vec(prop::option::weighted(0.95, 1..30_u64), WORKS),
        makers in prop::collection::vec(0..WORKS, 0..4),
    ) {
        let ir = policy(&follows, &within);
        let order = Order::new(&ir);
        let lineage = Lineage::new(&order);
        let by_hand = by_hand(&follows, &within, &makers);
        let makers = lineage.makers(makers);
        for (last, least) in by_hand.iter().enumerate() {
            prop_assert_eq!(found(&lineage, &makers, last), *least, "to {}", last);
        }
    }

    /// The workflows of a path start one after another, and take together what it takes.
    #[test]
    fn a_path_is_made_of_links(follows in (0..WORKS).map(follows).collect::<Vec<_>>(), maker in 0..WORKS) {
        let ir = policy(&follows, &[Some(7); WORKS]);
        let order = Order::new(&ir);
        let lineage = Lineage::new(&order);
        let makers = lineage.makers(vec![maker]);
        for path in (0..WORKS).flat_map(|last| lineage.before(last, &makers)) {
            let back: Vec<usize> = path.back(&order).chain([path.after]).collect();
            let links = back.iter().zip(back.iter().skip(1));
            prop_assert!(links.into_iter().all(|(last, before)| follows[*last].contains(before)));
            prop_assert_eq!(lineage.length(path), Ok(7 * (back.len() as u64 - 1)));
        }
    }
}
