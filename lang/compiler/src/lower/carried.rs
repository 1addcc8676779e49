//! What the engine of this format carries out. All else is checked here, and refused there by its name.
//!
//! This is the runtime's matter: the table is short, and a test (`tests/carried.rs`) holds it to the engine.

use std::borrow::Cow;

use mainstay_ir::{
    Action, Block, Call, Close, Constructed, Ending, IndexMap, Ir, Name, Step, Trigger, Value, Waiting,
};

/// Constructors of things, by kind.
const CONSTRUCTORS: &[(&str, &[&str])] = &[
    ("secret", &["env_var", "file", "command", "credential"]),
    ("source", &["files", "command"]),
    ("repo", &["local"]),
];
const STAGES: &[&str] =
    &["discover", "snapshot", "compress", "encrypt", "store", "replicate", "latest", "verify", "retain"];
const VERBS: &[&str] = &["hook", "check"];
/// Fields that change what the engine does, and that it does not carry out.
const FIELDS: &[(&str, &[&str])] = &[
    ("source", &["on", "expect", "before", "after"]),
    ("repo", &["on", "lock_mode", "hours", "rotate"]),
    ("pool", &["rate", "space", "memory", "hours", "floor", "adapt"]),
    ("workflow", &["alive", "window", "needs"]),
];

/// Fields that stand in every workflow, with the value that changes nothing.
const USUAL: &[(&str, Value)] = &[("reserve", Value::Int(0)), ("tolerate", Value::Percent(0))];

/// The constructs of a policy that wait for an engine, each with its holder and its place.
pub fn waiting(ir: &Ir) -> Vec<Waiting> {
    let mut found = Found::default();
    let things = [
        ("secret", &ir.secrets),
        ("host", &ir.hosts),
        ("source", &ir.sources),
        ("repo", &ir.repos),
        ("sandbox", &ir.sandboxes),
        ("channel", &ir.channels),
        ("probe", &ir.probes),
    ];
    for (kind, all) in things {
        all.iter().for_each(|(name, made)| found.thing(kind, name, made));
    }
    for (name, pool) in &ir.pools {
        found.hold("pool", name);
        found.fields("pool", &pool.other);
        if pool.other.get("reserve").is_some_and(|reserve| !is_usual("reserve", reserve)) {
            found.add("pool reserve", "reserve");
        }
        if pool.slots.is_some_and(|(low, high)| low != high) || pool.other.contains_key("slots") {
            found.add("pool slots that adapt", "slots");
        }
    }
    for (name, workflow) in &ir.workflows {
        found.hold("workflow", name);
        found.fields("workflow", &workflow.other);
        found.triggers(&workflow.triggers);
        found.steps(&workflow.steps);
        found.block(&workflow.body, &mut 0);
        found.closes(&workflow.closes);
    }
    for name in ir.machines.keys() {
        found.hold("machine", name);
        found.add("machine", "");
    }
    for (old, new) in &ir.moved {
        found.hold("moved", old);
        found.holder.1 = Cow::Owned(format!("{old} => {new}"));
        found.add("moved", "");
    }
    found.waiting
}

fn is_usual(field: &str, value: &Value) -> bool {
    USUAL.iter().any(|(name, usual)| *name == field && usual == value)
}

/// What was found, and what is looked at.
#[derive(Default)]
struct Found<'a> {
    waiting: Vec<Waiting>,
    /// The kind and the name of what holds.
    holder: (&'static str, Cow<'a, str>),
    /// The name in the holder's place.
    key: &'a str,
    /// How many waited before this holder.
    before: usize,
}

impl<'a> Found<'a> {
    fn hold(&mut self, kind: &'static str, name: &'a Name) {
        self.holder = (kind, Cow::Borrowed(name));
        self.key = name;
        self.before = self.waiting.len();
    }

