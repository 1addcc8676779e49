//! What of the one policy belongs to what of the other.

use std::collections::{HashMap, HashSet};
use std::fmt::Debug;

use mainstay_ir::{IndexMap, Name};

/// The names of both, those of the old one first.
pub(super) fn names<'m, K: std::hash::Hash + Eq, T>(
    old: &'m IndexMap<K, T>,
    new: &'m IndexMap<K, T>,
) -> Vec<&'m K> {
    old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))).collect()
}

/// One of the old policy and one of the new; one of them at least.
pub(super) type Pair<T> = (Option<T>, Option<T>);

/// Things with their names: by name, and then those that are there no more with the first new one that does the same.
pub(super) fn matched<'m, T, D: PartialEq + Debug + 'm>(
    old: &'m IndexMap<Name, T>,
    new: &'m IndexMap<Name, T>,
    does: impl Fn(&'m T) -> &'m D,
) -> Vec<Pair<(&'m Name, &'m T)>> {
    // What is equal is shown alike: the words find a few, and those are compared.
    let mut fresh: IndexMap<&Name, &T> = new.iter().filter(|(name, _)| !old.contains_key(*name)).collect();
    let mut alike: HashMap<String, Vec<&Name>> = HashMap::new();
    if old.keys().any(|name| !new.contains_key(name)) {
        fresh.iter().for_each(|(name, it)| alike.entry(format!("{:?}", does(it))).or_default().push(name));
    }
    let mut taken = HashSet::new();
    let mut found = Vec::new();
    for (name, before) in old {
        let own = new.get_key_value(name);
        let mut renamed = || {
            let few = alike.get_mut(&format!("{:?}", does(before)))?;
            let is_same = |name: &&Name| new.get(*name).is_some_and(|after| does(before) == does(after));
            let place = few.iter().position(is_same)?;
            let name = few.remove(place);
            taken.insert(name);
            new.get_key_value(name)
        };
        found.push((Some((name, before)), own.or_else(&mut renamed)));
    }
    fresh.retain(|name, _| !taken.contains(name));
    found.extend(fresh.into_iter().map(|one| (None, Some(one))));
    found
}

/// Things without names: those of which nothing differs are left out, the others stand together in their order.
pub(super) fn differing<T: PartialEq>(old: Vec<T>, mut new: Vec<T>) -> Vec<Pair<T>> {
    let mut gone = Vec::new();
    for one in old {
        match new.iter().position(|other| *other == one) {
            Some(place) => drop(new.remove(place)),
            None => gone.push(one),
        }
    }
    let count = gone.len().max(new.len());
    let (mut gone, mut new) = (gone.into_iter(), new.into_iter());
    (0..count).map(|_| (gone.next(), new.next())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_twice_is_two_things() {
        assert_eq!(differing(vec!["a", "a"], vec!["a"]), [(Some("a"), None)]);
        assert_eq!(
            differing(vec!["a", "b"], vec!["b", "c", "d"]),
            [(Some("a"), Some("c")), (None, Some("d"))]
        );
        assert_eq!(differing(vec!["a", "b"], vec!["b", "a"]), []);
    }

    #[test]
    fn what_is_called_otherwise_is_found_once() {
        let of = |all: &[(&str, i32)]| -> IndexMap<Name, i32> {
            all.iter().map(|(name, of)| ((*name).to_owned(), *of)).collect()
        };
        let (old, new) = (of(&[("a", 1), ("b", 1), ("c", 2)]), of(&[("c", 3), ("d", 1)]));
        let found = matched(&old, &new, |one| one);
        let short: Vec<_> = found
            .iter()
            .map(|(old, new)| (old.map(|it| it.0.as_str()), new.map(|it| it.0.as_str())))
            .collect();
        assert_eq!(short, [(Some("a"), Some("d")), (Some("b"), None), (Some("c"), Some("c"))]);
    }
}
