//! Which workflow starts after which, with mere paths passed in one step.
//!
//! Most workflows start after the success of one other, or of none: they hang together as trees. A way back through a
//! tree is known by its ends, whatever lies between them; only where one starts after several others, at a join, there is
//! something to choose. What is asked of each place costs by that what has to do with the place and the joins before it,
//! and not the workflows that have nothing to do with it.

use crate::rhythm::Order;
use least::Least;

mod least;

/// What the workflows of a path take: those without `within` first, and then the milliseconds of the others.
type Cost = (usize, u128);

/// A workflow in its tree.
#[derive(Debug, Clone, Copy, Default)]
struct Node {
    /// Where the tree begins: at a join, or at what starts after none.
    root: usize,
    /// All that hangs on this have the numbers from its own one on and before the other.
    enter: usize,
    exit: usize,
    /// From the root, itself included, to here.
    cost: Cost,
    /// The nearest one from here back, itself included, that may take for ever.
    endless: Option<usize>,
    /// All that come before it have a lower one, except where they go in a circle.
    rank: usize,
}

/// Those after whose success a root starts.
#[derive(Debug)]
struct Join {
    /// In the order of the trees, and each by its number there and by its cost.
    before: Vec<usize>,
    enters: Vec<usize>,
    costs: Least<Cost>,
    /// The joins at which their trees begin, and which of them is the cheapest from there.
    roots: Vec<(usize, usize)>,
}

/// The workflows that run one after another once another one has ended well: those after it to the one before last, and
/// then the last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Path {
    /// After whose success the first starts.
    pub after: usize,
    /// The one before last; the same as `after` where there is one only.
    pub via: usize,
    /// The last.
    pub last: usize,
}

impl Path {
    /// All of them, the last one first.
    pub fn back<'o>(self, order: &'o Order<'_>) -> impl Iterator<Item = usize> + 'o {
        let before = move |at: &usize| order.followed(*at).first().copied();
        let others = std::iter::successors(Some(self.via), before).take_while(move |at| *at != self.after);
        std::iter::once(self.last).chain(others)
    }
}

/// All workflows and machines by number.
#[derive(Debug)]
pub(super) struct Lineage<'o, 'a> {
    order: &'o Order<'a>,
    nodes: Vec<Node>,
    /// By root; none where nothing comes before it.
    joins: Vec<Option<Join>>,
    /// How many workflows, makers and joins were looked at so far.
    #[cfg(test)]
    pub looks: std::cell::Cell<usize>,
}

/// Those that make a copy of one place, as they stand in the trees.
#[derive(Debug)]
pub(super) struct Makers {
    makers: Vec<usize>,
    /// From which number on which one is the nearest.
    nearest: Vec<(usize, Option<usize>)>,
    /// None of a lower rank, and none of this one but a maker, starts after any of them.
    rank: usize,
}

impl<'o, 'a> Lineage<'o, 'a> {
    pub fn new(order: &'o Order<'a>) -> Self {
        let count = order.names.len();
        let (nodes, joins) = (vec![Node::default(); count], Vec::new());
        let mut lineage = Self {
            order,
            nodes,
            joins,
            #[cfg(test)]
            looks: Default::default(),
        };
        let roots = lineage.plant();
        lineage.rank();
        lineage.joins = (0..count).map(|at| roots.get(at)?.then(|| lineage.join(at)).flatten()).collect();
        lineage
    }

    /// The only one after whose success this starts.
    fn only(&self, at: usize) -> Option<usize> {
        let all = self.order.followed(at);
        all.first().copied().filter(|first| all.iter().all(|other| other == first))
    }

    fn node(&self, at: usize) -> Node {
        self.nodes.get(at).copied().unwrap_or_default()
    }

