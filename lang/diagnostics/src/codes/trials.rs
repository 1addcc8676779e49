//! E08: tests inside a policy. They are told by `test`, which simulates; compiling tells none of them.

crate::code::codes! {
    FAILS = "E0801", "an `expect` that does not hold";
    UNKNOWN_TIME = "E0802", "a time that nothing gives";
    NO_SUCH_ERROR = "E0803", "an error that does not come";
    NOT_SIMULATED = "E0804", "something that cannot be simulated";
}
