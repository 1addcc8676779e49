//! One binary for all tests across crates: it links once.

#![expect(clippy::disallowed_methods, reason = "tests look at the machine they run on")]

mod calendar;
mod carried;
mod corpus;
mod crash;
mod damage;
mod e2e;
mod fuzz;
mod hostile;
mod layering;
mod mutants;
mod operators;
mod oracle;
mod prose;
mod right;
mod scene;
mod typing;
mod wrong;
