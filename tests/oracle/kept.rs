//! What is promised of copies besides their age, and of what surrounds them: sealed, locked, verified, kept; what of a
//! source is protected; which programs are run.

use std::collections::{BTreeMap, BTreeSet};

use mainstay_ir::{Action, Block, Call, Final, Ir, Retention, Step, Value};

/// A source in a repo.
type Place = (String, String);

/// What is promised of one copy, or of one that another policy makes.
#[derive(Default)]
struct Kept {
    made: bool,
    unsealed: bool,
    lock: (u8, u64),
    verified: Vec<(u64, u64)>,
    drills: usize,
    checks: BTreeSet<String>,
    /// Of snapshots, and of links.
    keeps: [Vec<Retention>; 2],
}

/// A sealed, locked or verified copy that is none any more, or less so.
pub fn stops_being(old: &Ir, new: &Ir) -> Option<String> {
    let (before, after) = (kept(old), kept(new));
    before.iter().filter(|(_, was)| was.made).find_map(|(place, was)| {
        let Some(is) = after.get(place).filter(|is| is.made) else {
            return Some(format!("{place:?} is gone"));
        };
        if is.unsealed && !was.unsealed {
            return Some(format!("{place:?} is not sealed"));
        }
        if is.lock.0 < was.lock.0 || is.lock.1 < was.lock.1 {
            return Some(format!("{place:?} is less locked"));
        }
        (!verifies(was, is)).then(|| format!("{place:?} is less verified"))
    })
}

fn verifies(was: &Kept, is: &Kept) -> bool {
    let covers = |(sample, span): &(u64, u64)| is.verified.iter().any(|(s, w)| s >= sample && w <= span);
    was.verified.iter().all(covers)
}

/// Whether less is asked of copies than before: no drill any more, or one check less; nor is what others make verified.
pub fn looks_less(old: &Ir, new: &Ir) -> bool {
    let (before, after) = (kept(old), kept(new));
    before.iter().any(|(place, was)| {
        let nothing = Kept::default();
        let is = after.get(place).unwrap_or(&nothing);
        if was.made && !is.made {
            return false;
        }
        let drills = was.drills > 0 && is.drills == 0 || !was.checks.is_subset(&is.checks);
        drills && was.made == is.made || !was.made && !is.made && !verifies(was, is)
    })
}

/// Whether less of the history of a copy stays.
pub fn forgets(old: &Ir, new: &Ir) -> bool {
    let (before, after) = (kept(old), kept(new));
    before.iter().filter(|(_, was)| was.made).any(|(place, was)| {
        let Some(is) = after.get(place).filter(|is| is.made) else { return false };
        (0..2).any(|links| less(all_of(&was.keeps[links]), all_of(&is.keeps[links])))
    })
}

/// Of each bucket the smallest number that any of them keeps; none: everything.
fn all_of(keeps: &[Retention]) -> Option<[u64; 7]> {
    let limited: Vec<&Retention> = keeps.iter().filter(|keep| !keep.all).collect();
    let numbers = |keep: &&Retention| -> [u64; 7] {
        const HOUR: u64 = 3_600_000;
        // How many of a bucket lie in a window for certain: days may have 25 hours, and so on.
        let longest = [1, 25, 7 * 24 + 1, 31 * 24 + 1, 366 * 24].map(|hours| hours * HOUR);
        let counts = [keep.hourly, keep.daily, keep.weekly, keep.monthly, keep.yearly, keep.last];
        let mut counts = counts.map(u64::from).to_vec();
        if limited.iter().any(|other| other != keep) {
            let window = keep.within.map_or(0, |within| within.0);
            counts
                .iter_mut()
                .zip(longest)
                .for_each(|(count, longest)| *count = (*count).max(window / longest));
        }
        counts.push(keep.within.map_or(0, |within| within.0));
        counts.try_into().unwrap()
    };
    limited.iter().map(numbers).reduce(|one, other| std::array::from_fn(|at| one[at].min(other[at])))
}

