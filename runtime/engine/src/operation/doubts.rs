//! What may hide that there is a newer snapshot than the one that is taken.
//!
//! Three things may: a repository that is behind what the journal has seen of it, a record in it that cannot be read, and
//! a repository that cannot be looked into at all. The last is a disk in a safe as often as a loss, and an alarm that
//! always sounds is not heard: so it is asked whether something newer *can* lie there. A snapshot of this machine is begun
//! with an `intent` in its journal, which is durable before anything is committed. The journal that saw the taken
//! snapshot begun therefore also saw every later one begun, wherever it went. Where it knows of none of this source
//! in a repository, a newer one can lie there only if another journal of this machine put it there. Nobody does that
//! in a repository that was never seen made, nor where no step of the policy puts the source. Where no engine reaches
//! (`s3`) nothing was ever put. Everywhere else, and always when the journal did not see the taken snapshot begun (another
//! machine's, a state folder that was lost), the doubt stands. What is no doubt is named all the same.

use std::collections::{BTreeSet, HashMap, HashSet};

use mainstay_ir::Name;
use mainstay_journal::{Event, RunId, Token};
use mainstay_repo::id::SnapshotId;

use super::Engine;
use super::memory::Memory;
use super::shelves::{Shelves, Unread};
use crate::report::{Problem, Unreached};
use crate::state::Ledger;

/// What the journal knows to lie in the repositories of a policy.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Sources, by repository.
    stored: BTreeSet<(Name, Name)>,
    /// Sessions that attempts of this machine began; a snapshot has the id of its session.
    begun: HashSet<String>,
    /// Repositories with a session of which nobody knows what became of it.
    undecided: HashSet<Name>,
}

/// What an attempt works at: the workflow and its step.
type Work = (Name, Name);

impl Memory {
    /// What it knows to lie in the repositories of a policy. A session that did not end with a snapshot may have one all the
    /// same, when its end could not be seen: it counts as one of what its step stores at other times.
    pub(super) fn known(&self, policy: &str) -> Known {
        let mut known = Known::default();
        let mut runs: HashMap<RunId, Name> = HashMap::new();
        let mut attempts: HashMap<Token, Work> = HashMap::new();
        let mut open: HashMap<Token, Name> = HashMap::new();
        let mut made: HashMap<Work, BTreeSet<Name>> = HashMap::new();
        for record in &self.records {
            match &record.event {
                Event::RunStarted { run, policy: of, workflow, .. } if of == policy => {
                    runs.insert(*run, workflow.clone());
                }
                Event::AttemptStarted { run, step, .. } => {
                    let work = runs.get(run).map(|workflow| (workflow.clone(), step.clone()));
                    attempts.extend(work.map(|work| (Token::from(record.seq), work)));
                }
                Event::Intent { token, repo, session } if attempts.contains_key(token) => {
                    known.begun.insert(session.clone());
                    open.insert(*token, repo.clone());
                }
                Event::AttemptCompleted { token, stored: Some(stored), .. }
                | Event::Adopted { token, stored } => {
                    open.remove(token);
                    let Some(work) = attempts.get(token) else { continue };
                    made.entry(work.clone()).or_default().insert(stored.source.clone());
                    known.stored.insert((stored.repo.clone(), stored.source.clone()));
                }
                Event::Abandoned { token } => drop(open.remove(token)),
                _ => {}
            }
        }
        for (token, repo) in open {
            match attempts.get(&token).and_then(|work| made.get(work)) {
                Some(sources) => known.stored.extend(sources.iter().map(|of| (repo.clone(), of.clone()))),
                None => drop(known.undecided.insert(repo)),
            }
        }
        known
    }
}

impl Known {
    /// Whether something of a source may have come into a repository.
    fn may_hold(&self, repo: &Name, source: &Name) -> bool {
        self.undecided.contains(repo) || self.stored.contains(&(repo.clone(), source.clone()))
    }
}

impl Engine {
    /// A repository that could not be looked into when a snapshot of a source was taken, or nothing was found to take.
    pub(super) fn unreached(
        &self,
        (repo, source): (&Name, &Name),
        unread: &Unread,
        (ledger, known): (&Ledger, &Known),
        taken: Option<&SnapshotId>,
    ) -> Unreached {
        let policy = &self.config.ir.policy;
        let is_ours = taken.is_some_and(|taken| known.begun.contains(&taken.to_string()));
        let was_never_made = unread.is_missing && ledger.heads(policy, repo).is_none();
        let copies = self.config.ir.copies();
        let is_put = copies.iter().any(|copy| copy.source == source && copy.repo == repo);
        let is_clear = is_ours && !known.may_hold(repo, source) && (was_never_made || !is_put);
        not_looked_into(repo, unread, !(is_clear || unread.is_beyond_us))
    }

