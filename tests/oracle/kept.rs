//! What is promised of copies besides their age, and of what surrounds them: sealed, locked, verified, kept; what of a
//! source is protected; which programs are run.

use std::collections::BTreeMap;

use mainstay_ir::{Action, Ir, Retention, Value, Workflow};

/// A source in a repo.
type Place = (String, String);

/// What is promised of one copy.
struct Kept {
    sealed: bool,
    lock: (u8, u64),
    verified: Vec<(u64, u64)>,
    keeps: BTreeMap<String, Retention>,
}

/// A sealed, locked or verified copy that is none any more, or less so.
pub fn stops_being(old: &Ir, new: &Ir) -> Option<String> {
    let (before, after) = (kept(old), kept(new));
    before.iter().find_map(|(place, was)| {
        let Some(is) = after.get(place) else { return Some(format!("{place:?} is gone")) };
        let covers = |(sample, span): &(u64, u64)| is.verified.iter().any(|(s, w)| s >= sample && w <= span);
        if was.sealed && !is.sealed {
            return Some(format!("{place:?} is not sealed"));
        }
        if is.lock.0 < was.lock.0 || is.lock.1 < was.lock.1 {
            return Some(format!("{place:?} is less locked"));
        }
        (!was.verified.iter().all(covers)).then(|| format!("{place:?} is less verified"))
    })
}

/// Whether less of the history of a copy stays.
pub fn forgets(old: &Ir, new: &Ir) -> bool {
    let (before, after) = (kept(old), kept(new));
    let all = Retention { all: true, ..Retention::default() };
    before.iter().any(|(place, was)| {
        let Some(is) = after.get(place) else { return false };
        let workflows = was.keeps.keys().chain(is.keeps.keys());
        workflows.into_iter().any(|workflow| {
            let of = |kept: &Kept| kept.keeps.get(workflow).unwrap_or(&all).clone();
            let (was, is) = (of(was), of(is));
            let numbers = |keep: &Retention| -> [u64; 7] {
                let counts = [keep.hourly, keep.daily, keep.weekly, keep.monthly, keep.yearly, keep.last];
                let [hourly, daily, weekly, monthly, yearly, last] = counts.map(u64::from);
                [hourly, daily, weekly, monthly, yearly, last, keep.within.map_or(0, |within| within.0)]
            };
            let less = || numbers(&was).into_iter().zip(numbers(&is)).any(|(was, is)| is < was);
            !is.all && (was.all || less())
        })
    })
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

/// Whether a program is run less often in some workflow.
pub fn unhooks(old: &Ir, new: &Ir) -> bool {
    let programs = |workflow: &Workflow| -> BTreeMap<String, usize> {
        let mut found = BTreeMap::new();
        for step in workflow.steps.values() {
            if let Action::Verb(call) = &step.action
                && call.name == "hook"
            {
                *found.entry(format!("{:?}", call.args.get("argv"))).or_default() += 1;
            }
        }
        found
    };
    old.workflows.iter().any(|(name, was)| {
        let is = new.workflows.get(name).map(programs).unwrap_or_default();
        programs(was).into_iter().any(|(program, times)| is.get(&program).copied().unwrap_or(0) < times)
    })
}

/// A value between two stages.
#[derive(Clone, Default)]
struct Data {
    source: String,
    repo: String,
    sealed: bool,
}

fn kept(ir: &Ir) -> BTreeMap<Place, Kept> {
    let mut found: BTreeMap<Place, Kept> = BTreeMap::new();
    let mut said = Vec::new();
    for (name, workflow) in &ir.workflows {
        let length = promised_lock(ir, workflow);
        let mut values: BTreeMap<&str, Data> = BTreeMap::new();
        for (id, step) in &workflow.steps {
            let mut data = Data::default();
            for call in step.calls() {
                match call.args.get("of") {
                    Some(Value::Thing(_, name)) => data.source.clone_from(name),
                    Some(Value::Step(step)) => data = values.get(step.as_str()).cloned().unwrap_or_default(),
                    _ => {}
                }
                if let Some(Value::Thing(_, name)) = call.args.get("to").or(call.args.get("in")) {
                    data.repo.clone_from(name);
                }
                match call.name.as_str() {
                    "encrypt" | "latest" => data.sealed = true,
                    "store" | "replicate" => make(ir, length, &data, &mut found),
                    _ => said.push((name, (data.source.clone(), data.repo.clone()), call)),
                }
            }
            values.insert(id, data);
        }
    }
    for (workflow, place, call) in said {
        let Some(kept) = found.get_mut(&place) else { continue };
        match (call.args.get("sample"), call.args.get("all_within"), call.args.get("keep")) {
            (Some(Value::Percent(sample)), Some(Value::Duration(span)), _) => {
                kept.verified.push((*sample, span.0));
            }
            (_, _, Some(Value::Retention(keep))) => {
                kept.keeps.entry(workflow.clone()).or_insert_with(|| keep.clone());
            }
            _ => {}
        }
    }
    found
}

/// How long the promise locks for which a workflow is.
fn promised_lock(ir: &Ir, workflow: &Workflow) -> u64 {
    let promise = workflow.objective.as_ref().and_then(|name| ir.objectives[name].other.get("lock"));
    match promise {
        Some(Value::Duration(length)) => length.0,
        _ => 0,
    }
}

fn make(ir: &Ir, length: u64, data: &Data, found: &mut BTreeMap<Place, Kept>) {
    let mode = match ir.repos[&data.repo].fields.get("lock_mode") {
        Some(Value::Member(mode)) if mode == "compliance" => 2,
        Some(_) => 1,
        None => 0,
    };
    let fresh = Kept { sealed: true, lock: (mode, 0), verified: Vec::new(), keeps: BTreeMap::new() };
    let kept = found.entry((data.source.clone(), data.repo.clone())).or_insert(fresh);
    kept.sealed &= data.sealed;
    if mode > 0 {
        kept.lock.1 = kept.lock.1.max(length);
    }
}
