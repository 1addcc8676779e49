//! E05: objectives, schedules, retention.

crate::code::codes! {}
