//! What refers to what: every name that an IR uses stands in it, dependencies point backwards, and the body
//! holds each step once. The compiler makes no other IR; a reader does not believe that.

mod work;

use crate::{Action, Call, IndexMap, Ir, Name, Step, Trigger, Value};

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
    #[error("step `{step}` of {holder} depends on `{on}`, which does not stand before it")]
    Forward {
        /// A workflow or a machine.
        holder: String,
        /// Which.
        step: Name,
        /// On what.
        on: Name,
    },
    /// A step that the body holds never or twice.
    #[error("the body of {holder} does not hold step `{step}` exactly once")]
    Body {
        /// A workflow, or what closes something.
        holder: String,
        /// Which.
        step: Name,
    },
    /// A close that no block, or more than one, can mean.
    #[error("{holder} has no close of number {number}, or names it twice")]
    NoClose {
        /// A workflow.
        holder: String,
        /// Which.
        number: u32,
    },
    /// Two of one name where one is meant.
    #[error("{holder} has two of the name `{name}`")]
    Twice {
        /// A workflow or a machine.
        holder: String,
        /// A step or a state.
        name: Name,
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
        self.workflows.iter().try_for_each(|(name, workflow)| self.validate_workflow(name, workflow))?;
        self.machines.iter().try_for_each(|(name, machine)| self.validate_machine(name, machine))
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
        for (name, estate) in &self.estates {
            let holder = format!("estate `{name}`");
            estate.discover.iter().try_for_each(|made| self.validate_fields(&made.fields, &holder))?;
        }
        Ok(())
    }

    fn validate_triggers(&self, triggers: &[Trigger], holder: &str) -> Result<(), Fault> {
        triggers.iter().try_for_each(|trigger| match trigger {
            Trigger::Event { args, .. } => self.validate_fields(args, holder),
            _ => Ok(()),
        })
    }

    fn validate_objective(&self, objective: Option<&Name>, holder: &str) -> Result<(), Fault> {
        objective
            .map_or(Ok(()), |name| self.exists(holder, "objective", name, self.objectives.contains_key(name)))
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
            "machine" => self.machines.contains_key(name),
            "estate" => self.estates.contains_key(name),
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
