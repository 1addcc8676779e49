//! The program from outside, as an operator runs it.

mod bytes;
mod check;
mod damaged;
mod diff;
mod doc;
mod documents;
mod doubts;
mod emptied;
mod errors;
mod examples;
mod lsp;
mod outputs;
mod own;
mod panics;
mod plain;
mod plan;
mod secrets;
mod signals;
mod tests;
mod writer;