fn less(was: Option<[u64; 7]>, is: Option<[u64; 7]>) -> bool {
    match (was, is) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(was), Some(is)) => was.into_iter().zip(is).any(|(was, is)| is < was),
    }
}

/// Files that a root of the sketches may hold.
const FILES: [&str; 5] = ["letter.txt", "junk.tmp", "log.old", "draft.bak", ".cache/page"];

/// Whether some file of a source that stays is not protected any more.
pub fn uncovers(old: &Ir, new: &Ir) -> bool {
    let protected = |ir: &Ir, source: &str| -> Vec<String> {
        let fields = &ir.sources[source].fields;
        let texts = |name: &str| match fields.get(name) {
            Some(Value::List(items)) => items.clone(),
            _ => Vec::new(),
        };
        let text = |value: &Value| match value {
            Value::Text(text) => text.clone(),
            other => panic!("{other:?}"),
        };
        let patterns: Vec<String> = texts("exclude").iter().map(text).collect();
        let left_out = |file: &str| {
            patterns.iter().any(|pattern| match pattern.trim_start_matches("**/") {
                ".cache/**" => file.starts_with(".cache/"),
                end => file.ends_with(end.trim_start_matches('*')),
            })
        };
        let files = || FILES.into_iter().filter(|file| !left_out(file));
        texts("roots").iter().flat_map(|root| files().map(|file| format!("{}/{file}", text(root)))).collect()
    };
    let stays = old.sources.keys().filter(|name| new.sources.contains_key(*name));
    stays.into_iter().any(|name| {
        let is = protected(new, name);
        protected(old, name).iter().any(|file| !is.contains(file))
    })
}

/// Whether a program is run in fewer steps of some workflow, or states of some machine, or nobody is asked any more there.
pub fn unhooks(old: &Ir, new: &Ir) -> bool {
    let programs = |name: &str, ir: &Ir| -> BTreeMap<String, usize> {
        let mut found = BTreeMap::new();
        for step in steps(ir).into_iter().filter(|(work, _, _)| *work == name).map(|(_, _, step)| step) {
            if let Action::Verb(call) = &step.action
                && (call.name == "hook" || call.name == "approval")
            {
                *found.entry(format!("{:?}", call.args)).or_default() += 1;
            }
        }
        found
    };
    let names = old.workflows.keys().chain(old.machines.keys());
    names.into_iter().any(|name| {
        let is = programs(name, new);
        programs(name, old).into_iter().any(|(program, times)| is.get(&program).copied().unwrap_or(0) < times)
    })
}

/// All steps, and what all states do: workflow or machine, step or state.
fn steps(ir: &Ir) -> Vec<(&String, &String, &Step)> {
    let workflows =
        ir.workflows.iter().flat_map(|(name, it)| it.steps.iter().map(move |(id, step)| (name, id, step)));
    let machines = ir
        .machines
        .iter()
        .flat_map(|(name, it)| it.states.iter().map(move |(id, state)| (name, id, &state.act)));
    workflows.chain(machines).collect()
}

/// Whether something that a bracket held still is not held any more, or may be held for longer.
pub fn lets_go(old: &Ir, new: &Ir) -> bool {
    let brackets = |ir: &Ir| -> Vec<(String, String, u64, BTreeSet<String>)> {
        let mut found = Vec::new();
        for (name, workflow) in &ir.workflows {
            let mut open = vec![&workflow.body];
            while let Some(block) = open.pop() {
                open.extend(block.children());
                if let Block::Bracket { acquire, at_most, .. } = block {
                    let steps = block.steps().into_iter().cloned().collect();
                    let most = at_most.map_or(u64::MAX, |most| most.0);
                    found.push((name.clone(), format!("{:?}", acquire.args), most, steps));
                }
            }
        }
        found
    };
    let after = brackets(new);
    brackets(old).into_iter().filter(|was| new.workflows.contains_key(&was.0)).any(
        |(name, acquire, most, steps)| {
            let mut same = after.iter().filter(|is| is.0 == name && is.1 == acquire);
            !same.any(|is| is.2 <= most && is.3.is_superset(&steps))
        },
    )
}

