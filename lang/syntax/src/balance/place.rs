//! Where an opening bracket was forgotten, told by its closing one.

use super::lines::Seen;
use crate::token::{Bracket, Kind};

/// Where an opening bracket was left out, told by a token: by its place in the part, or among all.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<T> {
    /// Right behind this one.
    Behind(T),
    /// Within this name: what is called and its first argument have run into one word.
    Within(T),
}

/// Where the opening half of the bracket that closes at `close` was left out; between `from` and there.
pub(super) fn of_opening(part: &[Seen], from: usize, close: usize, bracket: Bracket) -> Option<Place<usize>> {
    let area = Area { part, from, close };
    match bracket {
        Bracket::Round => area.call(),
        Bracket::Square => area.list().map(Place::Behind),
        Bracket::Brace if part.get(close)?.first => area.line_of_same_indent().map(Place::Behind),
        Bracket::Brace => area.back().find(|at| area.is_record(*at)).map(Place::Behind),
    }
}

/// Whether `(` was left out at this token, seen from there: only to be asked where one is known to be.
pub(super) fn opens_call(part: &[Seen], at: usize) -> Option<Place<usize>> {
    let area = Area { part, from: 0, close: part.len() };
    if area.is_run_together(at) {
        return Some(Place::Within(at));
    }
    area.is_call(at).then_some(Place::Behind(at))
}

/// The tokens to look at, backwards.
struct Area<'p> {
    part: &'p [Seen],
    from: usize,
    close: usize,
}

