//! What the key of a repository may do: the rest does not compile.
//!
//! `spec/repository.md` says which keys a key file of each role holds. A writer has none that opens content or names,
//! and signs no forgetting; a janitor has none that opens content, and signs no snapshot.

use mainstay_diagnostics::codes::stages;
use mainstay_diagnostics::{Diagnostic, Span};
use mainstay_ir::{IndexMap, IndexSet};

use super::workflows::CheckedStep;
use super::{CheckedMachine, Checker};
use crate::resolve::DeclId;
use crate::types::with_article;
use crate::value::{Fields, StageCall, Val, VerbCall};

/// Stages and verbs that a role cannot carry out, each with what it would need.
const CANNOT: &[(&str, &[&str], &str)] = &[
    (
        "writer",
        &["verify", "drill", "restore", "replicate", "latest", "oldest", "random"],
        "a writer cannot read what lies in a repo",
    ),
    ("writer", &["retain", "prune"], "a writer cannot forget or free anything"),
    ("janitor", &["verify", "drill", "restore"], "a janitor cannot read what lies in a repo"),
    ("janitor", &["store"], "a janitor cannot sign a snapshot"),
];

impl Checker<'_> {
    pub(super) fn roles_of_steps<'s>(&mut self, steps: impl IntoIterator<Item = &'s CheckedStep>) {
        for step in steps {
            self.roles(&step.value.value, step.value.span);
            if let Some(undo) = &step.undo {
                self.role_of_verb(undo);
            }
        }
    }

    pub(super) fn roles_of_machine(&mut self, machine: &CheckedMachine) {
        for state in machine.states.values() {
            for act in ["do", "enter", "leave"].iter().filter_map(|name| state.fields.get(name)) {
                self.roles(&act.value, act.span);
            }
        }
        machine.closes.iter().for_each(|close| self.roles_of_steps(close.steps.values()));
    }

    fn roles(&mut self, value: &Val, span: Span) {
        match value {
            // One mistake is told once, however many of a pipeline's stages it breaks.
            Val::Flow(flow) => drop(flow.calls.iter().find(|call| self.role_of_stage(call, span))),
            Val::Act(call) => self.role_of_verb(call),
            _ => {}
        }
    }

    /// A stage works on the repo that it is handed; one that is handed none, or copies out of one, on that which it
    /// reads. Copying into a repo is writing.
    fn role_of_stage(&mut self, call: &StageCall, step: Span) -> bool {
        let handed = repo_of(&call.args).filter(|_| call.stage.name != "replicate");
        let Some(repo) = handed.or(call.reads) else { return false };
        // What stands in a pipeline is told where the pipeline is called.
        let own = step.start <= call.span.start && call.span.end <= step.end;
        self.role(call.stage.name, repo, if own { call.span } else { step })
    }

    fn role_of_verb(&mut self, call: &VerbCall) {
        if let Some(repo) = repo_of(&call.args) {
            self.role(call.verb.name, repo, call.span);
        }
    }

    /// Whether a mistake was found.
    fn role(&mut self, act: &str, repo: DeclId, span: Span) -> bool {
        let made = self.thing(repo);
        let Some(role) = made.as_ref().and_then(|made| made.fields.get("role")) else { return false };
        let Val::Member(name) = &role.value else { return false };
        let Some((.., why)) = CANNOT.iter().find(|(who, acts, _)| **who == **name && acts.contains(&act))
        else {
            return false;
        };
        let known = self.overreaching.entry(repo);
        let (.., all) = known.or_insert_with(|| (role.span, with_article(name), IndexMap::default()));
        // Each round of a loop does it at the same place.
        all.entry(span).or_insert_with(|| Overreach { act: act.to_owned(), why });
        true
    }

    /// One mistake for each key, whatever is done with it: the key has the wrong role, or the steps have the wrong repo.
    pub(super) fn tell_overreaching(&mut self) {
        for (repo, (role, is, all)) in std::mem::take(&mut self.overreaching) {
            let Some((place, first)) = all.first() else { continue };
            let message = format!("`{}` is more than the key of {} can do", first.act, self.described(repo));
            let mut found = Diagnostic::error(stages::ROLE, message, *place, "needs another role");
            found = found.label(role, is);
            for (span, other) in all.iter().skip(1).take(MOST_SHOWN) {
                found = found.label(*span, format!("and so does `{}`", other.act));
            }
            found = found.more_places(all.len().saturating_sub(1 + MOST_SHOWN));
            let whys: IndexSet<&str> = all.values().map(|one| one.why).collect();
            for why in whys {
                found = found.note(why);
            }
            let help = "let a machine with a `full` key do that, or give this repo's key another role";
            self.sink.push(found.help(help));
        }
    }
}

/// What is done with the key of a repo, and is more than it can do.
#[derive(Debug)]
pub(super) struct Overreach {
    act: String,
    why: &'static str,
}

/// All that is done with a key and is too much, by its place; with the place of its role and what it is: "a `writer`".
pub(super) type Overreaching = IndexMap<DeclId, (Span, String, IndexMap<Span, Overreach>)>;

/// So many others are shown beside the first.
const MOST_SHOWN: usize = 4;

fn repo_of(args: &Fields) -> Option<DeclId> {
    args.values().find(|arg| arg.ty.name() == Some("Repo"))?.value.decl()
}

#[cfg(test)]
mod tests {
    use crate::tests::one;

    /// The labels of the one mistake of a writer's key.
    fn labels(body: &str) -> Vec<String> {
        let text = format!(
            "edition 2026\npolicy shop\nsecret key = file(\"/k\")\nsource a = files {{ roots: [\"/a\"] }}\n\
             source b = files {{ roots: [\"/b\"] }}\nsource c = files {{ roots: [\"/c\"] }}\n\
             repo shelf = local {{ path: \"/r\", key: key, role: writer }}\nworkflow w {{\n{body}\n}}\n"
        );
        let mut found = one(&text).diagnostics.into_iter().filter(|found| found.code.as_str() == "E0405");
        let (first, next) = (found.next().unwrap(), found.next());
        assert!(next.is_none() && first.notes.len() == 1, "{first:?}");
        first.labels.into_iter().map(|label| label.text).collect()
    }

    #[test]
    fn a_place_in_a_loop_is_told_once() {
        let stages = "discover() |> snapshot() |> encrypt() |> store(shelf) |> verify()";
        let once = labels(&format!("for one in [a, b, c] {{ step kept = one |> {stages} }}"));
        assert_eq!(once, ["needs another role", "a `writer`"]);
        let twice = labels(&format!("step one = a |> {stages}\nstep two = b |> {stages}"));
        assert_eq!(twice, ["needs another role", "a `writer`", "and so does `verify`"]);
    }
}
