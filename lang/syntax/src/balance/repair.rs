//! Finding out which bracket was forgotten, from the layout.

use std::collections::HashMap;

use super::lines::{Parts, Seen};
use super::place::{self, Place};
use super::{Balanced, BracketMistake, Check, Missing, check, insert, only_pairs};
use crate::MISTAKE_LIMIT;
use crate::token::{Bracket, Kind, Token};

/// Mends each declaration in which brackets do not match, until there are more mistakes than anybody reads of.
pub(super) fn repair(text: &str, tokens: Vec<Token>) -> Balanced {
    let mut found = Found::default();
    let mut parts = Parts::of(text);
    for token in &tokens {
        if let Some(part) = parts.take(token) {
            found.settle(&part);
        }
        if found.gave_up {
            break;
        }
    }
    for part in parts.rest() {
        found.settle(&part);
    }
    found.applied_to(tokens)
}

/// Two neighbours have at most one blank between them.
const SWAPPED_TOKENS: u32 = 2;

/// So many of one file are noted before pairs of them are found to be one mistake; then its brackets are given up.
const NOTED_LIMIT: usize = 4 * MISTAKE_LIMIT;

/// As [`Missing`], with tokens by their index among all.
enum Half {
    Open(Place<u32>),
    Close(u32),
    Nowhere,
}

/// What is to be changed: tokens by their index among all.
#[derive(Default)]
struct Found {
    missing: Vec<(u32, Kind)>,
    stray: Vec<(u32, Bracket)>,
    mistakes: Vec<(Bracket, u32, Half)>,
    gave_up: bool,
}

impl Found {
    fn settle(&mut self, part: &[Seen]) {
        if self.gave_up || matches!(check(part.iter().map(|seen| seen.kind)), Check::Matches) {
            return;
        }
        let before = self.mistakes.len();
        Repair::of(part, self).run();
        self.keep_one_of_each_pair(before);
        self.gave_up |= self.mistakes.len() > MISTAKE_LIMIT;
    }

    fn applied_to(self, mut tokens: Vec<Token>) -> Balanced {
        let mistakes = self.mistakes.iter().map(|mistake| in_bytes(&tokens, mistake)).collect();
        for (at, bracket) in self.stray {
            if let Some(token) = tokens.get_mut(at as usize) {
                token.kind = Kind::StrayClose(bracket);
            }
        }
        let tokens = if self.gave_up { tokens } else { only_pairs(insert(tokens, self.missing)) };
        Balanced { tokens, mistakes, too_deep: None, gave_up: self.gave_up }
    }

    /// A bracket that is left open and one of its kind that was not opened are one bracket in the wrong place. So are
    /// two closing ones beside each other that have changed places.
    fn keep_one_of_each_pair(&mut self, from: usize) {
        let mut kept: HashMap<Bracket, bool> = HashMap::new();
        let mut last: Option<u32> = None;
        let part = self.mistakes.split_off(from);
        self.mistakes.extend(part.into_iter().filter(|(bracket, there, half)| {
            let (is_close, at) = match half {
                Half::Close(behind) => (true, *behind),
                Half::Open(_) | Half::Nowhere => (false, *there),
            };
            let beside = last.is_some_and(|last| at.abs_diff(last) <= SWAPPED_TOKENS);
            let stays = !beside && *kept.entry(*bracket).or_insert(is_close) == is_close;
            last = if stays { Some(at) } else { last };
            stays
        }));
    }
}

fn in_bytes(tokens: &[Token], (bracket, there, missing): &(Bracket, u32, Half)) -> BracketMistake {
    let range = |at: u32| tokens.get(at as usize).map_or(0..0, Token::range);
    let missing = match missing {
        Half::Open(Place::Behind(token)) => Missing::Open(range(*token).end),
        Half::Open(Place::Within(token)) => Missing::OpenWithin(range(*token)),
        Half::Close(behind) => Missing::Close(range(*behind).end),
        Half::Nowhere => Missing::Nowhere,
    };
    BracketMistake { bracket: *bracket, there: range(*there), missing }
}

/// A bracket that is open.
#[derive(Debug, Clone, Copy)]
struct Open {
    bracket: Bracket,
    at: usize,
    /// How far the line is indented that begins what it belongs to.
    indent: u32,
    /// Whether what it holds begins on a line of its own.
    over_lines: bool,
    /// Where in its line that begins.
    inside_column: u32,
    /// Where it was put, when it did not stand there.
    put: Option<Place<usize>>,
}

/// So many calls may stand open that have no bracket of their own: who forgets one forgets few, and what is put must
/// not make a text deep that is not.
const PUT_LIMIT: usize = 4;

