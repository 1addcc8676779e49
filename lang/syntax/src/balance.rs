//! Matching brackets, so that the grammar only ever sees pairs.

use std::ops::Range;

use crate::NESTING_LIMIT;
use crate::token::{Bracket, Kind, Token};

/// Tokens in which every bracket has its other half.
pub(crate) struct Balanced {
    /// With tokens of no width where a bracket was left out.
    pub(crate) tokens: Vec<Token>,
    /// What was mended.
    pub(crate) mistakes: Vec<BracketMistake>,
    /// Where the limit of nesting was passed.
    pub(crate) too_deep: Option<Range<usize>>,
}

/// A bracket without its other half.
pub(crate) struct BracketMistake {
    /// Which.
    pub(crate) bracket: Bracket,
    /// The half that stands there, in bytes of the file.
    pub(crate) there: Range<usize>,
    /// Where the other half was put; nothing when the half that stands there was left out instead.
    pub(crate) put_at: Option<usize>,
}

/// Matches the brackets of a file.
pub(crate) fn balance(_text: &str, tokens: Vec<Token>) -> Balanced {
    let mut balancer = Balancer {
        out: Balanced { tokens: Vec::with_capacity(tokens.len()), mistakes: Vec::new(), too_deep: None },
        open: Vec::new(),
        last_end: 0,
    };
    for token in tokens {
        balancer.take(token);
    }
    while balancer.open.pop().map(|(bracket, there)| balancer.close(bracket, there)).is_some() {}
    balancer.out
}

struct Balancer {
    out: Balanced,
    open: Vec<(Bracket, Range<usize>)>,
    /// Where the last token ended that the grammar sees.
    last_end: usize,
}

impl Balancer {
    fn take(&mut self, token: Token) {
        if let Some(bracket) = token.kind.opens() {
            self.open.push((bracket, token.range.clone()));
            if self.open.len() > NESTING_LIMIT && self.out.too_deep.is_none() {
                self.out.too_deep = Some(token.range.clone());
            }
        }
        match token.kind.closes() {
            Some(bracket) => self.closing(bracket, token),
            None => self.push(token),
        }
    }

    fn push(&mut self, token: Token) {
        if !token.kind.is_trivia() {
            self.last_end = token.range.end;
        }
        self.out.tokens.push(token);
    }

    fn closing(&mut self, bracket: Bracket, token: Token) {
        let Some(depth) = self.open.iter().rposition(|(open, _)| *open == bracket) else {
            let there = token.range.clone();
            self.out.mistakes.push(BracketMistake { bracket, there, put_at: None });
            return self.push(Token { kind: Kind::StrayClose(bracket), range: token.range });
        };
        for (open, there) in self.open.split_off(depth + 1).into_iter().rev() {
            self.close(open, there);
        }
        self.open.pop();
        self.push(token);
    }

    fn close(&mut self, bracket: Bracket, there: Range<usize>) {
        let at = self.out.tokens.last().map_or(self.last_end, |token| token.range.end);
        self.out.tokens.push(Token { kind: Kind::MissingClose(bracket), range: at..at });
        self.out.mistakes.push(BracketMistake { bracket, there, put_at: Some(self.last_end) });
    }
}
