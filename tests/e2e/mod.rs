//! The program from outside, as an operator runs it.

mod documents;
mod errors;
mod examples;
mod plain;
mod secrets;
mod signals;
mod writer;
