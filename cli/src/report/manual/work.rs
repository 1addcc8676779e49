//! Workflows and machines: when they run, and what they do.

use jiff::Timestamp;
use mainstay_calendar::Timetable;
use mainstay_ir::{Action, Block, Call, Close, Ending, Ir, Machine, Step, Value, Workflow};

use super::graph::{Graph, draw};
use super::prose::{Piece, prose};
use super::things::value;
use super::when::{all_in_words, next_runs};

/// A workflow.
#[derive(Debug)]
pub struct Work {
    /// As the policy calls it.
    pub name: String,
    /// What its author says.
    pub docs: Vec<Piece>,
    /// The promise that it serves.
    pub objective: Option<String>,
    /// What starts it.
    pub triggers: Vec<String>,
    /// Its next runs.
    pub next: Vec<String>,
    /// The widest gap between two of them, over the years that are looked at.
    pub gap: Option<String>,
    /// A run takes at most so long.
    pub within: Option<String>,
    /// Its other fields.
    pub fields: Vec<(String, String)>,
    /// The drawing.
    pub graph: Option<Graph>,
    /// Its steps in order.
    pub steps: Vec<Line>,
    /// What closes it.
    pub closes: Vec<(String, Vec<Line>)>,
}

/// A step, or the head of a block, in a list.
#[derive(Debug)]
pub struct Line {
    /// How deep it is nested.
    pub depth: usize,
    /// The name of a step; nothing for the head of a block.
    pub name: Option<String>,
    /// What it does, or how the block orders what is in it.
    pub what: String,
    /// Stages in order.
    pub stages: Vec<String>,
    /// What its author says.
    pub docs: Vec<Piece>,
}

/// A machine.
#[derive(Debug)]
pub struct Automaton {
    /// As the policy calls it.
    pub name: String,
    /// What its author says.
    pub docs: Vec<Piece>,
    /// What starts it.
    pub triggers: Vec<String>,
    /// Its first state.
    pub start: String,
    /// Its states in order.
    pub states: Vec<Place>,
    /// How it ends, by final state.
    pub finals: Vec<(String, String)>,
}

/// A state of a machine.
#[derive(Debug)]
pub struct Place {
    /// As the machine calls it.
    pub name: String,
    /// What it does.
    pub does: String,
    /// Where each ending leads.
    pub on: Vec<(String, String)>,
}

/// All workflows.
pub fn works(ir: &Ir, table: &Timetable<'_>, now: Timestamp) -> Vec<Work> {
    ir.workflows.iter().map(|(name, workflow)| work(name, workflow, table, now)).collect()
}

fn work(name: &str, workflow: &Workflow, table: &Timetable<'_>, now: Timestamp) -> Work {
    let gap = table.extremes(name).map(|extremes| extremes.largest.length().to_string());
    let mut steps = Vec::new();
    lines(&workflow.body, workflow, 0, false, &mut steps);
    Work {
        name: name.to_owned(),
        docs: prose(&workflow.docs),
        objective: workflow.objective.clone(),
        triggers: all_in_words(&workflow.triggers),
        next: next_runs(&workflow.triggers, now),
        gap,
        within: workflow.within.map(|within| within.to_string()),
        fields: workflow
            .other
            .iter()
            .filter(|(name, field)| says_something(workflow, name, field))
            .map(|(name, field)| (name.replace('_', " "), value(field)))
            .collect(),
        graph: draw(&workflow.steps, in_short),
        steps,
        closes: workflow.closes.iter().map(|close| (ending(close), closing(close))).collect(),
    }
}

/// Whether a field is more than a default that decides nothing.
fn says_something(workflow: &Workflow, name: &str, field: &Value) -> bool {
    match name {
        "priority" => *field != Value::Int(0),
        "at_end" => workflow.other.contains_key("window"),
        _ => true,
    }
}

fn ending(close: &Close) -> String {
    if close.on.is_empty() {
        return "Whatever came of it".to_owned();
    }
    let word = |ending: &Ending| match ending {
        Ending::Failure => "it failed",
        Ending::Degraded => "it was degraded",
        Ending::Late => "it was late",
        Ending::Mode => "it ran in another mode than before",
    };
    format!("When {}", close.on.iter().map(word).collect::<Vec<_>>().join(", or "))
}

