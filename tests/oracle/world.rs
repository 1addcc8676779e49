//! A world of a policy: it is let run from instant to instant, and anything can go wrong in it at any of them.

use std::collections::{BTreeSet, VecDeque};

use mainstay_ir::Rule;

use super::plot::{Act, Course, END, NEVER, Plot, Repos, Step, Turn, Way, Work};

/// A run that has not ended.
#[derive(Clone, PartialEq)]
struct Run {
    end: i64,
    start: i64,
    work: usize,
    /// What was newest everywhere when it started; empty where that does not matter.
    knew: Vec<i64>,
    brought: Vec<(usize, i64)>,
    well: bool,
    /// Of a machine: the states in which it did something, and whether that went well.
    path: Vec<(usize, bool)>,
}

/// What is so far, and what is under way.
#[derive(Clone)]
pub struct World<'p> {
    plot: &'p Plot,
    /// As of when the newest copy is: of each source in each repo, first those that stand by themselves, then links.
    newest: Vec<i64>,
    next: Vec<usize>,
    under_way: VecDeque<Run>,
    lost: Repos,
    /// A run that fails.
    pub fails: Option<(usize, i64)>,
    /// What comes of a state in each run.
    pub turn: Option<&'p Turn>,
    /// What started at the last instant.
    pub started: Vec<usize>,
}

impl<'p> World<'p> {
    pub fn new(plot: &'p Plot) -> Self {
        Self {
            plot,
            newest: vec![NEVER; 2 * plot.sources * plot.repos],
            next: vec![0; plot.works.len()],
            under_way: VecDeque::new(),
            lost: 0,
            fails: None,
            turn: None,
            started: Vec::new(),
        }
    }

    /// When something happens next.
    pub fn peek(&self) -> Option<i64> {
        let starts = self.plot.works.iter().zip(&self.next).filter_map(|(work, next)| work.starts.get(*next));
        starts.copied().chain(self.under_way.front().map(|run| run.end)).min().filter(|at| *at < END)
    }

    /// All that happens up to an instant, itself included.
    pub fn advance(&mut self, to: i64) {
        self.started.clear();
        while let Some(at) = self.peek().filter(|at| *at <= to) {
            self.instant(at);
        }
    }

    /// Ends come before starts: what is there then can be read.
    fn instant(&mut self, at: i64) {
        let mut starting: Vec<usize> = Vec::new();
        while let Some(run) = self.under_way.pop_front_if(|run| run.end <= at) {
            for (place, of) in &run.brought {
                self.newest[*place] = self.newest[*place].max(*of);
            }
            if run.well {
                starting.extend(&self.plot.works[run.work].behind);
            }
        }
        for (number, work) in self.plot.works.iter().enumerate() {
            if work.starts.get(self.next[number]) == Some(&at) {
                self.next[number] += 1;
                starting.push(number);
            }
        }
        for number in starting {
            self.started.push(number);
            if self.fails != Some((number, at)) {
                self.start(number, at);
            }
        }
    }

    fn start(&mut self, number: usize, start: i64) {
        let work = &self.plot.works[number];
        let knew = if work.reads { self.newest.clone() } else { Vec::new() };
        let end = start + work.takes;
        let mut run =
            Run { end, start, work: number, knew, brought: Vec::new(), well: false, path: Vec::new() };
        match &work.course {
            Some(course) => self.walk(work, course, &mut run),
            None => (run.brought, run.well) = self.body(work, start, &run.knew),
        }
        let place = self.under_way.partition_point(|other| other.end <= run.end);
        self.under_way.insert(place, run);
    }

    /// From state to state until an end: each ends `ok`, or `failed` where it cannot, or as the turn says. One that comes
    /// again comes again until the run has entered it too often.
    fn walk(&self, work: &Work, course: &Course, run: &mut Run) {
        let (mut at, mut entered) = (&course.start, BTreeSet::new());
        loop {
            if let Some(well) = course.well.get(at) {
                run.well = *well;
                return;
            }
            let number = work.steps.iter().position(|step| step.id == *at).unwrap();
            if !entered.insert(number) {
                return;
            }
            let step = &work.steps[number];
            let turn = self.turn.filter(|(name, state, _)| *name == work.name && state == at);
            let turn = turn.and_then(|(_, _, way)| Some((way, step.ways.get(way)?)));
            let ends = |ending: &str| step.ways.get(&Way::Ends(ending.to_owned()));
            let acts = turn.is_none_or(|(way, _)| *way == Way::Ends("degraded".to_owned()));
            let well = !acts || self.act(step, (run.start, &run.knew), &[], &mut run.brought).is_ok();
            run.path.extend(acts.then_some((number, well)));
            let next = if well { turn.map(|(_, to)| to).or_else(|| ends("ok")) } else { ends("failed") };
            match next {
                Some(next) => at = next,
                None => return,
            }
        }
    }

    /// What a run of a machine that is under way brings when repos are lost: it takes no other way then, and fails.
    fn cut_short(&self, work: &Work, run: &mut Run) {
        run.brought.clear();
        for (number, was_well) in &run.path {
            let did = self.act(&work.steps[*number], (run.start, &run.knew), &[], &mut run.brought);
            if *was_well && did.is_err() {
                run.well = false;
                return;
            }
        }
    }

    /// What repos hold of runs that have started is damaged.
    pub fn damage(&mut self, repo: usize) {
        let repos = self.plot.repos;
        self.newest.iter_mut().skip(repo).step_by(repos).for_each(|of| *of = NEVER);
        self.under_way.iter_mut().for_each(|run| run.brought.retain(|(place, _)| place % repos != repo));
    }

