//! Steps that are named before they stand: told as such, or as a circle when they wait for the one that names them.

use std::cell::{Cell, OnceCell};

use foldhash::HashMap;
use mainstay_diagnostics::codes::{graph, names};
use mainstay_diagnostics::{Diagnostic, Span};
use mainstay_syntax::ast::{Body, Ident, StatementKind};

use super::Checker;
use super::steps::named_in;

/// All steps of a body at any depth, as they are written.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    steps: Vec<Written>,
    /// The first of each name.
    numbers: HashMap<String, usize>,
    /// By step: the first step of all that wait for each other together with it.
    firsts: OnceCell<Vec<usize>>,
    /// Names that were looked at for ways.
    looked: Cell<usize>,
}

/// Names that are looked at for the ways of one body: each step of a large circle has one that is as long. Beyond this only
/// the first step of a circle tells of it, without the way.
const MOST_LOOKS: usize = 200_000;

#[derive(Debug)]
struct Written {
    name: Ident,
    /// All that it names, in what it takes and in its `after`.
    names: Vec<Ident>,
}

impl Checker<'_> {
    /// Tells of a step that `own` names and that stands after it. No circle is looked for when nobody would be told.
    pub(super) fn tell_named_early(&mut self, ahead: &Ahead, own: Option<&str>, name: &Ident) {
        if !self.sink.is_full() {
            ahead.named_early(own, name).into_iter().for_each(|found| self.sink.push(found));
        }
    }
}

impl Ahead {
    /// Of a body.
    pub(super) fn of(body: &Body) -> Self {
        let mut ahead = Self::default();
        ahead.add(body);
        ahead
    }

    fn add(&mut self, body: &Body) {
        for statement in &body.statements {
            match &statement.kind {
                StatementKind::Step(step) => {
                    let Some(name) = &step.name else { continue };
                    let mut names = Vec::new();
                    for said in [Some(&step.value), step.after.as_ref()].into_iter().flatten() {
                        named_in(said, &mut |name| {
                            names.push(name.clone());
                            false
                        });
                    }
                    self.numbers.entry(name.text.clone()).or_insert(self.steps.len());
                    self.steps.push(Written { name: name.clone(), names });
                }
                StatementKind::Block { body, .. }
                | StatementKind::For { body, .. }
                | StatementKind::Close { body, .. } => self.add(body),
                _ => {}
            }
        }
    }

    fn step(&self, name: &str) -> Option<&Written> {
        self.steps.get(*self.numbers.get(name)?)
    }

    /// Where a step of this name stands.
    pub(super) fn find(&self, name: &str) -> Option<Span> {
        self.step(name).map(|step| step.name.span)
    }

    /// A step that `own` names and that stands after it; none when the first step of that circle has told of it.
    fn named_early(&self, own: Option<&str>, name: &Ident) -> Option<Diagnostic> {
        if own == Some(name.text.as_str()) {
            let message = format!("step `{}` waits for itself", name.text);
            return Some(
                Diagnostic::error(names::CIRCLE, message, name.span, "itself")
                    .label(self.find(&name.text).unwrap_or_default(), "declared here")
                    .help("name the step that it should wait for"),
            );
        }
        let number = own.and_then(|own| self.numbers.get(own)).copied();
        let circle_of = |number: usize| self.firsts().get(number).copied();
        let is_circle =
            number.and_then(circle_of) == self.numbers.get(&name.text).copied().and_then(circle_of);
        if let Some((own, number)) = own.zip(number).filter(|_| is_circle) {
            if let Some(way) = self.way(&name.text, own) {
                let is_first = way.iter().all(|(step, _)| self.numbers.get(*step) >= Some(&number));
                return is_first.then(|| circle(name, &way));
            }
            if circle_of(number) != Some(number) {
                return None;
            }
        }
        let message = format!("step `{}` stands later in this workflow", name.text);
        Some(
            Diagnostic::error(names::LATER, message, name.span, "used here")
                .label(self.find(&name.text).unwrap_or_default(), "declared here")
                .help("a step can only need what stands before it: move one of the two"),
        )
    }

    /// The numbers of the steps that one names.
    fn next(&self, at: usize) -> impl Iterator<Item = usize> {
        let names = self.steps.get(at).map(|step| step.names.as_slice()).unwrap_or_default();
        names.iter().filter_map(|name| self.numbers.get(&name.text)).copied()
    }