fn closing(close: &Close) -> Vec<Line> {
    close.steps.iter().map(|(name, step)| line(name, step, 0)).collect()
}

/// The body as nested lines. That steps go one after another is said where they could go side by side.
fn lines(block: &Block, workflow: &Workflow, depth: usize, beside: bool, found: &mut Vec<Line>) {
    let head = match block {
        Block::Step(name) => {
            found.extend(workflow.steps.get(name).map(|step| line(name, step, depth)));
            return;
        }
        Block::Sequential(body) => (beside && body.len() > 1).then(|| "one after another".to_owned()),
        Block::Parallel { limit: Some(limit), .. } => Some(format!("side by side, {limit} at once")),
        Block::Parallel { limit: None, .. } => Some("side by side".to_owned()),
        Block::Auto { .. } => Some("in the order that the planner finds best".to_owned()),
        Block::Group { apart, .. } => Some(format!("snapshots at most {apart} apart")),
        Block::Bracket { acquire, release, .. } => {
            Some(format!("held: {} before, {} whatever comes of it", called(acquire), called(release)))
        }
        Block::Closed { .. } => None,
    };
    let inner = if head.is_some() { depth + 1 } else { depth };
    let docs = Vec::new();
    found.extend(head.map(|what| Line { depth, name: None, what, stages: Vec::new(), docs }));
    let beside = matches!(block, Block::Parallel { .. } | Block::Auto { .. });
    block.children().iter().for_each(|child| lines(child, workflow, inner, beside, found));
}

fn line(name: &str, step: &Step, depth: usize) -> Line {
    let (what, stages) = match &step.action {
        Action::Stages(calls) => (String::new(), calls.iter().map(called).collect()),
        Action::Verb(call) => (called(call), Vec::new()),
    };
    Line { depth, name: Some(name.to_owned()), what, stages, docs: prose(&step.docs) }
}

/// A call with the arguments that tell what it is about.
fn called(call: &Call) -> String {
    let telling = |value: &&Value| {
        matches!(
            value,
            Value::Thing(..) | Value::Step(_) | Value::Retention(_) | Value::Percent(_) | Value::List(_)
        )
    };
    let args: Vec<String> =
        call.args.values().filter(telling).map(value).filter(|said| !said.is_empty()).collect();
    if args.is_empty() { call.name.clone() } else { format!("{} {}", call.name, args.join(", ")) }
}

/// `orders to shelf`: for the drawing.
fn in_short(step: &Step) -> String {
    let calls = match &step.action {
        Action::Stages(calls) => calls.as_slice(),
        Action::Verb(call) => return called(call),
    };
    let thing = |wanted: &str| {
        let all = calls.iter().flat_map(|call| call.args.values());
        let mut named = all.filter_map(|value| match value {
            Value::Thing(kind, name) if kind == wanted => Some(name.as_str()),
            _ => None,
        });
        named.next_back()
    };
    match (thing("source"), thing("repo")) {
        (Some(source), Some(repo)) => format!("{source} \u{2192} {repo}"),
        (None, Some(repo)) => format!("\u{2192} {repo}"),
        (Some(name), None) => name.to_owned(),
        (None, None) => calls.last().map(called).unwrap_or_default(),
    }
}

/// All machines.
pub fn machines(ir: &Ir) -> Vec<Automaton> {
    ir.machines.iter().map(|(name, machine)| automaton(name, machine)).collect()
}

fn automaton(name: &str, machine: &Machine) -> Automaton {
    let states = machine.states.iter().map(|(name, state)| {
        let act = line(name, &state.act, 0);
        let does = if act.what.is_empty() { act.stages.join(", ") } else { act.what };
        let events = state.events.iter().map(|(subject, to)| (format!("message {subject}"), to.clone()));
        let on = state.on.iter().map(|(ending, to)| (ending.clone(), to.clone())).chain(events);
        Place { name: name.clone(), does, on: on.collect() }
    });
    Automaton {
        name: name.to_owned(),
        docs: prose(&machine.docs),
        triggers: all_in_words(&machine.triggers),
        start: machine.start.clone(),
        states: states.collect(),
        finals: machine.finals.iter().map(|(name, end)| (name.clone(), end.word().to_owned())).collect(),
    }
}
