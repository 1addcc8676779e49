//! E01: how a policy is written.

crate::code::codes! {
    UNEXPECTED = "E0101", "text that does not belong where it stands", fix;
    UNBALANCED = "E0102", "a bracket without its other half", fix;
    WRONG_MARK = "E0103", "another mark belongs here", fix;
    MISSING_PART = "E0104", "a part is left out", fix;
    BAD_NAME = "E0105", "no name for a value", fix;
    SEPARATOR = "E0106", "a comma is left out, or one too many", fix;
    BAD_LITERAL = "E0107", "a literal that cannot be read", fix;
    BAD_TEXT = "E0108", "a text that cannot be read", fix;
    BAD_COMMENT = "E0109", "a comment of another language", fix;
    STRAY_MARK = "E0110", "a mark that means nothing here", fix;
    MISSING_EDITION = "E0111", "the edition is not the first item", fix;
    NESTED_TOO_DEEPLY = "E0112", "nested too deeply";
    FILE_TOO_LARGE = "E0113", "a file that is too large";
    WRONG_ORDER = "E0114", "in the wrong order";
    DASHED_LIST = "E0115", "a list with dashes", fix;
    MISPLACED = "E0116", "a declaration inside braces";
    UNKNOWN_KEYWORD = "E0117", "no keyword of the language", fix;
}
