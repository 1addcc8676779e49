//! Risks in what is kept, and where: copies that nobody read back, that only this program reads, that are all alike.

use std::collections::BTreeSet;

use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::risk;
use mainstay_ir::{Objective, Retention, SourceCopy};

use crate::prove::fields::only_adds;
use crate::prove::policy::Policy;

/// A promise that reaches further than this outlives programs: what reads it then must need none of ours.
const OUTLIVES_PROGRAMS_YEARS: u32 = 10;

/// From so many sources on, of more than one kind, a single retention is a choice that nobody made.
const MANY_SOURCES: usize = 5;

pub(super) fn look(policy: &Policy<'_>, found: &mut Vec<Diagnostic>) {
    found.extend(unverified(policy));
    for (name, objective) in &policy.ir.objectives {
        found.extend(not_portable(policy, name, objective));
    }
    found.extend(one_retention(policy));
}

/// A copy that is made by the clock, and that nothing ever reads back. Where an objective speaks, `retain` is asked for,
/// and that takes verified copies only.
fn unverified(policy: &Policy<'_>) -> Vec<Diagnostic> {
    let starts_by_itself = |copy: &SourceCopy| {
        policy
            .ir
            .work(copy.workflow)
            .is_some_and(|(_, work)| !work.triggers.is_empty() && work.objective.is_none())
    };
    let rehearsed = |copy: &SourceCopy| {
        policy.flows().rehearsals.iter().any(|drill| (drill.source, drill.repo) == (copy.source, copy.repo))
    };
    let closing = policy.flows().closing.iter().filter(|closing| closing.when.is_in_each_run());
    let mut told = BTreeSet::new();
    let mut found = Vec::new();
    for copy in policy.flows().copies.iter().chain(closing.map(|closing| &closing.copy)) {
        // A writer's key reads nothing back: that is for whoever holds another one.
        if copy.verified
            || only_adds(policy.ir, copy.repo)
            || rehearsed(copy)
            || !starts_by_itself(copy)
            || !told.insert((copy.source, copy.repo))
        {
            continue;
        }
        let message = format!("nothing reads the copy of `{}` in `{}` back", copy.source, copy.repo);
        let span = policy.span(&format!("workflow.{}.step.{}", copy.workflow, copy.step));
        found.push(
            Diagnostic::warning(risk::UNVERIFIED, message, span, "stored, and never looked at again")
                .note("bytes rot, and a disk that lies is noticed on the day of the restore")
                .help("end the step with `|> verify()`"),
        );
    }
    found
}

/// A promise beyond the life of programs, and each copy in the form of this one.
fn not_portable(policy: &Policy<'_>, name: &str, objective: &Objective) -> Option<Diagnostic> {
    let span = objective.keep.as_ref().and_then(longest)?;
    let is_archive = |repo: &str| policy.ir.repos.get(repo).is_some_and(|repo| repo.constructor == "archive");
    // For whomever it is made: a file that `age` reads is one.
    let archived: BTreeSet<&str> =
        policy.flows().copies.iter().filter(|copy| is_archive(copy.repo)).map(|copy| copy.source).collect();
    let (source, _) = policy.by_source(name).find(|(source, _)| !archived.contains(source))?;
    let message = format!("`{name}` keeps `{source}` {span}, and only Mainstay can read it then");
    let place = policy.span(&format!("objective.{name}.keep"));
    Some(
        Diagnostic::warning(risk::NOT_PORTABLE, message, place, "longer than programs live")
            .note("an `archive` repo holds `tar.zst.age` files: whoever has the key reads them with `age`, `zstd` and `tar`")
            .help("copy it to a repo that is an `archive { path: .., recipients: [..] }` too"),
    )
}

/// How long a retention keeps something, when that is longer than programs live.
fn longest(keep: &Retention) -> Option<String> {
    let years = keep.yearly.max(keep.monthly / 12);
    match keep.all {
        true => Some("for ever".to_owned()),
        false if years > OUTLIVES_PROGRAMS_YEARS => Some(format!("for {years} years")),
        false => None,
    }
}

/// Many sources of several kinds, and one retention for all copies of all of them.
fn one_retention(policy: &Policy<'_>) -> Option<Diagnostic> {
    let promised = |copy: &&SourceCopy| policy.ir.objective_of(copy.workflow).is_some();
    let copies: Vec<&SourceCopy<'_>> = policy.flows().copies.iter().filter(promised).collect();
    let sources: BTreeSet<&str> = copies.iter().map(|copy| copy.source).collect();
    let repos: BTreeSet<&str> = copies.iter().map(|copy| copy.repo).collect();
    let kind = |source: &&str| policy.ir.sources.get(*source).map(|source| source.constructor.as_str());
    let kinds: BTreeSet<&str> = sources.iter().filter_map(kind).collect();
    let first = copies.first()?;
    let alike = copies.iter().all(|copy| copy.retain.is_some() && copy.retain == first.retain);
    if !alike || sources.len() < MANY_SOURCES || kinds.len() < 2 || repos.len() < 2 {
        return None;
    }
    let keep = |copy: &SourceCopy<'_>| {
        policy.span(&format!("workflow.{}.step.{}.retain.keep", copy.workflow, copy.step))
    };
    let message = format!("all {} sources are kept alike, in each of {} repos", sources.len(), repos.len());
    let mut said = Diagnostic::warning(risk::ONE_RETENTION, message, keep(first), "this, for all data");
    let other = copies.iter().find(|copy| kind(&copy.source) != kind(&first.source));
    if let Some(other) = other.filter(|other| keep(other) != keep(first)) {
        said = said.label(keep(other), format!("and for `{}`", other.source));
    }
    Some(
        said.note("what the law wants for years and what is of no use after a week cost the same then")
            .help("give each class of data a `keep` of its own: `let books = gfs(daily: 35, monthly: 84)`"),
    )
}
