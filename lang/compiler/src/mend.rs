//! Mending: what has one evident reading is changed, round by round, until nothing is left to change.
//!
//! Nothing is written here: the changed texts lie over the world that was read. A change that would make a policy fail
//! that compiles, or that does not take away what it was made for, is taken back.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use mainstay_diagnostics::{Code, Diagnostic, Fix, Severity, SourceMap, fix};

use crate::{Compiled, Params, World, WorldError, compile};

/// Each round takes at least one finding away or refuses one; who needs more rounds has a file that no fix mends.
const MOST_ROUNDS: usize = 200;

/// What came of mending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mended {
    /// The texts that changed, by their paths as [`World::read`] knows them.
    pub texts: BTreeMap<String, String>,
    /// What was done, in order.
    pub made: Vec<Change>,
}

/// A fix that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What it mended.
    pub code: Code,
    /// The file.
    pub file: String,
    /// The line in the file as it was in that round, from 1.
    pub line: u32,
    /// What was done, as an imperative.
    pub title: String,
}

/// The one safe fix of a finding; with two of them the reading is not evident.
pub fn evident_fix(finding: &Diagnostic) -> Option<&Fix> {
    let mut safe = finding.fixes.iter().filter(|fix| fix.safe);
    safe.next().filter(|_| safe.next().is_none())
}

/// Mends the policies of these root files together.
pub fn mend(world: &dyn World, roots: &[String], params: &Params) -> Mended {
    let mut work = Work { world, roots, params, texts: BTreeMap::new() };
    let made = work.to_the_end();
    let as_it_was = |name: &String, text: &String| world.read(name).is_ok_and(|old| *old == **text);
    work.texts.retain(|name, text| !as_it_was(name, text));
    Mended { texts: work.texts, made }
}

/// Policies with what was changed so far.
struct Work<'w> {
    world: &'w dyn World,
    roots: &'w [String],
    params: &'w Params,
    texts: BTreeMap<String, String>,
}

impl World for Work<'_> {
    fn read(&self, path: &str) -> Result<Arc<str>, WorldError> {
        match self.texts.get(path) {
            Some(text) => Ok(text.as_str().into()),
            None => self.world.read(path),
        }
    }
}

/// What was found, and not by place: places move.
#[derive(Default)]
struct Tally {
    errors: usize,
    by_code: BTreeMap<String, usize>,
}

impl Tally {
    fn count(&self, code: &str) -> usize {
        self.by_code.get(code).copied().unwrap_or(0)
    }
}

impl Work<'_> {
    /// All rounds.
    fn to_the_end(&mut self) -> Vec<Change> {
        let (mut made, mut refused) = (Vec::new(), HashSet::new());
        for _ in 0..MOST_ROUNDS {
            let all = self.compiled();
            let before = tally(&all);
            let Some((compiled, fixable)) = first_fixable(&all, &refused) else { break };
            let several = self.made(&compiled.map, &fixable, &before);
            let done =
                if several.is_empty() { self.one_of(&compiled.map, &fixable, &before) } else { several };
            if done.is_empty() {
                refused.extend(fixable.iter().map(|finding| key(finding, &compiled.map)));
            }
            made.extend(done);
        }
        made
    }

    fn compiled(&self) -> Vec<Compiled> {
        self.roots.iter().map(|root| compile(self, root, self.params)).collect()
    }

    /// The first of them that can be made alone.
    fn one_of(&mut self, map: &SourceMap, fixable: &[&Diagnostic], before: &Tally) -> Vec<Change> {
        let each = fixable.iter().map(|finding| self.made(map, &[*finding], before));
        each.into_iter().find(|made| !made.is_empty()).unwrap_or_default()
    }

    /// Makes these fixes together, as far as none touches another; nothing when that does harm.
    fn made(&mut self, map: &SourceMap, fixable: &[&Diagnostic], before: &Tally) -> Vec<Change> {
        let fixes: Vec<&Fix> = fixable.iter().filter_map(|finding| evident_fix(finding)).collect();
        let fixed = fix::apply(fixes, map);
        let old = self.texts.clone();
        for (id, text) in fixed.texts {
            let name = map.file(id).map(|file| file.name.clone()).unwrap_or_default();
            self.texts.insert(name, text);
        }
        let made: Vec<&Diagnostic> =
            fixed.made.iter().filter_map(|number| fixable.get(*number).copied()).collect();
        let after = tally(&self.compiled());
        let helps = made
            .iter()
            .all(|finding| after.count(finding.code.as_str()) < before.count(finding.code.as_str()));
        if !helps || (before.errors == 0 && after.errors > 0) {
            self.texts = old;
            return Vec::new();
        }
        made.iter().map(|finding| change(finding, map)).collect()
    }
}

fn tally(all: &[Compiled]) -> Tally {
    let mut tally = Tally::default();
    for finding in all.iter().flat_map(|compiled| &compiled.diagnostics) {
        tally.errors += usize::from(finding.severity == Severity::Error);
        *tally.by_code.entry(finding.code.to_string()).or_insert(0) += 1;
    }
    tally
}

/// The first policy with something to mend, and what.
fn first_fixable<'c>(
    all: &'c [Compiled],
    refused: &HashSet<String>,
) -> Option<(&'c Compiled, Vec<&'c Diagnostic>)> {
    all.iter().find_map(|compiled| {
        let fits = |finding: &&Diagnostic| {
            evident_fix(finding).is_some_and(|fix| is_own(fix, &compiled.map))
                && !refused.contains(&key(finding, &compiled.map))
        };
        let fixable: Vec<&Diagnostic> = compiled.diagnostics.iter().filter(fits).collect();
        (!fixable.is_empty()).then_some((compiled, fixable))
    })
}

/// Whether all of a fix is in files of the user.
fn is_own(fix: &Fix, map: &SourceMap) -> bool {
    let name = |start| map.file_at(start).and_then(|id| map.file(id)).map(|file| file.name.as_str());
    fix.edits.iter().all(|edit| name(edit.span.start).is_some_and(|name| !name.starts_with("std/")))
}

fn key(finding: &Diagnostic, map: &SourceMap) -> String {
    format!("{} {}", mainstay_diagnostics::fingerprint(finding, map), finding.message)
}

fn change(finding: &Diagnostic, map: &SourceMap) -> Change {
    let place = map.line_column(finding.span().start);
    let file = place.and_then(|(id, _)| map.file(id)).map(|file| file.name.clone()).unwrap_or_default();
    let title = evident_fix(finding).map(|fix| fix.title.clone()).unwrap_or_default();
    Change { code: finding.code, file, line: place.map_or(1, |(_, at)| at.line), title }
}
