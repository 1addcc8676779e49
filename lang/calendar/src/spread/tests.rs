use mainstay_ir::{Action, Call, DurationMs, Ir, Step, Trigger, Value, Workflow};

use super::*;

fn thing(kind: &str, name: &str) -> Value {
    Value::Thing(kind.into(), name.into())
}

fn call(name: &str, args: &[(&str, Value)]) -> Call {
    let args = args.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Call { name: name.into(), args, within: None }
}

fn workflow(hours: u64, calls: Vec<Call>) -> Workflow {
    let step = Step::new(Action::Stages(calls));
    let every = Trigger::Every { interval: DurationMs::hours(hours), jitter: DurationMs(0) };
    let steps = [("step".to_owned(), step)].into_iter().collect();
    Workflow { triggers: vec![every], within: Some(DurationMs::hours(1)), steps, ..Workflow::default() }
}

fn store(repo: &str) -> Vec<Call> {
    vec![call("discover", &[("of", thing("source", "s"))]), call("store", &[("to", thing("repo", repo))])]
}

fn carry(from: &str, to: &str) -> Vec<Call> {
    let latest = call("latest", &[("of", thing("source", "s")), ("in", thing("repo", from))]);
    vec![latest, call("replicate", &[("to", thing("repo", to))])]
}

fn hours(age: &Age<'_>) -> Option<u64> {
    age.as_ref().ok().map(|age| total(age).0 / 3_600_000)
}

#[test]
fn the_shortest_way_counts_and_circles_do_no_harm() {
    let mut ir = Ir::new("p", 2026, "2026a");
    let mut put =
        |name: &str, hours, calls| drop(ir.workflows.insert(name.to_owned(), workflow(hours, calls)));
    put("long", 5, carry("b", "c"));
    put("back", 2, carry("c", "a"));
    put("first", 4, store("a"));
    put("second", 3, carry("a", "b"));
    put("short", 20, carry("a", "c"));
    put("lost", 1, carry("x", "y"));
    put("round", 1, carry("y", "z"));
    let table = Timetable::new(&ir);
    let ages = table.ages();
    // first 4 + 1; second + 3 + 1; long + 5 + 1; back + 2 + 1; short 5 + 20 + 1.
    let found: Vec<_> = ages.iter().map(hours).collect();
    assert_eq!(found, [Some(15), Some(18), Some(5), Some(9), Some(26), None, None]);
    assert_eq!(ages[5].as_ref().unwrap_err(), &Unprovable::NoMaker { source_name: "s", repo: "x" });
}

#[test]
fn what_cannot_be_said_of_one_cannot_be_said_of_its_copies() {
    let mut ir = Ir::new("p", 2026, "2026a");
    let mut endless = workflow(4, store("a"));
    endless.within = None;
    ir.workflows.insert("carry".into(), workflow(3, carry("a", "b")));
    ir.workflows.insert("endless".into(), endless);
    let table = Timetable::new(&ir);
    assert!(table.ages().iter().all(|age| age.as_ref().unwrap_err() == &Unprovable::NoWithin("endless")));
}

/// Each repo is copied to each other: ways through it are more than can be counted.
#[test]
fn many_ways_cost_no_more_than_many_copies() {
    let mut ir = Ir::new("p", 2026, "2026a");
    ir.workflows.insert("first".into(), workflow(1, store("r0")));
    let repos: Vec<String> = (0..40).map(|n| format!("r{n}")).collect();
    for (from, to) in repos.iter().flat_map(|from| repos.iter().map(move |to| (from, to))) {
        if from != to {
            ir.workflows.insert(format!("{from}_{to}"), workflow(1, carry(from, to)));
        }
    }
    let table = Timetable::new(&ir);
    assert!(table.ages().iter().all(|age| hours(age).is_some_and(|hours| hours <= 6)));
}

fn after(workflow: &str) -> Trigger {
    Trigger::Event {
        name: "after_success".into(),
        args: [("of".to_owned(), thing("workflow", workflow))].into_iter().collect(),
    }
}

