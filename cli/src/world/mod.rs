//! The real outside: files, clock, randomness, environment. Nothing else of the program asks for them.

mod clock;
mod environment;
mod policy;
mod random;
mod signals;
mod write;

pub use clock::SystemClock;
pub use environment::Environment;
pub use policy::{MAX_READ_BYTES, PolicyFile, policies_below, read_bounded};
pub use random::KernelRandom;
pub use signals::Signals;
pub use write::{write_new_private, write_replacing};
