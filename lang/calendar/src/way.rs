//! Ages, and what they add up from.
//!
//! Of workflows that follow each other, each has the parts of the one before it and one more. Written out for each,
//! they would be as many as the square of the workflows; so ways share their beginnings.

use std::cell::RefCell;

use mainstay_ir::DurationMs;

use crate::age::{Part, PartKind};
use crate::spread::Path;

/// An age and how it comes about: [`crate::Timetable::parts`] of the timetable that it is from tells that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    total: DurationMs,
    last: Option<usize>,
}

impl Way {
    /// Nothing that takes time.
    pub(crate) const NONE: Self = Self { total: DurationMs(0), last: None };
}

/// The sum of all parts of a way.
pub fn total(way: &Way) -> DurationMs {
    way.total
}

/// All ways of a timetable.
#[derive(Debug, Default)]
pub(crate) struct Ways<'a>(RefCell<Vec<Link<'a>>>);

#[derive(Debug)]
struct Link<'a> {
    before: Option<usize>,
    what: What<'a>,
    /// The nearest one from here back, itself included, that waits for something to come round again.
    turn: Option<usize>,
}

#[derive(Debug)]
enum What<'a> {
    Part(Part<'a>),
    /// The parts of another way.
    All(Way),
    /// What each workflow of a path may take.
    Path(Path),
}

impl<'a> Ways<'a> {
    /// A way, and then this.
    pub fn part(&self, before: Way, part: Part<'a>) -> Way {
        let is_turn = matches!(part.kind, PartKind::Gap { .. } | PartKind::AtMost);
        self.push(before, part.length, What::Part(part), is_turn)
    }

    /// A way, and then another.
    pub fn all(&self, before: Way, other: Way) -> Way {
        match (before.last, other.last) {
            (None, _) => other,
            (_, None) => before,
            _ => self.push(before, other.total, What::All(other), true),
        }
    }

    /// A way, and then what each workflow of a path may take; so much together.
    pub fn path(&self, before: Way, path: Path, length: DurationMs) -> Way {
        self.push(before, length, What::Path(path), false)
    }

    fn push(&self, before: Way, length: DurationMs, what: What<'a>, is_turn: bool) -> Way {
        let mut links = self.0.borrow_mut();
        let at = links.len();
        let turn = if is_turn { Some(at) } else { before.last.and_then(|last| links.get(last)?.turn) };
        links.push(Link { before: before.last, what, turn });
        Way { total: DurationMs(before.total.0.saturating_add(length.0)), last: Some(at) }
    }

    /// The last parts of a way, so many at most, in the order in which they happen; `back` are those of a path, the last
    /// one first, and again so many at most.
    pub fn parts(&self, way: Way, most: usize, back: impl Fn(Path) -> Vec<Part<'a>>) -> Vec<Part<'a>> {
        self.walk(way, most, |at, _| at, back)
    }

    /// Those of them that wait for something to come round again: of many that follow each other that is the first.
    pub fn turns(&self, way: Way) -> Vec<Part<'a>> {
        self.walk(way, usize::MAX, |at, links| links.get(at?)?.turn, |_| Vec::new())
    }

    fn walk(
        &self,
        way: Way,
        most: usize,
        to: impl Fn(Option<usize>, &[Link<'a>]) -> Option<usize>,
        back: impl Fn(Path) -> Vec<Part<'a>>,
    ) -> Vec<Part<'a>> {
        let links = self.0.borrow();
        let (mut found, mut open) = (Vec::new(), vec![way.last]);
        while let Some(at) = open.pop().filter(|_| found.len() < most) {
            let Some(link) = to(at, &links).and_then(|at| links.get(at)) else { continue };
            open.push(link.before);
            match &link.what {
                What::Part(part) => found.push(part.clone()),
                What::All(other) => open.push(other.last),
                What::Path(path) => found.extend(back(*path)),
            }
        }
        found.truncate(most);
        found.reverse();
        found
    }
}
