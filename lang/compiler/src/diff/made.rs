//! The copies of a policy by their places and by who makes them: what is made from what, and how old each can become.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use mainstay_calendar::{Timetable, total};
use mainstay_ir::{DurationMs, Flows, SourceCopy};

use super::flows::Place;

/// Copies by their numbers in [`Flows`].
type Numbers<K> = HashMap<K, Vec<usize>>;

/// All copies of a policy.
pub(super) struct Made<'a> {
    copies: Vec<SourceCopy<'a>>,
    by_work: Numbers<&'a str>,
    by_place: Numbers<Place<'a>>,
    /// By what they are made from.
    by_origin: Numbers<Place<'a>>,
    worst: RefCell<HashMap<Place<'a>, Option<String>>>,
}

impl<'a> Made<'a> {
    pub fn new(flows: &Flows<'a>) -> Self {
        let (mut by_work, mut by_place, mut by_origin) = (Numbers::new(), Numbers::new(), Numbers::new());
        for (number, copy) in flows.copies.iter().enumerate() {
            by_work.entry(copy.workflow).or_default().push(number);
            by_place.entry((copy.source, copy.repo)).or_default().push(number);
            if let Some(from) = copy.origin.repo() {
                by_origin.entry((copy.source, from)).or_default().push(number);
            }
        }
        Self { copies: flows.copies.clone(), by_work, by_place, by_origin, worst: RefCell::default() }
    }

    /// What a workflow makes, and what is made from that in the end, by whomever; in their order.
    pub fn made_from(&self, workflow: &str) -> impl Iterator<Item = &SourceCopy<'a>> {
        let own = self.by_work.get(workflow).cloned().unwrap_or_default();
        let (mut found, mut next): (BTreeSet<usize>, _) = (own.iter().copied().collect(), own);
        let mut seen = BTreeSet::new();
        while let Some(copy) = next.pop().and_then(|number| self.copies.get(number)) {
            let place = (copy.source, copy.repo);
            if seen.insert(place) {
                let behind = self.by_origin.get(&place).into_iter().flatten().copied();
                next.extend(behind.filter(|number| found.insert(*number)));
            }
        }
        found.into_iter().filter_map(|number| self.copies.get(number))
    }

    /// The worst age of a source in a repo, whoever puts it there; without the time of a run where that has no `within`.
    pub fn worst(&self, table: &Timetable<'_>, place: Place<'a>) -> Option<String> {
        if let Some(known) = self.worst.borrow().get(&place) {
            return known.clone();
        }
        let fresh = self.worst_of(table, self.by_place.get(&place)?);
        self.worst.borrow_mut().insert(place, fresh.clone());
        fresh
    }

    fn worst_of(&self, table: &Timetable<'_>, numbers: &[usize]) -> Option<String> {
        let ages = table.ages();
        let of = numbers.iter().filter_map(|number| Some((self.copies.get(*number)?, ages.get(*number)?)));
        let gap = |copy: &SourceCopy<'_>| {
            let gap = table.extremes(copy.workflow)?.largest.length();
            Some(DurationMs(gap.0 + table.schedule(copy.workflow)?.jitter().0))
        };
        let each = of.map(|(copy, age)| age.as_ref().map_or_else(|_| gap(copy), |parts| Some(total(parts))));
        let known: Option<Vec<DurationMs>> = each.collect();
        match known {
            Some(known) => known.into_iter().min().map(|length| length.to_string()),
            None => Some("without an end".to_owned()),
        }
    }
}
