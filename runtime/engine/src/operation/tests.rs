//! The operations over real sources and real repositories, with a clock that is told.

mod house;
mod scenes;
