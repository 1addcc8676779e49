//! Risks in what was promised.

use std::collections::BTreeSet;

use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::risk;
use mainstay_ir::{Objective, Value};

use crate::prove::deleters;
use crate::prove::policy::{Policy, text};

pub(super) fn look(policy: &Policy<'_>, found: &mut Vec<Diagnostic>) {
    for (name, objective) in &policy.ir.objectives {
        let served = policy.ir.works().any(|(_, work)| work.objective == Some(name));
        if served {
            found.extend(no_drill(policy, name, objective));
            found.extend(one_account(policy, name));
            found.extend(silent_when_late(policy, name, objective));
        } else {
            found.push(nobodys_promise(policy, name));
        }
    }
}

/// A restore that is promised in a time, or rehearsed by promise, and that no workflow rehearses.
fn no_drill(policy: &Policy<'_>, name: &str, objective: &Objective) -> Option<Diagnostic> {
    let field = if objective.other.contains_key("drill") { "drill" } else { "rto" };
    if field == "rto" && objective.rto.is_none() {
        return None;
    }
    let sources: BTreeSet<&str> = policy.copies_for(name).map(|copy| copy.source).collect();
    let rehearsed = policy.flows().rehearsals.iter().any(|rehearsal| sources.contains(rehearsal.source));
    if sources.is_empty() || rehearsed {
        return None;
    }
    let message = format!("`{name}` promises a restore, and no workflow rehearses one");
    let span = policy.span(&format!("objective.{name}.{field}"));
    Some(
        Diagnostic::warning(risk::NO_DRILL, message, span, "nobody measures this")
            .note("a copy that was never restored is a hope")
            .help("add a workflow whose step is `latest(source, in: repo) |> drill(into: sandbox)`"),
    )
}

/// Copies of a source that one account may delete, all of them.
fn one_account(policy: &Policy<'_>, name: &str) -> Option<Diagnostic> {
    policy.by_source(name).find_map(|(source, repos)| {
        let repos: Vec<&str> = repos.keys().copied().collect();
        let deleters: Vec<BTreeSet<&str>> = repos.iter().map(|repo| deleters(policy.ir, repo)).collect();
        let (first, rest) = deleters.split_first().filter(|(_, rest)| !rest.is_empty())?;
        let account = first.iter().find(|account| rest.iter().all(|others| others.contains(*account)))?;
        let message = format!("the account `{account}` can delete every copy of `{source}`");
        let mut places = repos.iter().map(|repo| policy.span(&format!("repo.{repo}.place")));
        let mut said = Diagnostic::warning(risk::ONE_ACCOUNT, message, places.next()?, "deletable by it");
        for place in places {
            said = said.label(place, "and this one");
        }
        Some(
            said.note("who steals one password, or types one wrong command, has them all")
                .help("give one of them a `lock_mode`, or an account of its own"),
        )
    })
}

/// An owner whose channel is told of failures and not of silence.
fn silent_when_late(policy: &Policy<'_>, name: &str, objective: &Objective) -> Option<Diagnostic> {
    let Some(Value::Thing(_, owner)) = objective.other.get("owner") else { return None };
    let Some(Value::List(send)) = policy.ir.channels.get(owner)?.fields.get("send") else { return None };
    let sends = |notice: &str| send.iter().filter_map(text).any(|sent| sent == notice);
    if !sends("failed") || sends("late") {
        return None;
    }
    let message = format!("`{owner}` hears of what failed, and of nothing when nothing runs");
    let span = policy.span(&format!("channel.{owner}.send"));
    Some(
        Diagnostic::warning(risk::SILENT_WHEN_LATE, message, span, "no `late` among them")
            .label(policy.span(&format!("objective.{name}.owner")), "answers for this promise")
            .note("a machine that is off sends no failure")
            .help("add `late`"),
    )
}

fn nobodys_promise(policy: &Policy<'_>, name: &str) -> Diagnostic {
    let message = format!("no workflow is `for {name}`, so nothing keeps what it promises");
    let span = policy.span(&format!("objective.{name}"));
    Diagnostic::warning(risk::NOBODYS_PROMISE, message, span, "a promise of nobody")
        .help(format!("write `workflow .. for {name}`, or take the objective out"))
}
