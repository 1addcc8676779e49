//! The tree of a snapshot, as those see it who read it: a walk, and the choice of a part.

mod select;
pub(crate) mod walk;

pub use select::Selection;
pub(crate) use select::{Reach, Verdict};
