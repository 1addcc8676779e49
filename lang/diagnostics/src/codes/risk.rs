//! W1: risks.

crate::code::codes! {
    CLOCK_CHANGE = "W1101", "a time that a change of the clocks touches";
}
