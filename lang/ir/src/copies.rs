//! Which copies a policy makes, read off its steps: the runtime and the proofs must not differ about that.
//!
//! A value flows through the stages of a step, and from step to step. `discover` and `logs` start it at a
//! source; `store` makes a copy; `latest`, `oldest` and `random` start it at a copy that some workflow made
//! before; `replicate` makes a copy of a copy. `verify`, `retain` and `drill` say something of the copy that
//! reaches them. The steps of what closes a workflow or a machine are followed as those of its body are.

use foldhash::{HashMap, HashSet};

use crate::flows::{Base, Closing, Flows, Kept, Origin, Remark, SourceCopy, When};
use crate::{Call, Close, Constructed, IndexMap, Ir, Machine, Name, Retention, Step, Value, Workflow};

/// The value between two stages.
#[derive(Clone, Copy)]
enum Flow<'a> {
    Nothing,
    Live { source: &'a str, base: Option<Base<'a>>, sealed: bool },
    At { source: &'a str, repo: &'a str, same_run: bool, base: Option<Base<'a>>, sealed: bool },
}

/// What was said of a source in a repo.
#[derive(Default)]
struct Said<'a> {
    retain: HashMap<(&'a str, &'a str), &'a Retention>,
    verified: HashSet<(&'a str, &'a str)>,
}

/// Where a stage stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    workflow: &'a str,
    step: &'a str,
    when: When<'a>,
}

/// A copy, and what its own step keeps of it.
struct Made<'a> {
    copy: SourceCopy<'a>,
    when: When<'a>,
    retain: Option<&'a Retention>,
}

/// What the steps before end with, by their names.
type Ends<'a> = HashMap<&'a str, Flow<'a>>;

#[derive(Default)]
struct Walk<'a> {
    found: Flows<'a>,
    said: Said<'a>,
    made: Vec<Made<'a>>,
}

impl Ir {
    /// The copies that all workflows make, and then all machines, and what is said of them, in source order.
    pub fn flows(&self) -> Flows<'_> {
        let mut walk = Walk::default();
        for (name, workflow) in &self.workflows {
            walk.workflow(name, workflow);
        }
        for (name, machine) in &self.machines {
            walk.machine(name, machine);
        }
        walk.finish()
    }

    /// The copies of [`Ir::flows`] that a promise can count on.
    pub fn copies(&self) -> Vec<SourceCopy<'_>> {
        self.flows().copies
    }
}

impl<'a> Walk<'a> {
    fn workflow(&mut self, name: &'a str, workflow: &'a Workflow) {
        let mut ends = Ends::default();
        self.steps(name, &workflow.steps, When::Body, &mut ends);
        self.closes(name, &workflow.closes, ends);
    }

    /// A state takes no value of another one: each begins with a source, or with what lies in a repo.
    fn machine(&mut self, name: &'a str, machine: &'a Machine) {
        for (id, state) in &machine.states {
            let place = Place { workflow: name, step: id, when: When::Body };
            self.step(place, &state.act, &Ends::default());
        }
        self.closes(name, &machine.closes, Ends::default());
    }

    /// What closes may take what the body ends with.
    fn closes(&mut self, name: &'a str, closes: &'a [Close], mut ends: Ends<'a>) {
        for close in closes {
            let when = if close.on.is_empty() { When::Finally } else { When::On(&close.on) };
            self.steps(name, &close.steps, when, &mut ends);
        }
    }

    fn steps(
        &mut self,
        workflow: &'a str,
        steps: &'a IndexMap<Name, Step>,
        when: When<'a>,
        ends: &mut Ends<'a>,
    ) {
        for (id, step) in steps {
            let end = self.step(Place { workflow, step: id, when }, step, ends);
            ends.insert(id, end);
        }
    }

