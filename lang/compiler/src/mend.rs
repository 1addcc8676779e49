//! Mending: what has one evident reading is changed, round by round, until nothing is left to change.
//!
//! Nothing is written here: the changed texts lie over the world that was read. A change that would make a policy fail
//! that compiles, or that does not take away what it was made for, is taken back.

use std::collections::BTreeMap;
use std::sync::Arc;

use foldhash::HashSet;
use mainstay_diagnostics::{Code, Diagnostic, FileId, Fix, Severity, SourceMap, fix};
use mainstay_syntax::MISTAKE_LIMIT;

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
    /// The findings whose fix was taken back, by what tells them from others.
    refused: HashSet<String>,
}

impl Mended {
    /// Whether the fix of a finding was tried and taken back.
    pub fn withholds(&self, finding: &Diagnostic, map: &SourceMap) -> bool {
        self.refused.contains(&key(finding, map))
    }
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
    let (made, refused) = work.all_rounds();
    let as_it_was = |name: &String, text: &String| world.read(name).is_ok_and(|old| *old == **text);
    work.texts.retain(|name, text| !as_it_was(name, text));
    Mended { texts: work.texts, made, refused }
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

/// What was found.
#[derive(Default)]
struct Tally {
    errors: usize,
    by_code: BTreeMap<String, usize>,
    errors_by_line: BTreeMap<Line, usize>,
}

impl Tally {
    fn count(&self, code: &str) -> usize {
        self.by_code.get(code).copied().unwrap_or(0)
    }
}

impl Work<'_> {
    /// All rounds: what was made, and what was taken back.
    fn all_rounds(&mut self) -> (Vec<Change>, HashSet<String>) {
        let (mut made, mut refused) = (Vec::new(), HashSet::default());
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
        (made, refused)
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
            self.texts.insert(name_of(map, id), text);
        }
        let after = tally(&self.compiled());
        let made = || fixed.made.iter().filter_map(|made| Some((*fixable.get(made.number)?, made)));
        let helps = made().all(|(finding, made)| {
            let here = self.line_of(&name_of(map, made.file), made.offset);
            helps(finding, map, before, &after, &here)
        });
        if !helps || (before.errors == 0 && after.errors > 0) {
            self.texts = old;
            return Vec::new();
        }
        made().map(|(finding, _)| change(finding, map)).collect()
    }

    /// File and line of an offset in a changed text.
    fn line_of(&self, name: &str, offset: usize) -> Line {
        let text = self.texts.get(name).and_then(|text| text.get(..offset)).unwrap_or_default();
        (name.to_owned(), text.matches('\n').count() + 1)
    }
}

/// A file and a line in it, from 1.
type Line = (String, usize);

/// Whether a finding is gone: its kind is found less often, and where it was a mistake, its line has fewer of them. A
/// mistake mended into another one was not understood.
fn helps(finding: &Diagnostic, map: &SourceMap, before: &Tally, after: &Tally, now: &Line) -> bool {
    let code = finding.code.as_str();
    // Of more mistakes than are told the next ones move up, and there seem to be as many.
    let is_less = after.count(code) < before.count(code) || before.errors >= MISTAKE_LIMIT;
    let errors = |tally: &Tally, line: &Line| tally.errors_by_line.get(line).copied().unwrap_or(0);
    let had = place(finding, map).map_or(0, |line| errors(before, &line));
    is_less && (finding.severity != Severity::Error || errors(after, now) < had)
}

fn name_of(map: &SourceMap, id: FileId) -> String {
    map.file(id).map(|file| file.name.clone()).unwrap_or_default()
}

fn place(finding: &Diagnostic, map: &SourceMap) -> Option<Line> {
    let (id, at) = map.line_column(finding.span().start)?;
    Some((name_of(map, id), at.line as usize))
}

fn tally(all: &[Compiled]) -> Tally {
    let mut tally = Tally::default();
    for compiled in all {
        for finding in &compiled.diagnostics {
            *tally.by_code.entry(finding.code.to_string()).or_insert(0) += 1;
            if finding.severity == Severity::Error {
                tally.errors += 1;
                let line = place(finding, &compiled.map);
                *tally.errors_by_line.entry(line.unwrap_or_default()).or_insert(0) += 1;
            }
        }
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
    let (file, line) = place(finding, map).unwrap_or_default();
    let title = evident_fix(finding).map(|fix| fix.title.clone()).unwrap_or_default();
    Change { code: finding.code, file, line: u32::try_from(line).unwrap_or(1), title }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Only(String);

    impl World for Only {
        fn read(&self, _: &str) -> Result<Arc<str>, WorldError> {
            Ok(self.0.as_str().into())
        }
    }

    fn mended(text: &str) -> Option<String> {
        mend(&Only(text.to_owned()), &["p.stay".to_owned()], &Params::none()).texts.remove("p.stay")
    }

    #[test]
    fn two_needs_are_a_list_and_one_of_two_is_none() {
        let probe = |name: &str| format!("probe {name} = file {{ path: \"/{name}\" }}\n");
        let head =
            format!("edition 2026\npolicy p\n{}{}workflow w {{ needs: ", probe("mains"), probe("line"));
        let needs = |what: &str| format!("{head}{what}  step a = hook([\"./a\"]) }}\n");
        assert_eq!(mended(&needs("mains and line")), Some(needs("[mains, line]")));
        assert_eq!(mended(&needs("mains or line")), None);
    }

    #[test]
    fn more_mistakes_than_are_told_are_mended_in_rounds() {
        let head = "edition 2026\npolicy many\n".to_owned();
        let many =
            (0..2 * MISTAKE_LIMIT + 3).map(|at| format!("source s{at} = files {{ rots: [\"/s{at}\"] }}\n"));
        let text = head + &many.collect::<String>();
        assert_eq!(mended(&text), Some(text.replace("rots:", "roots:")));
    }
}
