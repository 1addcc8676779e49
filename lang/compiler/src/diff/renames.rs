//! The old policy under the names of the new one, as `moved` says.

use std::collections::HashMap;

use mainstay_ir::{Block, Call, Close, IndexMap, Ir, Name, Step, Trigger, Value};

/// A rename: the kind of thing, the old name, the new one.
pub(super) type Renamed = (&'static str, Name, Name);

/// The old policy with the names that moved replaced, and what was replaced.
pub(super) fn renamed(old: &Ir, new: &Ir) -> (Ir, Vec<Renamed>) {
    let mut ir = old.clone();
    let mut found = Vec::new();
    if new.moved.get(&format!("policy {}", old.policy)) == Some(&new.policy) {
        ir.policy.clone_from(&new.policy);
        found.push(("policy", old.policy.clone(), new.policy.clone()));
    }
    let names = |kind| Names { kind, moved: &new.moved };
    found.extend(names("secret").apply(&mut ir.secrets, &new.secrets));
    found.extend(names("host").apply(&mut ir.hosts, &new.hosts));
    found.extend(names("pool").apply(&mut ir.pools, &new.pools));
    found.extend(names("source").apply(&mut ir.sources, &new.sources));
    found.extend(names("repo").apply(&mut ir.repos, &new.repos));
    found.extend(names("sandbox").apply(&mut ir.sandboxes, &new.sandboxes));
    found.extend(names("channel").apply(&mut ir.channels, &new.channels));
    found.extend(names("probe").apply(&mut ir.probes, &new.probes));
    found.extend(names("objective").apply(&mut ir.objectives, &new.objectives));
    found.extend(names("workflow").apply(&mut ir.workflows, &new.workflows));
    found.extend(names("machine").apply(&mut ir.machines, &new.machines));
    found.extend(names("estate").apply(&mut ir.estates, &new.estates));
    let known: HashMap<(&str, &str), &Name> =
        found.iter().map(|(kind, from, to)| ((*kind, from.as_str()), to)).collect();
    Replacing { known }.policy(&mut ir);
    (ir, found)
}

struct Names<'a> {
    kind: &'static str,
    moved: &'a IndexMap<Name, Name>,
}

impl Names<'_> {
    /// Replaces keys; only by a name that is new there.
    fn apply<T>(&self, map: &mut IndexMap<Name, T>, new: &IndexMap<Name, T>) -> Vec<Renamed> {
        let target =
            |name: &Name| self.target(name).filter(|to| new.contains_key(*to) && !new.contains_key(name));
        let renames: Vec<(Name, Name)> =
            map.keys().filter_map(|name| Some((name.clone(), target(name)?.clone()))).collect();
        let renames: HashMap<Name, Name> =
            renames.into_iter().filter(|(_, to)| !map.contains_key(to)).collect();
        let taken = std::mem::take(map);
        let mut found = Vec::new();
        for (name, thing) in taken {
            match renames.get(&name) {
                Some(to) if !map.contains_key(to) => {
                    map.insert(to.clone(), thing);
                    found.push((self.kind, name, to.clone()));
                }
                _ => drop(map.insert(name, thing)),
            }
        }
        found
    }

    /// Where a name has gone in the end; a circle goes nowhere.
    fn target(&self, name: &Name) -> Option<&Name> {
        let mut at = self.moved.get(name)?;
        for _ in 0..self.moved.len() {
            match self.moved.get(at) {
                Some(next) => at = next,
                None => return Some(at),
            }
        }
        None
    }
}

struct Replacing<'a> {
    known: HashMap<(&'a str, &'a str), &'a Name>,
}

