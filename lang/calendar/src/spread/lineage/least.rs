//! The least of any stretch of a list.

/// A list, and above it the lesser of each two, of each four and so on.
#[derive(Debug)]
pub(super) struct Least<T> {
    items: Vec<T>,
    /// The list is the second half: what is at `n` is the place of the least below `2n` and `2n + 1`.
    tree: Vec<usize>,
}

impl<T: Ord> Least<T> {
    pub fn new(items: Vec<T>) -> Self {
        let count = items.len();
        let tree = (0..2 * count).map(|at| at.saturating_sub(count)).collect();
        let mut least = Self { items, tree };
        for at in (1..count).rev() {
            let found = least.lesser(least.below(2 * at), least.below(2 * at + 1));
            if let (Some(slot), Some(found)) = (least.tree.get_mut(at), found) {
                *slot = found;
            }
        }
        least
    }

    /// The place of the least of those from the one and before the other, the first of them where several are alike.
    pub fn least(&self, from: usize, to: usize) -> Option<usize> {
        let count = self.items.len();
        let (mut from, mut to) = (from.min(count) + count, to.min(count) + count);
        let mut found = None;
        while from < to {
            if from % 2 == 1 {
                found = self.lesser(found, self.below(from));
                from += 1;
            }
            if to % 2 == 1 {
                to -= 1;
                found = self.lesser(found, self.below(to));
            }
            (from, to) = (from / 2, to / 2);
        }
        found
    }

    fn below(&self, at: usize) -> Option<usize> {
        self.tree.get(at).copied()
    }

    fn lesser(&self, one: Option<usize>, other: Option<usize>) -> Option<usize> {
        let both = [one, other].into_iter().flatten();
        both.min_by_key(|at| (self.items.get(*at), *at))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_least_of_a_stretch_is_found(items in prop::collection::vec(0..9_u8, 0..20), from in 0..22_usize, to in 0..22_usize) {
            let by_hand = (from..to.min(items.len())).min_by_key(|at| (items[*at], *at));
            prop_assert_eq!(Least::new(items).least(from, to), by_hand);
        }
    }
}
