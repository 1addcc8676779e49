//! What refers to what: every name that an IR uses stands in it, dependencies point backwards, and the body
//! holds each step once. The compiler makes no other IR; a reader does not believe that.

use std::collections::HashSet;

use indexmap::IndexMap;

use crate::{Action, Block, Call, Ir, Name, Rule, Step, Trigger, Value, Workflow};

/// How deep blocks, lists and rules of a policy may nest in an IR. People write a handful; each level takes
/// three of the JSON's.
pub const MAX_NESTING: usize = 32;

/// Parts of an IR that do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A name that stands for nothing.
    #[error("{holder} refers to {kind} `{name}`, which does not exist")]
    Dangling {
        /// What refers.
        holder: String,
        /// The kind of thing.
        kind: String,
        /// Its name.
        name: Name,
    },
    /// A step that depends on itself or on a later one.
    #[error("step `{step}` of workflow `{workflow}` depends on `{on}`, which does not stand before it")]
    Forward {
        /// Where.
        workflow: Name,
        /// Which.
        step: Name,
        /// On what.
        on: Name,
    },
    /// A step that the body holds never or twice.
    #[error("the body of workflow `{workflow}` does not hold step `{step}` exactly once")]
    Body {
        /// Where.
        workflow: Name,
        /// Which.
        step: Name,
    },
    /// Over [`MAX_NESTING`].
    #[error("{holder} nests deeper than {MAX_NESTING} levels")]
    TooDeep {
        /// What.
        holder: String,
    },
}

impl Ir {
    /// Checks that the parts fit together.
    ///
    /// # Errors
    /// The first fault, in source order.
    pub fn validate(&self) -> Result<(), Fault> {
        self.validate_things()?;
        self.workflows.iter().try_for_each(|(name, workflow)| self.validate_workflow(name, workflow))
    }

    fn validate_things(&self) -> Result<(), Fault> {
        let made = [
            ("secret", &self.secrets),
            ("host", &self.hosts),
            ("source", &self.sources),
            ("repo", &self.repos),
            ("sandbox", &self.sandboxes),
            ("channel", &self.channels),
            ("probe", &self.probes),
        ];
        for (kind, things) in made {
            for (name, thing) in things {
                self.validate_fields(&thing.fields, &format!("{kind} `{name}`"))?;
            }
        }
        self.validate_fields(&self.params, "a param")?;
        for (name, pool) in &self.pools {
            self.validate_fields(&pool.other, &format!("pool `{name}`"))?;
        }
        for (name, objective) in &self.objectives {
            self.validate_fields(&objective.other, &format!("objective `{name}`"))?;
        }
        Ok(())
    }

    fn validate_workflow(&self, name: &Name, workflow: &Workflow) -> Result<(), Fault> {
        let holder = format!("workflow `{name}`");
        if let Some(objective) = &workflow.objective {
            self.exists(&holder, "objective", objective, self.objectives.contains_key(objective))?;
        }
        self.validate_fields(&workflow.other, &holder)?;
        for trigger in &workflow.triggers {
            if let Trigger::Event { args, .. } = trigger {
                self.validate_fields(args, &holder)?;
            }
        }
        let mut before = HashSet::new();
        for (id, step) in &workflow.steps {
            self.validate_step(name, id, step, &before)?;
            before.insert(id.as_str());
        }
        validate_body(name, workflow)
    }

    fn validate_step(
        &self,
        workflow: &Name,
        id: &Name,
        step: &Step,
        before: &HashSet<&str>,
    ) -> Result<(), Fault> {
        let holder = format!("step `{id}` of workflow `{workflow}`");
        if rule_depth(&step.needs) > MAX_NESTING {
            return Err(Fault::TooDeep { holder });
        }
        let mut on: Vec<&Name> = step.waits.iter().collect();
        step.needs.names(&mut on);
        for call in step.calls() {
            self.validate_fields(&call.args, &holder)?;
            call.args.values().for_each(|value| value.steps(&mut on));
        }
        if let Some(on) = on.into_iter().find(|on| !before.contains(on.as_str())) {
            return Err(Fault::Forward { workflow: workflow.clone(), step: id.clone(), on: on.clone() });
        }
        step.claims
            .keys()
            .try_for_each(|pool| self.exists(&holder, "pool", pool, self.pools.contains_key(pool)))
    }

