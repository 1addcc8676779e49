//! E03: types and units.

crate::code::codes! {}
