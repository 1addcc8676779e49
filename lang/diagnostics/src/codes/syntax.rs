//! E01: how a policy is written.

crate::code::codes! {}
