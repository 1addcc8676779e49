//! E07: secrets and phases.

crate::code::codes! {
    IN_TEXT = "E0701", "a secret in a text";
    NO_VALUE = "E0702", "a secret where a value is wanted";
    WRITTEN_OUT = "E0703", "a secret written out";
    PHASE = "E0704", "known only while it runs";
}