    /// Numbers the trees, and says which are roots. A circle is cut where it is met first.
    fn plant(&mut self) -> Vec<bool> {
        let count = self.nodes.len();
        let mut behind = vec![Vec::new(); count];
        for at in 0..count {
            let before = self.only(at).and_then(|before| behind.get_mut(before));
            before.into_iter().for_each(|behind: &mut Vec<usize>| behind.push(at));
        }
        let (mut roots, mut seen, mut next) = (vec![false; count], vec![false; count], 0);
        let free = (0..count).filter(|at| self.only(*at).is_none());
        for root in free.chain(0..count).collect::<Vec<_>>() {
            if seen.get(root) == Some(&false) {
                roots.get_mut(root).into_iter().for_each(|is_root| *is_root = true);
                self.grow(root, &mut behind, &mut seen, &mut next);
            }
        }
        roots
    }

    /// Numbers a tree.
    fn grow(&mut self, root: usize, behind: &mut [Vec<usize>], seen: &mut [bool], next: &mut usize) {
        let none = Node { root, ..Node::default() };
        let mut open = vec![(root, none, false)];
        while let Some((at, before, is_left)) = open.pop() {
            if is_left {
                self.nodes.get_mut(at).into_iter().for_each(|node| node.exit = *next);
                continue;
            }
            let Some(seen @ false) = seen.get_mut(at) else { continue };
            *seen = true;
            let node = self.grown(at, before, *next);
            *next += 1;
            self.nodes.get_mut(at).into_iter().for_each(|slot| *slot = node);
            open.push((at, node, true));
            let behind = behind.get_mut(at).map(std::mem::take).unwrap_or_default();
            open.extend(behind.into_iter().rev().map(|at| (at, node, false)));
        }
    }

    fn grown(&self, at: usize, before: Node, enter: usize) -> Node {
        let (endless, ms) = before.cost;
        match self.order.within_ms(at) {
            Some(within_ms) => Node { enter, cost: (endless, ms + u128::from(within_ms)), ..before },
            None => Node { enter, cost: (endless + 1, ms), endless: Some(at), ..before },
        }
    }

    /// Ranks what is in no circle and after none; all others have the highest.
    fn rank(&mut self) {
        let count = self.nodes.len();
        let (mut behind, mut open) = (vec![Vec::new(); count], Vec::new());
        let mut waits: Vec<usize> = (0..count).map(|at| self.order.followed(at).len()).collect();
        for at in 0..count {
            self.nodes.get_mut(at).into_iter().for_each(|node| node.rank = usize::MAX);
            for before in self.order.followed(at) {
                behind.get_mut(*before).into_iter().for_each(|behind: &mut Vec<usize>| behind.push(at));
            }
            open.extend((waits.get(at) == Some(&0)).then_some(at));
        }
        let mut rank = 0;
        while let Some(at) = open.pop() {
            self.nodes.get_mut(at).into_iter().for_each(|node| node.rank = rank);
            rank += 1;
            for next in behind.get_mut(at).map(std::mem::take).unwrap_or_default() {
                let Some(left) = waits.get_mut(next) else { continue };
                *left -= 1;
                open.extend((*left == 0).then_some(next));
            }
        }
    }

    fn join(&self, at: usize) -> Option<Join> {
        let mut before = self.order.followed(at).to_vec();
        before.sort_by_key(|at| self.node(*at).enter);
        before.dedup();
        let enters = before.iter().map(|at| self.node(*at).enter).collect();
        let costs = Least::new(before.iter().map(|at| self.node(*at).cost).collect());
        // By tree, and the cheapest first.
        let mut trees = before.clone();
        trees.sort_by_key(|at| (self.node(*at).root, self.node(*at).cost));
        trees.dedup_by_key(|at| self.node(*at).root);
        let roots = trees.into_iter().map(|at| (self.node(at).root, at));
        let roots = roots.filter(|(root, _)| !self.order.followed(*root).is_empty()).collect();
        (!before.is_empty()).then_some(Join { before, enters, costs, roots })
    }

