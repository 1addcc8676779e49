//! The operations over real sources and real repositories, with a clock that is told.

mod clock;
mod hooks;
pub(crate) mod house;
mod kept;
mod proposals;
mod scenes;
mod standing;
