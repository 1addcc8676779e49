//! Fields and arguments by their names, in order.
//!
//! Nearly all hold a handful, as their declaration says, so they are looked through one by one. A record that somebody
//! wrote may hold any number: from [`MOST_LOOKED_THROUGH`] on there is an index.

use std::borrow::Cow;

use foldhash::HashMap;

use crate::value::Typed;

/// The name of a field: nearly always one that the library declares.
pub(crate) type FieldName = Cow<'static, str>;

/// About where looking through all costs as much as a hash.
const MOST_LOOKED_THROUGH: usize = 32;

/// Values by name, each name once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields {
    all: Vec<(FieldName, Typed)>,
    /// Where each name stands, when there are many.
    index: Option<Box<HashMap<FieldName, usize>>>,
    /// Of the deepest value, known beforehand: a value may hold others many times over.
    depth: usize,
}

impl Fields {
    pub(crate) fn with_capacity(most: usize) -> Self {
        Self { all: Vec::with_capacity(most), index: None, depth: 0 }
    }

    fn at(&self, name: &str) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(name).copied(),
            None => self.all.iter().position(|(known, _)| known == name),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Typed> {
        self.at(name).and_then(|at| self.all.get(at)).map(|(_, value)| value)
    }

    /// Sets a field; one of this name keeps its place among the others.
    pub(crate) fn insert(&mut self, name: impl Into<FieldName>, value: Typed) {
        let name = name.into();
        self.depth = self.depth.max(value.value.depth());
        if let Some((_, known)) = self.at(&name).and_then(|at| self.all.get_mut(at)) {
            *known = value;
            return;
        }
        if let Some(index) = &mut self.index {
            index.insert(name.clone(), self.all.len());
        }
        self.all.push((name, value));
        if self.all.len() > MOST_LOOKED_THROUGH && self.index.is_none() {
            let names = self.all.iter().enumerate().map(|(at, (name, _))| (name.clone(), at));
            self.index = Some(Box::new(names.collect()));
        }
    }

    /// Takes a field out; the others keep their order.
    pub(crate) fn remove(&mut self, name: &str) -> Option<Typed> {
        let at = self.at(name)?;
        self.index = None;
        let (_, value) = self.all.remove(at);
        if value.value.depth() >= self.depth {
            self.depth = self.values().map(|left| left.value.depth()).max().unwrap_or(0);
        }
        if self.all.len() > MOST_LOOKED_THROUGH {
            let rest = std::mem::take(&mut self.all);
            rest.into_iter().for_each(|(name, value)| self.insert(name, value));
        }
        Some(value)
    }

    /// How many values stand in each other at the deepest place of these.
    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Typed)> {
        self.all.iter().map(|(name, value)| (&**name, value))
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|(name, _)| &**name)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &Typed> {
        self.all.iter().map(|(_, value)| value)
    }
}

impl IntoIterator for Fields {
    type Item = (FieldName, Typed);
    type IntoIter = std::vec::IntoIter<(FieldName, Typed)>;

    fn into_iter(self) -> Self::IntoIter {
        self.all.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use mainstay_diagnostics::Span;

    use super::*;

    fn value(number: u32) -> Typed {
        Typed::poison(Span::new(number, number))
    }

    #[test]
    fn few_and_many_are_found_set_anew_and_taken_out_alike() {
        for many in [3, MOST_LOOKED_THROUGH as u32 + 8] {
            let mut fields = Fields::default();
            (0..many).for_each(|number| fields.insert(number.to_string(), value(number)));
            fields.insert("1", value(99));
            assert_eq!(fields.values().count(), many as usize);
            assert_eq!(fields.get("1").map(|typed| typed.span.start), Some(99));
            assert_eq!(fields.remove("0").map(|typed| typed.span.start), Some(0));
            assert!(fields.get("0").is_none() && fields.remove("0").is_none());
            assert_eq!(fields.get("2").map(|typed| typed.span.start), Some(2));
            let left: Vec<&str> = fields.keys().collect();
            assert_eq!(left.first(), Some(&"1"));
            assert_eq!(left.last().copied(), Some((many - 1).to_string().as_str()));
        }
    }
}
