//! E06: pools and the graph of steps.

crate::code::codes! {}
