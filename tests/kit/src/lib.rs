//! What tests share: trees, seeded randomness, a fake clock, comparison.
//!
//! Nothing here uses the code under test: trees are made, changed, looked at and removed by system calls alone, so
//! that a mistake of the product cannot hide behind the same mistake here.

mod change;
mod clock;
mod cursor;
mod editor;
mod make;
mod random;
mod scratch;
mod survey;

pub use change::{Changed, change};
pub use clock::FakeClock;
pub use editor::{Editor, uri as editor_uri};
pub use make::{TreePlan, make};
pub use random::SeededRandom;
pub use scratch::{Scratch, remove_tree};
pub use survey::{Compare, Facts, Survey, differences, survey};
