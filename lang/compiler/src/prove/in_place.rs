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
    let run = Run::of(said, flows);
    flows.copies.iter().filter(|copy| run.original(said, copy).is_some()).map(|copy| copy.source).collect()
}

pub(super) fn check(policy: &Policy<'_>, report: &mut Report) {
    let run = Run::of(&policy.said, policy.flows());
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

/// What a run has put where.
struct Run<'f, 'a> {
    /// By its workflow, the source and the repo. Where several steps do, it is not known which is meant.
    made: HashMap<[&'a str; 3], Option<&'f SourceCopy<'a>>>,
    /// How often something lies in a store in the course of a run: by its workflow, the source and the first name of the store.
    lying: HashMap<[&'a str; 3], usize>,
}

impl<'f, 'a> Run<'f, 'a> {
    fn of(said: &Said<'a>, flows: &'f Flows<'a>) -> Self {
        let mut run = Self { made: HashMap::default(), lying: HashMap::default() };
        for copy in flows.all() {
            let known = run.made.entry([copy.workflow, copy.source, copy.repo]);
            known.and_modify(|known| *known = None).or_insert(Some(copy));
        }
        for copy in flows.all() {
            let is_first = run.before(copy).is_none_or(|before| std::ptr::eq(before, copy));
            for repo in [Some(copy.repo), copy.origin.repo().filter(|_| is_first)].into_iter().flatten() {
                *run.lying.entry([copy.workflow, copy.source, said.first_name(repo)]).or_default() += 1;
            }
        }
        run
    }

    /// The copy of the same run that one is made of.
    fn before(&self, copy: &SourceCopy<'a>) -> Option<&'f SourceCopy<'a>> {
        match copy.origin {
            Origin::Copy { repo } => *self.made.get(&[copy.workflow, copy.source, repo])?,
            Origin::Source | Origin::Latest { .. } => None,
        }
    }

    /// The repo where this lies already when it is copied: that out of which it is made, or one before that in the same
    /// run. What another run left may have been made anywhere, and may be wanted back.
    ///
    /// What lies in its store only once lies there by itself: of a row of thousands of copies nearly none is followed back.
    fn original(&self, said: &Said<'a>, copy: &'f SourceCopy<'a>) -> Option<&'a str> {
        let to = said.first_name(copy.repo);
        self.lying.get(&[copy.workflow, copy.source, to]).filter(|times| **times > 1)?;
        let way = std::iter::successors(Some(copy), |copy| self.before(copy)).take(self.made.len());
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
        // Out of what another run left, under another name of the same store.
        let other = "}\nworkflow v {\n trigger: daily(at: 05:00, zone: \"UTC\")\n within: 1h\n\
                     step same = copy(latest(data, in: shelf), to: again, keep: gfs(daily: 14))";
        assert_eq!((codes("/b/", other), codes("/d", other)), (vec!["E0521".to_owned()], vec![]));
        // What the attic has of other runs may be what the shelf has lost.
        let back = "step back = copy(latest(data, in: attic), to: shelf, keep: gfs(daily: 14))";
        assert_eq!(codes("/d", &format!("{away}\n{back}")), [""; 0]);
    }
}