    /// Repos are lost: what is under way cannot read or write them any more.
    pub fn lose(&mut self, lost: Repos) {
        self.lost |= lost;
        for repo in (0..self.plot.repos).filter(|repo| lost >> repo & 1 == 1) {
            self.newest.iter_mut().skip(repo).step_by(self.plot.repos).for_each(|of| *of = NEVER);
        }
        let mut under_way = std::mem::take(&mut self.under_way);
        for run in &mut under_way {
            let work = &self.plot.works[run.work];
            match work.course {
                Some(_) => self.cut_short(work, run),
                None => (run.brought, run.well) = self.body(work, run.start, &run.knew),
            }
        }
        self.under_way = under_way;
    }

    /// As of when the newest copy of a source is.
    pub fn newest(&self, source: usize) -> i64 {
        let each = (0..self.plot.repos).map(|repo| {
            let (whole, link) = (self.place(source, repo, false), self.place(source, repo, true));
            // Links are nothing without their base.
            if self.newest[whole] == NEVER { NEVER } else { self.newest[whole].max(self.newest[link]) }
        });
        each.max().unwrap_or(NEVER)
    }

    /// Whether both go on alike.
    pub fn is_like(&self, other: &Self) -> bool {
        let lies = |run: &Run| (run.end, run.start, run.work, run.well);
        self.newest == other.newest
            && self.under_way.len() == other.under_way.len()
            && self.under_way.iter().zip(&other.under_way).all(|(one, other)| {
                lies(one) == lies(other) && one.brought == other.brought && one.knew == other.knew
            })
    }

    /// What a run brings, and whether it ends well.
    fn body(&self, work: &Work, start: i64, knew: &[i64]) -> (Vec<(usize, i64)>, bool) {
        let mut brought: Vec<(usize, i64)> = Vec::new();
        let mut values: Vec<Option<Data>> = vec![None; work.steps.len()];
        let mut came: Vec<Came> = Vec::with_capacity(work.steps.len());
        for (number, step) in work.steps.iter().enumerate() {
            if !holds(&step.needs, &work.steps, &came) {
                came.push(Came::Skipped);
                continue;
            }
            let did = self.act(step, (start, knew), &values, &mut brought);
            came.push(if did.is_ok() { Came::Well } else { Came::Failed });
            values[number] = did.unwrap_or_else(|value| value);
        }
        (brought, came.iter().all(|came| *came == Came::Well))
    }

    /// What a step does: its value, as an error where it failed.
    fn act(
        &self,
        step: &Step,
        (start, knew): (i64, &[i64]),
        values: &[Option<Data>],
        brought: &mut Vec<(usize, i64)>,
    ) -> Result<Option<Data>, Option<Data>> {
        let mut value = None;
        let well = step.acts.iter().all(|act| match act {
            Act::Source(source) => {
                value = Some(Data { source: *source, of: start, repo: None, link: false });
                true
            }
            Act::Step(step) => {
                value = values[*step];
                true
            }
            Act::Latest(repo) => {
                let of = |data: Data| knew[self.place(data.source, *repo, false)];
                value = value.map(|data| Data { of: of(data), repo: Some(*repo), ..data });
                !self.is_lost(*repo)
            }
            Act::Link(repo) => {
                value = value.map(|data| Data { link: true, ..data });
                let base = value.map(|data| knew[self.place(data.source, *repo, false)]);
                !self.is_lost(*repo) && base.is_some_and(|base| base != NEVER)
            }
            Act::Use(repo) => !self.is_lost(*repo),
            Act::Put(repo) => self.put(&mut value, *repo, brought),
        });
        if well { Ok(value) } else { Err(value) }
    }

    fn put(&self, value: &mut Option<Data>, to: usize, brought: &mut Vec<(usize, i64)>) -> bool {
        let Some(data) = value.filter(|data| data.of != NEVER) else { return false };
        if self.is_lost(to) || data.repo.is_some_and(|from| self.is_lost(from)) {
            return false;
        }
        brought.push((self.place(data.source, to, data.link), data.of));
        *value = Some(Data { repo: Some(to), ..data });
        true
    }

    fn place(&self, source: usize, repo: usize, link: bool) -> usize {
        let links = if link { self.plot.sources } else { 0 };
        (links + source) * self.plot.repos + repo
    }

    fn is_lost(&self, repo: usize) -> bool {
        self.lost >> repo & 1 == 1
    }
}

/// A value in a run: of what, as of when, and where it lies.
#[derive(Clone, Copy)]
struct Data {
    source: usize,
    of: i64,
    repo: Option<usize>,
    /// Of a chain of logs.
    link: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Came {
    Well,
    Failed,
    Skipped,
}

fn holds(rule: &Rule, steps: &[Step], came: &[Came]) -> bool {
    let ended = |name: &String| came.get(steps.iter().position(|step| step.id == *name).unwrap()).copied();
    match rule {
        Rule::Always => true,
        Rule::Well(name) => ended(name) == Some(Came::Well),
        Rule::Failed(name) => ended(name) == Some(Came::Failed),
        Rule::Ended(name) => ended(name).is_some(),
        Rule::All(all) => all.iter().all(|rule| holds(rule, steps, came)),
        Rule::Any(any) => any.iter().any(|rule| holds(rule, steps, came)),
    }
}