struct Repair<'r> {
    part: &'r [Seen],
    open: Vec<Open>,
    found: &'r mut Found,
    /// Brackets before this place have been settled: nobody looks further back, so that all looking back together is
    /// linear, and put brackets never nest.
    settled: usize,
    /// The place behind the brackets that were closed last, and how far the line was indented that opened them.
    behind_group: (usize, u32),
    /// How many more `)` than `(` there are.
    unopened: usize,
}

impl<'r> Repair<'r> {
    fn of(part: &'r [Seen], found: &'r mut Found) -> Self {
        let count = |kind| part.iter().filter(|token| token.kind == kind).count();
        let unopened = count(Kind::CloseRound).saturating_sub(count(Kind::OpenRound));
        Self { part, open: Vec::new(), found, settled: 0, behind_group: (0, 0), unopened }
    }
}

impl Repair<'_> {
    fn run(&mut self) {
        for at in 0..self.part.len() {
            let Some(token) = self.part.get(at).copied() else { break };
            if self.found.mistakes.len() > NOTED_LIMIT {
                self.found.gave_up = true;
                return;
            }
            self.close_what_ended_before(at, token);
            self.open_call(at, token);
            if let Some(bracket) = token.kind.opens() {
                self.open.push(self.opened(bracket, at, token));
            } else if let Some(bracket) = token.kind.closes() {
                self.closing(at, token, bracket);
            }
        }
        while let Some(open) = self.open.pop() {
            self.left_open(open, self.part.len());
        }
    }

    /// Braces behind the arguments of a block belong to the line that the arguments begin on.
    fn opened(&self, bracket: Bracket, at: usize, token: Seen) -> Open {
        let next = self.part.get(at + 1);
        let over_lines = next.is_none_or(|next| next.first);
        let inside_column = next.map_or(0, |next| next.column);
        let (behind, of_group) = self.behind_group;
        let indent = if behind == at && bracket == Bracket::Brace { of_group } else { token.indent };
        Open { bracket, at, indent, over_lines, inside_column, put: None }
    }

    /// Where a `)` has no `(`, a name right before an argument may be a call that has lost it.
    fn open_call(&mut self, at: usize, token: Seen) {
        let put = self.open.iter().rev().take_while(|open| open.put.is_some()).count();
        if token.kind != Kind::Name || self.unopened == 0 || put >= PUT_LIMIT {
            return;
        }
        let Some(place) = place::opens_call(self.part, at) else { return };
        self.unopened -= 1;
        self.found.missing.push((token.token, Kind::MissingOpen(Bracket::Round)));
        let opened = self.opened(Bracket::Round, at, token);
        self.open.push(Open { put: Some(place), ..opened });
    }

    /// A line that is indented no more than the line that opened a bracket is outside of it.
    fn close_what_ended_before(&mut self, at: usize, token: Seen) {
        while let Some(open) = self.open.last().copied() {
            let ended = self.ends_list(open, at, token)
                || self.ends_arguments(open, at, token)
                || self.ends_for_outer(token)
                || self.ends_before_until(open, at, token)
                || (token.first && self.ends_by_indent(open, token));
            if !ended {
                return;
            }
            self.open.pop();
            self.left_open(open, at);
            self.behind_group = (at, open.indent);
        }
    }

    /// In `[ ]` nothing has a label: `[a, with: b` has lost its `]` before the comma.
    fn ends_list(&self, open: Open, at: usize, token: Seen) -> bool {
        open.bracket == Bracket::Square && token.kind.is_word() && self.kind(at + 1) == Some(Kind::Colon)
    }

    /// What never stands between `(` and `)`, or `[` and `]`: the next stage, a result, a modifier, the braces of a block.
    fn ends_arguments(&self, open: Open, at: usize, token: Seen) -> bool {
        let ends = match token.kind {
            Kind::Chain | Kind::Arrow => true,
            Kind::After | Kind::When | Kind::Within | Kind::Undo => self.kind(at + 1) != Some(Kind::Colon),
            Kind::OpenBrace => self.part.get(at + 1).is_some_and(|next| next.first),
            _ => false,
        };
        ends && open.bracket != Bracket::Brace
    }

    /// A line that begins right below the first argument of outer brackets goes on with those.
    fn ends_for_outer(&self, token: Seen) -> bool {
        let is_aligned = |open: &Open| !open.over_lines && open.inside_column == token.indent;
        let above = |open: &Open| self.part.get(open.at).is_some_and(|opener| opener.line < token.line);
        let aligned = || self.open.iter().rposition(|open| is_aligned(open) && above(open));
        token.first && token.kind.is_word() && aligned().is_some_and(|depth| depth + 1 < self.open.len())
    }

    /// `until:` belongs to `bracket( )`, whatever is open inside of that.
    fn ends_before_until(&self, open: Open, at: usize, token: Seen) -> bool {
        let of_bracket =
            |open: &Open| open.at.checked_sub(1).and_then(|before| self.kind(before)) == Some(Kind::Bracket);
        let is_label = token.kind == Kind::Until && self.kind(at + 1) == Some(Kind::Colon);
        is_label && !of_bracket(&open) && self.open.iter().any(of_bracket)
    }

    fn ends_by_indent(&self, open: Open, token: Seen) -> bool {
        let Some(opener) = self.part.get(open.at) else { return false };
        if opener.line == token.line {
            return false;
        }
        if token.kind.closes().is_some() {
            return open.indent > token.indent;
        }
        // Braces whose content is not indented at all tell nothing.
        let first_inside = self.part.get(open.at + 1).map_or(0, |inside| inside.indent);
        open.indent >= token.indent && (!open.over_lines || first_inside > open.indent)
    }

    fn kind(&self, at: usize) -> Option<Kind> {
        self.part.get(at).map(|token| token.kind)
    }

    fn closing(&mut self, at: usize, token: Seen, bracket: Bracket) {
        let outermost = match bracket {
            Bracket::Brace => 0,
            _ => {
                self.open.iter().rposition(|open| open.bracket == Bracket::Brace).map_or(0, |brace| brace + 1)
            }
        };
        let mine =
            self.open.iter().rposition(|open| open.bracket == bracket).filter(|depth| *depth >= outermost);
        let Some(depth) = mine.filter(|depth| !self.is_of_an_inner_line(*depth, token)) else {
            return self.nothing_open(at, bracket);
        };
        for open in self.open.split_off(depth + 1).into_iter().rev() {
            self.left_open(open, at);
        }
        if let Some(open) = self.open.pop() {
            self.behind_group = (at + 1, open.indent);
            if let Some((place, _)) = open.put.and_then(|place| self.among_all(place)) {
                self.found.mistakes.push((bracket, token.token, Half::Open(place)));
            }
        }
    }

    /// A `}` alone on a line that is indented more than the line of its `{` belongs to a line between; so does one at
    /// the end of a line, when what its `{` holds began on a line of its own.
    fn is_of_an_inner_line(&self, depth: usize, token: Seen) -> bool {
        let Some(open) = self.open.get(depth) else { return false };
        let is_above = self.part.get(open.at).is_some_and(|opener| opener.line < token.line);
        is_above
            && if token.first {
                open.indent < token.indent
            } else {
                open.over_lines && open.bracket == Bracket::Brace
            }
    }

    /// The other half belongs before `at`: behind the token before, or before a comma that follows the list.
    fn left_open(&mut self, open: Open, at: usize) {
        let mut behind = at.saturating_sub(1);
        let is_label = self.kind(at).is_some_and(Kind::is_word) && self.kind(at + 1) == Some(Kind::Colon);
        if is_label && self.kind(behind) == Some(Kind::Comma) {
            behind = behind.saturating_sub(1);
        }
        let (Some(there), Some(put)) = (self.part.get(open.at), self.part.get(behind)) else { return };
        self.found.missing.push((put.token, Kind::MissingClose(open.bracket)));
        self.found.mistakes.push((open.bracket, there.token, Half::Close(put.token)));
        self.settled = self.settled.max(at.saturating_sub(1));
    }

    fn nothing_open(&mut self, at: usize, bracket: Bracket) {
        let Some(there) = self.part.get(at).copied() else { return };
        let from = self.settled;
        self.settled = at;
        let inside = self.open.last().map_or(from, |open| from.max(open.at + 1));
        match self.opening(inside, at, bracket) {
            Some((place, put)) => {
                self.behind_group = (at + 1, put.indent);
                self.found.missing.push((put.token, Kind::MissingOpen(bracket)));
                self.found.mistakes.push((bracket, there.token, Half::Open(place)));
            }
            None => {
                self.found.stray.push((there.token, bracket));
                self.found.mistakes.push((bracket, there.token, Half::Nowhere));
            }
        }
    }

    /// Where it was left out: the place among all tokens, and the token of the part.
    fn opening(&self, from: usize, close: usize, bracket: Bracket) -> Option<(Place<u32>, Seen)> {
        self.among_all(place::of_opening(self.part, from, close, bracket)?)
    }

    fn among_all(&self, place: Place<usize>) -> Option<(Place<u32>, Seen)> {
        let (Place::Behind(at) | Place::Within(at)) = place;
        let put = self.part.get(at).copied()?;
        let place = match place {
            Place::Behind(_) => Place::Behind(put.token),
            Place::Within(_) => Place::Within(put.token),
        };
        Some((place, put))
    }
}
