//! Copies and residency, on the places that repos declare.

use std::collections::BTreeSet;

use foldhash::HashSet;
use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::goals;
use mainstay_ir::{Copies, Objective, Value};

use super::policy::{Policy, other, text};
use super::report::Report;

pub(super) fn check(policy: &Policy<'_>, report: &mut Report) {
    for (name, objective) in &policy.ir.objectives {
        let regions = match other(objective, "residency") {
            Some(Value::List(regions)) => regions.iter().filter_map(text).collect(),
            _ => Vec::new(),
        };
        let asked = asked(objective, &regions);
        none(policy, name, objective, report);
        for (source, repos) in policy.by_source(name) {
            let repos: Vec<&str> = repos.keys().copied().collect();
            for repo in &repos {
                undeclared(policy, name, repo, &asked, report);
            }
            if let Some(copies) = objective.copies.as_ref().filter(|_| !policy.in_place.contains(source)) {
                Counted { policy, objective: name, source, repos: &repos }.check(copies, report);
            }
            residency(policy, name, &repos, &regions, report);
        }
    }
}

/// A promise about copies, of which the workflows that are for it make none.
fn none(policy: &Policy<'_>, name: &str, objective: &Objective, report: &mut Report) {
    let fields = [
        ("rpo", objective.rpo.is_some()),
        ("keep", objective.keep.is_some()),
        ("copies", objective.copies.is_some()),
    ];
    let Some((field, _)) = fields.iter().find(|(_, promised)| *promised) else { return };
    let workflows = || policy.ir.works().filter(|(_, work)| work.objective == Some(name));
    if workflows().next().is_none() || policy.copies_for(name).next().is_some() {
        return;
    }
    let message = format!("`{name}` promises copies by its `{field}`, and nothing that is for it makes one");
    let span = policy.span(&format!("objective.{name}.{field}"));
    let mut said = Diagnostic::error(goals::NO_COPY, message, span, "promised here");
    for (workflow, _) in workflows() {
        let mut closing = policy.flows().closing.iter().filter(|closing| closing.copy.workflow == workflow);
        said = match closing.next() {
            Some(closing) => {
                let step = policy.span(&format!("workflow.{workflow}.step.{}", closing.copy.step));
                said.label(step, "stored when the run has ended: no promise can count on it")
            }
            None => said.label(policy.span(&format!("workflow.{workflow}")), "nothing is stored here"),
        };
    }
    let help = format!("store a source in the body of a workflow `for {name}`, or take the `{field}` out");
    report.add("no copy", format!("`{name}`"), said.help(help));
}

/// The parts of a place that an objective asks for, each with the field that asks.
fn asked(objective: &Objective, regions: &[&str]) -> Vec<(&'static str, &'static str)> {
    let copies = objective.copies.clone().unwrap_or_default();
    let parts = [
        (copies.sites > 0, ("site", "copies")),
        (copies.media > 0, ("medium", "copies")),
        (!regions.is_empty(), ("region", "residency")),
    ];
    parts.into_iter().filter(|(asks, _)| *asks).map(|(_, part)| part).collect()
}

struct Counted<'p, 'a> {
    policy: &'p Policy<'a>,
    objective: &'p str,
    source: &'p str,
    repos: &'p [&'a str],
}

/// What is counted, in the singular and the plural, how many were promised, and how many there are.
type Count<'w> = ((&'w str, &'w str), u32, usize);

