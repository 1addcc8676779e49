//! What stands between two tokens on one line, where the tree says nothing else.

use crate::token::Kind;

/// What stands before a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    /// Nothing.
    None,
    /// A blank.
    Blank,
    /// Two blanks, between statements on one line.
    Wide,
    /// A new line with this indent, in steps.
    Line(u32),
    /// A new line that begins an entry of brackets or the file: an empty line before it is the author's.
    Entry(u32),
    /// A new line below what follows the bracket at this place.
    Hang(u32),
}

/// Between two tokens.
pub(super) fn between(left: Kind, right: Kind) -> Gap {
    let tight_behind = matches!(
        left,
        Kind::OpenRound | Kind::OpenSquare | Kind::Dot | Kind::DotDot | Kind::LineDotDot | Kind::Bang
    );
    let tight_before = matches!(
        right,
        Kind::CloseRound | Kind::CloseSquare | Kind::Comma | Kind::Colon | Kind::Dot | Kind::Question
    );
    let ends_value =
        matches!(left, Kind::CloseRound | Kind::CloseSquare | Kind::Number | Kind::Name) || left.is_text();
    // A member: `run.step[orders]`. Keywords before a list are no names.
    let is_index = right == Kind::OpenSquare && left == Kind::Name;
    if tight_behind || tight_before || is_index || (right == Kind::DotDot && ends_value) {
        Gap::None
    } else {
        Gap::Blank
    }
}
