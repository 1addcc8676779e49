//! What all proofs look at: the IR, its places, what flows, and when.

use std::borrow::Cow;

use foldhash::{HashMap, HashSet};
use mainstay_calendar::{Age, Timetable};
use mainstay_diagnostics::Span;
use mainstay_ir::{Flows, IndexMap, Ir, Objective, Retention, SourceCopy, Step, Value};

use super::effective::Said;
pub(crate) use super::fields::{record, text};
use super::{fields, in_place};
use crate::Places;

/// The policy under proof.
pub(crate) struct Policy<'a> {
    pub ir: &'a Ir,
    pub times: Timetable<'a>,
    /// Where each copy stands among those that flow.
    numbers: HashMap<Identity<'a>, usize>,
    /// The workflows and machines that make copies.
    makers: HashSet<&'a str>,
    /// What stays of what.
    pub said: Said<'a>,
    /// The sources of which a copy goes to where it lies already.
    pub in_place: HashSet<&'a str>,
    /// The copies for each objective.
    served: HashMap<&'a str, Served<'a>>,
    places: &'a Places,
}

impl<'a> Policy<'a> {
    pub fn new(ir: &'a Ir, places: &'a Places) -> Self {
        let times = Timetable::new(ir);
        let copies = times.flows().copies.iter().enumerate();
        let numbers = copies.map(|(number, copy)| (identity(copy), number)).collect();
        let makers = times.flows().copies.iter().map(|copy| copy.workflow).collect();
        let said = Said::of(ir, times.flows());
        let mut served: HashMap<&str, Served<'_>> = HashMap::default();
        for (number, copy) in times.flows().copies.iter().enumerate() {
            let Some(objective) = ir.objective_of(copy.workflow) else { continue };
            let of = served.entry(objective).or_default();
            of.numbers.push(number);
            of.by_source.entry(copy.source).or_default().entry(copy.repo).or_default().push(number);
        }
        let in_place = in_place::sources(&said, times.flows());
        Self { ir, times, numbers, makers, said, in_place, served, places }
    }

    /// Whether a workflow makes any copy.
    pub fn makes_copies(&self, workflow: &str) -> bool {
        self.makers.contains(workflow)
    }

    /// Where something stands, or what holds it.
    pub fn span(&self, key: &str) -> Span {
        self.places.get_or(&self.place_key(key)).unwrap_or_default()
    }

    /// Where exactly something stands; nothing when only what holds it is known.
    pub fn exact_span(&self, key: &str) -> Option<Span> {
        self.places.get(&self.place_key(key))
    }

    /// What is said of a workflow and its steps holds for a machine and its states.
    fn place_key<'k>(&self, key: &'k str) -> Cow<'k, str> {
        let Some(rest) = key.strip_prefix("workflow.") else { return Cow::Borrowed(key) };
        // Names of other files have dots of their own: the longest that is a machine is meant.
        let ends = std::iter::once(rest.len()).chain(rest.rmatch_indices('.').map(|(at, _)| at));
        let machine = ends.filter_map(|end| {
            let (name, part) = rest.split_at_checked(end)?;
            Some((name, self.ir.machines.get(name)?, part))
        });
        let Some((name, machine, part)) = machine.into_iter().next() else { return Cow::Borrowed(key) };
        let of_state = |part: &str| machine.states.contains_key(part.split('.').next().unwrap_or_default());
        Cow::Owned(match part.strip_prefix(".step.").filter(|part| of_state(part)) {
            Some(state) => format!("machine.{name}.state.{state}"),
            None => format!("machine.{name}{part}"),
        })
    }

    /// A workflow or a machine, as a message names it: "machine `cutover`".
    pub fn named(&self, work: &str) -> String {
        let kind = self.ir.work(work).map_or("workflow", |(_, work)| work.kind);
        format!("{kind} `{work}`")
    }

    /// What flows in it.
    pub fn flows(&self) -> &Flows<'a> {
        self.times.flows()
    }

    /// How old one of the policy's copies can be.
    pub fn age(&self, copy: &SourceCopy<'a>) -> Option<&Age<'a>> {
        self.times.ages().get(*self.numbers.get(&identity(copy))?)
    }

    /// The copies that workflows `for` this objective make, in order.
    pub fn copies_for(&self, objective: &str) -> impl Iterator<Item = &SourceCopy<'a>> {
        self.served.get(objective).into_iter().flat_map(|served| self.numbered(&served.numbers))
    }

    /// The copies for an objective, by source and then by repo: a source is in a repo once, whoever puts it there.
    pub fn by_source(&self, objective: &str) -> impl Iterator<Item = (&'a str, &Repos<'a>)> {
        let served = self.served.get(objective).into_iter();
        served.flat_map(|served| &served.by_source).map(|(source, repos)| (*source, repos))
    }

    /// The copies of these numbers.
    pub fn numbered<'n>(&self, numbers: impl IntoIterator<Item = &'n usize>) -> Vec<&SourceCopy<'a>> {
        numbers.into_iter().filter_map(|number| self.flows().copies.get(*number)).collect()
    }

    /// What a copy's repo keeps of it; none when nothing in this policy says it.
    pub fn keeps(&self, copy: &SourceCopy<'a>) -> Option<Retention> {
        self.said.effective((copy.source, copy.repo, copy.base.is_some())).or_else(|| copy.retain.cloned())
    }

    /// The steps of each workflow, what each state of each machine does, and the steps of what closes either.
    pub fn steps(&self) -> Vec<(&'a str, Vec<(&'a str, &'a Step)>)> {
        let workflows = self.ir.workflows.iter();
        let workflows = workflows.map(|(name, workflow)| (name.as_str(), workflow.all_steps().collect()));
        let machines = self.ir.machines.iter();
        let machines = machines.map(|(name, machine)| (name.as_str(), machine.all_steps().collect()));
        workflows.chain(machines).collect()
    }

    /// A step as a message names it: "step `kept`", and "state `asking`" of what a state of a machine does.
    pub fn step_named(&self, work: &str, id: &str) -> String {
        let is_state = self.ir.machines.get(work).is_some_and(|machine| machine.states.contains_key(id));
        format!("{} `{id}`", if is_state { "state" } else { "step" })
    }

    /// A field of a repo.
    pub fn repo_field(&self, repo: &str, field: &str) -> Option<&'a Value> {
        fields::repo_field(self.ir, repo, field)
    }

    /// A field of a repo's place, as text.
    pub fn place(&self, repo: &str, field: &str) -> Option<&'a str> {
        fields::place(self.ir, repo, field)
    }
}

/// The numbers of the copies for an objective.
#[derive(Default)]
struct Served<'a> {
    /// In order.
    numbers: Vec<usize>,
    by_source: IndexMap<&'a str, Repos<'a>>,
}

/// The numbers of copies of one source, by their repo.
pub(crate) type Repos<'a> = IndexMap<&'a str, Vec<usize>>;

/// What tells a copy from all others.
type Identity<'a> = [&'a str; 4];

fn identity<'a>(copy: &SourceCopy<'a>) -> Identity<'a> {
    [copy.workflow, copy.step, copy.source, copy.repo]
}

/// A field of an objective that the IR keeps among the others.
pub(crate) fn other<'a>(objective: &'a Objective, field: &str) -> Option<&'a Value> {
    objective.other.get(field)
}
