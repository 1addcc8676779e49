//! The grammar, the lossless tree, the typed view of it, and the formatter.

pub mod ast;
