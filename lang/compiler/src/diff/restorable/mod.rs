//! What can be restored, of which age, when one thing goes wrong: both policies are simulated side by side over
//! 400 days, and no failure may leave an older copy than before, or none.
//!
//! The failures: the loss of a repo, of a site or of an account, at any instant; damage to what a repo holds, at any
//! start of a run; a run that fails, each of them; and a state of a machine that ends otherwise in each run. A loss at an instant is worst either right then, when all that was
//! copied out of what is lost is still there, or long after, when all of that is old; so two comparisons stand for the
//! losses at all instants: at each instant without what is lost, and from the beginning without it.

mod bearing;
mod course;
mod instants;
mod late;
mod model;
mod part;
mod reach;
mod run;
mod stage;
mod steady;
mod views;

use std::collections::BTreeMap;

use jiff::Timestamp;
use mainstay_calendar::horizon;
use mainstay_ir::{IndexMap, Ir};

use model::{Loss, Losses, Model};
use part::{Part, Shape};
use run::NEVER;
use stage::Clocks;
use views::Found;

pub use model::Way;

/// How long is simulated: more than a year, so that each transition of a zone and each month is in it.
pub(super) const SIMULATED_DAYS: i64 = 400;

/// Starts and ends of runs after which no further instants of failure are tried: a fraction of a second. A daily policy of
/// a few repos is tried whole; of one that runs each minute, the first days are, and what follows is the same again.
const MOST_STEPS: usize = 2_000_000;

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
    let losses = Losses::of(&[&old, &new]);
    let changed = reach::changed(&old, &new, &losses);
    if changed.is_empty() {
        return Vec::new();
    }
    let mut found = simulate([&old, &new], &losses, &changed);
    let each = || changed.iter().enumerate();
    let open: Vec<&str> =
        each().filter(|(at, _)| !found.contains_key(at)).map(|(_, source)| *source).collect();
    let mut late = late::witnesses(&old, &new, &open);
    each().filter_map(|(at, source)| found.remove(&at).or_else(|| late.remove(*source))).collect()
}

/// What goes wrong in a part, by the numbers there.
#[derive(Debug, Clone)]
enum Cause {
    Nothing,
    Loss(usize),
    /// A repo.
    Damage(usize),
    /// The first of a kind.
    Run(usize),
    /// Of the machine that is all of a kind.
    State {
        kind: usize,
        state: String,
        way: Way,
    },
}

/// Where a source of a part is worse off.
#[derive(Debug, Clone)]
struct Finding {
    at: i64,
    cause: Cause,
    before: i64,
    after: i64,
}

/// By the numbers of the sources.
fn simulate(models: [&Model<'_>; 2], losses: &Losses, sources: &[&str]) -> BTreeMap<usize, Witness> {
    let (from, _) = horizon();
    let from = from.as_millisecond();
    let mut clocks = Clocks::new(from, from + SIMULATED_DAYS * 86_400_000);
    let parts = part::parts(models, sources, losses, &mut clocks);
    let mut alike: IndexMap<Shape<'_>, Vec<&Part<'_>>> = IndexMap::default();
    for part in &parts {
        alike.entry(part.shape()).or_default().push(part);
    }
    let (mut found, mut left) = (BTreeMap::new(), MOST_STEPS);
    let mut open: Vec<(Found, Vec<&Part<'_>>)> = Vec::new();
    for parts in alike.into_values() {
        let Some(first) = parts.first() else { continue };
        open.push((steady::search(first, &clocks), parts));
    }
    let mut to_be_searched = open.iter().filter(|(found, _)| !found.is_done()).count();
    for (mut own, parts) in open {
        if let Some(first) = parts.first().filter(|_| !own.is_done()) {
            // What one does not need is left to those behind it.
            let share = left / to_be_searched.max(1);
            left -= share - instants::search(first, &clocks, share, &mut own);
            to_be_searched -= 1;
        }
        for part in parts {
            let findings = part.sources.iter().zip(&own.of);
            let own = findings.filter_map(|((source, _), finding)| Some((*source, finding.as_ref()?)));
            found.extend(own.filter_map(|(source, finding)| {
                let failure = failure(part, losses, &finding.cause)?;
                Some((source, witness(sources.get(source)?, failure, finding)))
            }));
        }
    }
    found
}

fn witness(source: &str, failure: Failure, finding: &Finding) -> Witness {
    let time = |ms: i64| Timestamp::from_millisecond(ms).ok().filter(|_| ms != NEVER);
    let at = time(finding.at).unwrap_or_default();
    let (before, after) = (time(finding.before), time(finding.after));
    Witness { source: source.to_owned(), at, failure, before, after }
}

/// What goes wrong, by name; none is not to be.
fn failure(part: &Part<'_>, losses: &Losses, cause: &Cause) -> Option<Failure> {
    let first = |kind: usize| Some((*part.kinds.get(kind)?.names.first()?).to_owned());
    Some(match cause {
        Cause::Nothing => Failure::Nothing,
        Cause::Loss(number) => match losses.all.get(part.losses.get(*number)?.0)? {
            Loss::Repo(name) => Failure::Repo(name.clone()),
            Loss::Site(name) => Failure::Site(name.clone()),
            Loss::Account(name) => Failure::Account(name.clone()),
        },
        Cause::Damage(repo) => Failure::Damage((*part.repos.get(*repo)?).to_owned()),
        Cause::Run(kind) => Failure::Run(first(*kind)?),
        Cause::State { kind, state, way } => {
            Failure::State { machine: first(*kind)?, state: state.clone(), way: way.clone() }
        }
    })
}
