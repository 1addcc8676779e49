//! Copies and residency, on the places that repos declare.

use std::collections::BTreeSet;

use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::goals;
use mainstay_ir::{Copies, Value};

use super::policy::{Policy, other, text};
use super::report::Report;

pub(super) fn check(policy: &Policy<'_>, report: &mut Report) {
    for (name, objective) in &policy.ir.objectives {
        for (source, repos) in policy.by_source(name) {
            let repos: Vec<&str> = repos.keys().copied().collect();
            if let Some(copies) = &objective.copies {
                Counted { policy, objective: name, source, repos: &repos }.check(copies, report);
            }
            if let Some(Value::List(regions)) = other(objective, "residency") {
                let regions: Vec<&str> = regions.iter().filter_map(text).collect();
                residency(policy, name, &repos, &regions, report);
            }
        }
    }
}

struct Counted<'p, 'a> {
    policy: &'p Policy<'a>,
    objective: &'p str,
    source: &'p str,
    repos: &'p [&'a str],
}

impl Counted<'_, '_> {
    fn check(&self, wanted: &Copies, report: &mut Report) {
        self.enough("copies", wanted.count, self.repos.len(), self.repos, report);
        self.spread("site", "sites", wanted.sites, report);
        self.spread("medium", "media", wanted.media, report);
        let locked = self.those(|repo| self.policy.repo_field(repo, "lock_mode").is_some());
        self.enough("locked copies", wanted.locked, locked.len(), &locked, report);
        let offline = |repo: &str| self.policy.repo_field(repo, "tier").and_then(text) == Some("offline");
        let offline = self.those(offline);
        self.enough("offline copies", wanted.offline, offline.len(), &offline, report);
    }

    fn those(&self, holds: impl Fn(&str) -> bool) -> Vec<&str> {
        self.repos.iter().copied().filter(|repo| holds(repo)).collect()
    }

    /// How many different sites or media there are; a repo that does not say is a mistake of its own.
    fn spread(&self, field: &str, word: &str, wanted: u32, report: &mut Report) {
        if wanted == 0 {
            return;
        }
        let silent = self.those(|repo| self.policy.place(repo, field).is_none());
        for repo in &silent {
            undeclared(self.policy, self.objective, repo, field, "copies", report);
        }
        let seen: BTreeSet<&str> =
            self.repos.iter().filter_map(|repo| self.policy.place(repo, field)).collect();
        if silent.is_empty() {
            self.enough(word, wanted, seen.len(), self.repos, report);
        }
    }

    fn enough(&self, word: &str, wanted: u32, found: usize, counted: &[&str], report: &mut Report) {
        if found >= usize::try_from(wanted).unwrap_or(usize::MAX) {
            return;
        }
        let Self { policy, objective, source, .. } = self;
        let message = format!(
            "`{objective}` promises {wanted} {word} of `{source}`, and there {} {found}",
            if found == 1 { "is" } else { "are" }
        );
        let mut said = Diagnostic::error(
            goals::COPIES,
            message,
            policy.span(&format!("objective.{objective}.copies")),
            "promised here",
        );
        for repo in self.repos {
            let is_counted = counted.contains(repo);
            said = said.label(policy.span(&format!("repo.{repo}.place")), self.seen(repo, is_counted));
        }
        let said = said.help(format!(
            "add a copy of `{source}` in a workflow `for {objective}`, or promise what there is"
        ));
        report.add(word.to_owned(), format!("`{source}`"), said);
    }

    /// What a repo counts as.
    fn seen(&self, repo: &str, counted: bool) -> String {
        let part = |field: &str| self.policy.place(repo, field).map(|value| format!(", {field} `{value}`"));
        let parts: String = ["site", "medium"].into_iter().filter_map(part).collect();
        format!("`{repo}`{parts}{}", if counted { "" } else { ", does not count" })
    }
}

fn undeclared(
    policy: &Policy<'_>,
    objective: &str,
    repo: &str,
    field: &str,
    promise: &str,
    report: &mut Report,
) {
    let message = format!("`{objective}` asks where its copies are, and `{repo}` does not say its {field}");
    let said = Diagnostic::error(
        goals::UNDECLARED,
        message,
        policy.span(&format!("repo.{repo}.place")),
        format!("no `{field}` here"),
    )
    .label(policy.span(&format!("objective.{objective}.{promise}")), "asked here")
    .help(format!(
        "add it: `place: {{ {field}: {} }}`",
        if field == "medium" { "disk_array" } else { "\"..\"" }
    ));
    report.add(format!("undeclared {field}"), format!("`{repo}`"), said);
}

fn residency(policy: &Policy<'_>, objective: &str, repos: &[&str], regions: &[&str], report: &mut Report) {
    for repo in repos {
        let Some(region) = policy.place(repo, "region") else {
            undeclared(policy, objective, repo, "region", "residency", report);
            continue;
        };
        if regions.contains(&region) {
            continue;
        }
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
