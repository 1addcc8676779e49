//! A copy that would lie where its original lies already: nothing is copied, and whoever counts copies is misled.

use std::collections::HashSet;

use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::goals;
use mainstay_ir::{Flows, Ir, SourceCopy};

use super::fields::store;
use super::policy::Policy;
use super::report::Report;

/// The sources of which a copy goes nowhere. What else is missing of them is missing because of it.
pub(super) fn sources<'a>(ir: &Ir, flows: &Flows<'a>) -> HashSet<&'a str> {
    flows.copies.iter().filter(|copy| original(ir, copy).is_some()).map(|copy| copy.source).collect()
}

pub(super) fn check(policy: &Policy<'_>, report: &mut Report) {
    for copy in policy.flows().all() {
        let Some(original) = original(policy.ir, copy) else { continue };
        let SourceCopy { source, repo, workflow, step, .. } = copy;
        let place = policy.span(&format!("workflow.{workflow}.step.{step}.replicate.to"));
        let message = format!("this copies `{source}` to where it lies already");
        let mut said =
            Diagnostic::error(goals::COPY_IN_PLACE, message, place, format!("out of `{original}`"));
        if original != *repo {
            said = said
                .label(policy.span(&format!("repo.{repo}")), format!("the same store as `{original}`"))
                .label(policy.span(&format!("repo.{original}")), "both name this place");
        }
        let said = match &elsewhere(policy, source)[..] {
            [] => said.help("declare another repo, on another disk or at another site, and name it here"),
            [only] => said.help(format!("name the other repo: `{only}`")).fix(
                format!("write `{only}`"),
                place,
                *only,
                false,
            ),
            [first, ..] => said.help(format!("name another repo, such as `{first}`")),
        };
        report.add(format!("in place {step}"), format!("`{source}`"), said);
    }
}

/// The repo out of which this is made, when it is where it goes to.
fn original<'a>(ir: &Ir, copy: &SourceCopy<'a>) -> Option<&'a str> {
    let original = copy.origin.repo()?;
    let known = store(ir, original);
    (original == copy.repo || known.is_some() && known == store(ir, copy.repo)).then_some(original)
}

/// The repos that hold nothing of a source, and are no other name of one that does.
fn elsewhere<'a>(policy: &Policy<'a>, source: &str) -> Vec<&'a str> {
    let holding: HashSet<&str> =
        policy.flows().copies.iter().filter(|copy| copy.source == source).map(|copy| copy.repo).collect();
    let stores: Vec<_> = holding.iter().filter_map(|repo| store(policy.ir, repo)).collect();
    let is_free = |repo: &&str| {
        !holding.contains(*repo) && store(policy.ir, repo).is_none_or(|store| !stores.contains(&store))
    };
    policy.ir.repos.keys().map(String::as_str).filter(is_free).collect()
}