impl<'a> Counted<'_, 'a> {
    fn check(&self, wanted: &Copies, report: &mut Report) {
        let locked = self.those(|repo| self.is_locked(repo));
        let offline = self.those(|repo| self.is_offline(repo));
        let counts = [
            Some((("copy", "copies"), wanted.count, self.those(|_| true))),
            self.spread("site").map(|sites| (("site", "sites"), wanted.sites, sites)),
            self.spread("medium").map(|media| (("medium", "media"), wanted.media, media)),
            Some((("locked copy", "locked copies"), wanted.locked, locked)),
            Some((("offline copy", "offline copies"), wanted.offline, offline)),
        ];
        let lacks: Vec<Count<'_>> =
            counts.into_iter().flatten().filter(|(_, wanted, found)| found < &(*wanted as usize)).collect();
        self.report(&lacks, report);
    }

    /// How many of the repos there are that hold; two names of one store are one copy.
    fn those(&self, holds: impl Fn(&str) -> bool) -> usize {
        let mut stores = HashSet::default();
        self.repos
            .iter()
            .filter(|repo| stores.insert(self.policy.said.first_name(repo)) && holds(repo))
            .count()
    }

    /// An earlier repo of the same store.
    fn twin(&self, repo: &'a str) -> Option<&'a str> {
        let store = |repo| self.policy.said.first_name(repo);
        let earlier = self.repos.iter().copied().take_while(|earlier| *earlier != repo);
        // Whose name is the first of its store comes before all of its others.
        if store(repo) == repo {
            None
        } else {
            earlier.into_iter().find(|earlier| store(earlier) == store(repo))
        }
    }

    fn is_locked(&self, repo: &str) -> bool {
        self.policy.repo_field(repo, "lock_mode").is_some()
    }

    fn is_offline(&self, repo: &str) -> bool {
        self.policy.repo_field(repo, "tier").and_then(text) == Some("offline")
    }

    /// How many different sites or media there are; unknown when a repo does not say, which is a mistake of its own.
    fn spread(&self, field: &str) -> Option<usize> {
        let all: Option<BTreeSet<&str>> =
            self.repos.iter().map(|repo| self.policy.place(repo, field)).collect();
        all.map(|all| all.len())
    }

    /// One mistake, whatever is missing: one more copy may bring all of it.
    fn report(&self, lacks: &[Count<'_>], report: &mut Report) {
        let Some((first, rest)) = lacks.split_first() else { return };
        let Self { policy, objective, source, .. } = self;
        let message = format!("`{objective}` promises {} of `{source}`, {}", wanted(first), there_are(first));
        let span = policy.span(&format!("objective.{objective}.copies"));
        let mut said = Diagnostic::error(goals::COPIES, message, span, "promised here");
        for repo in self.repos {
            said = said.label(policy.span(&format!("repo.{repo}.place")), self.seen(repo));
        }
        for lack in rest {
            said = said.note(format!("it also promises {}, {}", wanted(lack), there_are(lack)));
        }
        let help =
            format!("add a copy of `{source}` in a workflow `for {objective}`, or promise what there is");
        report.add(format!("copies {rest:?}"), format!("`{source}`"), said.help(help));
    }

    /// What a repo counts as.
    fn seen(&self, repo: &'a str) -> String {
        let part = |field: &str| self.policy.place(repo, field).map(|value| format!(", {field} `{value}`"));
        let parts: String = ["site", "medium"].into_iter().filter_map(part).collect();
        let locked = if self.is_locked(repo) { ", locked" } else { "" };
        let offline = if self.is_offline(repo) { ", offline" } else { "" };
        let twin = self.twin(repo).map(|twin| format!(", the same store as `{twin}`")).unwrap_or_default();
        format!("`{repo}`{parts}{locked}{offline}{twin}")
    }
}

fn wanted(((one, many), wanted, _): &Count<'_>) -> String {
    format!("{wanted} {}", if *wanted == 1 { one } else { many })
}

fn there_are((_, _, found): &Count<'_>) -> String {
    format!("and there {} {found}", if *found == 1 { "is" } else { "are" })
}

/// A repo that does not say where it is, as far as an objective asks: one mistake, whatever is missing.
fn undeclared(policy: &Policy<'_>, objective: &str, repo: &str, asked: &[(&str, &str)], report: &mut Report) {
    let missing: Vec<_> = asked.iter().filter(|(part, _)| policy.place(repo, part).is_none()).collect();
    let Some((_, asks)) = missing.first() else { return };
    let parts: Vec<&str> = missing.iter().map(|(part, _)| *part).collect();
    let message = format!(
        "`{objective}` asks where its copies are, and `{repo}` does not say its {}",
        parts.join(" and ")
    );
    let example =
        |part: &&str| format!("{part}: {}", if *part == "medium" { "disk_array" } else { "\"..\"" });
    let written: Vec<String> = parts.iter().map(example).collect();
    let span = policy.span(&format!("repo.{repo}.place"));
    let said =
        Diagnostic::error(goals::UNDECLARED, message, span, format!("no `{}` here", parts.join("`, no `")))
            .label(policy.span(&format!("objective.{objective}.{asks}")), "asked here")
            .help(format!("add it: `place: {{ {} }}`", written.join(", ")));
    report.add(format!("undeclared {objective}"), format!("`{repo}`"), said);
}

fn residency(policy: &Policy<'_>, objective: &str, repos: &[&str], regions: &[&str], report: &mut Report) {
    for repo in repos {
        let region = policy.place(repo, "region").filter(|region| !regions.contains(region));
        let Some(region) = region.filter(|_| !regions.is_empty()) else { continue };
        let message =
            format!("`{objective}` keeps its copies in {}, and `{repo}` is in `{region}`", listed(regions));
        let said = Diagnostic::error(
            goals::RESIDENCY,
            message,
            policy.span(&format!("repo.{repo}.place")),
            "outside",
        )
        .label(policy.span(&format!("objective.{objective}.residency")), "promised here")
        .help("keep this copy in a repo inside, or allow the region");
        report.add("residency", format!("`{repo}`"), said);
    }
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ")
}
