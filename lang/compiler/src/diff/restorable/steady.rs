//! What is lost for good, in one part: a repo, a site or an account, at any instant or from the beginning.

use super::Cause;
use super::bearing::Bearing;
use super::part::Part;
use super::stage::Clocks;
use super::views::{Found, Ground, Watch, Whole, advance, next};

/// The first witness for each source of the part: at each instant without what is lost then, and then from the beginning
/// without it.
pub(super) fn search(part: &Part<'_>, clocks: &Clocks) -> Found {
    let mut search = Search { part, clocks, casts: part.casts(1), found: Found::new(part.sources.len()) };
    search.at_each_instant();
    search.since_the_beginning();
    search.found
}

struct Search<'p, 'a> {
    part: &'p Part<'a>,
    clocks: &'p Clocks,
    casts: [Vec<bool>; 2],
    found: Found,
}

impl Search<'_, '_> {
    fn at_each_instant(&mut self) {
        let none = [Vec::new(), Vec::new()];
        let (ground, mut watch) = (Ground::new(self.part, &none, None, &[]), Watch::default());
        watch.add(&ground, &none, &self.found, &Cause::Nothing);
        let whole = Whole::new(&ground);
        for (number, (_, dead)) in self.part.losses.iter().enumerate() {
            watch.add_loss(&whole, dead, &self.found, &Cause::Loss(number));
        }
        self.run(&ground, &watch);
    }

    fn since_the_beginning(&mut self) {
        let bearing = Bearing::new(self.part);
        for (number, (_, dead)) in
            self.part.losses.iter().enumerate().filter(|(_, (_, dead))| bearing.bears(dead))
        {
            if self.found.is_done() {
                return;
            }
            let (ground, mut watch) = (Ground::new(self.part, dead, None, &[]), Watch::default());
            watch.add(&ground, dead, &self.found, &Cause::Loss(number));
            self.run(&ground, &watch);
        }
    }

    /// Compares at each instant, until there is nothing more to be found.
    fn run(&mut self, ground: &Ground<'_, '_>, watch: &Watch) {
        let mut both = ground.sims(self.clocks, &self.casts);
        while let Some(at) = next(&both).filter(|at| *at < self.clocks.to && !self.found.is_done()) {
            advance(&mut both, at);
            watch.compare(ground, &both, at, None, &mut self.found);
        }
    }
}
