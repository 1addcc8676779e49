//! How old the newest complete copy can be at the worst moment, for each copy.
//!
//! A copy that a run makes from the source is as old as the run's start. The worst moment is just before the
//! next run ends: one gap after that start, plus the jitter, plus what the next run may take. A copy that a
//! second workflow makes out of the first one's adds its own gap, jitter and `within`; one that starts when
//! the first has ended well adds its `within` only. Assumed: every run ends well and in time, and the machine
//! is on.

use mainstay_ir::{DurationMs, Trigger, Value};

use crate::way::Way;
use crate::{Gap, Zone, timeline};

/// What makes a copy old.
#[derive(Debug, Clone)]
pub struct Part<'a> {
    /// Of which workflow.
    pub workflow: &'a str,
    /// What it is.
    pub kind: PartKind,
    /// How much.
    pub length: DurationMs,
}

/// The kinds of parts.
#[derive(Debug, Clone)]
pub enum PartKind {
    /// From one run to the next.
    Gap {
        /// The two times.
        gap: Gap,
        /// To show them in.
        zone: Zone,
        /// Whether the schedule has this gap; otherwise it is an upper bound.
        exact: bool,
    },
    /// `wal(source, at_most: 5min)`.
    AtMost,
    /// The largest jitter.
    Jitter,
    /// What a run may take.
    Within,
}

/// Why nothing can be said of a copy's age.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unprovable<'a> {
    /// A workflow that nothing starts by the clock.
    #[error("nothing starts `{0}` by the clock")]
    NotTimed(&'a str),
    /// Its timed triggers fire less than twice in twenty years.
    #[error("`{0}` starts less than twice in twenty years")]
    Seldom(&'a str),
    /// A workflow that may take for ever.
    #[error("`{0}` has no `within`")]
    NoWithin(&'a str),
    /// Nothing puts this source into this repo.
    #[error("nothing stores `{source_name}` in `{repo}`")]
    NoMaker {
        /// The source.
        source_name: &'a str,
        /// The repo.
        repo: &'a str,
    },
    /// The copy is made out of itself.
    #[error("it is made out of itself")]
    Circular,
    /// A run of this machine may end well without having made the copy.
    #[error("a run of `{machine}` may end well without `{state}`")]
    LeftOut {
        /// The machine.
        machine: &'a str,
        /// The state that makes the copy.
        state: &'a str,
        /// A way around it, from the start to the end.
        way: Vec<&'a str>,
    },
    /// A workflow whose triggers are no schedule, can all be lost, or go in a circle.
    #[error("the triggers of `{0}` prove nothing")]
    BadTriggers(&'a str),
}

/// A copy's age at the worst moment.
pub type Age<'a> = Result<Way, Unprovable<'a>>;

/// Triggers whose event may be lost on its way. `after_success` and `wal` are kept by the journal.
const LOSSY: [&str; 3] = ["change", "event", "webhook"];

/// The first trigger's name, when there are triggers and all of them are events that can be lost.
pub fn events_only(triggers: &[Trigger]) -> Option<&str> {
    let mut lossy = triggers.iter().map(|trigger| match trigger {
        Trigger::Event { name, .. } if LOSSY.contains(&name.as_str()) => Some(name.as_str()),
        _ => None,
    });
    let first = lossy.next()??;
    lossy.all(|name| name.is_some()).then_some(first)
}

/// The workflow that an `after_success` waits for.
pub fn follows(trigger: &Trigger) -> Option<&str> {
    match trigger {
        Trigger::Event { name, args } if name == "after_success" => {
            args.values().find_map(|value| match value {
                Value::Thing(kind, workflow) if kind == "workflow" => Some(workflow.as_str()),
                _ => None,
            })
        }
        _ => None,
    }
}

/// What the clocks did in between, where they did anything.
fn moved(gap: &Gap, zone: &Zone) -> &'static str {
    let shown = zone.civil(gap.to).duration_since(zone.civil(gap.from));
    match shown.as_millis().cmp(&i128::from(gap.length().0)) {
        std::cmp::Ordering::Less => ", for the clocks go back in between",
        std::cmp::Ordering::Greater => ", for the clocks go forward in between",
        std::cmp::Ordering::Equal => "",
    }
}

impl Part<'_> {
    /// As a line of a counter-example.
    pub fn line(&self) -> String {
        let workflow = self.workflow;
        match &self.kind {
            PartKind::Gap { gap, zone, exact: true } => {
                format!("`{workflow}` starts {}{}", timeline(gap, zone), moved(gap, zone))
            }
            PartKind::Gap { exact: false, .. } => {
                format!("`{workflow}` starts every {} at the least: its densest trigger alone", self.length)
            }
            PartKind::AtMost => format!("`{workflow}` starts after {} at the latest", self.length),
            PartKind::Jitter => format!("`{workflow}` may start {} later, for its jitter", self.length),
            PartKind::Within => {
                format!("`{workflow}` ends {} after its start, for its `within`", self.length)
            }
        }
    }

    /// As a term of a sum.
    pub fn term(&self) -> String {
        let word = match self.kind {
            PartKind::Gap { .. } => "gap",
            PartKind::AtMost => "at most",
            PartKind::Jitter => "jitter",
            PartKind::Within => "within",
        };
        format!("{} {word}", self.length)
    }
}
