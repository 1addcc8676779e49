//! E02: names and modules.

crate::code::codes! {}
