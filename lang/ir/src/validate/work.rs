//! Workflows and machines: what their steps, blocks and states refer to.

use foldhash::HashSet;

use super::{Fault, MAX_NESTING};
use crate::{Block, Call, Close, IndexMap, Ir, Machine, Name, Rule, State, Step, Workflow};

/// The names of steps that stand before the one at hand.
type Before<'a> = HashSet<&'a str>;

impl Ir {
    pub(super) fn validate_workflow(&self, name: &Name, workflow: &Workflow) -> Result<(), Fault> {
        let holder = format!("workflow `{name}`");
        self.validate_objective(workflow.objective.as_ref(), &holder)?;
        self.validate_fields(&workflow.other, &holder)?;
        self.validate_triggers(&workflow.triggers, &holder)?;
        let mut before = Before::default();
        for (id, step) in &workflow.steps {
            self.validate_step(&holder, id, step, &before)?;
            before.insert(id);
        }
        self.validate_body(&workflow.body, &workflow.steps, &holder)?;
        numbers(workflow, &holder)?;
        self.validate_closes(&workflow.closes, before, &holder)
    }

    pub(super) fn validate_machine(&self, name: &Name, machine: &Machine) -> Result<(), Fault> {
        let holder = format!("machine `{name}`");
        self.validate_objective(machine.objective.as_ref(), &holder)?;
        self.validate_fields(&machine.other, &holder)?;
        self.validate_triggers(&machine.triggers, &holder)?;
        if let Some(name) = machine.finals.keys().find(|name| machine.states.contains_key(*name)) {
            return Err(Fault::Twice { holder, name: name.clone() });
        }
        let there = |to: &Name| machine.states.contains_key(to) || machine.finals.contains_key(to);
        self.exists(&holder, "state", &machine.start, machine.states.contains_key(&machine.start))?;
        for (id, state) in &machine.states {
            let ways = state.on.values().chain(state.events.values());
            ways.into_iter().try_for_each(|to| self.exists(&holder, "state", to, there(to)))?;
            self.validate_state(&holder, id, state)?;
        }
        let states = machine.states.keys().map(String::as_str).collect();
        self.validate_closes(&machine.closes, states, &holder)
    }

    fn validate_state(&self, holder: &str, id: &Name, state: &State) -> Result<(), Fault> {
        let calls = state.enter.iter().chain(&state.leave);
        calls.into_iter().try_for_each(|call| self.validate_fields(&call.args, holder))?;
        self.validate_step(holder, id, &state.act, &Before::default())
    }

    /// What closes a body may depend on its steps; none of its steps has the name of another.
    fn validate_closes<'a>(&self, closes: &'a [Close], body: Before<'a>, holder: &str) -> Result<(), Fault> {
        let mut taken = body.clone();
        for close in closes {
            let mut before = body.clone();
            for (id, step) in &close.steps {
                if !taken.insert(id) {
                    return Err(Fault::Twice { holder: holder.to_owned(), name: id.clone() });
                }
                self.validate_step(holder, id, step, &before)?;
                before.insert(id);
            }
            self.validate_body(&close.body, &close.steps, holder)?;
        }
        Ok(())
    }

    fn validate_step(&self, owner: &str, id: &Name, step: &Step, before: &Before<'_>) -> Result<(), Fault> {
        let holder = format!("step `{id}` of {owner}");
        if rule_depth(&step.needs) > MAX_NESTING {
            return Err(Fault::TooDeep { holder });
        }
        let mut on: Vec<&Name> = step.waits.iter().collect();
        step.needs.names(&mut on);
        for call in step.calls().iter().chain(&step.undo) {
            self.validate_fields(&call.args, &holder)?;
            call.args.values().for_each(|value| value.steps(&mut on));
        }
        if let Some(on) = on.into_iter().find(|on| !before.contains(on.as_str())) {
            return Err(Fault::Forward { holder: owner.to_owned(), step: id.clone(), on: on.clone() });
        }
        let pools = step.claims.keys().chain(step.shares.keys());
        pools
            .into_iter()
            .try_for_each(|pool| self.exists(&holder, "pool", pool, self.pools.contains_key(pool)))
    }

    /// The body holds each step once.
    fn validate_body(&self, body: &Block, steps: &IndexMap<Name, Step>, holder: &str) -> Result<(), Fault> {
        let mut held = Vec::new();
        self.collect(body, &mut held, 0, holder)?;
        let fault = |step: &Name| Fault::Body { holder: holder.to_owned(), step: step.clone() };
        let mut seen = HashSet::default();
        if let Some(step) = held.into_iter().find(|step| !steps.contains_key(*step) || !seen.insert(*step)) {
            return Err(fault(step));
        }
        steps.keys().find(|step| !seen.contains(step)).map_or(Ok(()), |step| Err(fault(step)))
    }

    /// Collects the steps of a block. What a bracket calls nests in the JSON below the blocks around it, so its
    /// arguments count from there.
    fn collect<'a>(
        &self,
        block: &'a Block,
        held: &mut Vec<&'a Name>,
        depth: usize,
        holder: &str,
    ) -> Result<(), Fault> {
        if let Block::Step(name) = block {
            held.push(name);
            return Ok(());
        }
        if depth >= MAX_NESTING {
            return Err(Fault::TooDeep { holder: holder.to_owned() });
        }
        if let Block::Bracket { acquire, release, .. } = block {
            let args = |call: &'a Call| call.args.values();
            let mut values = args(acquire).chain(args(release));
            values.try_for_each(|value| self.validate_value(value, holder, depth + 1))?;
        }
        block.children().iter().try_for_each(|block| self.collect(block, held, depth + 1, holder))
    }
}

/// Each close that a block names is there, and no other block names it.
fn numbers(workflow: &Workflow, holder: &str) -> Result<(), Fault> {
    let (mut open, mut seen) = (vec![&workflow.body], HashSet::default());
    while let Some(block) = open.pop() {
        if let Block::Closed { by, .. } = block {
            let there = |number: u32| (number as usize) < workflow.closes.len();
            if let Some(number) = by.iter().find(|number| !there(**number) || !seen.insert(**number)) {
                return Err(Fault::NoClose { holder: holder.to_owned(), number: *number });
            }
        }
        open.extend(block.children());
    }
    Ok(())
}

fn rule_depth(rule: &Rule) -> usize {
    match rule {
        Rule::All(rules) | Rule::Any(rules) => 1 + rules.iter().map(rule_depth).max().unwrap_or(0),
        _ => 0,
    }
}

impl Rule {
    /// Adds the names of all steps that it asks about.
    pub fn names<'a>(&'a self, into: &mut Vec<&'a Name>) {
        match self {
            Self::Always => {}
            Self::Well(name) | Self::Failed(name) | Self::Ended(name) => into.push(name),
            Self::All(rules) | Self::Any(rules) => rules.iter().for_each(|rule| rule.names(into)),
        }
    }
}
