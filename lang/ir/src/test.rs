//! The tests of a policy as plain data. They lie beside the IR and never in it: a test that changes leaves the
//! policy, and its hash, as they are.

use serde::{Deserialize, Serialize};

use crate::value::{DurationMs, Value};
use crate::{IndexMap, Name, unique};

/// A place in the policy files: a number that whoever compiled the test knows how to look up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Site(pub u32);

/// `test "name" { .. }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub site: Site,
    /// The params that it sets, as they would stand after `--set name=`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty", deserialize_with = "unique::map")]
    pub params: IndexMap<Name, String>,
    /// `let run = simulate(..)`, in order: a run is known by its number here.
    pub simulations: Vec<Simulation>,
    /// What must hold, in order.
    pub expects: Vec<Expect>,
}

/// `simulate(workflow, from: 2027-03-28, for: 2d)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Simulation {
    /// What the run is called in the test.
    pub name: Name,
    /// Where it stands.
    pub site: Site,
    /// Of which workflow.
    pub workflow: Name,
    /// The day on which it begins, `2027-03-28`; none: the first day of the proofs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// For how long the triggers of the workflow are followed; none: it runs once, by hand.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub span: Option<DurationMs>,
    /// What is scripted: each `given` that stands before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub givens: Vec<Given>,
}

/// A step of a workflow, in `given`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepName {
    /// Of which workflow.
    pub workflow: Name,
    /// Its name.
    pub step: Name,
    /// One round of a loop; none: each of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<String>,
}

impl StepName {
    /// Whether this is the step of that id.
    pub fn is(&self, workflow: &str, id: &str) -> bool {
        self.workflow == workflow && names(&self.step, self.round.as_deref(), id)
    }
}

impl std::fmt::Display for StepName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { workflow, step, round } = self;
        write!(f, "{workflow}.{step}")?;
        round.iter().try_for_each(|round| write!(f, "[{round}]"))
    }
}

/// Whether a name of a step, with a round or for all of them, names the step of this id.
pub fn names(step: &str, round: Option<&str>, id: &str) -> bool {
    let Some(rest) = id.strip_prefix(step) else { return false };
    let of_round = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match round {
        None => rest.is_empty() || of_round.is_some(),
        Some(_) => of_round == round,
    }
}

/// What a test scripts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Given {
    /// A step fails.
    Failure {
        /// Which.
        step: StepName,
        /// At which of its stages; none: at its first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stage: Option<Name>,
        /// How many of its attempts, from the first on; none: each.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        times: Option<u32>,
    },
    /// How long an attempt at a step takes.
    Took {
        /// Which.
        step: StepName,
        /// From its start to its end.
        time: DurationMs,
    },
    /// The process dies in the middle of the first attempt at a step.
    Crash {
        /// Which.
        step: StepName,
        /// How long nothing runs then.
        down: DurationMs,
    },
    /// What claims a pool takes this many times as long.
    Slow {
        /// Which.
        pool: Name,
        /// How many times.
        factor: u32,
    },
    /// Nothing runs for a while.
    Off {
        /// From the beginning of this day on, `2027-03-28`.
        from: String,
        /// For how long.
        span: DurationMs,
    },
    /// A step last made its copies this long before the simulation begins.
    History {
        /// Which.
        step: StepName,
        /// How long before.
        age: DurationMs,
    },
}

/// What must hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Expect {
    /// `expect run.db == failed`.
    Holds(Term),
    /// `expect error E0412 { .. }`.
    Error {
        /// Where it stands.
        site: Site,
        /// The code that must come, and no other error.
        code: String,
        /// Where the declarations stand that must not compile.
        items: Site,
    },
}

/// An expression with its parts, each with its text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// Where it stands.
    pub site: Site,
    /// As it is written.
    pub text: String,
    /// What it is.
    pub kind: TermKind,
}

/// What an expression is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum TermKind {
    /// What is known while compiling.
    Value(Value),
    /// What only the run tells.
    Fact {
        /// The number of the run in its test.
        run: usize,
        /// What of it.
        fact: Fact,
    },
    /// `not a`.
    Not(Box<Term>),
    /// `a and b`, `a or b`.
    Logic {
        /// Whether both must hold.
        all: bool,
        /// Left and right.
        sides: Box<[Term; 2]>,
    },
    /// `a < b`.
    Compare {
        /// How.
        how: Comparison,
        /// Left and right.
        sides: Box<[Term; 2]>,
    },
    /// `a * b`.
    Arithmetic {
        /// How.
        how: Arithmetic,
        /// The type of what comes out.
        unit: Unit,
        /// What the base units of both sides leave over: 8 bits a byte, 1000 milliseconds a second.
        scale: f64,
        /// Left and right.
        sides: Box<[Term; 2]>,
    },
}

/// What can be asked of a simulated run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fact {
    /// How a step ended: the worst of what is meant.
    Outcome {
        /// Its name.
        step: Name,
        /// Which of its ends.
        of: Which,
    },
    /// From start to end; of several runs the longest.
    Took,
    /// How the steps were ordered: what all runs had, or `hybrid`.
    Mode,
    /// Whole copies that were made, of all runs.
    Copies,
    /// How many runs began.
    Count,
    /// How many times of the schedule no run stands for.
    Missed,
    /// The greatest age that the newest whole copy reached: the data that a disaster at the worst moment costs.
    Age,
}

/// Which ends of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Which {
    /// Each round, of each run.
    Each,
    /// One round of a loop.
    Round(String),
    /// The runs of one day, `2027-03-28`.
    Day(String),
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    /// `==`.
    Equal,
    /// `!=`.
    NotEqual,
    /// `<`.
    Less,
    /// `<=`.
    LessEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterEqual,
}

impl Comparison {
    /// Whether it holds for two values in this order.
    pub fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterEqual => order.is_ge(),
        }
    }
}

/// How two quantities are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arithmetic {
    /// `+`.
    Add,
    /// `-`.
    Subtract,
    /// `*`.
    Multiply,
    /// `/`.
    Divide,
}

/// Types that arithmetic gives, in the base units of [`Value`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Whole.
    Int,
    /// Not whole.
    Decimal,
    /// Milliseconds.
    Duration,
    /// Months.
    Period,
    /// Bytes.
    Bytes,
    /// Bits a second.
    Rate,
    /// Millionths.
    Percent,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_each_round_and_a_round_only_itself() {
        assert!(names("kept", None, "kept") && names("kept", None, "kept[orders]"));
        assert!(!names("kept", None, "kept_away") && !names("kept", None, "kept_away[orders]"));
        assert!(names("kept", Some("orders"), "kept[orders]") && !names("kept", Some("orders"), "kept"));
        assert!(!names("kept", Some("orders"), "kept[orders,far]"));
    }
}
