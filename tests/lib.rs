//! The tests of this package live in its test targets.
