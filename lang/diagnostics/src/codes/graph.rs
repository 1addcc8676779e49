//! E06: pools and the graph of steps.

crate::code::codes! {
    OVER_ASKED = "E0601", "an over-asked pool";
    CYCLE = "E0602", "a cycle";
    TOO_DEEP = "E0603", "nested too deep";
    POOL_VALUE = "E0604", "a pool that cannot work as written";
    NEVER_TAKEN = "E0605", "a branch that is never taken";
    HELD_WAITING = "E0606", "slots held while waiting";
    LOST_ENDING = "E0621", "an ending that leads nowhere";
    NO_START = "E0622", "a machine without a start";
    UNREACHED = "E0623", "a state that nothing leads to";
    NO_END = "E0624", "a state without a way to an end";
    NO_VISITS = "E0625", "a state that comes again without a bound";
    TWO_WAYS = "E0626", "an ending that leads two ways";
    NO_SNAPSHOT = "E0627", "a block that waits for snapshots that nobody takes";
}
