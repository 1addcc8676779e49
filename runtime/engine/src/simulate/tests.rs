//! Simulations of whole policies.

mod laws;
mod scenes;

use std::collections::HashMap;
use std::sync::Arc;

use mainstay_compiler::{Params, World, WorldError, compile};
use mainstay_ir::Ir;
use mainstay_ir::test::{Expect, Test};

use super::{SimulateError, Simulated, Verdict, judge, simulate};

/// One file.
struct File(String);

impl World for File {
    fn read(&self, path: &str) -> Result<Arc<str>, WorldError> {
        if path == "mainstay.stay" { Ok(self.0.as_str().into()) } else { Err(WorldError::Missing) }
    }
}

/// What every policy here has.
const HEAD: &str = r#"edition 2026
policy p
use std.pipelines.{protect, copy}
secret key  = file("/k")
source home = files { roots: ["/home"] }
source mail = files { roots: ["/mail"] }
repo shelf  = local { path: "/shelf", key: key }
repo far    = local { path: "/far", key: key }
let some = gfs(last: 9)
"#;

/// A policy and its first test.
fn compiled(text: &str) -> (Ir, Test) {
    let compiled = compile(&File(format!("{HEAD}{text}")), "mainstay.stay", &Params::none());
    let errors: Vec<_> = compiled.diagnostics.iter().map(|found| &found.message).collect();
    let ir = compiled.ir.unwrap_or_else(|| panic!("{errors:#?}"));
    let test = compiled.tests.into_iter().next();
    (ir, test.unwrap_or_else(|| panic!("a test")))
}

/// The simulations of the first test.
fn played(text: &str) -> Result<(Vec<Simulated>, Test), SimulateError> {
    let (ir, test) = compiled(text);
    let runs = test.simulations.iter().map(|simulation| simulate(&ir, simulation));
    Ok((runs.collect::<Result<_, _>>()?, test))
}

/// What came of each `expect` of the first test.
fn verdicts(text: &str) -> Vec<Verdict> {
    let (runs, test) = played(text).unwrap();
    let judged = test.expects.iter().map(|expect| match expect {
        Expect::Holds(term) => judge(term, &runs),
        Expect::Error { .. } => panic!("nothing is compiled here"),
    });
    judged.collect()
}

/// All that the first test expects holds.
fn holds(text: &str) {
    let verdicts = verdicts(text);
    assert!(!verdicts.is_empty());
    assert!(verdicts.iter().all(|verdict| *verdict == Verdict::Holds), "{verdicts:#?}");
}

/// The times of the runs by the wall clocks of the simulation, `dd HH:MM`.
fn starts(simulated: &Simulated) -> Vec<String> {
    let started = simulated.runs.iter().map(|run| run.started_ms);
    started.map(|at_ms| simulated.shown(at_ms)[8..16].to_owned()).collect()
}

/// The shapes by which the records of a simulation are folded.
fn shapes(simulated: &Simulated) -> HashMap<(String, String), Arc<crate::shape::Shape>> {
    simulated.shapes.clone()
}
