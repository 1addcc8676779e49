//! Where the states of a machine lead: each ending somewhere, each state from the start and to an end, and no state
//! again without a bound. A state that overwrites a source is reached through a yes only.

use std::collections::VecDeque;

use foldhash::{HashMap, HashSet};
use mainstay_diagnostics::codes::{graph, stages};
use mainstay_diagnostics::{Diagnostic, Span};

use super::Checker;
use super::machines::{CheckedMachine, CheckedState};
use crate::value::{StageCall, Val};

impl Checker<'_> {
    pub(super) fn leads_somewhere(&mut self, machine: &CheckedMachine) {
        let mut whole = true;
        for (name, state) in &machine.states {
            if let Some(found) = lost_endings(name, state) {
                whole = false;
                self.sink.push(found);
            }
        }
        // What an ending without a way would have led to is not known.
        if whole && self.ends(machine) {
            self.reached(machine);
            self.comes_again(machine);
        }
        self.restores(machine);
    }

    /// What is behind a state that nothing leads to is told with that one. First those to which no other unreached
    /// state leads, then those that lead to each other.
    fn reached(&mut self, machine: &CheckedMachine) {
        let mut seen = reachable(machine, start_of(machine), |_, _| true);
        let unseen = machine.states.iter().filter(|(from, _)| !seen.contains(from.as_str()));
        let ways = unseen.flat_map(|(from, state)| state.ways().map(move |way| (from, way.to.as_str())));
        let led_to: HashSet<&str> = ways.filter(|(from, to)| from != to).map(|(_, to)| to).collect();
        let states = machine.states.iter().map(|(name, state)| (name, state.named));
        let finals = machine.finals.iter().map(|(name, (_, span))| (name, *span));
        let all: Vec<(&str, Span)> = states.chain(finals).map(|(name, span)| (name.as_str(), span)).collect();
        let first = all.iter().filter(|(name, _)| !led_to.contains(name));
        for (name, span) in first.chain(&all) {
            if seen.contains(name) {
                continue;
            }
            let message = format!("nothing leads to `{name}`");
            let found = Diagnostic::error(graph::UNREACHED, message, *span, "never entered")
                .help("lead an ending of another state to it, or take it out");
            self.sink.push(found);
            spread(machine, vec![name], |_, _| true, &mut seen);
        }
    }

    /// Whether a way leads to an end from each state.
    fn ends(&mut self, machine: &CheckedMachine) -> bool {
        let mut before: HashMap<&str, Vec<&str>> = HashMap::default();
        for (name, state) in &machine.states {
            state.ways().for_each(|way| before.entry(way.to.as_str()).or_default().push(name));
        }
        let mut next: Vec<&str> = machine.finals.keys().map(String::as_str).collect();
        let mut ending: HashSet<&str> = HashSet::default();
        while let Some(name) = next.pop() {
            if ending.insert(name) {
                next.extend(before.get(name).into_iter().flatten());
            }
        }
        let mut stuck = machine.states.iter().filter(|(name, _)| !ending.contains(name.as_str()));
        let Some((name, state)) = stuck.next() else { return true };
        let message = format!("from `{name}` no way leads to an end");
        let mut found = Diagnostic::error(graph::NO_END, message, state.named, "goes on for ever");
        for (_, other) in stuck {
            found = found.label(other.named, "and so does this one");
        }
        self.sink.push(found.help("lead one of their endings to a `final`"));
        false
    }

    /// A state on a circle can come again: how often is bounded. Circles that share a state are one mistake.
    fn comes_again(&mut self, machine: &CheckedMachine) {
        let mut told: HashSet<&str> = HashSet::default();
        for (name, state) in &machine.states {
            if state.fields.get("visits").is_some() || told.contains(name.as_str()) {
                continue;
            }
            let Some(circle) = circle(machine, name) else { continue };
            let path: Vec<String> = circle.iter().map(|state| format!("`{state}`")).collect();
            let message = format!("`{name}` can come again, and nothing says how often");
            let mut found = Diagnostic::error(graph::NO_VISITS, message, state.named, "no `visits`")
                .note(format!("{} -> `{name}`", path.join(" -> ")))
                .help("say how often a run may enter it: `visits: 3`");
            told.insert(name);
            for (other, other_state) in together(machine, name) {
                if other_state.fields.get("visits").is_none() && told.insert(other) {
                    found = found.label(other_state.named, "nor does this one");
                }
            }
            self.sink.push(found);
        }
    }

    fn restores(&mut self, machine: &CheckedMachine) {
        let trigger = machine.fields.get("trigger").map(|trigger| trigger.span);
        let unasked = reachable(machine, start_of(machine), |state, ending| {
            !(is_approval(state) && ending == Some("ok"))
        });
        for (name, state) in &machine.states {
            for call in restoring(state) {
                let overwrites = super::steps::overwrites_source(&call.args);
                match trigger {
                    Some(trigger) => self.sink.push(super::steps::restore_by_itself(call.span, trigger)),
                    None if overwrites && unasked.contains(name.as_str()) => {
                        self.sink.push(unapproved(call.span, state.named));
                    }
                    None => {}
                }
            }
        }
    }
}