    fn validate_fields(&self, fields: &IndexMap<Name, Value>, holder: &str) -> Result<(), Fault> {
        fields.values().try_for_each(|value| self.validate_value(value, holder, 0))
    }

    fn validate_value(&self, value: &Value, holder: &str, depth: usize) -> Result<(), Fault> {
        if depth > MAX_NESTING {
            return Err(Fault::TooDeep { holder: holder.to_owned() });
        }
        match value {
            Value::Secret(name) => self.exists(holder, "secret", name, self.secrets.contains_key(name)),
            Value::Thing(kind, name) => self.exists(holder, kind, name, self.has(kind, name)),
            _ => value.children().try_for_each(|child| self.validate_value(child, holder, depth + 1)),
        }
    }

    /// Whether the policy has a thing of this kind and name; of a kind that the IR has no map for, it is taken
    /// on trust.
    fn has(&self, kind: &str, name: &str) -> bool {
        match kind {
            "host" => self.hosts.contains_key(name),
            "pool" => self.pools.contains_key(name),
            "source" => self.sources.contains_key(name),
            "repo" => self.repos.contains_key(name),
            "sandbox" => self.sandboxes.contains_key(name),
            "channel" => self.channels.contains_key(name),
            "probe" => self.probes.contains_key(name),
            "objective" => self.objectives.contains_key(name),
            "workflow" => self.workflows.contains_key(name),
            _ => true,
        }
    }

    fn exists(&self, holder: &str, kind: &str, name: &Name, there: bool) -> Result<(), Fault> {
        if there {
            return Ok(());
        }
        Err(Fault::Dangling { holder: holder.to_owned(), kind: kind.to_owned(), name: name.clone() })
    }
}

fn validate_body(name: &Name, workflow: &Workflow) -> Result<(), Fault> {
    let mut held = Vec::new();
    if !collect(&workflow.body, &mut held, 0) {
        return Err(Fault::TooDeep { holder: format!("workflow `{name}`") });
    }
    let fault = |step: &Name| Fault::Body { workflow: name.clone(), step: step.clone() };
    let mut seen = HashSet::new();
    if let Some(step) =
        held.into_iter().find(|step| !workflow.steps.contains_key(*step) || !seen.insert(*step))
    {
        return Err(fault(step));
    }
    workflow.steps.keys().find(|step| !seen.contains(step)).map_or(Ok(()), |step| Err(fault(step)))
}

/// Collects the steps of a block; false when it nests too deep.
fn collect<'a>(block: &'a Block, held: &mut Vec<&'a Name>, depth: usize) -> bool {
    match block {
        Block::Step(name) => {
            held.push(name);
            true
        }
        _ if depth >= MAX_NESTING => false,
        Block::Sequential(blocks) | Block::Parallel { branches: blocks, .. } => {
            blocks.iter().all(|block| collect(block, held, depth + 1))
        }
    }
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

impl Value {
    /// The values directly inside.
    pub fn children(&self) -> Box<dyn Iterator<Item = &Self> + '_> {
        match self {
            Self::Range(low, high) => Box::new(low.iter().chain(high).map(AsRef::as_ref)),
            Self::List(values) => Box::new(values.iter()),
            Self::Record(fields) => Box::new(fields.values()),
            Self::Constructed(made) => Box::new(made.fields.values()),
            _ => Box::new(std::iter::empty()),
        }
    }

    /// Adds the ids of all steps whose values it takes.
    pub fn steps<'a>(&'a self, into: &mut Vec<&'a Name>) {
        match self {
            Self::Step(name) => into.push(name),
            _ => self.children().for_each(|child| child.steps(into)),
        }
    }
}

impl Step {
    /// Its stages in order, or its one verb.
    pub fn calls(&self) -> &[Call] {
        match &self.action {
            Action::Stages(calls) => calls,
            Action::Verb(call) => std::slice::from_ref(call),
        }
    }
}
