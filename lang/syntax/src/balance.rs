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
    /// More brackets are wrong than are told of: not all of the others were matched, and nothing was put in.
    pub(crate) gave_up: bool,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Missing {
    /// The opening one.
    Open(usize),
    /// The opening one, within this name: it was put behind.
    OpenWithin(Range<usize>),
    /// The closing one.
    Close(usize),
    /// The opening one; no place for it was found, so the closing one was passed over.
    Nowhere,
}

/// Matches the brackets of a file of which no declaration nests beyond the limit.
pub(crate) fn balance(text: &str, tokens: Vec<Token>) -> Balanced {
    let balanced = match check(tokens.iter().map(|token| token.kind)) {
        Check::Matches => Balanced { tokens, mistakes: Vec::new(), too_deep: None, gave_up: false },
        Check::Fails => repair::repair(text, tokens),
    };
    if balanced.gave_up {
        return balanced;
    }
    Balanced { too_deep: deepest(&balanced.tokens), ..balanced }
}

/// Where a bracket was forgotten is a guess of its own for each, and two guesses may stand across each other. The grammar
/// tries two ways at each level of what has no pair, so what has none then is passed over, and what is still open is closed
/// at the end.
fn only_pairs(tokens: Vec<Token>) -> Vec<Token> {
    let (mut open, mut paired) = (Vec::new(), Vec::with_capacity(tokens.len()));
    for token in tokens {
        match half(token.kind) {
            Some(Half::Opens(bracket)) => open.push(bracket),
            Some(Half::Closes(bracket)) if open.last() != Some(&bracket) => {
                if !matches!(token.kind, Kind::MissingClose(_)) {
                    paired.push(Token::new(Kind::StrayClose(bracket), token.range()));
                }
                continue;
            }
            Some(Half::Closes(_)) => drop(open.pop()),
            None => {}
        }
        paired.push(token);
    }
    let end = paired.last().map_or(0, Token::end);
    paired.extend(open.into_iter().rev().map(|bracket| Token::new(Kind::MissingClose(bracket), end..end)));
    paired
}

/// The first bracket beyond the limit, in tokens of which each bracket has its other half. Nothing that goes on from here
/// may be deeper: what follows is recursive. A bracket that was put in may be one more.
fn deepest(tokens: &[Token]) -> Option<Range<usize>> {
    let mut depth = 0_usize;
    let too_deep = tokens.iter().find(|token| {
        match half(token.kind) {
            Some(Half::Opens(_)) => depth += 1,
            Some(Half::Closes(_)) => depth = depth.saturating_sub(1),
            None => {}
        }
        depth > NESTING_LIMIT + 1
    });
    too_deep.map(|token| token.range())
}

/// What a token is to the bracket that it belongs to.
enum Half {
    Opens(Bracket),
    Closes(Bracket),
}

/// Of a bracket that stands there or was put in.
fn half(kind: Kind) -> Option<Half> {
    match kind {
        Kind::MissingOpen(bracket) => Some(Half::Opens(bracket)),
        Kind::MissingClose(bracket) => Some(Half::Closes(bracket)),
        kind => kind.opens().map(Half::Opens).or_else(|| kind.closes().map(Half::Closes)),
    }
}

enum Check {
    Matches,
    Fails,
}

/// Whether brackets match, without regard to layout.
fn check(kinds: impl Iterator<Item = Kind>) -> Check {
    let mut open: Vec<Bracket> = Vec::new();
    for kind in kinds {
        if let Some(bracket) = kind.opens() {
            open.push(bracket);
        } else if let Some(bracket) = kind.closes()
            && open.pop() != Some(bracket)
        {
            return Check::Fails;
        }
    }
    if open.is_empty() { Check::Matches } else { Check::Fails }
}

/// Puts brackets of no width between the tokens, each behind the token of its place: from the last to the first, so that
/// every token moves once and no second copy of them all is made.
fn insert(mut tokens: Vec<Token>, mut missing: Vec<(u32, Kind)>) -> Vec<Token> {
    missing.sort_by_key(|(behind, _)| *behind);
    let mut settled = tokens.len();
    tokens.resize(settled + missing.len(), Token::new(Kind::Unknown, 0..0));
    for (put_before, (behind, kind)) in missing.into_iter().enumerate().rev() {
        let behind = behind as usize;
        let Some(end) = tokens.get(behind).map(Token::end) else { continue };
        tokens.copy_within(behind + 1..settled, behind + 2 + put_before);
        settled = behind + 1;
        if let Some(put) = tokens.get_mut(settled + put_before) {
            *put = Token::new(kind, end..end);
        }
    }
    tokens
}

#[cfg(test)]
mod tests;
