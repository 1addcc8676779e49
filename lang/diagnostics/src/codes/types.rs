//! E03: types and units.

crate::code::codes! {
    MISMATCH = "E0301", "wrong type";
    UNKNOWN_FIELD = "E0302", "unknown field", fix;
    MISSING_FIELD = "E0303", "missing field";
    GIVEN_TWICE = "E0304", "a field given twice";
    OPERATION = "E0305", "an operation that has no meaning";
    NO_UNIT = "E0306", "a number without its unit", fix;
    NOT_A_MEMBER = "E0307", "not one of the values", fix;
    TEXT_FORM = "E0308", "a text that cannot be read as what is wanted", fix;
    UNKNOWN_TYPE = "E0309", "unknown type", fix;
    TOO_MANY = "E0310", "too many arguments";
    NOT_CALLABLE = "E0311", "a call that cannot be";
    NOT_CALLED = "E0312", "a name that must be called", fix;
    OUT_OF_RANGE = "E0313", "a value out of its range";
    AMBIGUOUS = "E0314", "a constructor of several kinds";
    INTERPOLATION = "E0315", "a value that cannot stand in a text";
    TEMPLATE = "E0316", "fields where a thing is wanted";
    SPREAD = "E0317", "a spread of something else";
}