    /// Each construct of a holder once, at its first place.
    fn add(&mut self, construct: impl Into<String>, part: &str) {
        let construct = construct.into();
        let of_holder = self.waiting.get(self.before..).unwrap_or_default();
        if of_holder.iter().any(|known| known.construct == construct) {
            return;
        }
        let (kind, name) = &self.holder;
        let dot = if part.is_empty() { "" } else { "." };
        let place = format!("{kind}.{}{dot}{part}", self.key);
        self.waiting.push(Waiting { construct, holder: format!("{kind} {name}"), place });
    }

    fn thing(&mut self, kind: &'static str, name: &'a Name, made: &Constructed) {
        self.hold(kind, name);
        let carried = CONSTRUCTORS.iter().find(|(known, _)| *known == kind);
        if carried.is_none_or(|(_, constructors)| !constructors.contains(&made.constructor.as_str())) {
            self.add(format!("{kind} {}", made.constructor), "");
        }
        self.fields(kind, &made.fields);
        for (name, _) in made.fields.iter().filter(|(name, value)| waits(kind, name, value)) {
            self.add(format!("{kind} {name}"), name);
        }
    }

    fn fields(&mut self, kind: &str, given: &IndexMap<Name, Value>) {
        let waiting = FIELDS.iter().find(|(known, _)| *known == kind).map(|(_, fields)| *fields);
        for field in given.keys().filter(|field| waiting.unwrap_or_default().contains(&field.as_str())) {
            self.add(format!("{kind} {field}"), field);
        }
    }

    fn triggers(&mut self, triggers: &[Trigger]) {
        for trigger in triggers {
            if let Trigger::Event { name, .. } = trigger {
                self.add(format!("trigger {name}"), "trigger");
            }
        }
    }

    fn steps(&mut self, steps: &IndexMap<Name, Step>) {
        for (id, step) in steps {
            match &step.action {
                Action::Stages(calls) => {
                    for call in calls.iter().filter(|call| !STAGES.contains(&call.name.as_str())) {
                        self.add(format!("stage {}", call.name), &format!("step.{id}.{}", call.name));
                    }
                }
                Action::Verb(call) => self.verb(id, call),
            }
            if !step.shares.is_empty() {
                self.add("share of a rate", &format!("step.{id}"));
            }
            if step.undo.is_some() {
                self.add("undo", &format!("step.{id}.undo"));
            }
        }
    }

    fn verb(&mut self, id: &Name, call: &Call) {
        if !VERBS.contains(&call.name.as_str()) {
            self.add(format!("verb {}", call.name), &format!("step.{id}"));
        }
        for arg in ["on", "as"].iter().filter(|arg| call.args.contains_key(**arg)) {
            self.add(format!("{} {arg}", call.name), &format!("step.{id}.{}.{arg}", call.name));
        }
    }

    /// Blocks that something holds around, with their numbers in source order.
    fn block(&mut self, block: &Block, number: &mut u32) {
        let construct = match block {
            Block::Auto { .. } => Some("auto"),
            Block::Group { .. } => Some("group"),
            Block::Bracket { .. } => Some("bracket"),
            _ => None,
        };
        if let Some(construct) = construct {
            self.add(construct, &format!("block.{number}"));
            *number += 1;
        }
        block.children().iter().for_each(|inner| self.block(inner, number));
    }

    fn closes(&mut self, closes: &[Close]) {
        for (number, close) in closes.iter().enumerate() {
            self.add(word_of(close), &format!("close.{number}"));
            self.steps(&close.steps);
        }
    }
}

/// `finally`, or `on failure` by its first word.
fn word_of(close: &Close) -> &'static str {
    match close.on.first() {
        None => "finally",
        Some(Ending::Failure) => "on failure",
        Some(Ending::Degraded) => "on degraded",
        Some(Ending::Late) => "on late",
        Some(Ending::Mode) => "on mode",
    }
}

/// Fields that are carried out with some of their values only.
fn waits(kind: &str, name: &str, value: &Value) -> bool {
    match (kind, name, value) {
        ("source", "snapshot", Value::Member(how)) => how != "best" && how != "none",
        ("source", "tolerate", share) => !is_usual(name, share),
        ("source", "as", _) => true,
        ("repo", "trust", Value::List(trusted)) => !trusted.is_empty(),
        _ => false,
    }
}