    /// These, as they stand in the trees.
    pub fn makers(&self, mut makers: Vec<usize>) -> Makers {
        makers.sort_by_key(|at| self.node(*at).enter);
        makers.dedup();
        self.look(makers.len());
        let rank = makers.iter().map(|at| self.node(*at).rank).min().unwrap_or(usize::MAX);
        let (mut nearest, mut around) = (Vec::new(), Vec::new());
        for maker in &makers {
            let node = self.node(*maker);
            leave(&mut nearest, &mut around, node.enter);
            around.push((node.exit, *maker));
            nearest.push((node.enter, Some(*maker)));
        }
        leave(&mut nearest, &mut around, usize::MAX);
        Makers { makers, nearest, rank }
    }

    /// Whether any of the makers may come before this one.
    pub fn may_find(&self, at: usize, makers: &Makers) -> bool {
        let rank = self.node(at).rank;
        (rank > makers.rank || rank == usize::MAX) && !self.order.followed(at).is_empty()
    }

    /// Ways to this one from makers and from joins: the shortest way from any maker is made of such ways.
    pub fn before(&self, last: usize, makers: &Makers) -> Vec<Path> {
        let path = |(after, via)| Path { after, via, last };
        self.look(1);
        let Some(Some(join)) = self.joins.get(last) else {
            let via = self.only(last);
            let after = via.and_then(|via| {
                Some((makers.nearest(self.node(via).enter).or_else(|| self.root(via, makers))?, via))
            });
            return after.map(path).into_iter().collect();
        };
        let roots = join.roots.iter().copied().filter(|(root, _)| self.may_find(*root, makers));
        self.look(join.roots.len() + join.before.len().min(makers.makers.len()));
        let found = if join.before.len() <= makers.makers.len() {
            let nearest = |via: &usize| Some((makers.nearest(self.node(*via).enter)?, *via));
            join.before.iter().filter_map(nearest).collect()
        } else {
            let cheapest = |maker: &usize| Some((*maker, self.cheapest(join, *maker)?));
            makers.makers.iter().filter_map(cheapest).collect::<Vec<_>>()
        };
        found.into_iter().chain(roots).map(path).collect()
    }

    #[cfg(test)]
    fn look(&self, count: usize) {
        self.looks.set(self.looks.get() + count);
    }

    #[cfg(not(test))]
    fn look(&self, _: usize) {}

    /// The join at which the tree of this one begins.
    fn root(&self, at: usize, makers: &Makers) -> Option<usize> {
        Some(self.node(at).root).filter(|root| self.may_find(*root, makers))
    }

    /// Of those before a join that hang on this one the cheapest.
    fn cheapest(&self, join: &Join, at: usize) -> Option<usize> {
        let node = self.node(at);
        let from = join.enters.partition_point(|enter| *enter < node.enter);
        let to = join.enters.partition_point(|enter| *enter < node.exit);
        join.before.get(join.costs.least(from, to)?).copied()
    }

    /// What a path takes, in milliseconds; or which of its workflows may take for ever.
    pub fn length(&self, path: Path) -> Result<u64, usize> {
        let (after, via) = (self.node(path.after), self.node(path.via));
        let own_ms = self.order.within_ms(path.last).ok_or(path.last)?;
        match via.endless.filter(|_| via.cost.0 > after.cost.0) {
            Some(endless) => Err(endless),
            None => {
                let others_ms = via.cost.1.saturating_sub(after.cost.1);
                Ok(u64::try_from(others_ms).unwrap_or(u64::MAX).saturating_add(own_ms))
            }
        }
    }
}

/// Whoever ends before this number is the nearest no longer.
fn leave(nearest: &mut Vec<(usize, Option<usize>)>, around: &mut Vec<(usize, usize)>, enter: usize) {
    while let Some((exit, _)) = around.pop_if(|(exit, _)| *exit <= enter) {
        nearest.push((exit, around.last().map(|(_, maker)| *maker)));
    }
}

impl Makers {
    /// The nearest from this number back, in its tree.
    fn nearest(&self, enter: usize) -> Option<usize> {
        let at = self.nearest.partition_point(|(from, _)| *from <= enter).checked_sub(1)?;
        self.nearest.get(at)?.1
    }
}

#[cfg(test)]
mod tests;
