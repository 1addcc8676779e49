//! Whether a policy protects less than another, by striking out copies.

use std::collections::{BTreeMap, BTreeSet};

use mainstay_ir::{Ir, Value};

use super::model::{DAY, DAYS, FROM, Fate, Made, Mishap, Starts, copies, is_there};

/// A moment at which the newest copy is older, in words. Whatever goes wrong does so within so many days.
pub fn weaker(old: &Ir, new: &Ir, days: i64) -> Option<String> {
    stops_being(old, new).or_else(|| older(old, new, FROM + days * DAY))
}

/// All that can go wrong, each once: losses at the beginning and after the end of each run, damage and failures at each start.
fn mishaps(old: &Ir, new: &Ir, starts: [&Starts; 2], until: i64) -> Vec<Mishap> {
    let mut labels = BTreeSet::new();
    let mut found = vec![Mishap::None];
    let (mut beginnings, mut ends) = (BTreeSet::new(), BTreeSet::from([FROM]));
    for (ir, starts) in [old, new].into_iter().zip(starts) {
        for (name, repo) in &ir.repos {
            labels.insert(("repo", name.clone()));
            if let Some(Value::Record(place)) = repo.fields.get("place") {
                for field in ["site", "account"] {
                    if let Some(Value::Text(label)) = place.get(field) {
                        labels.insert((if field == "site" { "site" } else { "account" }, label.clone()));
                    }
                }
                // Who can delete counts only where it is said whose it is.
                if let (Some(Value::List(names)), true) =
                    (place.get("deleters"), place.contains_key("account"))
                {
                    labels.extend(names.iter().filter_map(|name| match name {
                        Value::Text(name) => Some(("account", name.clone())),
                        _ => None,
                    }));
                }
            }
        }
        for made in copies(ir, starts, &Fate::of(ir, &Mishap::None)) {
            beginnings.insert(made.started);
            ends.insert(made.there + 1);
        }
        for workflow in ir.workflows.keys() {
            beginnings.extend(starts.of_workflow(workflow));
        }
    }
    beginnings.retain(|at| *at < until);
    ends.retain(|at| *at < until);
    for what in &labels {
        found.extend(ends.iter().map(|at| Mishap::Lost { what: what.clone(), at: *at }));
    }
    let repos: BTreeSet<&String> = old.repos.keys().chain(new.repos.keys()).collect();
    let workflows: BTreeSet<&String> = old.workflows.keys().chain(new.workflows.keys()).collect();
    for at in beginnings {
        found.extend(repos.iter().map(|repo| Mishap::Spoilt { repo: (*repo).clone(), at }));
        found.extend(workflows.iter().map(|workflow| Mishap::Failed { workflow: (*workflow).clone(), at }));
    }
    found
}

fn older(old: &Ir, new: &Ir, until: i64) -> Option<String> {
    let starts = [Starts::of(old), Starts::of(new)];
    let all = mishaps(old, new, [&starts[0], &starts[1]], until);
    all.into_iter().find_map(|mishap| {
        let fates = [Fate::of(old, &mishap), Fate::of(new, &mishap)];
        let [before, after] = [copies(old, &starts[0], &fates[0]), copies(new, &starts[1], &fates[1])];
        let [before, after] = [Newest::of(&before, &fates[0]), Newest::of(&after, &fates[1])];
        let (source, at) = before.is_ahead_of(&after)?;
        Some(format!("{mishap:?}: {source} at {}", (at - FROM) as f64 / DAY as f64))
    })
}

/// As of when the newest copy of each source is, from each moment on; of what stays once it went wrong.
struct Newest<'a>(BTreeMap<&'a str, Vec<(i64, i64)>>);

