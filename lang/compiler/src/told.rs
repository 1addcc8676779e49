//! Diagnostics of several passes as one list: each mistake once, in the order of the files.

use std::collections::{HashMap, HashSet};

use mainstay_diagnostics::codes::{names, types};
use mainstay_diagnostics::{Diagnostic, Severity};

/// Adds what was not found with an earlier choice of params, and says with which one it was.
pub(crate) fn add_new(all: &mut Vec<Diagnostic>, found: Vec<Diagnostic>, choice: Option<&str>) {
    let seen: HashSet<_> = all.iter().map(|found| (found.code, found.span())).collect();
    for diagnostic in found.into_iter().filter(|found| !seen.contains(&(found.code, found.span()))) {
        all.push(match choice {
            Some(choice) => diagnostic.note(format!("with {choice}")),
            None => diagnostic,
        });
    }
}

/// In order. The same unknown name at many places is one mistake: the first place tells of the others.
pub(crate) fn folded(mut all: Vec<Diagnostic>) -> Vec<Diagnostic> {
    all.sort_by_key(|found| (found.span().start, found.span().end));
    let mut kept: Vec<(Diagnostic, u32)> = Vec::new();
    let mut first: HashMap<String, usize> = HashMap::new();
    for found in all {
        if found.code != names::UNKNOWN && found.code != types::SPREAD {
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

/// Whether a policy with these does not compile.
pub(crate) fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|found| found.severity == Severity::Error)
}
