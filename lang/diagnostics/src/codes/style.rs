//! W2: style.

crate::code::codes! {}
