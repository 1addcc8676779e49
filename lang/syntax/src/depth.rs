//! Where brackets nest too deeply, found while a text is cut into tokens.
//!
//! What nests too deeply is refused as a whole, so nothing of it needs to be read: all from the first bracket beyond
//! the limit is one token, however long it is.

use std::ops::Range;

use crate::NESTING_LIMIT;
use crate::lex::Lexer;
use crate::token::{Kind, Token};

/// The tokens of a text, and the first bracket beyond the limit. A keyword of a declaration at the left edge begins
/// anew, as it does for the repair: many declarations that have each lost a bracket are no deep nesting.
pub(crate) fn tokens(text: &str) -> (Vec<Token>, Option<Range<usize>>) {
    let mut found = Vec::with_capacity(text.len() / 4);
    let mut depth = Depth { brackets: 0, at_left_edge: true, declares: false };
    for token in Lexer::new(text) {
        let range = token.range();
        let too_deep = depth.goes_too_far(text, &token);
        found.push(token);
        if too_deep {
            found.push(Token::new(Kind::Unknown, range.end..text.len()));
            return (found, Some(range));
        }
    }
    (found, None)
}

struct Depth {
    brackets: usize,
    at_left_edge: bool,
    /// The last token with a meaning is a keyword of a declaration at the left edge, or a label there.
    declares: bool,
}

impl Depth {
    fn goes_too_far(&mut self, text: &str, token: &Token) -> bool {
        let blank = if token.kind == Kind::Space { text.get(token.range()) } else { None };
        let has_meaning = token.kind.symbol().is_some();
        if self.declares && (has_meaning || blank.is_some_and(|blank| blank.contains('\n'))) {
            self.declares = false;
            // A label and its colon stand on one line.
            self.brackets = if token.kind == Kind::Colon { self.brackets } else { 0 };
        }
        if token.kind.opens().is_some() {
            self.brackets += 1;
        } else if token.kind.closes().is_some() {
            self.brackets = self.brackets.saturating_sub(1);
        }
        self.declares |= self.at_left_edge && token.kind.declares();
        self.at_left_edge = blank.is_some_and(|blank| blank.ends_with('\n'));
        self.brackets > NESTING_LIMIT
    }
}
