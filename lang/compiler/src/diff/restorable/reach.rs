//! What hangs on what: the workflows and machines that a simulation of a source depends on, and the sources that depend
//! on a workflow or a machine. Each is walked through once, however many sources there are.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::model::{Losses, Model, Work};

impl<'a> Model<'a> {
    /// Everything that a simulation of these sources depends on: what makes them, what that follows, and what makes all
    /// that such a workflow copies. By the place of each in the policy.
    pub fn about(&self, sources: &[&'a str]) -> BTreeSet<usize> {
        let mut known: HashSet<&str> = sources.iter().copied().collect();
        let (mut next, mut names, mut seen) = (sources.to_vec(), Vec::new(), BTreeSet::new());
        while let Some(source) = next.pop() {
            names.extend(self.makers.get(source).into_iter().flatten().copied());
            while let Some(name) = names.pop() {
                let fresh = self.works.get_full(name).filter(|(place, _, _)| seen.insert(*place));
                let Some((_, _, work)) = fresh else { continue };
                names.extend(work.rhythm.follows.iter().copied());
                next.extend(work.copies().map(|copy| copy.source).filter(|source| known.insert(*source)));
            }
        }
        seen
    }
}

/// The same the other way round: what depends on something that is not as it was.
pub(super) struct Dependents<'m, 'a> {
    model: &'m Model<'a>,
    /// The workflows and machines that the good end of each starts.
    followers: HashMap<&'a str, Vec<&'a str>>,
    works: HashSet<&'a str>,
    sources: HashSet<&'a str>,
}

impl<'m, 'a> Dependents<'m, 'a> {
    /// Of nothing so far.
    pub fn new(model: &'m Model<'a>) -> Self {
        let mut followers: HashMap<_, Vec<_>> = HashMap::new();
        for (name, work) in &model.works {
            work.rhythm.follows.iter().for_each(|before| followers.entry(*before).or_default().push(*name));
        }
        Self { model, followers, works: HashSet::new(), sources: HashSet::new() }
    }

    /// The sources that depend on this workflow or machine, but for those that were told before.
    pub fn of_work(&mut self, name: &'a str) -> Vec<&'a str> {
        self.reach(vec![name], Vec::new())
    }

    /// The sources that depend on this one, itself among them, but for those that were told before.
    pub fn of_source(&mut self, source: &'a str) -> Vec<&'a str> {
        self.reach(Vec::new(), vec![source])
    }

    fn reach(&mut self, mut works: Vec<&'a str>, mut sources: Vec<&'a str>) -> Vec<&'a str> {
        let mut found = Vec::new();
        loop {
            if let Some(name) = works.pop() {
                if self.works.insert(name) {
                    works.extend(self.followers.get(name).into_iter().flatten());
                    let work = self.model.works.get(name);
                    sources.extend(work.into_iter().flat_map(Work::copies).map(|copy| copy.source));
                }
            } else if let Some(source) = sources.pop() {
                if self.sources.insert(source) {
                    found.push(source);
                    works.extend(self.model.makers.get(source).into_iter().flatten());
                }
            } else {
                return found;
            }
        }
    }
}

/// Sources whose copies could have become older: all that matters to a simulation is compared.
pub(super) fn changed<'a>(old: &Model<'a>, new: &Model<'a>, losses: &Losses) -> Vec<&'a str> {
    let mut dependents = Dependents::new(old);
    let mut places = Places { old, new, losses, known: HashMap::new() };
    let mut found = HashSet::new();
    for (name, work) in &old.works {
        let is_known = |name: &&str| old.works.contains_key(*name) == new.works.contains_key(*name);
        let stays = new.works.get(name).is_some_and(|after| work.is_like(after))
            && work.rhythm.follows.iter().all(is_known)
            && work.steps.iter().flat_map(|step| &step.repos).all(|repo| places.are_same(repo));
        if !stays {
            found.extend(dependents.of_work(name));
        }
    }
    for source in old.ir.sources.keys().map(String::as_str).chain(old.makers.keys().copied()) {
        if old.makers.get(source) != new.makers.get(source) {
            found.extend(dependents.of_source(source));
        }
    }
    old.ir.sources.keys().map(String::as_str).filter(|source| found.contains(source)).collect()
}

/// Whether repos are lost together with the same others as before.
struct Places<'p, 'a> {
    old: &'p Model<'a>,
    new: &'p Model<'a>,
    losses: &'p Losses,
    known: HashMap<&'a str, bool>,
}

impl<'a> Places<'_, 'a> {
    fn are_same(&mut self, repo: &'a str) -> bool {
        let (old, new, losses) = (self.old, self.new, self.losses);
        *self.known.entry(repo).or_insert_with(|| {
            old.is_lost_with(repo) == new.is_lost_with(repo)
                || losses.that_take(old, repo) == losses.that_take(new, repo)
        })
    }
}
