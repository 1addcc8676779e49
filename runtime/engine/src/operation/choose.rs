//! Which snapshot is restored, and what is to be known of the choice.

use std::collections::BTreeSet;
use std::sync::Arc;

use mainstay_ir::Name;
use mainstay_repo::id::SnapshotId;

use super::Engine;
use super::doubts::Known;
use super::found::{Found, ManyHosts, newest, of_host};
use super::restore::RestoreError;
use super::shelves::{Shelves, Unread};
use crate::acts::dated_ahead;
use crate::report::{Problem, RestoreSpec, SnapshotLine, Unreached};
use crate::state::Ledger;

/// What is restored, and what is to be known of the choice.
pub(super) struct Choice {
    pub(super) chosen: Found,
    pub(super) newer_partial: Option<SnapshotLine>,
    pub(super) elsewhere: Vec<Name>,
    pub(super) unread: Vec<Problem>,
    pub(super) unreached: Vec<Unreached>,
}

/// What the journal says, if there is one: a restore does not need it.
struct Remembered {
    ledger: Arc<Ledger>,
    known: Known,
}

/// All that could be had, and where nothing could.
struct Looked<'a> {
    found: Vec<Found>,
    failed: Vec<(&'a Name, Unread)>,
}

impl Engine {
    /// The snapshot that is meant: out of the repository that is named, or the newest of all that can be read.
    pub(super) fn choose(&self, spec: &RestoreSpec) -> Result<Choice, RestoreError> {
        let remembered = self.remembered();
        let shelves = self.shelves();
        let Looked { found, failed } = self.look(&shelves, spec, &remembered.ledger);
        let unreached = |taken| self.all_unreached(spec, &failed, &remembered, taken);
        if found.is_empty() && failed.len() == self.repos_of(spec).count() {
            return Err(RestoreError::NoRepository(unreached(None)));
        }
        let lines: Vec<SnapshotLine> = found.iter().map(|one| one.line.clone()).collect();
        let picked = pick(found, spec, &self.config.host);
        let Picked { chosen, newer_partial } = picked.map_err(|none| none.error(spec, unreached(None)))?;
        let elsewhere = elsewhere(&chosen.line, &lines);
        // Who names one asks for no newer one.
        if spec.snapshot.is_some() {
            let (unread, unreached) = (Vec::new(), Vec::new());
            return Ok(Choice { chosen, newer_partial, elsewhere, unread, unreached });
        }
        let mut unread = self.doubts(&shelves, (spec, &chosen.line), &lines, &remembered.ledger);
        unread.extend(dated_ahead(chosen.started().0, self.now_ms()).map(|why| Problem {
            at: format!("repo {}, snapshot {}", chosen.line.repo, chosen.line.short),
            message: format!("{why}; `--at` with the time of now takes the newest of those"),
        }));
        let unreached = unreached(Some(&chosen.snapshot.id));
        Ok(Choice { chosen, newer_partial, elsewhere, unread, unreached })
    }

    fn look<'a>(&'a self, shelves: &Shelves<'_>, spec: &RestoreSpec, ledger: &Ledger) -> Looked<'a> {
        let mut looked = Looked { found: Vec::new(), failed: Vec::new() };
        for repo in self.repos_of(spec) {
            match self.found(shelves, ledger, (repo, &spec.source)) {
                Ok(found) => looked.found.extend(found),
                Err(unread) => looked.failed.push((repo, unread)),
            }
        }
        looked
    }

    /// The repositories that could be meant.
    fn repos_of<'a>(&'a self, spec: &RestoreSpec) -> impl Iterator<Item = &'a Name> + use<'a> {
        let from = spec.from.clone();
        self.config.ir.repos.keys().filter(move |repo| from.as_ref().is_none_or(|from| from == *repo))
    }

    fn all_unreached(
        &self,
        spec: &RestoreSpec,
        failed: &[(&Name, Unread)],
        remembered: &Remembered,
        taken: Option<&SnapshotId>,
    ) -> Vec<Unreached> {
        let Remembered { ledger, known } = remembered;
        let one = |(repo, unread): &(&Name, Unread)| {
            self.unreached((repo, &spec.source), unread, (ledger, known), taken)
        };
        failed.iter().map(one).collect()
    }

    /// What may hide a newer snapshot than the one that is taken, in each repository that was read.
    fn doubts(
        &self,
        shelves: &Shelves<'_>,
        (spec, chosen): (&RestoreSpec, &SnapshotLine),
        lines: &[SnapshotLine],
        ledger: &Ledger,
    ) -> Vec<Problem> {
        let each = self.repos_of(spec).filter_map(|repo| {
            let until = lines.iter().filter(|line| line.repo == *repo && line.time_ms <= chosen.time_ms);
            let newest = until.max_by_key(|line| (line.time_ms, &line.id)).map(|line| line.id.parse());
            let newest: Option<SnapshotId> = newest.and_then(Result::ok);
            // What cannot be read at all is told as that.
            self.unread(shelves, repo, newest.as_slice(), ledger).ok()
        });
        each.flatten().collect()
    }

    fn remembered(&self) -> Remembered {
        let Ok(memory) = self.look_at_memory() else {
            return Remembered { ledger: Arc::default(), known: Known::default() };
        };
        let ledger = Arc::clone(memory.fold(Default::default()).ledger());
        Remembered { ledger, known: memory.known(&self.config.ir.policy) }
    }
}

