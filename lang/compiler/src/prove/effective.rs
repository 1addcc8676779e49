//! What a repo keeps of a source when several steps say something about it.
//!
//! Each `retain` forgets what it does not keep itself. So a snapshot stays when all of them keep it, and of each
//! bucket the smallest number counts. The links of a chain of logs and the snapshots that stand by themselves are
//! spoken of apart.

use foldhash::HashMap;
use mainstay_ir::{DurationMs, Flows, Ir, Kept, Retention};

use super::fields::store;

/// A bucket of a retention: its name, how many it asks for, and how long one lasts at most.
pub(super) type Bucket = (&'static str, fn(&Retention) -> u32, DurationMs);

/// All buckets. Days may have 25 hours, and so on.
pub(super) const BUCKETS: [Bucket; 6] = [
    ("last", |keep| keep.last, DurationMs(u64::MAX)),
    ("hourly", |keep| keep.hourly, DurationMs::hours(1)),
    ("daily", |keep| keep.daily, DurationMs::hours(25)),
    ("weekly", |keep| keep.weekly, DurationMs::hours(7 * 24 + 1)),
    ("monthly", |keep| keep.monthly, DurationMs::hours(31 * 24 + 1)),
    ("yearly", |keep| keep.yearly, DurationMs::hours(366 * 24)),
];

/// So many of a bucket as a retention keeps: those it counts, or those inside its window.
pub(super) fn held(keep: &Retention, (_, count, longest): Bucket) -> u32 {
    if keep.all {
        return u32::MAX;
    }
    let window = keep.within.unwrap_or_default().0 / longest.0;
    count(keep).max(u32::try_from(window).unwrap_or(u32::MAX))
}

/// A source, a repo, and whether logs are spoken of.
pub(crate) type About<'a> = (&'a str, &'a str, bool);

/// What several steps say, and what stays then: asked for each of them, so it is summed up once.
struct Together<'a> {
    each: Vec<Kept<'a>>,
    stays: Retention,
}

/// All that is said of what stays, by what it is said of. Two names of one store are one repo: what is forgotten under
/// the one is gone under the other.
pub(crate) struct Said<'a> {
    all: HashMap<About<'a>, Together<'a>>,
    /// The first name of the store of each repo that has another one.
    first_names: HashMap<&'a str, &'a str>,
}

impl<'a> Said<'a> {
    /// In a policy.
    pub fn of(ir: &'a Ir, flows: &Flows<'a>) -> Self {
        let mut said = Self { all: HashMap::default(), first_names: first_names(ir) };
        for kept in &flows.kept {
            let repo = said.first_name(kept.repo);
            said.add((kept.source, repo, kept.of_logs), *kept);
        }
        said
    }

    fn add(&mut self, about: About<'a>, kept: Kept<'a>) {
        let first = || Together { each: Vec::new(), stays: kept.keep.clone() };
        let together = self.all.entry(about).or_insert_with(first);
        together.stays = both(std::mem::take(&mut together.stays), kept.keep.clone());
        together.each.push(kept);
    }

    /// The first of the names that the store of this repo has.
    pub fn first_name(&self, repo: &'a str) -> &'a str {
        self.first_names.get(repo).copied().unwrap_or(repo)
    }

    /// Of the snapshots of a source in a repo, or of its logs; where nothing is said of the ones, of the others.
    pub fn about(&self, about: About<'a>) -> &[Kept<'a>] {
        self.together(about).map(|found| found.each.as_slice()).unwrap_or_default()
    }

    fn together(&self, (source, repo, of_logs): About<'a>) -> Option<&Together<'a>> {
        let repo = self.first_name(repo);
        self.all.get(&(source, repo, of_logs)).or_else(|| self.all.get(&(source, repo, !of_logs)))
    }

    /// What a repo keeps of the snapshots of a source, or of the links of its chain; none when nothing is said of those.
    pub fn all_of(&self, source: &'a str, repo: &'a str, of_logs: bool) -> Option<Retention> {
        self.all.get(&(source, self.first_name(repo), of_logs)).map(|found| found.stays.clone())
    }

    /// What a repo keeps of the snapshots of a source, or of its logs; none when nothing is said of either.
    pub fn effective(&self, about: About<'a>) -> Option<Retention> {
        self.together(about).map(|found| found.stays.clone())
    }
}

fn first_names(ir: &Ir) -> HashMap<&str, &str> {
    let mut found = HashMap::default();
    let mut stores: HashMap<_, &str> = HashMap::default();
    for repo in ir.repos.keys().map(String::as_str) {
        let Some(own) = store(ir, repo) else { continue };
        let first = *stores.entry(own).or_insert(repo);
        if first != repo {
            found.insert(repo, first);
        }
    }
    found
}

/// What stays when both have forgotten what they do not keep.
pub(super) fn both(one: Retention, other: Retention) -> Retention {
    if one == other || other.all {
        return one;
    }
    if one.all {
        return other;
    }
    let of = |bucket: usize| BUCKETS.get(bucket).map_or(0, |it| held(&one, *it).min(held(&other, *it)));
    Retention {
        all: false,
        last: of(0),
        hourly: of(1),
        daily: of(2),
        weekly: of(3),
        monthly: of(4),
        yearly: of(5),
        within: one.within.zip(other.within).map(|(one, other)| one.min(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(daily: u32) -> Retention {
        Retention { daily, ..Retention::default() }
    }

    #[test]
    fn the_smaller_one_counts_and_a_window_keeps_what_lies_in_it() {
        assert_eq!(both(days(14), days(7)), days(7));
        let all = Retention { all: true, ..Retention::default() };
        assert_eq!(both(all, days(7)), days(7));
        let window = Retention { within: Some(DurationMs::hours(100)), ..Retention::default() };
        assert_eq!(both(days(14), window.clone()), days(4));
        assert_eq!(both(window.clone(), window.clone()), window);
    }
}
