//! Matching brackets, so that the grammar only ever sees pairs.
//!
//! A grammar that looks for the end of `(` itself either gives up or swallows the rest of the file. Here every
//! bracket gets its other half first. In a file where brackets match, that is one pass over the tokens; where they do
//! not, the layout tells where a bracket was forgotten: what stands inside brackets is indented more than the line
//! that opened them (`repair.rs`). Only parts that do not match are looked at so, each declaration by itself.

use std::ops::Range;

use crate::NESTING_LIMIT;
use crate::token::{Bracket, Kind, Token};

mod lines;
mod place;
mod repair;

/// Tokens in which every bracket has its other half.
pub(crate) struct Balanced {
    /// With tokens of no width where a bracket was left out.
    pub(crate) tokens: Vec<Token>,
    /// What was mended, in any order.
    pub(crate) mistakes: Vec<BracketMistake>,
    /// Where the limit of nesting was passed.
    pub(crate) too_deep: Option<Range<usize>>,
}

/// A bracket without its other half.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BracketMistake {
    /// Which.
    pub(crate) bracket: Bracket,
    /// The half that stands there, in bytes of the file.
    pub(crate) there: Range<usize>,
    /// The half that does not.
    pub(crate) missing: Missing,
}

/// The half of a bracket that was left out, and the byte of the file where it was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// The opening one.
    Open(usize),
    /// The closing one.
    Close(usize),
    /// The opening one; no place for it was found, so the closing one was passed over.
    Nowhere,
}

/// Matches the brackets of a file.
pub(crate) fn balance(text: &str, tokens: Vec<Token>) -> Balanced {
    match check(tokens.iter()) {
        Check::Matches => Balanced { tokens, mistakes: Vec::new(), too_deep: None },
        Check::TooDeep(_) | Check::Fails => repair::repair(text, tokens),
    }
}

enum Check {
    Matches,
    Fails,
    TooDeep(Range<usize>),
}

/// Whether brackets match, without regard to layout. Depth is counted beyond a mismatch too: a declaration of nothing
/// but opening brackets is too deep.
fn check<'t>(tokens: impl Iterator<Item = &'t Token>) -> Check {
    let mut open: Vec<Bracket> = Vec::new();
    let mut matches = true;
    for token in tokens {
        if let Some(bracket) = token.kind.opens() {
            open.push(bracket);
            if open.len() > NESTING_LIMIT {
                return Check::TooDeep(token.range.clone());
            }
        } else if let Some(bracket) = token.kind.closes() {
            matches &= open.pop() == Some(bracket);
        }
    }
    if matches && open.is_empty() { Check::Matches } else { Check::Fails }
}

/// Puts brackets of no width between the tokens: each with the token that it stands behind.
fn insert(tokens: Vec<Token>, mut missing: Vec<(usize, Kind)>) -> Vec<Token> {
    missing.sort_by_key(|(behind, _)| *behind);
    let mut missing = missing.into_iter().peekable();
    let mut all = Vec::with_capacity(tokens.len() + missing.len());
    for (at, token) in tokens.into_iter().enumerate() {
        let end = token.range.end;
        all.push(token);
        while let Some((_, kind)) = missing.next_if(|(behind, _)| *behind == at) {
            all.push(Token { kind, range: end..end });
        }
    }
    all
}

#[cfg(test)]
mod tests;
