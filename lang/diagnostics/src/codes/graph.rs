//! E06: pools and the graph of steps.

crate::code::codes! {
    OVER_ASKED = "E0601", "an over-asked pool";
    CYCLE = "E0602", "a cycle";
    TOO_DEEP = "E0603", "nested too deep";
}
