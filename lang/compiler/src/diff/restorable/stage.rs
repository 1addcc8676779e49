//! What a simulation goes by, in numbers: what each run does, where copies can lie, and when runs start.

use std::cell::RefCell;
use std::collections::HashMap;

use jiff::Timestamp;
use mainstay_calendar::Schedule;
use mainstay_ir::{Machine, Origin, Rule, SourceCopy};

use super::model::{Doing, Model, Place, Work, course, place_of};

/// The number of a place that can hold copies of a source.
pub(super) type Slot = usize;

/// What is common to all simulations of a part of one policy.
#[derive(Debug)]
pub(super) struct Stage<'a> {
    pub jobs: Vec<Job<'a>>,
    /// Of each job, those that its good end starts.
    pub followers: Vec<Vec<usize>>,
}

/// A workflow, or a machine.
#[derive(Debug)]
pub(super) struct Job<'a> {
    pub name: &'a str,
    pub does: Does,
    /// A machine, with the names of its states in the order of the tasks.
    pub machine: Option<(&'a Machine, Vec<&'a str>)>,
    /// The slots that a run looks into.
    pub reads: Vec<Slot>,
}

/// All of a job but its name.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Does {
    /// The number of its clock.
    pub starts: Option<usize>,
    /// Whether the good end of another starts it.
    pub follows: bool,
    pub delay_ms: i64,
    pub tasks: Vec<Task>,
    /// Of a machine, in words: its states in the order of the tasks, and how they lead on.
    pub course: Option<String>,
}

/// A step, or a state.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Task {
    pub needs: Asks,
    pub makes: Vec<Making>,
    /// Repos that it names.
    pub repos: Vec<usize>,
}

/// A copy that a task makes.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Making {
    pub slot: Slot,
    pub repo: usize,
    pub from: From,
    /// What it continues.
    pub base: Option<Lying>,
}

/// What a copy is made from.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) enum From {
    Source,
    Copy(Lying),
    Latest(Lying),
}

/// Something in a repo; without a slot where nobody puts anything of the kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Lying {
    pub repo: usize,
    pub slot: Option<Slot>,
}

/// What a task asks of those before it, by their numbers; none is there for a name that nothing has.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) enum Asks {
    Always,
    Well(Option<usize>),
    Failed(Option<usize>),
    Ended(Option<usize>),
    All(Vec<Asks>),
    Any(Vec<Asks>),
}

/// The numbers of what a part of both policies names.
#[derive(Debug, Default)]
pub(super) struct Numbers<'a> {
    pub slots: HashMap<Place<'a>, Slot>,
    pub repos: HashMap<&'a str, usize>,
}

impl<'a> Stage<'a> {
    /// The jobs at these places of a policy, in its order.
    pub fn new<'m>(
        model: &'m Model<'a>,
        places: &[usize],
        numbers: &Numbers<'a>,
        clocks: &mut Clocks,
    ) -> Self {
        let works: Vec<_> = places.iter().filter_map(|place| model.works.get_index(*place)).collect();
        let own: HashMap<&str, usize> =
            works.iter().enumerate().map(|(at, (name, _))| (**name, at)).collect();
        let mut followers = vec![Vec::new(); works.len()];
        for (at, (_, work)) in works.iter().enumerate() {
            for before in work.rhythm.follows.iter().filter_map(|before| own.get(before)) {
                followers.get_mut(*before).into_iter().for_each(|behind: &mut Vec<usize>| behind.push(at));
            }
        }
        let jobs = works.iter().map(|(name, work)| job(model, name, work, numbers, clocks)).collect();
        Self { jobs, followers }
    }
}

fn job<'a, 'm>(
    model: &'m Model<'a>,
    name: &'a str,
    work: &'m Work<'a>,
    numbers: &Numbers<'a>,
    clocks: &mut Clocks,
) -> Job<'a> {
    let ids: HashMap<&str, usize> = work.steps.iter().enumerate().map(|(at, step)| (step.id, at)).collect();
    let tasks: Vec<Task> = work.steps.iter().filter_map(|step| task(step, &ids, numbers)).collect();
    let looked_at = |making: &Making| {
        let latest = match &making.from {
            From::Latest(lying) => lying.slot,
            _ => None,
        };
        latest.into_iter().chain(making.base.and_then(|base| base.slot))
    };
    let mut reads: Vec<Slot> = tasks.iter().flat_map(|task| &task.makes).flat_map(looked_at).collect();
    reads.sort_unstable();
    reads.dedup();
    let rhythm = &work.rhythm;
    let starts = rhythm.schedule.as_ref().map(|schedule| {
        let key = model.ir.work(name).map(|(_, work)| format!("{:?}", work.triggers)).unwrap_or_default();
        clocks.number(key, schedule)
    });
    let states = || work.steps.iter().map(|step| step.id).collect::<Vec<_>>();
    let words = work.machine.map(|machine| format!("{:?} {:?}", states(), course(machine)));
    let (follows, delay_ms) = (!rhythm.follows.is_empty(), rhythm.delay_ms);
    let does = Does { starts, follows, delay_ms, tasks, course: words };
    let machine = work.machine.map(|machine| (machine, states()));
    Job { name, does, machine, reads }
}

