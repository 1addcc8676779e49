//! RPO: no copy may get older than was promised. How old it can get is the calendar's matter.

use foldhash::HashSet;
use mainstay_calendar::{Age, Unprovable, total};
use mainstay_ir::{DurationMs, SourceCopy};

use super::policy::Policy;
use super::report::Report;

mod broken;
mod mend;

pub(super) fn check(policy: &Policy<'_>, report: &mut Report) {
    for (name, objective) in &policy.ir.objectives {
        let Some(rpo) = objective.rpo else { continue };
        let mut late = HashSet::default();
        for (_, repos) in policy.by_source(name) {
            for copies in repos.values() {
                late.extend(check_copy(policy, name, rpo, &policy.numbered(copies), report));
            }
        }
        // What makes a copy late was said; that it makes runs overlap too is the same mistake.
        for copy in policy.copies_for(name).filter(|copy| !late.contains(copy.workflow)) {
            overlap(policy, name, copy.workflow, report);
        }
    }
}

/// A source in a repo is as fresh as the freshest of those that put it there. Gives the workflow that is late.
fn check_copy<'a>(
    policy: &Policy<'a>,
    objective: &str,
    rpo: DurationMs,
    copies: &[&SourceCopy<'a>],
    report: &mut Report,
) -> Option<&'a str> {
    let ages = copies.iter().filter_map(|copy| Some((*copy, policy.age(copy)?)));
    let key = |(_, age): &(&SourceCopy<'a>, &Age<'a>)| age.as_ref().map_or(u64::MAX, |age| total(age).0);
    let (copy, age) = ages.min_by_key(key)?;
    match age {
        Err(Unprovable::BadTriggers(_)) => {}
        Err(why) => broken::unprovable(policy, objective, copy, why, report),
        Ok(age) if total(age) > rpo => {
            broken::late(policy, objective, rpo, copy, age, report);
            return Some(copy.workflow);
        }
        Ok(_) => {}
    }
    None
}

/// A run that may last longer than the time to the next one: runs would pile up, or be left out.
fn overlap(policy: &Policy<'_>, objective: &str, workflow: &str, report: &mut Report) {
    let Some(within) = policy.ir.work(workflow).and_then(|(_, work)| work.within) else { return };
    let too_close = policy.times.own_gaps(workflow).filter(|gaps| within > gaps.shortest());
    let too_soon = policy.times.logs_due(workflow).filter(|(_, due)| within > *due);
    match (too_close, too_soon) {
        (Some(gaps), _) => broken::overlap(policy, objective, workflow, within, &gaps, report),
        (None, Some(due)) => broken::behind(policy, objective, workflow, within, due, report),
        (None, None) => {}
    }
}
