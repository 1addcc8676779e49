//! One binary for all tests across crates: it links once.

mod layering;
