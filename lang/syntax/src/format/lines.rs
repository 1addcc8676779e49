//! Tokens and comments as lines.

use std::ops::Range;

use super::plan::{Mark, Plan};
use super::spacing::Gap;
use crate::token::Kind;
use crate::tree::Tree;

/// Blanks of one step of indent.
const INDENT_COLUMNS: usize = 2;

/// The width of an indent.
const fn columns(steps: u32) -> usize {
    steps as usize * INDENT_COLUMNS
}

/// A line as it will be written, before it is aligned.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// In columns.
    pub(super) indent: usize,
    pub(super) text: String,
    /// Of the text.
    columns: usize,
    /// Behind the text.
    pub(super) comment: Option<String>,
    /// With an empty line above it.
    pub(super) blank_before: bool,
    /// Its tokens, by their place among those that the grammar saw; none for a comment alone.
    pub(super) tokens: Range<u32>,
    /// Where it may be aligned, in bytes of its text.
    pub(super) marks: Vec<(Mark, usize)>,
}

impl Line {
    /// In columns, without the comment.
    pub(super) fn width(&self) -> usize {
        self.indent + self.columns
    }

    /// Puts blanks at this byte of the text.
    pub(super) fn widen(&mut self, at: usize, blanks: usize) {
        self.text.insert_str(at, &" ".repeat(blanks));
        self.columns += blanks;
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.columns += text.chars().count();
    }
}

/// All lines of a file.
pub(super) fn lines(text: &str, tree: &Tree, plan: &Plan<'_>) -> Vec<Line> {
    let mut writer = Writer { text, tree, plan, lines: Vec::new(), hangs: Vec::new() };
    let mut next = 0;
    for at in 0.. {
        let Some(index) = tree.index_of(at) else { break };
        writer.token(at, next..index);
        next = index + 1;
    }
    writer.comments(next..tree.tokens().len(), 0);
    writer.lines
}

struct Writer<'w> {
    text: &'w str,
    tree: &'w Tree,
    plan: &'w Plan<'w>,
    lines: Vec<Line>,
    /// Brackets that are open, outer ones first, and the column behind each.
    hangs: Vec<(u32, usize)>,
}

/// What stood between two tokens.
struct Between {
    /// Comments that have their own line, or end one.
    had_comment: bool,
    /// An empty line right before the token.
    blank: bool,
}

impl Writer<'_> {
    fn token(&mut self, at: u32, before: Range<usize>) {
        let gap = self.plan.gaps.get(at as usize).copied().unwrap_or(Gap::Blank);
        let between = self.comments(before, self.comment_indent(at, gap));
        let Some(token) = self.tree.seen(at) else { return };
        if self.plan.dropped.get(at as usize).copied().unwrap_or_default() {
            return;
        }
        self.begin(at, gap, &between);
        let written = self.text.get(token.range()).unwrap_or_default();
        let comma = self.plan.comma_behind.get(at as usize).copied().unwrap_or_default();
        let mark = self.plan.marks.get(&at).cloned();
        let Some(line) = self.lines.last_mut() else { return };
        line.tokens.end = at + 1;
        if let Some(mark) = mark {
            line.marks.push((mark, line.text.len()));
        }
        line.push(written);
        if comma {
            line.push(",");
        }
        if token.kind.opens().is_some() {
            let column = line.width();
            self.hangs.push((at, column));
        } else if token.kind.closes().is_some() {
            self.hangs.pop();
        }
    }

    /// Begins a line, or leaves the gap on the one there is.
    fn begin(&mut self, at: u32, gap: Gap, between: &Between) {
        let after_opening = at
            .checked_sub(1)
            .and_then(|before| self.tree.seen(before))
            .is_some_and(|token| token.kind.opens().is_some());
        let indent = match gap {
            Gap::Line(steps) | Gap::Entry(steps) => columns(steps),
            Gap::Hang(bracket) => self.hang(bracket),
            _ if between.had_comment || self.lines.is_empty() => self.continued(),
            Gap::None => return,
            Gap::Blank => return self.push(" "),
            Gap::Wide => return self.push("  "),
        };
        let own = matches!(gap, Gap::Entry(_));
        let blank_before =
            own && between.blank && !self.lines.is_empty() && (!after_opening || between.had_comment);
        self.lines.push(Line { indent, blank_before, tokens: at..at, ..Line::default() });
    }

    fn push(&mut self, blanks: &str) {
        if let Some(line) = self.lines.last_mut() {
            line.push(blanks);
        }
    }

    fn hang(&self, bracket: u32) -> usize {
        let place = self.hangs.binary_search_by_key(&bracket, |(opening, _)| *opening);
        place.ok().and_then(|place| self.hangs.get(place)).map_or(INDENT_COLUMNS, |(_, column)| *column)
    }

    /// Where a line goes on that a comment broke.
    fn continued(&self) -> usize {
        let own = self.lines.iter().rev().find(|line| !line.tokens.is_empty());
        own.map_or(0, |line| line.indent + 2 * INDENT_COLUMNS)
    }

    /// Comments before a token stand where the token does; before a closing bracket, where its content does.
    fn comment_indent(&self, at: u32, gap: Gap) -> usize {
        let closes = self.tree.seen(at).is_some_and(|token| token.kind.closes().is_some());
        match gap {
            Gap::Line(steps) | Gap::Entry(steps) => columns(steps + u32::from(closes)),
            Gap::Hang(bracket) => self.hang(bracket),
            _ => self.continued(),
        }
    }

    fn comments(&mut self, between: Range<usize>, indent: usize) -> Between {
        let mut found = Between { had_comment: false, blank: false };
        let mut new_lines = 0;
        for token in self.tree.tokens().get(between).unwrap_or_default() {
            let written = self.text.get(token.range()).unwrap_or_default();
            match token.kind {
                Kind::Comment | Kind::Doc | Kind::FileDoc => {
                    self.comment(written.trim_end(), new_lines, indent);
                    found.had_comment = true;
                    new_lines = 0;
                }
                _ => new_lines += written.bytes().filter(|byte| *byte == b'\n').count(),
            }
        }
        found.blank = new_lines > 1;
        found
    }

    /// Behind a line that has no comment yet, or on its own.
    fn comment(&mut self, written: &str, new_lines: usize, indent: usize) {
        let opens_brackets =
            self.lines.last().is_none_or(|line| line.tokens.is_empty() && line.comment.is_none());
        match self.lines.last_mut() {
            Some(line) if new_lines == 0 && line.comment.is_none() && !line.tokens.is_empty() => {
                line.comment = Some(written.to_owned());
            }
            _ => {
                let first_inside = !opens_brackets && self.last_opens();
                let blank_before = new_lines > 1 && !self.lines.is_empty() && !first_inside;
                let mut line = Line { indent, blank_before, ..Line::default() };
                line.push(written);
                self.lines.push(line);
            }
        }
    }

    /// Whether the last line ends with a bracket that opens.
    fn last_opens(&self) -> bool {
        let last = self.lines.last().and_then(|line| line.tokens.end.checked_sub(1));
        last.and_then(|at| self.tree.seen(at)).is_some_and(|token| token.kind.opens().is_some())
    }
}