/// Why none is.
enum NonePicked {
    Hosts(ManyHosts),
    ManySnapshots { text: String, count: usize },
    None { partial: Option<Name> },
}

impl NonePicked {
    fn error(self, spec: &RestoreSpec, unreached: Vec<Unreached>) -> RestoreError {
        let source_name = spec.source.clone();
        match self {
            Self::Hosts(ManyHosts(hosts)) => RestoreError::ManyHosts { source_name, hosts, unreached },
            Self::ManySnapshots { text, count } => RestoreError::ManySnapshots { text, count },
            Self::None { partial } => {
                let asked = asked(spec, partial.is_some());
                RestoreError::NoSnapshot { source_name, asked, partial, unreached }
            }
        }
    }
}

/// What is restored.
struct Picked {
    chosen: Found,
    /// A newer one that is not whole.
    newer_partial: Option<SnapshotLine>,
}

/// The newest of what would do.
fn pick(found: Vec<Found>, spec: &RestoreSpec, here: &str) -> Result<Picked, NonePicked> {
    let any_will_do = spec.allow_partial || spec.snapshot.is_some();
    let meant = meant(found, spec, here)?;
    let (fits, passed_over): (Vec<_>, Vec<_>) =
        meant.into_iter().partition(|found| any_will_do || found.snapshot.public().whole);
    let partial = newest(passed_over);
    let Some(chosen) = newest(fits) else {
        return Err(NonePicked::None { partial: partial.map(|partial| partial.line.repo) });
    };
    let newer = partial.filter(|partial| partial.started() > chosen.started());
    Ok(Picked { chosen, newer_partial: newer.map(|partial| partial.line) })
}

/// Other repositories with what one machine had at one time, where no reading found it damaged.
fn elsewhere(chosen: &SnapshotLine, all: &[SnapshotLine]) -> Vec<Name> {
    let is_same = |other: &&SnapshotLine| {
        (other.time_ms, &other.host) == (chosen.time_ms, &chosen.host)
            && other.repo != chosen.repo
            && other.damaged_ms.is_none()
    };
    let repos: BTreeSet<&Name> = all.iter().filter(is_same).map(|other| &other.repo).collect();
    repos.into_iter().cloned().collect()
}

/// Those that are asked for. An id names its machine by itself.
fn meant(mut found: Vec<Found>, spec: &RestoreSpec, here: &str) -> Result<Vec<Found>, NonePicked> {
    if let Some(text) = &spec.snapshot {
        found.retain(|found| found.snapshot.id.matches(text));
        let count = found.iter().map(|found| found.snapshot.id).collect::<BTreeSet<_>>().len();
        if count > 1 {
            return Err(NonePicked::ManySnapshots { text: text.clone(), count });
        }
        if spec.host.is_none() {
            return Ok(found);
        }
    }
    found.retain(|found| spec.at_ms.is_none_or(|at| found.started().0 <= at));
    of_host(found, spec.host.as_ref(), here).map_err(NonePicked::Hosts)
}

fn asked(spec: &RestoreSpec, has_partial: bool) -> String {
    let of_host = spec.host.iter().map(|host| format!(" of machine `{host}`"));
    let what = match (&spec.snapshot, spec.at_ms) {
        (Some(text), _) => Some(format!(" whose id begins with `{text}`")),
        (None, Some(_)) => Some(" of that time or before".to_owned()),
        (None, None) => None,
    };
    let whole = has_partial.then(|| " that is whole".to_owned());
    of_host.chain(what).chain(whole).collect()
}
