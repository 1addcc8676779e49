//! Which losses bear on what is not lost.
//!
//! Of a large part most losses take one copy of many, and all else goes on as it would have. Then it is enough to have
//! looked, at each instant, at what is left: from the beginning without what is lost, the same is found.

use std::collections::{HashMap, HashSet};

use super::part::{Dead, Part};
use super::stage::{Asks, From, Job, Making, Task};

/// The tasks that have to do with each repo.
pub(super) struct Bearing<'p, 'a> {
    /// By policy and repo: the jobs, and the tasks.
    about: [HashMap<usize, Vec<(usize, usize)>>; 2],
    /// By policy: those that anything asks for.
    asked: [HashSet<(usize, usize)>; 2],
    part: &'p Part<'a>,
}

impl<'p, 'a> Bearing<'p, 'a> {
    pub fn new(part: &'p Part<'a>) -> Self {
        let (mut about, mut asked): ([HashMap<_, Vec<_>>; 2], [HashSet<_>; 2]) = Default::default();
        for ((stage, about), asked) in part.stages.iter().zip(&mut about).zip(&mut asked) {
            for (number, job) in stage.jobs.iter().enumerate() {
                for (at, task) in job.does.tasks.iter().enumerate() {
                    asked_for(&task.needs, &mut |other| asked.extend([(number, other)]));
                    let made = task.makes.iter().flat_map(of_making);
                    for repo in made.chain(task.repos.iter().copied()) {
                        about.entry(repo).or_default().push((number, at));
                    }
                }
            }
        }
        Self { about, asked, part }
    }

    /// Whether anything that is left is different for this loss, when it is there from the beginning.
    pub fn bears(&self, dead: &Dead) -> bool {
        dead.iter().enumerate().any(|(side, dead)| {
            let about = dead.iter().filter_map(|repo| self.about.get(side)?.get(repo)).flatten();
            about.into_iter().any(|(job, task)| self.task_bears(side, *job, *task, dead))
        })
    }

    /// A task fails for what is lost. That is of no account where nothing waits for its end or the run's, and nothing that
    /// it makes is left.
    fn task_bears(&self, side: usize, number: usize, at: usize, dead: &[usize]) -> bool {
        let Some(stage) = self.part.stages.get(side) else { return true };
        let follows = stage.followers.get(number).is_none_or(|followers| !followers.is_empty());
        let is_asked = self.asked.get(side).is_none_or(|asked| asked.contains(&(number, at)));
        let Some((job, task)) = stage.jobs.get(number).and_then(|job| Some((job, job.does.tasks.get(at)?)))
        else {
            return true;
        };
        follows || is_asked || is_course(job) || leaves_any(task, dead)
    }
}

fn is_course(job: &Job<'_>) -> bool {
    job.machine.is_some()
}

fn leaves_any(task: &Task, dead: &[usize]) -> bool {
    task.makes.iter().any(|making| dead.binary_search(&making.repo).is_err())
}

/// The repos that a copy has to do with.
fn of_making(making: &Making) -> impl Iterator<Item = usize> {
    let from = match &making.from {
        From::Source => None,
        From::Copy(lying) | From::Latest(lying) => Some(lying.repo),
    };
    [Some(making.repo), from, making.base.map(|base| base.repo)].into_iter().flatten()
}

fn asked_for(asks: &Asks, found: &mut impl FnMut(usize)) {
    match asks {
        Asks::Always => {}
        Asks::Well(number) | Asks::Failed(number) | Asks::Ended(number) => {
            number.iter().for_each(|number| found(*number));
        }
        Asks::All(all) | Asks::Any(all) => all.iter().for_each(|asks| asked_for(asks, found)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::{Losses, Model};
    use super::super::part::parts;
    use super::super::stage::Clocks;
    use super::*;

    /// The repos whose loss bears on what is left, where each of four is stored in by a step of a workflow.
    fn bearing((open, close): (&str, &str), besides: &str) -> Vec<String> {
        let mut text = String::from(
            "edition 2026\npolicy stores\nsecret key = file(\"/k\")\nsource home = files { roots: [\"/home\"] }\n",
        );
        for repo in ["a", "b", "c", "d"] {
            text.push_str(&format!("repo {repo} = local {{ path: \"/{repo}\", key: key }}\n"));
        }
        text.push_str(&format!(
            "workflow w {{\n  trigger: daily(at: 01:00, zone: \"UTC\")\n  within: 1h\n  {open}\n"
        ));
        for repo in ["a", "b", "c", "d"] {
            let stages = "discover(home) |> snapshot() |> encrypt()";
            text.push_str(&format!("  step in_{repo} = {stages} |> store({repo})\n"));
        }
        let compiled = crate::tests::one(&format!("{text}{close}}}\n{besides}"));
        let said = crate::tests::told(&compiled);
        let ir = compiled.ir.unwrap_or_else(|| panic!("{said}"));
        let model = Model::new(&ir);
        let losses = Losses::of(&[&model]);
        let found = parts([&model, &model], &["home"], &losses, &mut Clocks::new(0, 1));
        let [part] = found.as_slice() else { panic!("{} parts", found.len()) };
        let bearing = Bearing::new(part);
        let bears = part.losses.iter().filter(|(_, dead)| bearing.bears(dead));
        bears.map(|(_, dead)| part.repos[dead[0][0]].to_owned()).collect()
    }

    #[test]
    fn a_loss_bears_on_what_waits_for_it_and_on_what_is_made_from_it() {
        let side_by_side = ("parallel {", "}\n");
        assert_eq!(bearing(side_by_side, ""), Vec::<String>::new());
        // Of steps in a row each waits for the one before.
        assert_eq!(bearing(("", ""), ""), ["a", "b", "c"]);
        let reading = "workflow r {\n  trigger: daily(at: 03:00, zone: \"UTC\")\n  within: 1h\n  \
                       step away = latest(home, in: b) |> replicate(to: c)\n}\n";
        assert_eq!(bearing(side_by_side, reading), ["b"]);
        let after = "workflow r {\n  trigger: after_success(w)\n  within: 1h\n  \
                     step away = latest(home, in: b) |> replicate(to: c)\n}\n";
        assert_eq!(bearing(side_by_side, after), ["a", "b", "c", "d"]);
    }
}
