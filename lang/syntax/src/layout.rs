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
            || (token.kind == Kind::Space && text.get(token.range.clone()).unwrap_or_default().contains('\n'))
    };
    let mut begins_line = true;
    let mut after_value = false;
    let mut dot: Option<usize> = None;
    let mut found: Vec<(usize, Kind)> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if breaks(token) {
            begins_line = true;
            found.extend(dot.take().map(|dot| (dot, Kind::LineDot)));
        } else if token.kind.symbol().is_some() {
            match token.kind {
                Kind::Colon if begins_line => found.push((at, Kind::LineColon)),
                Kind::DotDot if begins_line && after_value => found.push((at, Kind::LineDotDot)),
                _ => {}
            }
            begins_line = false;
            after_value = ends_value(token.kind);
            dot = (token.kind == Kind::Dot).then_some(at);
        }
    }
    for (at, kind) in found {
        if let Some(token) = tokens.get_mut(at) {
            token.kind = kind;
        }
    }
    tokens
}

/// Behind what a `..` could be the middle of a range.
fn ends_value(kind: Kind) -> bool {
    kind.is_text() || kind.closes().is_some() || matches!(kind, Kind::Name | Kind::Number)
}
