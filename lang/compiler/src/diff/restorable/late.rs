//! What the simulation of 400 days cannot see: times after them at which a workflow or a machine started, and does not
//! start any more, while all that are in the 400 days are kept. That counts against the new policy.

use std::collections::{BTreeMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use mainstay_calendar::{Schedule, horizon};

use super::model::Model;
use super::reach::Dependents;
use super::{Failure, MOST_TIMES, SIMULATED_DAYS, Witness};

/// For each of these sources the first workflow or machine that it depends on and that misses such a time.
pub(super) fn witnesses<'a>(
    old: &Model<'a>,
    new: &Model<'a>,
    sources: &[&'a str],
) -> BTreeMap<String, Witness> {
    let wanted: HashSet<&str> = sources.iter().copied().collect();
    let mut dependents = Dependents::new(old);
    let mut found = BTreeMap::new();
    for (name, _) in old.about(sources).into_iter().filter_map(|place| old.works.get_index(place)) {
        if found.len() == wanted.len() {
            break;
        }
        let Some(at) = missing(old, new, name) else { continue };
        for source in dependents.of_work(name).into_iter().filter(|source| wanted.contains(source)) {
            let (failure, source) = (Failure::LateTime((*name).to_owned()), source.to_owned());
            found.insert(source.clone(), Witness { source, at, failure, before: Some(at), after: None });
        }
    }
    found
}

fn missing(old: &Model<'_>, new: &Model<'_>, name: &str) -> Option<Timestamp> {
    let schedule = |model: &Model<'_>| model.works.get(name)?.rhythm.schedule.clone();
    first_missing(&schedule(old)?, &schedule(new)?)
}

/// The first time of the one that is none of the other, if it is after the 400 days.
fn first_missing(before: &Schedule, after: &Schedule) -> Option<Timestamp> {
    if before == after {
        return None;
    }
    let (from, end) = horizon();
    let seen = from + SignedDuration::from_hours(24 * SIMULATED_DAYS);
    let times =
        |of: &Schedule| of.fires(from).take_while(|at| *at < end).take(MOST_TIMES).collect::<Vec<_>>();
    let kept: HashSet<Timestamp> = times(after).into_iter().collect();
    times(before).into_iter().find(|at| !kept.contains(at)).filter(|at| *at >= seen)
}
