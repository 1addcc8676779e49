//! Machines: work in states, each of whose endings leads to another.

use std::collections::VecDeque;

use foldhash::HashSet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::value::{DurationMs, Value};
use crate::{Call, Close, IndexMap, Name, Step, Trigger, unique};

/// A machine. A run of it stands in one state at a time, and where it stands survives a restart.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// The `///` lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub docs: Vec<String>,
    /// After `for`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objective: Option<Name>,
    /// When it runs; empty: by hand only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<Trigger>,
    /// At most this long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<DurationMs>,
    /// All other fields, by name (`alive`).
    #[serde(default, skip_serializing_if = "IndexMap::is_empty", deserialize_with = "unique::map")]
    pub other: IndexMap<Name, Value>,
    /// The first state.
    pub start: Name,
    /// In source order.
    #[serde(deserialize_with = "unique::map")]
    pub states: IndexMap<Name, State>,
    /// The states in which it has ended, and how.
    #[serde(deserialize_with = "unique::map")]
    pub finals: IndexMap<Name, Final>,
    /// What closes it, in source order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closes: Vec<Close>,
}

/// A state. It is entered, acts, and is left by the transition of what came of that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// What it does: a step that waits for none.
    pub act: Step,
    /// Runs before it acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enter: Option<Call>,
    /// Runs after it acted, whatever came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leave: Option<Call>,
    /// How often a run can enter it; the entry after that fails the run.
    pub visits: u32,
    /// Where each ending leads: every ending of its verb is here.
    #[serde(deserialize_with = "unique::map")]
    pub on: IndexMap<Name, Name>,
    /// Where a message with this subject leads, in place of what came of the act.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty", deserialize_with = "unique::map")]
    pub events: IndexMap<String, Name>,
}

/// Endings of a state after which what it stores lies there.
const STORED: [&str; 2] = ["ok", "degraded"];

impl Machine {
    /// The states of a run that ends well without this state having ended well, from the first one to the end; none when
    /// there is no such run.
    pub fn way_around(&self, state: &str) -> Option<Vec<&str>> {
        let mut seen: HashSet<&str> = HashSet::from_iter([self.start.as_str()]);
        let mut open = VecDeque::from([vec![self.start.as_str()]]);
        while let Some(path) = open.pop_front() {
            let at = *path.last()?;
            match (self.finals.get(at), self.states.get(at)) {
                (Some(Final::Ok | Final::Degraded), _) => return Some(path),
                (None, Some(here)) => {
                    let passed = |ending: &str| at == state && STORED.contains(&ending);
                    let ended = here.on.iter().filter(|(ending, _)| !passed(ending)).map(|(_, to)| to);
                    for to in ended.chain(here.events.values()).filter(|to| seen.insert(to)) {
                        open.push_back([path.as_slice(), &[to.as_str()]].concat());
                    }
                }
                _ => {}
            }
        }
        None
    }
}

/// How a machine ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Final {
    /// Well.
    Ok,
    /// With something to look at.
    Degraded,
    /// Not at all.
    Failed,
}

impl Final {
    /// As the language has it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::Failed => "failed",
        }
    }
}