impl<'a> Newest<'a> {
    fn of(made: &[Made<'a>], fate: &Fate<'_>) -> Self {
        let at = fate.at();
        let end = FROM + DAYS * DAY;
        let mut by_source: BTreeMap<&str, Vec<(i64, i64)>> = BTreeMap::new();
        // What is still there long after it went wrong was there, or came, at its time.
        let stays = made.iter().filter(|one| is_there(one, one.there.max(at), fate));
        for one in stays.filter(|one| one.there.max(at) < end) {
            by_source.entry(one.source).or_default().push((one.there.max(at), one.of));
        }
        for moments in by_source.values_mut() {
            moments.sort_unstable();
            let mut newest = i64::MIN;
            for (_, of) in moments {
                newest = newest.max(*of);
                *of = newest;
            }
        }
        Self(by_source)
    }

    fn at(&self, source: &str, at: i64) -> i64 {
        let moments = self.0.get(source).map(Vec::as_slice).unwrap_or_default();
        let until = moments.partition_point(|(there, _)| *there <= at);
        moments[..until].last().map_or(i64::MIN, |(_, of)| *of)
    }

    fn is_ahead_of(&self, other: &Self) -> Option<(&'a str, i64)> {
        self.0.iter().find_map(|(source, moments)| {
            let behind = moments.iter().find(|(at, _)| self.at(source, *at) > other.at(source, *at));
            behind.map(|(at, _)| (*source, *at))
        })
    }
}

/// What is promised of one copy.
#[derive(Default)]
struct Kept {
    lock: (u8, u64),
    verified: Vec<(u64, u64)>,
}

/// A sealed, locked or verified copy that is none any more, or less so. All copies here are sealed.
fn stops_being(old: &Ir, new: &Ir) -> Option<String> {
    let (before, after) = (kept(old), kept(new));
    before.iter().find_map(|(place, was)| {
        let Some(is) = after.get(place) else { return Some(format!("{place:?} is gone")) };
        let covers = |(sample, span): &(u64, u64)| is.verified.iter().any(|(s, w)| s >= sample && w <= span);
        if is.lock.0 < was.lock.0 || is.lock.1 < was.lock.1 {
            return Some(format!("{place:?} is less locked"));
        }
        (!was.verified.iter().all(covers)).then(|| format!("{place:?} is less verified"))
    })
}

fn kept(ir: &Ir) -> BTreeMap<(String, String), Kept> {
    let mut found: BTreeMap<(String, String), Kept> = BTreeMap::new();
    let mut verifies = Vec::new();
    for workflow in ir.workflows.values() {
        let length =
            workflow.objective.as_ref().and_then(|name| match ir.objectives[name].other.get("lock") {
                Some(Value::Duration(length)) => Some(length.0),
                _ => None,
            });
        let mut values: BTreeMap<&str, (String, String)> = BTreeMap::new();
        for (id, step) in &workflow.steps {
            let (mut source, mut repo) = (String::new(), String::new());
            for call in step.calls() {
                match call.args.get("of") {
                    Some(Value::Thing(_, name)) => source.clone_from(name),
                    Some(Value::Step(step)) => {
                        (source, repo) = values.get(step.as_str()).cloned().unwrap_or_default()
                    }
                    _ => {}
                }
                if let Some(Value::Thing(_, name)) = call.args.get("to").or(call.args.get("in")) {
                    repo.clone_from(name);
                }
                let place = (source.clone(), repo.clone());
                match (call.name.as_str(), call.args.get("sample"), call.args.get("all_within")) {
                    ("store" | "replicate", ..) => {
                        let kept = found.entry(place).or_default();
                        kept.lock.0 = match ir.repos[&repo].fields.get("lock_mode") {
                            Some(Value::Member(mode)) if mode == "compliance" => 2,
                            Some(_) => 1,
                            None => 0,
                        };
                        if kept.lock.0 > 0 {
                            kept.lock.1 = kept.lock.1.max(length.unwrap_or(0));
                        }
                    }
                    ("verify", Some(Value::Percent(sample)), Some(Value::Duration(span))) => {
                        verifies.push((place, (*sample, span.0)));
                    }
                    _ => {}
                }
            }
            values.insert(id, (source, repo));
        }
    }
    for (place, verify) in verifies {
        found.entry(place).and_modify(|kept| kept.verified.push(verify));
    }
    found
}
