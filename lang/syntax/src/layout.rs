//! The few places where a line tells what its marks cannot.
//!
//! Lines mean nothing in a policy that is right. In one that is not, they tell where something was forgotten: a label
//! and its colon stand on one line, and a path does not end its line with a dot. Without this a forgotten `pool` in
//! `pool: uplink` would make a label of the value above it, and a spread below `1h` a range.

use crate::token::{Kind, Token};

/// The tokens, with colons and spreads that begin a line and dots that end one as kinds of their own.
pub(crate) fn marked(text: &str, mut tokens: Vec<Token>) -> Vec<Token> {
    let breaks = |token: &Token| {
        matches!(token.kind, Kind::Comment | Kind::Doc | Kind::FileDoc | Kind::HashComment)
            || (token.kind == Kind::Space && text.get(token.range()).unwrap_or_default().contains('\n'))
    };
    let mut begins_line = true;
    let mut after_value = false;
    let mut dot: Option<usize> = None;
    for at in 0..tokens.len() {
        let Some(token) = tokens.get_mut(at) else { break };
        if breaks(token) {
            begins_line = true;
            if let Some(dot) = dot.take().and_then(|dot| tokens.get_mut(dot)) {
                dot.kind = Kind::LineDot;
            }
        } else if token.kind.symbol().is_some() {
            let kind = token.kind;
            match kind {
                Kind::Colon if begins_line => token.kind = Kind::LineColon,
                Kind::DotDot if begins_line && after_value => token.kind = Kind::LineDotDot,
                _ => {}
            }
            begins_line = false;
            after_value = ends_value(kind);
            dot = (kind == Kind::Dot).then_some(at);
        }
    }
    tokens
}

/// Behind what a `..` could be the middle of a range.
fn ends_value(kind: Kind) -> bool {
    kind.is_text() || kind.closes().is_some() || matches!(kind, Kind::Name | Kind::Number)
}
