//! E07: secrets and phases.

crate::code::codes! {}
