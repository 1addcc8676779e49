//! E04: the order of stages.

crate::code::codes! {
    ORDER = "E0401", "a stage out of order", fix;
    RESULT = "E0402", "a pipeline that does not keep its promise";
    NOT_KEPT = "E0403", "a step of which nothing is kept";
    RESTORE = "E0404", "a restore where nobody is asked";
    ROLE = "E0405", "more than a key may do";
    SANDBOX = "E0406", "a sandbox where a source lies";
}