/// Estates have chains of tens of thousands, and servers have threads with small stacks. Each of these stores a source of
/// its own and copies on what the one before it stored.
#[test]
fn a_long_chain_is_no_recursion_and_each_link_costs_the_same() {
    const LINKS: u64 = 20_000;
    let mut ir = Ir::new("p", 2026, "2026a");
    for n in 0..LINKS {
        let own = vec![
            call("discover", &[("of", thing("source", &format!("s{n}")))]),
            call("store", &[("to", thing("repo", "near"))]),
        ];
        let latest =
            [("of", thing("source", &format!("s{}", n.saturating_sub(1)))), ("in", thing("repo", "near"))];
        let on = vec![call("latest", &latest), call("replicate", &[("to", thing("repo", "far"))])];
        let mut one = workflow(24, own);
        one.steps.insert("on".into(), Step::new(Action::Stages(on)));
        if n > 0 {
            one.triggers = vec![after(&format!("w{}", n - 1))];
        }
        ir.workflows.insert(format!("w{n}"), one);
    }
    let look = move || {
        let table = Timetable::new(&ir);
        let last = table.ages().last().and_then(hours);
        let gaps: Vec<_> = ir.workflows.keys().filter_map(|name| table.own_gaps(name)).collect();
        (last, gaps.len() as u64, gaps.iter().all(|gaps| gaps.root == "w0"))
    };
    let looked = std::thread::Builder::new().stack_size(256 << 10).spawn(look).unwrap().join().unwrap();
    assert_eq!(looked, (Some(24 + LINKS), LINKS, true));
}

/// A workflow after others that stores and copies on as it is said.
fn behind(others: &[String], stored: &[String], taken: &[String]) -> Workflow {
    let mut one = workflow(24, Vec::new());
    one.steps.clear();
    if !others.is_empty() {
        one.triggers = others.iter().map(|other| after(other)).collect();
    }
    for source in stored {
        let calls = vec![
            call("discover", &[("of", thing("source", source))]),
            call("store", &[("to", thing("repo", "near"))]),
        ];
        one.steps.insert(format!("store_{source}"), Step::new(Action::Stages(calls)));
    }
    for source in taken {
        let latest = [("of", thing("source", source)), ("in", thing("repo", "near"))];
        let calls = vec![call("latest", &latest), call("replicate", &[("to", thing("repo", "far"))])];
        one.steps.insert(format!("take_{source}"), Step::new(Action::Stages(calls)));
    }
    one
}

fn named(letter: &str, number: usize) -> Vec<String> {
    vec![format!("{letter}{number}")]
}

/// What each shape costs is counted, and not timed: workflows, makers and joins that are looked at.
#[test]
fn what_is_looked_at_grows_with_the_policy_alone() {
    type Shape = fn(&mut Ir, usize);
    let shapes: [(&str, Shape); 5] = [
        ("each copies from the one before", |ir, count| {
            for n in 1..count {
                let taken = if n > 1 { named("s", n - 1) } else { Vec::new() };
                ir.workflows.insert(format!("w{n}"), behind(&named("w", n - 1), &named("s", n), &taken));
            }
        }),
        ("the first half stores, the other copies it, the last stored first", |ir, count| {
            for n in 1..2 * count {
                let (stored, taken) = if n < count {
                    (named("s", n), Vec::new())
                } else {
                    (Vec::new(), named("s", 2 * count - n))
                };
                ir.workflows.insert(format!("w{n}"), behind(&named("w", n - 1), &stored, &taken));
            }
        }),
        ("all copy what the first one stores", |ir, count| {
            for n in 1..count {
                ir.workflows.insert(format!("w{n}"), behind(&named("w", n - 1), &[], &named("s", 0)));
            }
        }),
        ("each starts after two, and copies from the one before", |ir, count| {
            for n in 1..count {
                let others = [named("w", n - 1), named("w", n.saturating_sub(2))].concat();
                ir.workflows.insert(format!("w{n}"), behind(&others, &named("s", n), &named("s", n - 1)));
            }
        }),
        ("one after all others, and others after that one", |ir, count| {
            let all = |letter: &str| (1..count).flat_map(|n| named(letter, n)).collect::<Vec<_>>();
            for n in 1..count {
                ir.workflows.insert(format!("w{n}"), behind(&named("w", 0), &named("s", n), &[]));
                ir.workflows.insert(format!("v{n}"), behind(&["join".to_owned()], &[], &named("s", n)));
            }
            ir.workflows.insert("join".to_owned(), behind(&all("w"), &[], &all("s")));
        }),
    ];
    for (shape, put) in shapes {
        let looks = |count| {
            let mut ir = Ir::new("p", 2026, "2026a");
            ir.workflows.insert("w0".to_owned(), behind(&[], &named("s", 0), &[]));
            put(&mut ir, count);
            let table = Timetable::new(&ir);
            Waiting::new(&table.order, &table.flows().copies).lineage.looks.get()
        };
        let (once, twice) = (looks(100), looks(200));
        assert!(once >= 90 && twice <= once * 21 / 10, "{shape}: {once}, {twice}");
    }
}

mod drawn {
    use proptest::prelude::*;

    use super::*;

    const WORKS: usize = 9;
    const REPOS: usize = 3;

    #[derive(Debug, Clone)]
    struct Drawn {
        every: Option<u64>,
        follows: Vec<usize>,
        within: Option<u64>,
        /// From where, none being the source; and to where.
        copies: Vec<(Option<usize>, usize)>,
    }

