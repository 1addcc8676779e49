//! Policies as operators of such systems would write them, from the design alone: `suite/operators/NAME.stay`. Beside each lies in
//! `NAME.gaps` how old each copy can get and how far apart its rehearsals are, as somebody reckoned it by hand, and in `NAME.expect` what is
//! told of it when anything is.
//!
//! `MAINSTAY_BLESS=1` writes the files anew; each sum is then reckoned again in review.

use std::fmt::Write;

use mainstay_compiler::prove::{Facts, Worst, facts};
use mainstay_diagnostics::Severity;

use crate::corpus::{Corpus, differs};

/// At least so many.
const LEAST_CASES: usize = 15;

fn shown(worst: &Worst) -> String {
    match worst {
        Worst::Proved { age, sum, .. } => format!("{age} = {sum}"),
        Worst::Unknown { why } => why.clone(),
    }
}

/// A line for each copy and each rehearsal.
fn gaps(facts: &Facts) -> String {
    let mut text = String::new();
    for copy in &facts.copies {
        let objective = copy.objective.as_deref().unwrap_or("nobody");
        writeln!(text, "{} in {} for {objective}: {}", copy.source, copy.repo, shown(&copy.worst)).unwrap();
    }
    for drill in &facts.drills {
        writeln!(text, "drill of {} out of {}: {}", drill.source, drill.repo, shown(&drill.worst)).unwrap();
    }
    text
}

#[test]
fn each_policy_compiles_and_its_copies_are_as_old_as_was_reckoned() {
    let corpus = Corpus::open("operators");
    let names = corpus.cases();
    let mut wrong = Vec::new();
    for name in &names {
        let (told, text) = corpus.told(name);
        assert!(told.iter().all(|one| one.severity != Severity::Error), "{name} does not compile:\n{text}");
        wrong.extend(differs(&corpus.beside(name, "expect"), &text));
        let ir = corpus.compiled(name).ir.unwrap_or_else(|| panic!("{name} has no IR"));
        wrong.extend(differs(&corpus.beside(name, "gaps"), &gaps(&facts(&ir))));
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), names.len(), wrong.join("\n"));
    assert!(names.len() >= LEAST_CASES, "only {} cases", names.len());
}