    /// What speaks against these snapshots being the newest in a repository: it is behind what the journal has seen of
    /// it, or a record in it cannot be read.
    pub(super) fn unread(
        &self,
        shelves: &Shelves<'_>,
        repo: &str,
        newest: &[SnapshotId],
        ledger: &Ledger,
    ) -> Result<Vec<Problem>, Unread> {
        shelves.look(repo, |shelf| {
            let behind = shelf.check(ledger.heads(&self.config.ir.policy, repo)).err();
            let behind =
                behind.map(|error| Problem { at: format!("repo {repo}"), message: error.to_string() });
            let mut found: Vec<Problem> = behind.into_iter().collect();
            // One that is older than the newest of one source may be newer than that of another.
            let each = newest.iter().map(|snapshot| shelf.state().unread_since(Some(snapshot)));
            let doubts: Vec<_> =
                if newest.is_empty() { shelf.state().unread_since(None) } else { each.flatten().collect() };
            for fault in doubts {
                let at = format!("repo {repo}, {}", fault.object);
                let problem = Problem { at, message: fault.kind.to_string() };
                if !found.contains(&problem) {
                    found.push(problem);
                }
            }
            found
        })
    }
}

/// The reason stands without the repository's name, which stands beside it.
pub(super) fn not_looked_into(repo: &Name, unread: &Unread, may_hold: bool) -> Unreached {
    let named = format!("repo `{repo}`: ");
    let message = unread.reason.strip_prefix(&named).unwrap_or(&unread.reason).to_owned();
    Unreached { repo: repo.clone(), message, may_hold, fault: unread.fault }
}

#[cfg(test)]
mod tests {
    use mainstay_journal::{Cause, MemoryJournal, Outcome, Record, Seq, Stored};

    use super::*;

    /// A journal of one policy; each attempt is of a run of its own.
    struct Told(Memory);

    impl Told {
        fn new() -> Self {
            Self(Memory { journal: Box::new(MemoryJournal::new()), records: Vec::new() })
        }

        fn say(&mut self, event: Event) -> Token {
            let seq = Seq(self.0.records.len() as u64 + 1);
            self.0.records.push(Record { seq, at_ms: 0, event });
            Token::from(seq)
        }

        /// An attempt of a workflow's step that opened a session in a repository.
        fn begun(&mut self, policy: &str, workflow: &str, (repo, session): (&str, &str)) -> Token {
            let run = RunId([self.0.records.len() as u8; 32]);
            self.say(Event::RunStarted {
                run,
                policy: policy.to_owned(),
                policy_hash: String::new(),
                workflow: workflow.to_owned(),
                slot_ms: 0,
                cause: Cause::Hand,
                host: "here".to_owned(),
                only: Vec::new(),
                deadline_ms: None,
            });
            let token = self.say(Event::AttemptStarted { run, step: "a".to_owned(), act: 0, attempt: 1 });
            self.say(Event::Intent { token, repo: repo.to_owned(), session: session.to_owned() });
            token
        }

        fn ended(&mut self, token: Token, stored: Option<(&str, &str)>) {
            let stored = stored.map(|(repo, source)| Stored {
                repo: repo.to_owned(),
                source: source.to_owned(),
                snapshot: String::new(),
                whole: true,
                as_of_ms: 0,
            });
            self.say(Event::AttemptCompleted {
                token,
                outcome: Outcome::Ok,
                stored,
                figures: Default::default(),
            });
        }

        /// The places in which something of these sources may lie.
        fn places(&self) -> Vec<String> {
            let known = self.0.known("house");
            let all = ["shelf", "usb"].into_iter().flat_map(|repo| ["home", "other"].map(|of| (repo, of)));
            let held = all.filter(|(repo, of)| known.may_hold(&(*repo).to_owned(), &(*of).to_owned()));
            held.map(|(repo, of)| format!("{of} in {repo}")).collect()
        }
    }

    #[test]
    fn what_was_stored_lies_there_and_nothing_else() {
        let mut told = Told::new();
        let token = told.begun("house", "nightly", ("shelf", "aa"));
        told.ended(token, Some(("shelf", "home")));
        let token = told.begun("another", "nightly", ("usb", "bb"));
        told.ended(token, Some(("usb", "home")));
        assert_eq!(told.places(), ["home in shelf"]);
        let known = told.0.known("house");
        assert!(known.begun.contains("aa") && !known.begun.contains("bb"), "{known:?}");
    }

    /// The process died, or the end of its session could not be seen: a snapshot may be there.
    #[test]
    fn a_session_that_nobody_saw_end_may_have_left_anything() {
        let mut told = Told::new();
        let token = told.begun("house", "rare", ("usb", "aa"));
        assert_eq!(told.places(), ["home in usb", "other in usb"]);
        told.ended(token, None);
        assert_eq!(told.places(), ["home in usb", "other in usb"]);
        told.say(Event::Abandoned { token });
        assert!(told.places().is_empty());
    }

    #[test]
    fn what_a_step_stores_at_other_times_is_what_its_failed_session_may_have_left() {
        let mut told = Told::new();
        let failed = told.begun("house", "rare", ("usb", "aa"));
        told.ended(failed, None);
        let token = told.begun("house", "rare", ("shelf", "bb"));
        told.ended(token, Some(("shelf", "other")));
        assert_eq!(told.places(), ["other in shelf", "other in usb"]);
    }
}
