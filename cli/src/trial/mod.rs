//! The tests inside a policy: each is compiled with the params that it sets, simulated, and judged.

mod errors;
mod told;

use std::collections::BTreeSet;
use std::rc::Rc;

use mainstay_compiler::{Compiled, Params, World, compile};
use mainstay_diagnostics::{Diagnostic, Severity, SourceMap, Span};
use mainstay_engine::CarryError;
use mainstay_engine::simulate::{SimulateError, Simulated, judge, simulate};
use mainstay_ir::test::{Expect, Test};
use mainstay_ir::{IndexMap, Ir};
use mainstay_world::Clock;

use crate::policy::place_of;

/// What came of the tests of a policy.
#[derive(Debug)]
pub struct Trials {
    /// The policy's name; its file when it does not compile.
    pub policy: String,
    /// Its tests in the order of the files.
    pub trials: Vec<Trial>,
    /// Why it does not compile, when it has no test that could say so.
    pub broken: Option<(Vec<Diagnostic>, Rc<SourceMap>)>,
}

/// What came of a test.
#[derive(Debug)]
pub struct Trial {
    /// Its name.
    pub name: String,
    /// The file that it stands in, as people see it.
    pub file: String,
    /// Its line, from 1.
    pub line: u32,
    /// How it ended.
    pub end: End,
    /// How long that took, in milliseconds of real time.
    pub took_ms: u64,
    /// What is to be said of it.
    pub findings: Vec<Diagnostic>,
    /// The files that the findings are about.
    pub map: Rc<SourceMap>,
}

/// How a test ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// All that it expects holds.
    Passed,
    /// Something does not.
    Failed,
    /// The engine does not carry the policy out, for this reason: `run` says the same.
    Refused(String),
    /// With the params that it sets, the policy does not compile.
    Broken,
}

impl End {
    /// In a word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Passed => "ok",
            Self::Failed => "failed",
            Self::Refused(_) => "refused",
            Self::Broken => "broken",
        }
    }
}

/// A compilation, for all tests that set the same params.
struct Made {
    compiled: Compiled,
    map: Rc<SourceMap>,
}

/// Compiles as often as the tests have different params.
struct Compilations<'w> {
    world: &'w dyn World,
    root: &'w str,
    params: &'w Params,
    made: Vec<(IndexMap<String, String>, Rc<Made>)>,
}

/// Carries out the tests of the policy at `root` whose names are wanted.
pub fn trials(
    world: &dyn World,
    root: &str,
    params: &Params,
    clock: &dyn Clock,
    wanted: impl Fn(&str) -> bool,
) -> Trials {
    let mut compilations = Compilations { world, root, params, made: Vec::new() };
    let base = compilations.with(&IndexMap::default());
    let tests = base.compiled.tests.iter().enumerate().filter(|(_, test)| wanted(&test.name));
    let trials: Vec<Trial> = tests
        .map(|(number, test)| {
            let began_ms = clock.monotonic_ms();
            let made = compilations.with(&test.params);
            let test = made.compiled.tests.get(number).unwrap_or(test);
            let trial = Setting { world, root, params, made: &made }.trial(test);
            Trial { took_ms: clock.monotonic_ms().saturating_sub(began_ms), ..trial }
        })
        .collect();
    let is_broken = base.compiled.has_errors() && trials.is_empty();
    let broken = is_broken.then(|| (errors_of(&base.compiled), Rc::clone(&base.map)));
    let name = compilations.made.iter().find_map(|(_, made)| made.compiled.ir.as_ref());
    let policy = name.map_or_else(|| root.to_owned(), |ir| ir.policy.clone());
    Trials { policy, trials, broken }
}

impl Compilations<'_> {
    fn with(&mut self, set: &IndexMap<String, String>) -> Rc<Made> {
        if let Some((_, made)) = self.made.iter().find(|(known, _)| known == set) {
            return Rc::clone(made);
        }
        let compiled = compile(self.world, self.root, &all(self.params, set));
        let map = Rc::new(compiled.map.clone());
        let made = Rc::new(Made { compiled, map });
        self.made.push((set.clone(), Rc::clone(&made)));
        made
    }
}

/// What was handed in, and what a test sets.
fn all(params: &Params, set: &IndexMap<String, String>) -> Params {
    let mut params = params.clone();
    set.iter().for_each(|(name, value)| params.set(name, value));
    params
}

fn errors_of(compiled: &Compiled) -> Vec<Diagnostic> {
    let errors = compiled.diagnostics.iter().filter(|found| found.severity == Severity::Error);
    errors.cloned().collect()
}

/// What a test is carried out in.
struct Setting<'a> {
    world: &'a dyn World,
    root: &'a str,
    params: &'a Params,
    made: &'a Made,
}

impl Setting<'_> {
    fn trial(&self, test: &Test) -> Trial {
        let (end, findings) = match &self.made.compiled.ir {
            Some(ir) => self.carried_out(ir, test),
            None => (End::Broken, errors_of(&self.made.compiled)),
        };
        let (file, line) = self.place(self.span(test.site));
        Trial {
            name: test.name.clone(),
            file,
            line,
            end,
            took_ms: 0,
            findings,
            map: Rc::clone(&self.made.map),
        }
    }

    fn carried_out(&self, ir: &Ir, test: &Test) -> (End, Vec<Diagnostic>) {
        let mut runs: Vec<Simulated> = Vec::new();
        for simulation in &test.simulations {
            match simulate(ir, simulation) {
                Ok(run) => runs.push(run),
                Err(SimulateError::Carry(error)) => {
                    return (End::Refused(self.refused(ir, &error)), Vec::new());
                }
                Err(error) => {
                    return (End::Failed, vec![told::not_simulated(&error, self.span(simulation.site))]);
                }
            }
        }
        let mut told = BTreeSet::new();
        let found = test.expects.iter().filter_map(|expect| self.finding(test, expect, &runs, &mut told));
        let findings: Vec<Diagnostic> = found.collect();
        (if findings.is_empty() { End::Passed } else { End::Failed }, findings)
    }

    /// What `run` would say, with the place of the first construct that waits.
    fn refused(&self, ir: &Ir, error: &CarryError) -> String {
        let key = ir.waiting.first().filter(|_| matches!(error, CarryError::Waiting { .. }));
        let place =
            key.and_then(|waiting| place_of(&waiting.place, &self.made.compiled.places, &self.made.map));
        place.map_or_else(|| error.to_string(), |place| format!("{error}: at {place}"))
    }

    fn finding(
        &self,
        test: &Test,
        expect: &Expect,
        runs: &[Simulated],
        told: &mut BTreeSet<usize>,
    ) -> Option<Diagnostic> {
        match expect {
            Expect::Holds(term) => {
                told::verdict(&judge(term, runs), term, runs, told, |site| self.span(site))
            }
            Expect::Error { site, code, items } => {
                self.error(test, code, (self.span(*site), self.span(*items)))
            }
        }
    }

    fn span(&self, site: mainstay_ir::test::Site) -> Span {
        self.made.compiled.sites.get(site).unwrap_or_default()
    }

    fn place(&self, span: Span) -> (String, u32) {
        let at = self.made.map.line_column(span.start);
        let file = at.and_then(|(id, _)| self.made.map.file(id)).map(|file| file.name.clone());
        (file.unwrap_or_default(), at.map_or(0, |(_, at)| at.line))
    }
}
