//! Whose copies depend on when a workflow runs: those that it makes itself, and those of all that its good end starts.
//!
//! Of workflows that follow each other each has all that lies behind it, and written out for each that is as much as the
//! square of the workflows. So nothing is written out: from sources it is walked back, and from lines on.

use std::collections::{BTreeSet, HashMap};

use mainstay_calendar::follows;
use mainstay_ir::{Flows, Ir};

/// The workflows and machines of both policies by number, and what each copies in either.
#[derive(Debug, Default)]
pub(super) struct Behind<'a> {
    numbers: HashMap<&'a str, usize>,
    /// By number.
    before: Vec<BTreeSet<usize>>,
    after: Vec<BTreeSet<usize>>,
    /// By source.
    copied_by: HashMap<&'a str, BTreeSet<usize>>,
}

/// What a line is about, as far as the simulation has a word in it.
#[derive(Debug, Clone)]
pub(super) enum Touches {
    /// The copies of these sources.
    Sources(BTreeSet<String>),
    /// All that depends on when this workflow or machine runs.
    Behind(String),
}

/// By number, the first of the lines by which this one is touched.
#[derive(Debug, Default)]
pub(super) struct Firsts(Vec<Option<usize>>);

impl<'a> Behind<'a> {
    pub fn new(policies: [(&'a Ir, &Flows<'a>); 2]) -> Self {
        let mut behind = Self::default();
        for (ir, flows) in policies {
            for copy in &flows.copies {
                let work = behind.number(copy.workflow);
                behind.copied_by.entry(copy.source).or_default().insert(work);
            }
            for (name, work) in ir.works() {
                for before in work.triggers.iter().filter_map(follows) {
                    let (before, after) = (behind.number(before), behind.number(name));
                    behind.after.get_mut(before).into_iter().for_each(|all| all.extend([after]));
                    behind.before.get_mut(after).into_iter().for_each(|all| all.extend([before]));
                }
            }
        }
        behind
    }

    fn number(&mut self, name: &'a str) -> usize {
        let fresh = self.numbers.len();
        let number = *self.numbers.entry(name).or_insert(fresh);
        if number == fresh {
            self.before.push(BTreeSet::new());
            self.after.push(BTreeSet::new());
        }
        number
    }

    /// The workflows and machines on which any copy of these sources depends.
    pub fn touching<'s>(&self, sources: impl IntoIterator<Item = &'s str>) -> BTreeSet<&'a str> {
        let copied_by = sources.into_iter().filter_map(|source| self.copied_by.get(source));
        let mut open: Vec<usize> = copied_by.flatten().copied().collect();
        let mut seen = vec![false; self.before.len()];
        while let Some(at) = open.pop() {
            if let Some(seen @ false) = seen.get_mut(at) {
                *seen = true;
                open.extend(self.before.get(at).into_iter().flatten());
            }
        }
        let is_seen = |at: usize| seen.get(at).copied().unwrap_or_default();
        self.numbers.iter().filter(|(_, at)| is_seen(**at)).map(|(name, _)| *name).collect()
    }

    /// All on which any copy depends.
    pub fn touching_any(&self) -> BTreeSet<&'a str> {
        self.touching(self.copied_by.keys().copied())
    }

    /// Notes a line of this workflow for all that it touches and that no other line does: each is looked at once.
    pub fn note(&self, firsts: &mut Firsts, work: &str, line: usize) {
        firsts.0.resize(self.after.len(), None);
        let mut open: Vec<usize> = self.numbers.get(work).copied().into_iter().collect();
        while let Some(at) = open.pop() {
            if let Some(first @ None) = firsts.0.get_mut(at) {
                *first = Some(line);
                open.extend(self.after.get(at).into_iter().flatten());
            }
        }
    }

    /// The first of the lines that touch a source.
    pub fn first(&self, firsts: &Firsts, source: &str) -> Option<usize> {
        let copied_by = self.copied_by.get(source).into_iter().flatten();
        copied_by.filter_map(|at| firsts.0.get(*at).copied().flatten()).min()
    }
}

#[cfg(test)]
mod tests {
    use mainstay_ir::{Trigger, Value, Workflow};
    use proptest::prelude::*;

    use super::*;

    const WORKS: usize = 8;

    fn after(number: usize) -> Trigger {
        let other = Value::Thing("workflow".into(), format!("w{number}"));
        Trigger::Event {
            name: "after_success".into(),
            args: [("of".to_owned(), other)].into_iter().collect(),
        }
    }

    /// Each copies a source of its own, and starts after some, in a circle too.
    fn policy(follows: &[Vec<usize>]) -> Ir {
        let mut ir = Ir::new("p", 2026, "2026a");
        for (number, follows) in follows.iter().enumerate() {
            let triggers = follows.iter().copied().map(after).collect();
            ir.workflows.insert(format!("w{number}"), Workflow { triggers, ..Workflow::default() });
        }
        ir
    }

    fn reached(follows: &[Vec<usize>], from: usize) -> BTreeSet<usize> {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(at) = open.pop() {
            if seen.insert(at) {
                open.extend((0..WORKS).filter(|other| follows[*other].contains(&at)));
            }
        }
        seen
    }

    proptest! {
        #[test]
        fn what_lies_behind_is_what_each_link_leads_to(
            follows in prop::collection::vec(prop::collection::vec(0..WORKS, 0..3), WORKS),
            lines in prop::collection::vec(0..WORKS, 0..6),
            hurt in prop::collection::btree_set(0..WORKS, 0..4),
        ) {
            let ir = policy(&follows);
            let names: Vec<String> = (0..WORKS).map(|number| format!("w{number}")).collect();
            let flows = ir.flows();
            let mut behind = Behind::new([(&ir, &flows), (&ir, &flows)]);
            for name in &names {
                let number = behind.number(name);
                behind.copied_by.entry(name).or_default().insert(number);
            }
            let touching = behind.touching(hurt.iter().map(|at| names[*at].as_str()));
            let mut firsts = Firsts::default();
            for (line, work) in lines.iter().enumerate() {
                behind.note(&mut firsts, &names[*work], line);
            }
            for (at, name) in names.iter().enumerate() {
                let is_touching = !reached(&follows, at).is_disjoint(&hurt);
                prop_assert_eq!(touching.contains(name.as_str()), is_touching);
                let first = lines.iter().position(|work| reached(&follows, *work).contains(&at));
                prop_assert_eq!(behind.first(&firsts, name), first);
            }
        }
    }
}