    /// Steps are in one circle when each leads to the other. In the order in which a walk leaves them, the last one first,
    /// whoever leads to one and is in no circle yet is in its circle.
    fn firsts(&self) -> &[usize] {
        self.firsts.get_or_init(|| {
            let count = self.steps.len();
            let mut back = vec![Vec::new(); count];
            for (at, next) in (0..count).flat_map(|at| self.next(at).map(move |next| (at, next))) {
                back.get_mut(next).into_iter().for_each(|back: &mut Vec<usize>| back.push(at));
            }
            let (mut firsts, mut circle) = (vec![usize::MAX; count], Vec::new());
            let mut seen = vec![false; count];
            for at in self.left_in_turn().into_iter().rev() {
                let mut open = vec![at];
                while let Some(at) = open.pop() {
                    if let Some(seen @ false) = seen.get_mut(at) {
                        *seen = true;
                        circle.push(at);
                        open.extend(back.get(at).into_iter().flatten());
                    }
                }
                let first = circle.iter().copied().min().unwrap_or(at);
                for at in circle.drain(..) {
                    firsts.get_mut(at).into_iter().for_each(|slot| *slot = first);
                }
            }
            firsts
        })
    }

    /// All steps in the order in which a walk along what they name leaves them.
    fn left_in_turn(&self) -> Vec<usize> {
        let (mut left, mut seen) = (Vec::new(), vec![false; self.steps.len()]);
        let mut open: Vec<(usize, bool)> = (0..self.steps.len()).rev().map(|at| (at, false)).collect();
        while let Some((at, is_left)) = open.pop() {
            if is_left {
                left.push(at);
            } else if let Some(seen @ false) = seen.get_mut(at) {
                *seen = true;
                open.push((at, true));
                open.extend(self.next(at).map(|next| (next, false)));
            }
        }
        left
    }

    /// From one step to another by what they name: each step on the way with the place where it names the next. The
    /// shortest such way; none when too much was looked at.
    fn way(&self, from: &str, to: &str) -> Option<Vec<(&str, &Ident)>> {
        let first = *self.numbers.get(from)?;
        let mut came: HashMap<usize, (usize, &Ident)> = HashMap::default();
        let mut open = std::collections::VecDeque::from([first]);
        while let Some(at) = open.pop_front() {
            for named in self.steps.get(at).map(|step| step.names.as_slice()).unwrap_or_default() {
                self.looked.set(self.looked.get() + 1);
                if self.looked.get() > MOST_LOOKS {
                    return None;
                }
                if named.text == to {
                    return Some(self.back(first, at, named, &came));
                }
                let next =
                    self.numbers.get(&named.text).filter(|next| **next != first && !came.contains_key(next));
                if let Some(next) = next {
                    came.insert(*next, (at, named));
                    open.push_back(*next);
                }
            }
        }
        None
    }

    fn back<'a>(
        &'a self,
        first: usize,
        last: usize,
        named: &'a Ident,
        came: &HashMap<usize, (usize, &'a Ident)>,
    ) -> Vec<(&'a str, &'a Ident)> {
        let name = |at: usize| self.steps.get(at).map_or("", |step| step.name.text.as_str());
        let mut way = vec![(name(last), named)];
        let mut at = last;
        while let Some((before, named)) = came.get(&at).filter(|_| at != first) {
            way.push((name(*before), *named));
            at = *before;
        }
        way.reverse();
        way
    }
}

/// Steps that wait for each other: the first names `name`, and `way` leads from there back to it.
fn circle(name: &Ident, way: &[(&str, &Ident)]) -> Diagnostic {
    let own = way.last().map_or("", |(_, named)| named.text.as_str());
    let message = match way {
        [_] => format!("steps `{own}` and `{}` wait for each other", name.text),
        _ => {
            let others = way.iter().map(|(step, _)| format!("`{step}`")).collect::<Vec<_>>().join(" for ");
            format!("steps wait for each other in a circle: `{own}` for {others} for `{own}`")
        }
    };
    let mut said =
        Diagnostic::error(graph::CYCLE, message, name.span, format!("`{own}` waits for `{}`", name.text));
    for (step, named) in way {
        said = said.label(named.span, format!("`{step}` waits for `{}`", named.text));
    }
    said.help("leave one of these out: none of the steps could ever start")
}
