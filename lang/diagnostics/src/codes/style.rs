//! W2: style.

crate::code::codes! {
    UNUSED_IMPORT = "W2001", "unused import", fix;
    UNUSED = "W2002", "declared and never used";
    NEEDLESS_ALLOW = "W2003", "a silencer that silences nothing", fix;
    IMPLIED_EDGE = "W2004", "an edge that another path implies", fix;
    EXPIRED_ALLOW = "W2005", "a silencer that has ended";
    MACHINE_LINE = "W2006", "a machine that is a line";
    NO_EFFECT = "W2007", "a field that changes nothing";
}