/// Whether a machine is told to have ended better than before where it ends the same.
pub fn ends_better(old: &Ir, new: &Ir) -> bool {
    let rank = |end: &Final| match end {
        Final::Ok => 0,
        Final::Degraded => 1,
        Final::Failed => 2,
    };
    old.machines.iter().any(|(name, was)| {
        let Some(is) = new.machines.get(name) else { return false };
        was.finals.iter().any(|(end, how)| is.finals.get(end).is_some_and(|now| rank(now) < rank(how)))
    })
}

/// A value between two stages.
#[derive(Clone, Default)]
struct Data {
    source: String,
    repo: String,
    sealed: bool,
    link: bool,
}

fn kept(ir: &Ir) -> BTreeMap<Place, Kept> {
    let mut found: BTreeMap<Place, Kept> = BTreeMap::new();
    let mut values: BTreeMap<(&str, &str), Data> = BTreeMap::new();
    for (work, id, step) in steps(ir) {
        let mut data = Data::default();
        for call in step.calls() {
            match call.args.get("of") {
                Some(Value::Thing(_, name)) => data.source.clone_from(name),
                Some(Value::Step(step)) => {
                    data = values.get(&(work.as_str(), step)).cloned().unwrap_or_default()
                }
                _ => {}
            }
            if let Some(Value::Thing(_, name)) = call.args.get("to").or(call.args.get("in")) {
                data.repo.clone_from(name);
            }
            data.link |= call.name == "logs";
            data.sealed |= matches!(call.name.as_str(), "encrypt" | "latest");
            if !data.repo.is_empty() && !data.source.is_empty() {
                let kept = found.entry((data.source.clone(), data.repo.clone())).or_default();
                tell(ir, work, call, &data, kept);
            }
        }
        values.insert((work, id), data);
    }
    found
}

fn tell(ir: &Ir, work: &str, call: &Call, data: &Data, kept: &mut Kept) {
    let arg = |name: &str| call.args.get(name);
    match call.name.as_str() {
        "store" | "replicate" => {
            kept.made = true;
            kept.unsealed |= !data.sealed;
            let mode = match ir.repos[&data.repo].fields.get("lock_mode") {
                Some(Value::Member(mode)) if mode == "compliance" => 2,
                Some(_) => 1,
                None => 0,
            };
            let length = if mode > 0 { promised_lock(ir, work) } else { 0 };
            kept.lock = (mode, kept.lock.1.max(length));
        }
        "verify" => match (arg("sample"), arg("all_within")) {
            (Some(Value::Percent(sample)), Some(Value::Duration(span))) => {
                kept.verified.push((*sample, span.0))
            }
            other => panic!("{other:?}"),
        },
        "retain" => match arg("keep") {
            Some(Value::Retention(keep)) => kept.keeps[usize::from(data.link)].push(keep.clone()),
            other => panic!("{other:?}"),
        },
        "drill" => {
            kept.drills += 1;
            kept.checks
                .extend(arg("check").into_iter().flat_map(Value::children).map(|check| format!("{check:?}")));
        }
        _ => {}
    }
}

/// How long the promise locks for which a workflow or a machine is.
fn promised_lock(ir: &Ir, work: &str) -> u64 {
    let workflow = ir.workflows.get(work).and_then(|it| it.objective.as_ref());
    let name = workflow.or_else(|| ir.machines.get(work)?.objective.as_ref());
    match name.and_then(|name| ir.objectives[name].other.get("lock")) {
        Some(Value::Duration(length)) => length.0,
        _ => 0,
    }
}