    fn step(&mut self, place: Place<'a>, step: &'a Step, ends: &Ends<'a>) -> Flow<'a> {
        let mut flow = Flow::Nothing;
        for call in step.calls() {
            if let Some(of) = call.args.get("of") {
                flow = taken(of, ends);
            }
            if let (Some(since), Flow::Live { source, sealed, .. }) = (call.args.get("since"), flow) {
                flow = Flow::Live { source, base: base(taken(since, ends)), sealed };
            }
            flow = self.call(place, call, flow);
        }
        flow
    }

    fn call(&mut self, place: Place<'a>, call: &'a Call, flow: Flow<'a>) -> Flow<'a> {
        match (call.name.as_str(), flow) {
            ("encrypt", Flow::Live { source, base, .. }) => Flow::Live { source, base, sealed: true },
            ("store", Flow::Live { source, base, sealed }) => {
                self.make(place, call, (source, Origin::Source, base, sealed))
            }
            ("replicate", Flow::At { source, repo, same_run, base, sealed }) => {
                let origin = if same_run { Origin::Copy { repo } } else { Origin::Latest { repo } };
                self.make(place, call, (source, origin, base, sealed))
            }
            ("latest" | "oldest" | "random", Flow::Live { source, .. }) => {
                thing(&call.args, "in").map_or(Flow::Nothing, |repo| found_in(source, repo))
            }
            ("verify" | "retain" | "drill" | "restore", Flow::At { source, repo, base, .. }) => {
                self.remark(place, call, (source, repo), base.is_some());
                flow
            }
            _ => flow,
        }
    }

    fn make(
        &mut self,
        Place { workflow, step, when }: Place<'a>,
        call: &'a Call,
        (source, origin, base, sealed): (&'a str, Origin<'a>, Option<Base<'a>>, bool),
    ) -> Flow<'a> {
        let Some(repo) = thing(&call.args, "to") else { return Flow::Nothing };
        let (retain, verified) = (None, false);
        let copy = SourceCopy { source, repo, workflow, step, origin, retain, verified, base, sealed };
        self.made.push(Made { copy, when, retain });
        Flow::At { source, repo, same_run: true, base, sealed }
    }

    /// What a step keeps is forgotten whenever it comes to that; that it reads a copy counts when it does so in each run.
    fn remark(&mut self, place: Place<'a>, call: &'a Call, at: (&'a str, &'a str), of_logs: bool) {
        let (Place { workflow, step, when }, (source, repo)) = (place, at);
        let remark = Remark { source, repo, workflow, step, call, when };
        self.found.remarks.push(remark);
        match call.name.as_str() {
            "retain" => self.retain(place, call, at, of_logs),
            "verify" if when.is_in_each_run() => drop(self.said.verified.insert(at)),
            "drill" if when.is_in_each_run() => self.found.rehearsals.push(remark),
            _ => {}
        }
    }

    fn retain(&mut self, place: Place<'a>, call: &'a Call, at: (&'a str, &'a str), of_logs: bool) {
        let Some(Value::Retention(keep)) = call.args.get("keep") else { return };
        let (Place { workflow, step, .. }, (source, repo)) = (place, at);
        self.found.kept.push(Kept { source, repo, workflow, step, keep, of_logs });
        self.said.retain.entry(at).or_insert(keep);
        let own = self.made.iter_mut().rev().find(|Made { copy, .. }| {
            copy.workflow == workflow && copy.step == step && (copy.source, copy.repo) == at
        });
        if let Some(made) = own {
            made.retain = Some(keep);
        }
    }

    fn finish(mut self) -> Flows<'a> {
        for Made { mut copy, when, retain } in self.made {
            let at = (copy.source, copy.repo);
            copy.retain = retain.or_else(|| self.said.retain.get(&at).copied());
            copy.verified = self.said.verified.contains(&at);
            match when {
                When::Body => self.found.copies.push(copy),
                when => self.found.closing.push(Closing { copy, when }),
            }
        }
        self.found
    }
}

/// What some run left in a repo, whoever looks it up.
fn found_in<'a>(source: &'a str, repo: &'a str) -> Flow<'a> {
    Flow::At { source, repo, same_run: false, base: None, sealed: true }
}

/// The base that `since` names: a copy of any kind, of this run or an earlier one.
fn base(flow: Flow<'_>) -> Option<Base<'_>> {
    match flow {
        Flow::At { source, repo, .. } => Some(Base { source, repo }),
        Flow::Nothing | Flow::Live { .. } => None,
    }
}

/// What the argument `of` brings in: a source, the value of a step, or a copy that is looked up in place.
fn taken<'a>(of: &'a Value, ends: &Ends<'a>) -> Flow<'a> {
    match of {
        Value::Thing(kind, name) if kind == "source" => {
            Flow::Live { source: name, base: None, sealed: false }
        }
        Value::Step(id) => ends.get(id.as_str()).copied().unwrap_or(Flow::Nothing),
        Value::Constructed(made) => looked_up(made, ends),
        _ => Flow::Nothing,
    }
}

fn looked_up<'a>(made: &'a Constructed, ends: &Ends<'a>) -> Flow<'a> {
    let flow = made.fields.get("of").map_or(Flow::Nothing, |of| taken(of, ends));
    match (made.constructor.as_str(), flow, thing(&made.fields, "in")) {
        ("latest" | "oldest" | "random", Flow::Live { source, .. }, Some(repo)) => found_in(source, repo),
        _ => flow,
    }
}

/// The name of the thing in a field.
fn thing<'a>(fields: &'a IndexMap<Name, Value>, field: &str) -> Option<&'a str> {
    match fields.get(field) {
        Some(Value::Thing(_, name)) => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
