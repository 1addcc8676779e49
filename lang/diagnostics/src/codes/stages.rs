//! E04: the order of stages.

crate::code::codes! {}
