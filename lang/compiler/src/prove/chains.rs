//! Chains of logs: a link without its base cannot be restored.
//!
//! A link is as fresh as its trigger's `at_most` and the workflow's `within`: that is the calendar's matter, as for
//! every other copy. A base stays while a kept link needs it, and so it has to be of the same source, and where the
//! links are.

use foldhash::HashSet;
use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::goals;
use mainstay_ir::{Base, SourceCopy};

use super::policy::Policy;
use super::report::Report;

pub(super) fn check(policy: &Policy<'_>, report: &mut Report) {
    let copies = &policy.flows().copies;
    let whole = copies.iter().filter(|copy| copy.base.is_none());
    let bases: HashSet<(&str, &str)> = whole.map(|copy| (copy.source, copy.repo)).collect();
    for link in copies {
        if let Some(base) = link.base {
            check_link(policy, &bases, (link, base), report);
        }
    }
}

fn check_link(
    policy: &Policy<'_>,
    known: &HashSet<(&str, &str)>,
    (link, base): (&SourceCopy<'_>, Base<'_>),
    report: &mut Report,
) {
    let SourceCopy { source, repo, workflow, step, .. } = link;
    let stands_alone = |copy: &&SourceCopy<'_>| copy.base.is_none() && copy.source == *source;
    let bases = || policy.flows().copies.iter().filter(stands_alone);
    let (message, label, help) = if base.source != *source {
        (
            format!("the logs of `{source}` cannot continue a base of `{}`", base.source),
            format!("since a copy of `{}`", base.source),
            format!("take a base of the same source: `since: latest({source}, in: {repo})`"),
        )
    } else if !known.contains(&(*source, *repo)) {
        (
            format!("`{repo}` holds logs of `{source}` and no base that they could continue"),
            "these cannot be restored from there".to_owned(),
            format!("store a whole copy of `{source}` in `{repo}` too"),
        )
    } else {
        return;
    };
    let place = policy.span(&format!("workflow.{workflow}.step.{step}"));
    let mut said = Diagnostic::error(goals::NO_BASE, message, place, label);
    for copy in bases().filter(|copy| copy.repo != *repo) {
        let span = policy.span(&format!("workflow.{}.step.{}", copy.workflow, copy.step));
        said = said.label(span, format!("the base in `{}`", copy.repo));
    }
    report.add("base", format!("`{source}` in `{repo}`"), said.help(help));
}