impl Replacing<'_> {
    fn policy(&self, ir: &mut Ir) {
        if self.known.is_empty() {
            return;
        }
        for made in [&mut ir.secrets, &mut ir.hosts, &mut ir.sources, &mut ir.repos, &mut ir.sandboxes] {
            made.values_mut().for_each(|made| self.values(&mut made.fields));
        }
        for made in [&mut ir.channels, &mut ir.probes] {
            made.values_mut().for_each(|made| self.values(&mut made.fields));
        }
        ir.pools.values_mut().for_each(|pool| self.values(&mut pool.other));
        ir.objectives.values_mut().for_each(|objective| self.values(&mut objective.other));
        for estate in ir.estates.values_mut() {
            estate.discover.iter_mut().for_each(|made| self.values(&mut made.fields));
        }
        for workflow in ir.workflows.values_mut() {
            self.name("objective", workflow.objective.as_mut());
            self.triggers(&mut workflow.triggers);
            self.values(&mut workflow.other);
            workflow.steps.values_mut().for_each(|step| self.step(step));
            self.block(&mut workflow.body);
            self.closes(&mut workflow.closes);
        }
        for machine in ir.machines.values_mut() {
            self.name("objective", machine.objective.as_mut());
            self.triggers(&mut machine.triggers);
            self.values(&mut machine.other);
            for state in machine.states.values_mut() {
                self.step(&mut state.act);
                state.enter.iter_mut().chain(&mut state.leave).for_each(|call| self.call(call));
            }
            self.closes(&mut machine.closes);
        }
    }

    fn name(&self, kind: &str, name: Option<&mut Name>) {
        if let Some(name) = name
            && let Some(to) = self.known.get(&(kind, name.as_str()))
        {
            name.clone_from(to);
        }
    }

    fn triggers(&self, triggers: &mut [Trigger]) {
        for trigger in triggers {
            if let Trigger::Event { args, .. } = trigger {
                self.values(args);
            }
        }
    }

    fn closes(&self, closes: &mut [Close]) {
        for close in closes {
            close.steps.values_mut().for_each(|step| self.step(step));
            self.block(&mut close.body);
        }
    }

    fn block(&self, block: &mut Block) {
        match block {
            Block::Step(_) => {}
            Block::Sequential(body)
            | Block::Parallel { branches: body, .. }
            | Block::Auto { body, .. }
            | Block::Group { body, .. } => body.iter_mut().for_each(|block| self.block(block)),
            Block::Bracket { acquire, release, body, .. } => {
                self.call(acquire);
                self.call(release);
                body.iter_mut().for_each(|block| self.block(block));
            }
            Block::Closed { body, .. } => self.block(body),
        }
    }

    fn step(&self, step: &mut Step) {
        match &mut step.action {
            mainstay_ir::Action::Stages(calls) => calls.iter_mut().for_each(|call| self.call(call)),
            mainstay_ir::Action::Verb(call) => self.call(call),
        }
        step.undo.iter_mut().for_each(|call| self.call(call));
        let pool = |name: Name| {
            self.known.get(&("pool", name.as_str())).map_or_else(|| name.clone(), |to| (*to).clone())
        };
        step.claims =
            std::mem::take(&mut step.claims).into_iter().map(|(name, of)| (pool(name), of)).collect();
        step.shares =
            std::mem::take(&mut step.shares).into_iter().map(|(name, of)| (pool(name), of)).collect();
    }

    fn call(&self, call: &mut Call) {
        self.values(&mut call.args);
    }

    fn values(&self, fields: &mut IndexMap<Name, Value>) {
        fields.values_mut().for_each(|value| self.value(value));
    }

    fn value(&self, value: &mut Value) {
        match value {
            Value::Thing(kind, name) => self.name(kind, Some(name)),
            Value::Secret(name) => self.name("secret", Some(name)),
            Value::Range(from, to) => from.iter_mut().chain(to).for_each(|value| self.value(value)),
            Value::List(items) => items.iter_mut().for_each(|value| self.value(value)),
            Value::Record(fields) => self.values(fields),
            Value::Constructed(made) => self.values(&mut made.fields),
            _ => {}
        }
    }
}
