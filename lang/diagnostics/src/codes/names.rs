//! E02: names and modules.

crate::code::codes! {
    UNKNOWN = "E0201", "unknown name", fix;
    DUPLICATE = "E0202", "one name for two things";
    UNREADABLE = "E0203", "a file that cannot be read";
    USE_CYCLE = "E0204", "files that use each other";
    PRIVATE = "E0205", "a private name";
    UNKNOWN_MODULE = "E0206", "unknown module of the standard library";
    POLICY = "E0208", "policy missing or out of place";
    PARAM = "E0209", "a param without a value";
    LIBRARY_ONLY = "E0210", "a declaration of the standard library";
    CIRCLE = "E0211", "defined by itself";
    LATER = "E0212", "a step that stands later";
    MOVED = "E0213", "a move without an end";
    MISPLACED = "E0214", "a statement out of place";
    BRANCH = "E0216", "a step of another branch";
    TOO_LARGE = "E0215", "a policy that expands too far";
}