impl Area<'_> {
    fn kind(&self, at: usize) -> Option<Kind> {
        self.part.get(at).map(|token| token.kind)
    }

    /// Backwards, to the keyword that begins the statement.
    fn back(&self) -> impl Iterator<Item = usize> {
        (self.from..self.close).rev().take_while(|at| !self.begins_statement(at + 1))
    }

    fn begins_statement(&self, at: usize) -> bool {
        at < self.close
            && self.kind(at).is_some_and(Kind::is_keyword)
            && self.is_first(at)
            && !self.is_label(at)
    }

    fn is_first(&self, at: usize) -> bool {
        self.part.get(at).is_some_and(|token| token.first)
    }

    fn is_label(&self, at: usize) -> bool {
        self.kind(at).is_some_and(Kind::is_word) && self.kind(at + 1) == Some(Kind::Colon)
    }

    fn is_name(&self, at: usize) -> bool {
        self.kind(at) == Some(Kind::Name) && !self.is_label(at)
    }

    /// In the stage or value that the bracket closes: a name right before an argument, else the name right before the
    /// bracket itself, as in `|> encrypt)`.
    fn call(&self) -> Option<Place<usize>> {
        let mut of_stage =
            self.back().take_while(|at| !matches!(self.kind(*at), Some(Kind::Chain | Kind::Equal)));
        let last = self.close.checked_sub(1).filter(|at| *at >= self.from && self.is_name(*at));
        let called = of_stage.find(|at| self.is_call(*at)).map(Place::Behind);
        called.or_else(|| self.run_together().map(Place::Within)).or(last.map(Place::Behind))
    }

    /// The first of several arguments, when nothing before them is called: `= latestsrc, in: offsite)`.
    fn run_together(&self) -> Option<usize> {
        let first = self.first_of_list()?;
        // `trigger: every30min, jitter: 2min)`: of a field it is the value.
        let of_field = [Kind::Colon, Kind::Name, Kind::Comma];
        let is_field = (0..).zip(of_field).all(|(ahead, kind)| self.kind(first + 1 + ahead) == Some(kind));
        let head = if is_field { first + 2 } else { first };
        let mut behind = head + 1;
        while self.kind(behind) == Some(Kind::Dot) && behind < self.close {
            behind += 2;
        }
        let goes_on = matches!(self.kind(behind), Some(Kind::Comma | Kind::Colon));
        (self.kind(head) == Some(Kind::Name) && behind < self.close && goes_on).then_some(head)
    }

    /// Where the elements begin that commas join to the bracket.
    fn first_of_list(&self) -> Option<usize> {
        let mut depth = 0_usize;
        for at in (self.from..self.close).rev() {
            let kind = self.kind(at)?;
            if kind.closes().is_some() {
                depth += 1;
            } else if depth > 0 {
                depth -= usize::from(kind.opens().is_some());
            } else if kind.opens().is_some() || self.stands_before_value(at, kind) {
                return Some(at + 1);
            } else if self.is_first(at) && !self.goes_on_from_above(at) {
                return Some(at);
            }
        }
        Some(self.from)
    }

    fn stands_before_value(&self, at: usize, kind: Kind) -> bool {
        let begins = kind.is_keyword() && !self.is_label(at) && self.kind(at + 1) == Some(Kind::Name);
        begins || matches!(kind, Kind::Chain | Kind::Equal | Kind::Arrow)
    }

    /// A line that begins with a mark, or stands below one that ends with a mark, is no beginning.
    fn goes_on_from_above(&self, at: usize) -> bool {
        let above = at.checked_sub(1).and_then(|above| self.kind(above));
        matches!(above, Some(Kind::Comma | Kind::Colon)) || !self.kind(at).is_some_and(Kind::is_word)
    }

    /// A label, and the name behind it with a colon of its own: `keep: gfsdaily: 14)`.
    fn is_run_together(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|before| self.kind(before));
        let is_label = self.kind(at) == Some(Kind::Name) && self.kind(at + 1) == Some(Kind::Colon);
        is_label && before == Some(Kind::Colon) && !self.is_first(at)
    }

    /// A name right before an argument: `protect home, to: shelf)`.
    fn is_call(&self, at: usize) -> bool {
        let next = at + 1;
        let argument = match self.kind(next) {
            Some(Kind::Name | Kind::Number | Kind::OpenSquare) => true,
            Some(kind) => kind.is_text() || self.is_label(next),
            None => false,
        };
        self.is_name(at) && next < self.close && argument && !self.is_first(next)
    }

    /// Before the elements of a list stands a colon, a bracket, or a word: `roots: "/home"]`.
    fn list(&self) -> Option<usize> {
        let mut depth = 0_usize;
        for at in self.back() {
            let kind = self.kind(at)?;
            if kind.closes().is_some() {
                depth += 1;
            } else if kind.opens().is_some() {
                match depth.checked_sub(1) {
                    Some(outer) => depth = outer,
                    None => return Some(at),
                }
            } else if depth == 0 && matches!(kind, Kind::Colon | Kind::Equal | Kind::In | Kind::After) {
                return Some(at);
            }
        }
        // The bracket right before the area holds the list.
        let before = self.from.checked_sub(1)?;
        self.kind(before)?.opens().map(|_| before)
    }

    /// A name or a colon right before the first field, or a word right before a call: `pool disk slots: 2 }`.
    fn is_record(&self, at: usize) -> bool {
        let next = at + 1;
        let begins_fields = self.is_label(next) || self.kind(next) == Some(Kind::DotDot);
        let begins_call = self.kind(next) == Some(Kind::Name) && self.kind(next + 1) == Some(Kind::OpenRound);
        let after_head = self.is_name(at) || matches!(self.kind(at), Some(Kind::Colon | Kind::Finally));
        after_head && next < self.close && (begins_fields || begins_call)
    }

    /// A `}` on its own line ends what the nearest line above with the same indent began: the end of that line, or
    /// of the brackets that are open there.
    fn line_of_same_indent(&self) -> Option<usize> {
        let indent = self.part.get(self.close)?.indent;
        let starts =
            |at: &usize| self.part.get(*at).is_some_and(|token| token.first && token.indent <= indent);
        let start = (self.from.saturating_sub(1)..self.close).rev().find(starts)?;
        if self.part.get(start)?.indent < indent {
            return None;
        }
        let mut depth = 0_i64;
        for at in start..self.close {
            let kind = self.kind(at)?;
            depth += i64::from(kind.opens().is_some()) - i64::from(kind.closes().is_some());
            if depth <= 0 && self.is_first(at + 1) {
                // What ends with a `}` has its braces.
                return Some(at).filter(|_| kind != Kind::CloseBrace);
            }
        }
        None
    }
}
