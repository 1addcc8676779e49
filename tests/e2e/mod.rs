//! The program from outside, as an operator runs it.

mod plain;