    /// Most start after the one before: long paths, and now and then a join or a circle.
    fn drawn(number: usize) -> impl Strategy<Value = Drawn> {
        let any = prop::collection::vec(0..WORKS, 0..4);
        let follows = prop_oneof![3 => Just(vec![number.saturating_sub(1)]), 2 => any];
        let copies = prop::collection::vec((prop::option::weighted(0.7, 0..REPOS), 0..REPOS), 0..3);
        let within = prop::option::weighted(0.9, 1..30_u64);
        (prop::option::weighted(0.4, 30..90_u64), follows, within, copies)
            .prop_map(|(every, follows, within, copies)| Drawn { every, follows, within, copies })
    }

    fn policy(all: &[Drawn]) -> Ir {
        let mut ir = Ir::new("p", 2026, "2026a");
        for (n, drawn) in all.iter().enumerate() {
            let every = drawn.every.map(DurationMs::hours);
            let every = every.map(|interval| Trigger::Every { interval, jitter: DurationMs(0) });
            let follows = drawn.follows.iter().map(|n| after(&format!("w{n}")));
            let steps = drawn.copies.iter().enumerate().map(|(n, (from, to))| {
                let to = format!("r{to}");
                let calls = from.map_or_else(|| store(&to), |from| carry(&format!("r{from}"), &to));
                (format!("step{n}"), Step::new(Action::Stages(calls)))
            });
            let one = Workflow {
                triggers: every.into_iter().chain(follows).collect(),
                within: drawn.within.map(DurationMs::hours),
                steps: steps.collect(),
                ..Workflow::default()
            };
            ir.workflows.insert(format!("w{n}"), one);
        }
        ir
    }

    /// The least of everything, found by going round until nothing changes any more.
    fn by_hand(all: &[Drawn]) -> Vec<Option<u64>> {
        fn least(slot: &mut Option<u64>, other: Option<u64>) -> bool {
            let is_less = other.is_some_and(|other| slot.is_none_or(|known| other < known));
            if is_less {
                *slot = other;
            }
            is_less
        }
        let sum = |a: Option<u64>, b: Option<u64>| Some(a? + b?);
        let mut rhythm = [None; WORKS];
        // The newest in each repo when a workflow has ended, as it and those before it left it; and in any case.
        let (mut left, mut lies) = ([[None; REPOS]; WORKS], [None; REPOS]);
        let mut ages: Vec<Vec<Option<u64>>> = all.iter().map(|one| vec![None; one.copies.len()]).collect();
        loop {
            let mut moved = false;
            for (n, one) in all.iter().enumerate() {
                moved |= least(&mut rhythm[n], sum(one.every, one.within));
                for before in &one.follows {
                    let other = sum(rhythm[*before], one.within);
                    moved |= least(&mut rhythm[n], other);
                }
                for (age, (from, to)) in ages[n].iter_mut().zip(&one.copies) {
                    let Some(from) = from else {
                        moved |= least(age, rhythm[n]);
                        moved |= least(&mut left[n][*to], *age) | least(&mut lies[*to], *age);
                        continue;
                    };
                    moved |= least(age, sum(lies[*from], rhythm[n]));
                    for before in &one.follows {
                        moved |= least(age, sum(left[*before][*from], one.within));
                    }
                    moved |= least(&mut left[n][*to], *age) | least(&mut lies[*to], *age);
                }
                for (before, repo) in
                    one.follows.iter().flat_map(|before| (0..REPOS).map(move |repo| (before, repo)))
                {
                    let other = sum(left[*before][repo], one.within);
                    moved |= least(&mut left[n][repo], other);
                }
            }
            if !moved {
                return ages.into_iter().flatten().collect();
            }
        }
    }

    proptest! {
        #[test]
        fn ages_are_the_shortest_ways(all in (0..WORKS).map(drawn).collect::<Vec<_>>()) {
            let ir = policy(&all);
            let table = Timetable::new(&ir);
            let found: Vec<Option<u64>> = table.ages().iter().map(hours).collect();
            prop_assert_eq!(found, by_hand(&all));
            for age in table.ages().iter().flatten() {
                let parts = table.parts(age);
                let sum: u64 = parts.iter().map(|part| part.length.0).sum();
                prop_assert_eq!(sum, total(age).0);
                for (before, part) in parts.iter().zip(parts.iter().skip(1)) {
                    let follows = |trigger| crate::follows(trigger) == Some(before.workflow);
                    let is_behind = ir.works().any(|(name, it)| name == part.workflow && it.triggers.iter().any(follows));
                    let is_turn = matches!(part.kind, crate::PartKind::Gap { .. });
                    prop_assert!(is_turn || is_behind || before.workflow == part.workflow);
                }
            }
        }
    }
}