/// None is not to be: all that it names has a number.
fn task<'a>(step: &Doing<'a>, ids: &HashMap<&str, usize>, numbers: &Numbers<'a>) -> Option<Task> {
    let makes: Option<_> = step.makes.iter().map(|copy| making(copy, numbers)).collect();
    let repos: Option<_> = step.repos.iter().map(|repo| numbers.repos.get(repo).copied()).collect();
    Some(Task { needs: asks(step.needs, ids), makes: makes?, repos: repos? })
}

fn making<'a>(copy: &SourceCopy<'a>, numbers: &Numbers<'a>) -> Option<Making> {
    let place = place_of(copy);
    let lying = |place: Place<'a>| {
        let repo = *numbers.repos.get(place.repo)?;
        Some(Lying { repo, slot: numbers.slots.get(&place).copied() })
    };
    let from = match copy.origin {
        Origin::Source => From::Source,
        Origin::Copy { repo } => From::Copy(lying(Place { repo, ..place })?),
        Origin::Latest { repo } => From::Latest(lying(Place { repo, ..place })?),
    };
    let base = match copy.base {
        Some(base) => Some(lying(Place { source: base.source, repo: base.repo, of_logs: false })?),
        None => None,
    };
    Some(Making { slot: *numbers.slots.get(&place)?, repo: *numbers.repos.get(copy.repo)?, from, base })
}

fn asks(rule: &Rule, ids: &HashMap<&str, usize>) -> Asks {
    let number = |name: &str| ids.get(name).copied();
    let each = |rules: &[Rule]| rules.iter().map(|rule| asks(rule, ids)).collect();
    match rule {
        Rule::Always => Asks::Always,
        Rule::Well(name) => Asks::Well(number(name)),
        Rule::Failed(name) => Asks::Failed(number(name)),
        Rule::Ended(name) => Asks::Ended(number(name)),
        Rule::All(rules) => Asks::All(each(rules)),
        Rule::Any(rules) => Asks::Any(each(rules)),
    }
}

/// Starts that are looked up at once.
const BATCH: usize = 64;

/// When runs start: mostly many workflows start at the same times, and those are looked up once.
#[derive(Debug)]
pub(super) struct Clocks {
    numbers: HashMap<String, usize>,
    all: Vec<RefCell<Clock>>,
    /// The beginning.
    pub from: i64,
    /// The end.
    pub to: i64,
}

#[derive(Debug)]
struct Clock {
    schedule: Schedule,
    known: Vec<i64>,
    is_complete: bool,
}

impl Clocks {
    /// Of the time between two instants.
    pub fn new(from: i64, to: i64) -> Self {
        Self { numbers: HashMap::new(), all: Vec::new(), from, to }
    }

    fn number(&mut self, key: String, schedule: &Schedule) -> usize {
        let all = &mut self.all;
        *self.numbers.entry(key).or_insert_with(|| {
            let (schedule, known) = (schedule.clone(), Vec::new());
            all.push(RefCell::new(Clock { schedule, known, is_complete: false }));
            all.len() - 1
        })
    }

    /// The first start after an instant; those after the end are none.
    pub fn next(&self, clock: usize, after: i64) -> Option<i64> {
        let mut clock = self.all.get(clock)?.borrow_mut();
        while !clock.is_complete && clock.known.last().is_none_or(|last| *last <= after) {
            clock.look_on(self.from, self.to);
        }
        let place = clock.known.partition_point(|at| *at <= after);
        clock.known.get(place).copied()
    }
}

impl Clock {
    fn look_on(&mut self, from: i64, to: i64) {
        let last = self.known.last().copied().unwrap_or(from - 1);
        let last = Timestamp::from_millisecond(last).unwrap_or_default();
        let times = self.schedule.fires(last).map(|at| at.as_millisecond()).take_while(|at| *at < to);
        let before = self.known.len();
        self.known.extend(times.take(BATCH));
        self.is_complete = self.known.len() < before + BATCH;
    }
}