fn lost_endings(name: &str, state: &CheckedState) -> Option<Diagnostic> {
    let (endings, declared) = state.endings()?;
    let is_flow = declared.is_none();
    let lost: Vec<&str> = endings
        .iter()
        .filter(|ending| !(state.on.contains_key(**ending) || is_flow && **ending == "degraded"))
        .copied()
        .collect();
    if lost.is_empty() {
        return None;
    }
    let shown: Vec<String> = lost.iter().map(|ending| format!("`{ending}`")).collect();
    let message = format!("`{name}` does not say where {} leads", shown.join(" and "));
    let mut found = Diagnostic::error(graph::LOST_ENDING, message, state.named, "not all endings lead on");
    if let Some(declared) = declared {
        found = found.label(declared, "the endings are declared here");
    }
    Some(found.help(format!("add `on {} -> STATE`", lost.join(", "))))
}

fn start_of(machine: &CheckedMachine) -> Vec<&str> {
    machine.start.iter().map(|start| start.text.as_str()).collect()
}

/// The states and finals that a run may come to from these, over the transitions that `open` lets through: events have no
/// ending.
fn reachable<'a>(
    machine: &'a CheckedMachine,
    from: Vec<&'a str>,
    open: impl Fn(&CheckedState, Option<&str>) -> bool,
) -> HashSet<&'a str> {
    let mut found = HashSet::default();
    spread(machine, from, open, &mut found);
    found
}

/// Adds what a run may come to from these; what is behind a state that was found before was found with it.
fn spread<'a>(
    machine: &'a CheckedMachine,
    mut next: Vec<&'a str>,
    open: impl Fn(&CheckedState, Option<&str>) -> bool,
    found: &mut HashSet<&'a str>,
) {
    while let Some(name) = next.pop() {
        if !found.insert(name) {
            continue;
        }
        let Some(state) = machine.states.get(name) else { continue };
        let ended = state.on.iter().filter(|(ending, _)| open(state, Some(ending.as_str())));
        next.extend(ended.map(|(_, way)| way.to.as_str()));
        next.extend(state.events.values().filter(|_| open(state, None)).map(|way| way.to.as_str()));
    }
}

/// The states from which a way leads to this one, and to which one leads from it.
fn together<'a>(machine: &'a CheckedMachine, name: &'a str) -> Vec<(&'a str, &'a CheckedState)> {
    let behind = reachable(machine, vec![name], |_, _| true);
    let both_ways =
        |other: &str| behind.contains(other) && reachable(machine, vec![other], |_, _| true).contains(name);
    let states = machine.states.iter().map(|(other, state)| (other.as_str(), state));
    states.filter(|(other, _)| both_ways(other)).collect()
}

/// The shortest way from a state back to itself.
fn circle<'a>(machine: &'a CheckedMachine, name: &'a str) -> Option<Vec<&'a str>> {
    // Each state with the one before it on the shortest way there.
    let mut before: HashMap<&str, &str> = HashMap::default();
    let mut next = VecDeque::from([name]);
    while let Some(at) = next.pop_front() {
        for way in machine.states.get(at).into_iter().flat_map(CheckedState::ways) {
            if way.to == name {
                let mut path: Vec<&str> =
                    std::iter::successors(Some(at), |at| before.get(at).copied()).collect();
                path.reverse();
                return Some(path);
            }
            if !before.contains_key(way.to.as_str()) {
                before.insert(&way.to, at);
                next.push_back(&way.to);
            }
        }
    }
    None
}

fn is_approval(state: &CheckedState) -> bool {
    matches!(state.fields.get("do").map(|act| &act.value), Some(Val::Act(call)) if call.verb.name == "approval")
}

fn restoring(state: &CheckedState) -> Vec<&StageCall> {
    match state.fields.get("do").map(|act| &act.value) {
        Some(Val::Flow(flow)) => flow.calls.iter().filter(|call| call.stage.name == "restore").collect(),
        _ => Vec::new(),
    }
}

fn unapproved(span: Span, state: Span) -> Diagnostic {
    let message = "a source is overwritten only after somebody said yes";
    Diagnostic::error(stages::RESTORE, message, span, "can be reached without an approval")
        .label(state, "this state")
        .help("lead to it from `ok` of a state with `do: approval(from: CHANNEL)` alone, or restore into a sandbox")
}
