//! Whether a policy protects its copies less than another: every single thing that can go wrong is tried at every instant.

use std::collections::BTreeSet;

use mainstay_ir::{Ir, Value};

use super::kept::stops_being;
use super::plot::{DAY, FROM, Names, Plot, Repos, Turn, taken};
use super::world::World;

/// How far a world in which something went wrong is followed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// Until it goes on as a world that is followed anyway.
    UntilAlike,
    /// To the end, whatever it is like.
    ToTheEnd,
}

/// A moment at which the newest copy is older, in words. Whatever goes wrong does so before `until`.
pub fn weaker(old: &Ir, new: &Ir, until: i64, follow: Follow) -> Option<String> {
    stops_being(old, new).or_else(|| older(old, new, until, follow))
}

fn older(old: &Ir, new: &Ir, until: i64, follow: Follow) -> Option<String> {
    let names = Names::of([old, new]);
    let plots = [Plot::of(old, &names), Plot::of(new, &names)];
    let losses: Vec<_> = losses([old, new])
        .into_iter()
        .map(|what| ([taken(old, &names, &what), taken(new, &names, &what)], what))
        .collect();
    if plots[0] == plots[1] && losses.iter().all(|([before, after], _)| before == after) {
        return None;
    }
    let turns = plots.iter().flat_map(Plot::turns).collect();
    Search { names: &names, plots: &plots, losses: &losses, turns: &turns, until, follow }.search()
}

/// What can be lost: a repo, a site or an account that either policy names.
fn losses(both: [&Ir; 2]) -> BTreeSet<(&'static str, String)> {
    let mut found = BTreeSet::new();
    for (name, repo) in both.into_iter().flat_map(|ir| &ir.repos) {
        found.insert(("repo", name.clone()));
        let Some(Value::Record(place)) = repo.fields.get("place") else { continue };
        for field in ["site", "account"] {
            if let Some(Value::Text(label)) = place.get(field) {
                found.insert((field, label.clone()));
            }
        }
        // Who can delete counts only where it is said whose it is.
        if let (Some(Value::List(names)), true) = (place.get("deleters"), place.contains_key("account")) {
            found.extend(names.iter().filter_map(|name| match name {
                Value::Text(name) => Some(("account", name.clone())),
                _ => None,
            }));
        }
    }
    found
}

/// A world of each policy, the old one first.
type Both<'p> = [World<'p>; 2];

struct Search<'p> {
    names: &'p Names<'p>,
    plots: &'p [Plot; 2],
    losses: &'p [([Repos; 2], (&'static str, String))],
    turns: &'p BTreeSet<Turn>,
    until: i64,
    follow: Follow,
}

impl<'p> Search<'p> {
    fn search(&self) -> Option<String> {
        let worlds = || -> Both<'p> { [World::new(&self.plots[0]), World::new(&self.plots[1])] };
        let without: Vec<Both<'p>> = self.losses.iter().map(|(lost, _)| lose(worlds(), *lost)).collect();
        if let Some(found) = self.run(FROM, worlds(), None) {
            return Some(self.told(found, "nothing goes wrong".to_owned()));
        }
        let mut lost = without.iter().zip(self.losses);
        let found = lost.find_map(|(both, (_, what))| Some((self.run(FROM, both.clone(), None)?, what)));
        if let Some((found, what)) = found {
            return Some(self.told(found, format!("{what:?} never was there")));
        }
        self.turned(&worlds()).or_else(|| self.each_instant(worlds(), without))
    }

    /// Each state of each machine ends otherwise than `ok`, in each run.
    fn turned(&self, worlds: &Both<'p>) -> Option<String> {
        self.turns.iter().find_map(|turn| {
            let mut turned = worlds.clone();
            turned.iter_mut().for_each(|world| world.turn = Some(turn));
            Some(self.told(self.run(FROM, turned, None)?, format!("{turn:?}")))
        })
    }

    fn each_instant(&self, mut sound: Both<'p>, mut without: Vec<Both<'p>>) -> Option<String> {
        loop {
            let at = next(&sound).filter(|at| *at < self.until)?;
            let before = sound.clone();
            advance(&mut sound, at);
            let found = self.failed(&before, &sound, at).or_else(|| self.damaged(&sound, at));
            if found.is_some() {
                return found;
            }
            for (without, (lost, what)) in without.iter_mut().zip(self.losses) {
                advance(without, at);
                if let Some(found) = self.run(at, lose(sound.clone(), *lost), Some(without.clone())) {
                    return Some(self.told(found, format!("{what:?} is lost after {}", days(at))));
                }
            }
        }
    }

    /// Each run that starts at an instant fails.
    fn failed(&self, before: &Both<'p>, sound: &Both<'p>, at: i64) -> Option<String> {
        let names = sound.iter().zip(self.plots);
        let names: BTreeSet<&str> =
            names.flat_map(|(world, plot)| world.started.iter().map(|work| plot.name(*work))).collect();
        names.into_iter().find_map(|name| {
            let mut forked = before.clone();
            for (world, plot) in forked.iter_mut().zip(self.plots) {
                world.fails = plot.work(name).map(|work| (work, at));
            }
            advance(&mut forked, at);
            let found = self.run(at, forked, Some(sound.clone()))?;
            Some(self.told(found, format!("the run of {name} at {} fails", days(at))))
        })
    }

    /// Each repo is damaged when runs have started.
    fn damaged(&self, sound: &Both<'p>, at: i64) -> Option<String> {
        if sound.iter().all(|world| world.started.is_empty()) {
            return None;
        }
        (0..self.names.repos.len()).find_map(|repo| {
            let mut forked = sound.clone();
            forked.iter_mut().for_each(|world| world.damage(repo));
            let found = self.run(at, forked, Some(sound.clone()))?;
            Some(self.told(found, format!("{} is damaged at {}", self.names.repos[repo], days(at))))
        })
    }

    /// The first source, and the instant, of which the newest copy is older; followed until it goes on as the reference.
    fn run(
        &self,
        mut at: i64,
        mut forked: Both<'p>,
        mut reference: Option<Both<'p>>,
    ) -> Option<(usize, i64)> {
        if self.follow == Follow::ToTheEnd {
            reference = None;
        }
        loop {
            let [old, new] = &forked;
            if let Some(source) =
                (0..self.names.sources.len()).find(|source| new.newest(*source) < old.newest(*source))
            {
                return Some((source, at));
            }
            let alike = |reference: &Both<'p>| old.is_like(&reference[0]) && new.is_like(&reference[1]);
            if reference.as_ref().is_some_and(alike) {
                return None;
            }
            at = next(&forked)?;
            advance(&mut forked, at);
            reference.iter_mut().for_each(|reference| advance(reference, at));
        }
    }

    fn told(&self, (source, at): (usize, i64), wrong: String) -> String {
        format!("{wrong}: {} is older at {}", self.names.sources[source], days(at))
    }
}

fn days(at: i64) -> String {
    format!("day {:.3}", (at - FROM) as f64 / DAY as f64)
}

fn lose(mut both: Both<'_>, lost: [Repos; 2]) -> Both<'_> {
    both.iter_mut().zip(lost).for_each(|(world, lost)| world.lose(lost));
    both
}

/// The next instant at which anything happens in either.
fn next(both: &Both<'_>) -> Option<i64> {
    both.iter().filter_map(World::peek).min()
}

fn advance(both: &mut Both<'_>, at: i64) {
    both.iter_mut().for_each(|world| world.advance(at));
}
