//! Which copies a policy makes, read off its steps: the runtime and the proofs must not differ about that.
//!
//! A value flows through the stages of a step, and from step to step. `discover` and `logs` start it at a
//! source; `store` makes a copy; `latest`, `oldest` and `random` start it at a copy that some workflow made
//! before; `replicate` makes a copy of a copy. `verify`, `retain` and `drill` say something of the copy that
//! reaches them.

use std::collections::HashMap;

use crate::{Call, Constructed, Ir, Machine, Name, Retention, Step, Value, Workflow};

/// One source, kept in one repo, by one step.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceCopy<'a> {
    /// Of what.
    pub source: &'a str,
    /// Where.
    pub repo: &'a str,
    /// The workflow that makes it, or the machine.
    pub workflow: &'a str,
    /// The step of that workflow that makes it, or the state of that machine.
    pub step: &'a str,
    /// Out of what.
    pub origin: Origin<'a>,
    /// What it keeps: that of the step itself, or of any step that retains this source in this repo.
    pub retain: Option<&'a Retention>,
    /// Whether any step verifies this source in this repo.
    pub verified: bool,
    /// For a link of a chain of logs (`logs`), the base that it continues.
    pub base: Option<Base<'a>>,
}

/// What a link of a chain of logs continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Base<'a> {
    /// The source that the base was made of.
    pub source: &'a str,
    /// Where the base lies.
    pub repo: &'a str,
}

/// What a step keeps of a source in a repo.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kept<'a> {
    /// Of what.
    pub source: &'a str,
    /// Where.
    pub repo: &'a str,
    /// The workflow.
    pub workflow: &'a str,
    /// The step.
    pub step: &'a str,
    /// What stays.
    pub keep: &'a Retention,
    /// Whether it speaks of the links of a chain, and not of snapshots that stand by themselves.
    pub of_logs: bool,
}

/// What a copy is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin<'a> {
    /// The source itself, in the same run.
    Source,
    /// Another copy, made earlier in the same run.
    Copy {
        /// The repo that it is read from.
        repo: &'a str,
    },
    /// Whatever another run left in a repo.
    Latest {
        /// The repo that it is read from.
        repo: &'a str,
    },
}

impl<'a> Origin<'a> {
    /// The repo that it is read from; none where it is the source.
    pub const fn repo(self) -> Option<&'a str> {
        match self {
            Self::Source => None,
            Self::Copy { repo } | Self::Latest { repo } => Some(repo),
        }
    }
}

/// A rehearsal of a restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rehearsal<'a> {
    /// Of what.
    pub source: &'a str,
    /// Out of where.
    pub repo: &'a str,
    /// The workflow.
    pub workflow: &'a str,
    /// The step.
    pub step: &'a str,
}

/// All that flows in a policy.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Flows<'a> {
    /// Copies in the order of the steps that make them.
    pub copies: Vec<SourceCopy<'a>>,
    /// Drills.
    pub rehearsals: Vec<Rehearsal<'a>>,
    /// All that says what stays.
    pub kept: Vec<Kept<'a>>,
}

/// The value between two stages.
#[derive(Clone, Copy)]
enum Flow<'a> {
    Nothing,
    Live { source: &'a str, base: Option<Base<'a>> },
    At { source: &'a str, repo: &'a str, same_run: bool, base: Option<Base<'a>> },
}

/// What was said of a source in a repo.
#[derive(Default)]
struct Said<'a> {
    retain: HashMap<(&'a str, &'a str), &'a Retention>,
    verified: HashMap<(&'a str, &'a str), ()>,
}

struct Walk<'a> {
    found: Flows<'a>,
    said: Said<'a>,
    own_retain: Vec<Option<&'a Retention>>,
}

impl Ir {
    /// The copies that all workflows make, and then all machines, and the drills, in source order.
    pub fn flows(&self) -> Flows<'_> {
        let mut walk = Walk { found: Flows::default(), said: Said::default(), own_retain: Vec::new() };
        for (name, workflow) in &self.workflows {
            walk.workflow(name, workflow);
        }
        for (name, machine) in &self.machines {
            walk.machine(name, machine);
        }
        walk.finish()
    }

    /// The copies of [`Ir::flows`].
    pub fn copies(&self) -> Vec<SourceCopy<'_>> {
        self.flows().copies
    }
}

impl<'a> Walk<'a> {
    fn workflow(&mut self, name: &'a str, workflow: &'a Workflow) {
        let mut ends: HashMap<&'a str, Flow<'a>> = HashMap::new();
        for (id, step) in &workflow.steps {
            let end = self.step(name, id, step, &ends);
            ends.insert(id, end);
        }
    }

    /// A state takes no value of another one: each begins with a source, or with what lies in a repo.
    fn machine(&mut self, name: &'a str, machine: &'a Machine) {
        for (id, state) in &machine.states {
            self.step(name, id, &state.act, &HashMap::new());
        }
    }

