//! A copy that would lie where its original lies already: nothing is copied, and whoever counts copies is misled.

use foldhash::{HashMap, HashSet};
use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::goals;
use mainstay_ir::{Flows, Origin, SourceCopy};

use super::effective::Said;
use super::policy::Policy;
use super::report::Report;

/// The sources of which a copy goes nowhere. What else is missing of them is missing because of it.
pub(super) fn sources<'a>(said: &Said<'a>, flows: &Flows<'a>) -> HashSet<&'a str> {
    let run = Run::of(flows);
    flows.copies.iter().filter(|copy| run.original(said, copy).is_some()).map(|copy| copy.source).collect()
}

pub(super) fn check(policy: &Policy<'_>, report: &mut Report) {
    let run = Run::of(policy.flows());
    for copy in policy.flows().all() {
        let Some(original) = run.original(&policy.said, copy) else { continue };
        let SourceCopy { source, repo, workflow, step, .. } = copy;
        let place = policy.span(&format!("workflow.{workflow}.step.{step}.replicate.to"));
        let message = format!("this copies `{source}` to where it lies already");
        let label = match copy.origin.repo().filter(|from| *from != original) {
            Some(between) => format!("out of `{original}`, over `{between}`"),
            None => format!("out of `{original}`"),
        };
        let mut said = Diagnostic::error(goals::COPY_IN_PLACE, message, place, label);
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

/// Where a run has put what: by its workflow, the source and the repo. Where several steps do, it is not known which is meant.
struct Run<'f, 'a>(HashMap<[&'a str; 3], Option<&'f SourceCopy<'a>>>);

impl<'f, 'a> Run<'f, 'a> {
    fn of(flows: &'f Flows<'a>) -> Self {
        let mut made = HashMap::default();
        for copy in flows.all() {
            let known = made.entry([copy.workflow, copy.source, copy.repo]);
            known.and_modify(|known| *known = None).or_insert(Some(copy));
        }
        Self(made)
    }

    /// The repo where this lies already when it is copied: that out of which it is made, or one before that in the same
    /// run. What another run left may have been made anywhere, and may be wanted back.
    fn original(&self, said: &Said<'a>, copy: &SourceCopy<'a>) -> Option<&'a str> {
        let to = said.first_name(copy.repo);
        let before = |copy: &SourceCopy<'a>| match copy.origin {
            Origin::Copy { repo } => *self.0.get(&[copy.workflow, copy.source, repo])?,
            Origin::Source | Origin::Latest { .. } => None,
        };
        let way = std::iter::successors(Some(copy), |copy| before(copy)).take(self.0.len());
        way.filter_map(|copy| copy.origin.repo()).find(|repo| said.first_name(repo) == to)
    }
}

/// The repos that hold nothing of a source, and are no other name of one that does.
fn elsewhere<'a>(policy: &Policy<'a>, source: &str) -> Vec<&'a str> {
    let holding: HashSet<&str> =
        policy.flows().copies.iter().filter(|copy| copy.source == source).map(|copy| copy.repo).collect();
    let stores: HashSet<&str> = holding.into_iter().map(|repo| policy.said.first_name(repo)).collect();
    let is_free = |repo: &&'a str| !stores.contains(policy.said.first_name(repo));
    policy.ir.repos.keys().map(String::as_str).filter(is_free).collect()
}

#[cfg(test)]
mod tests {
    use crate::tests::one;

    fn codes(again: &str, steps: &str) -> Vec<String> {
        let text = format!(
            "edition 2026\npolicy shop\nuse std.pipelines.{{protect, copy}}\nsecret key = file(\"/k\")\n\
             source data = files {{ roots: [\"/srv\"] }}\nrepo shelf = local {{ path: \"/b\", key: key }}\n\
             repo attic = local {{ path: \"/c\", key: key }}\nrepo again = local {{ path: \"{again}\", key: key }}\n\
             workflow w {{\n trigger: daily(at: 01:30, zone: \"UTC\")\n within: 1h\n\
             step kept = protect(data, to: shelf, keep: gfs(daily: 14))\n{steps}\n}}\n"
        );
        let told = one(&text).diagnostics;
        told.iter().map(|one| one.code.to_string()).filter(|code| code.starts_with('E')).collect()
    }

    #[test]
    fn a_folder_is_one_store_however_it_is_written() {
        let step = "step away = copy(kept, to: again, keep: gfs(daily: 14))";
        for path in ["/b", "/b/", "/b/.", "/x/../b"] {
            assert_eq!(codes(path, step), ["E0521"], "{path}");
        }
        assert_eq!(codes("/b/c", step), [""; 0]);
    }

    #[test]
    fn home_over_another_repo_is_in_place() {
        let away = "step away = copy(kept, to: attic, keep: gfs(daily: 14))";
        let home = |to| format!("{away}\nstep home = copy(away, to: {to}, keep: gfs(daily: 14))");
        assert_eq!(codes("/d", &home("shelf")), ["E0521"]);
        assert_eq!(codes("/b/", &home("again")), ["E0521"]);
        assert_eq!(codes("/d", &home("again")), [""; 0]);
        // What the attic has of other runs may be what the shelf has lost.
        let back = "step back = copy(latest(data, in: attic), to: shelf, keep: gfs(daily: 14))";
        assert_eq!(codes("/d", &format!("{away}\n{back}")), [""; 0]);
    }
}
