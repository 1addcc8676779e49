//! The real outside: files, clock, randomness, environment. Nothing else of the program asks for them.

mod clock;
mod environment;
mod policy;
mod random;
mod signals;

pub use clock::SystemClock;
pub use environment::Environment;
pub use policy::{PolicyFile, policies_below, read_bounded};
pub use random::KernelRandom;
pub use signals::Signals;
