//! What can be restored, of which age, when one thing goes wrong: both policies are simulated side by side over
//! 400 days, and no failure may leave an older copy than before, or none.
//!
//! The failures: the loss of a repo, of a site or of an account, at any instant; damage to what a repo holds, at any
//! start of a run; a run that fails, each of them; and a state of a machine that ends otherwise in each run. A loss at an instant is worst either right then, when all that was
//! copied out of what is lost is still there, or long after, when all of that is old; so two comparisons stand for the
//! losses at all instants: at each instant without what is lost, and from the beginning without it.

mod course;
mod instants;
mod late;
mod model;
mod part;
mod reach;
mod run;
mod stage;
mod steady;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use mainstay_calendar::horizon;
use mainstay_ir::Ir;

use instants::{Ground, Instants};
use model::{Loss, Model, Turn};
use part::{Part, Shape};
use run::NEVER;
use stage::Clocks;
use steady::{Finding, Findings};

pub use model::Way;

/// How long is simulated: more than a year, so that each transition of a zone and each month is in it.
pub(super) const SIMULATED_DAYS: i64 = 400;

/// Events after which no further instants of failure are tried: a fraction of a second. A daily policy of three repos has
/// 10,000 of them; of one that runs each minute, the first days are tried, and what follows is the same again.
const MOST_EVENTS: usize = 100_000;

/// Times of a schedule that are looked for in the other over twenty years.
pub(super) const MOST_TIMES: usize = 1_000_000;

/// The failure under which a copy is older than before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// None at all.
    Nothing,
    /// A repo is lost.
    Repo(String),
    /// All repos of a site are.
    Site(String),
    /// All repos that an account can delete are, but for those that are offline.
    Account(String),
    /// What a repo holds is damaged.
    Damage(String),
    /// A run of a workflow or a machine fails.
    Run(String),
    /// A state of a machine ends otherwise than `ok` in each run.
    State {
        /// The machine.
        machine: String,
        /// The state.
        state: String,
        /// How.
        way: Way,
    },
    /// A time of a workflow's schedule beyond the 400 days is not in the new one.
    LateTime(String),
}

/// A moment at which the newest copy of a source is older than it would have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// Of what.
    pub source: String,
    /// When it is looked at.
    pub at: Timestamp,
    /// What went wrong before that.
    pub failure: Failure,
    /// As of when the newest copy was, or would have been.
    pub before: Option<Timestamp>,
    /// As of when it is now; none: there is no copy.
    pub after: Option<Timestamp>,
}

/// Where the newest copy of a source becomes older by going from one policy to another: the first witness for each
/// source, in the order of the old one's sources. Names that moved must have been replaced before.
pub fn losses(old: &Ir, new: &Ir) -> Vec<Witness> {
    let (old, new) = (Model::new(old), Model::new(new));
    let losses = Loss::all(&[&old, &new]);
    let changed = reach::changed(&old, &new, &losses);
    if changed.is_empty() {
        return Vec::new();
    }
    let mut found = Witnesses { sources: &changed, found: BTreeMap::new() };
    simulate([&old, &new], &losses, &mut found);
    let open: Vec<&str> =
        changed.iter().enumerate().filter(|(at, _)| found.is_open(*at)).map(|(_, source)| *source).collect();
    let mut late = late::witnesses(&old, &new, &open);
    let each = changed.iter().enumerate();
    each.filter_map(|(at, source)| found.found.remove(&at).or_else(|| late.remove(*source))).collect()
}

/// The witnesses so far.
struct Witnesses<'w> {
    sources: &'w [&'w str],
    /// By number.
    found: BTreeMap<usize, Witness>,
}

impl Witnesses<'_> {
    /// Whether there is none for a source.
    fn is_open(&self, source: usize) -> bool {
        !self.found.contains_key(&source)
    }

    /// Whether there is one for each source.
    fn is_done(&self) -> bool {
        self.found.len() == self.sources.len()
    }

    fn add(&mut self, source: usize, at: i64, failure: Failure, newest: [i64; 2]) {
        let Some(name) = self.sources.get(source) else { return };
        let time = |ms: i64| Timestamp::from_millisecond(ms).ok().filter(|_| ms != NEVER);
        let [before, after] = newest.map(time);
        let at = Timestamp::from_millisecond(at).unwrap_or_default();
        let witness = Witness { source: (*name).to_owned(), at, failure, before, after };
        self.found.entry(source).or_insert(witness);
    }
}

fn simulate<'a>(models: [&Model<'a>; 2], losses: &[Loss], found: &mut Witnesses<'a>) {
    let (from, _) = horizon();
    let from = from.as_millisecond();
    let mut clocks = Clocks::new(from, from + SIMULATED_DAYS * 86_400_000);
    let parts = part::parts(models, found.sources, losses, &mut clocks);
    for_good(&parts, &clocks, losses, found);
    if found.is_done() {
        return;
    }
    let names: BTreeSet<&str> =
        models.into_iter().flat_map(|model| model.ir.repos.keys()).map(String::as_str).collect();
    let ground = Ground::new(&parts, &clocks, names.into_iter());
    let jobs = || parts.iter().flat_map(|part| &part.stages).flat_map(|stage| &stage.jobs);
    let machines = jobs().filter_map(|job| Some((job.name, job.machine.as_ref()?.0)));
    let turns: Vec<Turn> = Turn::all(machines).into_iter().collect();
    Instants::otherwise(&ground, found, &turns);
    Instants::new(&ground, found).each();
}

/// What is lost for good, part by part; parts that are alike but for their names are searched once.
fn for_good(parts: &[Part<'_>], clocks: &Clocks, losses: &[Loss], found: &mut Witnesses<'_>) {
    let mut known: HashMap<Shape<'_>, Findings> = HashMap::new();
    for part in parts {
        let findings = match part.shape() {
            Some(shape) => known.entry(shape).or_insert_with(|| steady::findings(part, clocks)).clone(),
            None => steady::findings(part, clocks),
        };
        for ((source, _), finding) in part.sources.iter().zip(findings) {
            let Some(Finding { at, loss, before, after }) = finding else { continue };
            let lost = loss.and_then(|loss| losses.get(part.losses.get(loss)?.0));
            found.add(*source, at, lost.map_or(Failure::Nothing, failure), [before, after]);
        }
    }
}

fn failure(loss: &Loss) -> Failure {
    match loss {
        Loss::Repo(name) => Failure::Repo(name.clone()),
        Loss::Site(name) => Failure::Site(name.clone()),
        Loss::Account(name) => Failure::Account(name.clone()),
    }
}
