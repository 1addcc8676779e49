//! From policy files to the IR: resolve, check, prove, lint, lower.
//!
//! [`compile`] is the one entry. It reads files through [`World`] and nothing else; the same files and params give
//! the same IR, byte for byte. All mistakes of all files are reported in one run, each once.

mod check;
mod intact;
mod library;
mod lint;
mod lower;
mod params;
mod places;
pub mod prove;
mod resolve;
#[cfg(test)]
mod tests;
mod types;
mod value;
mod world;

use std::collections::{HashMap, HashSet};

use mainstay_diagnostics::codes::{names, types as type_codes};
use mainstay_diagnostics::{Diagnostic, Severity, SourceMap};
use mainstay_ir::Ir;

pub use params::Params;
pub use places::Places;
pub use world::{World, WorldError};

/// What came of a compilation.
#[derive(Debug)]
pub struct Compiled {
    /// The policy; none when there is an error.
    pub ir: Option<Ir>,
    /// Errors and warnings in the order of the files.
    pub diagnostics: Vec<Diagnostic>,
    /// The files, the standard library first.
    pub map: SourceMap,
    /// Where the parts of the IR stand.
    pub places: Places,
}

impl Compiled {
    /// Whether the policy does not compile.
    pub fn has_errors(&self) -> bool {
        has_errors(&self.diagnostics)
    }
}

/// Compiles the policy whose root file is `root`, as [`World::read`] knows it.
pub fn compile(world: &dyn World, root: &str, params: &Params) -> Compiled {
    let mut program = resolve::load(world, root);
    let mut diagnostics = std::mem::take(&mut program.diagnostics);
    let mut ir = None;
    let mut places = Places::default();
    diagnostics = program.without_echoes(diagnostics);
    if program.root.is_some() {
        let (choices, found) = check::choices(&program, params);
        diagnostics.extend(found);
        for (number, choice) in choices.iter().enumerate() {
            let (checked, found) = check::check(&program, choice);
            let mut found = program.without_echoes(found);
            let wrong = has_errors(&found) || has_errors(&diagnostics);
            if number == 0 && !wrong {
                found.extend(lint::lint(&program, &checked));
            }
            let (lowered, at) = lower::lower(&program, &checked);
            if wrong {
                let told = [diagnostics.as_slice(), found.as_slice()].concat();
                found.extend(intact::prove_intact(&program, &lowered, &at, &told));
            } else {
                found.extend(prove::prove(&lowered, &at));
                if number == 0 {
                    found.extend(lint::risks(&lowered, &at));
                    (ir, places) = (Some(lowered), at);
                }
            }
            let shown = (number > 0).then(|| choice.shown(&program));
            add_new(&mut diagnostics, found, shown.as_deref());
        }
        diagnostics = lint::silence(&program, diagnostics);
    }
    let diagnostics = folded(diagnostics);

    let ir = ir.filter(|_| !has_errors(&diagnostics));
    Compiled { ir, diagnostics, map: program.map, places }
}

/// Adds what was not found with an earlier choice of params, and says with which one it was.
fn add_new(all: &mut Vec<Diagnostic>, found: Vec<Diagnostic>, choice: Option<&str>) {
    let seen: HashSet<_> = all.iter().map(|found| (found.code, found.span())).collect();
    for diagnostic in found.into_iter().filter(|found| !seen.contains(&(found.code, found.span()))) {
        all.push(match choice {
            Some(choice) => diagnostic.note(format!("with {choice}")),
            None => diagnostic,
        });
    }
}

/// The same unknown name at many places is one mistake: the first place tells of the others.
fn folded(mut all: Vec<Diagnostic>) -> Vec<Diagnostic> {
    all.sort_by_key(|found| (found.span().start, found.span().end));
    let mut kept: Vec<(Diagnostic, u32)> = Vec::new();
    let mut first: HashMap<String, usize> = HashMap::new();
    for found in all {
        if found.code != names::UNKNOWN && found.code != type_codes::SPREAD {
            kept.push((found, 0));
            continue;
        }
        let at = *first.entry(found.message.clone()).or_insert(kept.len());
        match kept.get_mut(at) {
            Some((_, others)) => *others += 1,
            None => kept.push((found, 0)),
        }
    }
    let told = |(found, others)| match others {
        0 => found,
        1 => Diagnostic::note(found, "the same at one more place"),
        many => Diagnostic::note(found, format!("the same at {many} more places")),
    };
    kept.into_iter().map(told).collect()
}

fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|found| found.severity == Severity::Error)
}