    fn step(
        &mut self,
        workflow: &'a str,
        id: &'a str,
        step: &'a Step,
        ends: &HashMap<&'a str, Flow<'a>>,
    ) -> Flow<'a> {
        let mut flow = Flow::Nothing;
        for call in step.calls() {
            if let Some(of) = call.args.get("of") {
                flow = taken(of, ends);
            }
            if let (Some(since), Flow::Live { source, .. }) = (call.args.get("since"), flow) {
                flow = Flow::Live { source, base: base(taken(since, ends)) };
            }
            flow = self.call(workflow, id, call, flow);
        }
        flow
    }

    fn call(&mut self, workflow: &'a str, step: &'a str, call: &'a Call, flow: Flow<'a>) -> Flow<'a> {
        match (call.name.as_str(), flow) {
            ("store", Flow::Live { source, base }) => {
                self.make(workflow, step, call, (source, Origin::Source, base))
            }
            ("replicate", Flow::At { source, repo, same_run, base }) => {
                let origin = if same_run { Origin::Copy { repo } } else { Origin::Latest { repo } };
                self.make(workflow, step, call, (source, origin, base))
            }
            ("latest" | "oldest" | "random", Flow::Live { source, .. }) => match thing(&call.args, "in") {
                Some(repo) => Flow::At { source, repo, same_run: false, base: None },
                None => Flow::Nothing,
            },
            ("verify", Flow::At { source, repo, .. }) => {
                self.said.verified.insert((source, repo), ());
                flow
            }
            ("retain", Flow::At { source, repo, base, .. }) => {
                self.retain((workflow, step), call, (source, repo), base.is_some());
                flow
            }
            ("drill", Flow::At { source, repo, .. }) => {
                self.found.rehearsals.push(Rehearsal { source, repo, workflow, step });
                flow
            }
            _ => flow,
        }
    }

    fn make(
        &mut self,
        workflow: &'a str,
        step: &'a str,
        call: &'a Call,
        (source, origin, base): (&'a str, Origin<'a>, Option<Base<'a>>),
    ) -> Flow<'a> {
        let Some(repo) = thing(&call.args, "to") else { return Flow::Nothing };
        self.found.copies.push(SourceCopy {
            source,
            repo,
            workflow,
            step,
            origin,
            retain: None,
            verified: false,
            base,
        });
        self.own_retain.push(None);
        Flow::At { source, repo, same_run: true, base }
    }

    fn retain(
        &mut self,
        (workflow, step): (&'a str, &'a str),
        call: &'a Call,
        at: (&'a str, &'a str),
        of_logs: bool,
    ) {
        let Some(Value::Retention(keep)) = call.args.get("keep") else { return };
        self.found.kept.push(Kept { source: at.0, repo: at.1, workflow, step, keep, of_logs });
        self.said.retain.entry(at).or_insert(keep);
        let made = self.found.copies.iter().zip(&mut self.own_retain).rev();
        let own = made.into_iter().find(|(copy, _)| {
            copy.workflow == workflow && copy.step == step && (copy.source, copy.repo) == at
        });
        if let Some((_, slot)) = own {
            *slot = Some(keep);
        }
    }

    fn finish(mut self) -> Flows<'a> {
        for (copy, own) in self.found.copies.iter_mut().zip(self.own_retain) {
            let at = (copy.source, copy.repo);
            copy.retain = own.or_else(|| self.said.retain.get(&at).copied());
            copy.verified = self.said.verified.contains_key(&at);
        }
        self.found
    }
}

/// The base that `since` names: a copy of any kind, of this run or an earlier one.
fn base(flow: Flow<'_>) -> Option<Base<'_>> {
    match flow {
        Flow::At { source, repo, .. } => Some(Base { source, repo }),
        Flow::Nothing | Flow::Live { .. } => None,
    }
}

/// What the argument `of` brings in: a source, the value of a step, or a copy that is looked up in place.
fn taken<'a>(of: &'a Value, ends: &HashMap<&'a str, Flow<'a>>) -> Flow<'a> {
    match of {
        Value::Thing(kind, name) if kind == "source" => Flow::Live { source: name, base: None },
        Value::Step(id) => ends.get(id.as_str()).copied().unwrap_or(Flow::Nothing),
        Value::Constructed(made) => looked_up(made, ends),
        _ => Flow::Nothing,
    }
}

fn looked_up<'a>(made: &'a Constructed, ends: &HashMap<&'a str, Flow<'a>>) -> Flow<'a> {
    let flow = made.fields.get("of").map_or(Flow::Nothing, |of| taken(of, ends));
    match (made.constructor.as_str(), flow, thing(&made.fields, "in")) {
        ("latest" | "oldest" | "random", Flow::Live { source, .. }, Some(repo)) => {
            Flow::At { source, repo, same_run: false, base: None }
        }
        _ => flow,
    }
}

/// The name of the thing in a field.
fn thing<'a>(fields: &'a indexmap::IndexMap<Name, Value>, field: &str) -> Option<&'a str> {
    match fields.get(field) {
        Some(Value::Thing(_, name)) => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
