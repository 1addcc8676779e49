//! Names that are in scope beside those of the file.

use foldhash::HashMap;
use mainstay_diagnostics::Span;

use crate::value::Typed;

/// About where looking through all costs as much as a hash. Pipelines have a handful; a workflow may have thousands of
/// steps.
const MOST_LOOKED_THROUGH: usize = 32;

/// A name and what it stands for.
#[derive(Debug, Clone)]
pub(super) struct Local {
    pub(super) name: String,
    pub(super) typed: Typed,
    /// Where the name was bound.
    pub(super) bound: Span,
    /// A step of the workflow, and not a parameter or the value of a round.
    pub(super) is_step: bool,
    /// A step of another branch of the same `parallel`: it runs beside, and cannot be waited for.
    pub(super) apart: bool,
}

/// In the order in which they were bound; an inner one hides an outer one of its name.
#[derive(Debug, Clone, Default)]
pub(super) struct Locals {
    all: Vec<Local>,
    /// Where each name was bound, the innermost last, when there are many.
    index: Option<HashMap<String, Vec<usize>>>,
}

impl Locals {
    /// The innermost of this name, and its number.
    pub(super) fn find(&self, name: &str) -> Option<(usize, &Local)> {
        let at = match &self.index {
            Some(index) => *index.get(name)?.last()?,
            None => self.all.iter().rposition(|local| local.name == name)?,
        };
        self.all.get(at).map(|local| (at, local))
    }

    pub(super) fn push(&mut self, local: Local) {
        if let Some(index) = &mut self.index {
            index.entry(local.name.clone()).or_default().push(self.all.len());
        }
        self.all.push(local);
        if self.all.len() > MOST_LOOKED_THROUGH && self.index.is_none() {
            let mut index: HashMap<String, Vec<usize>> = HashMap::default();
            for (at, local) in self.all.iter().enumerate() {
                index.entry(local.name.clone()).or_default().push(at);
            }
            self.index = Some(index);
        }
    }

    /// Forgets all but the outermost `count`.
    pub(super) fn truncate(&mut self, count: usize) {
        for local in self.all.drain(count.min(self.all.len())..) {
            if let Some(places) = self.index.as_mut().and_then(|index| index.get_mut(&local.name)) {
                places.pop();
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// The outermost first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Local> {
        self.all.iter()
    }

    /// All but the outermost `outside`, to change what is known of them.
    pub(super) fn inside(&mut self, outside: usize) -> impl Iterator<Item = &mut Local> {
        self.all.iter_mut().skip(outside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(name: &str, at: u32) -> Local {
        let bound = Span::new(at, at);
        Local { name: name.to_owned(), typed: Typed::poison(bound), bound, is_step: false, apart: false }
    }

    #[test]
    fn few_and_many_hide_each_other_and_are_forgotten_alike() {
        for many in [3, MOST_LOOKED_THROUGH as u32 + 8] {
            let mut locals = Locals::default();
            (0..many).for_each(|at| locals.push(local(&at.to_string(), at)));
            locals.push(local("1", 99));
            let place = |locals: &Locals, name: &str| locals.find(name).map(|(_, local)| local.bound.start);
            assert_eq!((place(&locals, "1"), place(&locals, "2")), (Some(99), Some(2)));
            locals.truncate(2);
            assert_eq!((place(&locals, "1"), place(&locals, "2"), locals.len()), (Some(1), None, 2));
            locals.push(local("2", 7));
            assert_eq!(place(&locals, "2"), Some(7));
        }
    }
}
