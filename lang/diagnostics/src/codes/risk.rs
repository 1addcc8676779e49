//! W1: risks.

crate::code::codes! {}
