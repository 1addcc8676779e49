//! What is opened in a line that is too long.

use std::collections::BTreeMap;
use std::ops::Range;

use super::Plan;
use crate::format::LINE_WIDTH_COLUMNS;
use crate::format::lines::Line;

impl Plan<'_> {
    /// What is to be opened in a line that is too long: the modifiers of its step, else its chain of stages, else the
    /// widest brackets among those that no others of the line hold.
    pub(in crate::format) fn opens_next(&self, line: &Line) -> Vec<u32> {
        if line.width() <= LINE_WIDTH_COLUMNS {
            return Vec::new();
        }
        let outer = self.outer_brackets(line);
        // Of a step in brackets of this line nothing is known until those are open.
        let is_held = |at: u32| {
            let before = outer.partition_point(|(start, _)| *start < at).checked_sub(1);
            before.and_then(|before| outer.get(before)).is_some_and(|(_, end)| at < *end)
        };
        let first_of = |places: &[u32]| {
            let from = places.partition_point(|at| *at < line.tokens.start);
            let behind = places.get(from..).unwrap_or_default().iter().copied();
            let mut behind = behind.take_while(|at| line.tokens.contains(at));
            behind.find(|at| !self.open.contains(at) && !is_held(*at))
        };
        let first =
            first_of(&self.modifiers).or_else(|| first_of(&self.chains).filter(|at| !self.begins_line(*at)));
        first.map_or_else(|| self.widest_brackets(line, outer), |first| vec![first])
    }

    /// The widest, and of what is left before and behind it the widest again, as long as that is too long without a single
    /// blank: one for each look at all lines would be a look for each bracket of a long line.
    ///
    /// Where brackets begin in this line that end in another and are not open, only one: it may open those as well, and
    /// then nothing stays together.
    fn widest_brackets(&self, line: &Line, mut outer: Vec<(u32, u32)>) -> Vec<u32> {
        outer.sort_by_key(|(start, end)| (std::cmp::Reverse(end - start), *start));
        let widths = self.widths(line);
        let width = |tokens: &Range<u32>| {
            let behind = |at: u32| widths.get((at - line.tokens.start) as usize).copied().unwrap_or_default();
            behind(tokens.end) - behind(tokens.start)
        };
        let most = if self.leaves_open(line) { 1 } else { outer.len() };
        // What stays together, by its first token.
        let mut parts = BTreeMap::from([(line.tokens.start, line.tokens.end)]);
        let mut opened = Vec::new();
        for (start, end) in outer {
            let Some((first, last)) = parts.range(..=start).next_back().map(|(first, last)| (*first, *last))
            else {
                continue;
            };
            if opened.is_empty() || (opened.len() < most && width(&(first..last)) > LINE_WIDTH_COLUMNS) {
                opened.push(start);
                parts.insert(first, start + 1);
                parts.insert(end, last);
            }
        }
        opened
    }

    /// Brackets that are not open, wholly in a line, and in no others of it; in order.
    fn outer_brackets(&self, line: &Line) -> Vec<(u32, u32)> {
        let mut outer_end = 0;
        let from = self.brackets.partition_point(|(start, _)| *start < line.tokens.start);
        let behind = self.brackets.get(from..).unwrap_or_default().iter().copied();
        let inside = behind
            .take_while(|(start, _)| *start < line.tokens.end)
            .filter(|(start, end)| *end < line.tokens.end && *end > *start + 1 && !self.open.contains(start));
        inside
            .filter(|(start, end)| {
                *start >= outer_end && {
                    outer_end = *end;
                    true
                }
            })
            .collect()
    }

    fn leaves_open(&self, line: &Line) -> bool {
        let from = self.brackets.partition_point(|(start, _)| *start < line.tokens.start);
        let behind = self.brackets.get(from..).unwrap_or_default().iter();
        let mut begun = behind.take_while(|(start, _)| *start < line.tokens.end);
        begun.any(|(start, end)| *end >= line.tokens.end && !self.open.contains(start))
    }

    /// The width of all tokens of a line before each, and of all, without what stands between them.
    fn widths(&self, line: &Line) -> Vec<usize> {
        let mut sum = 0;
        let each = line.tokens.clone().map(|at| {
            let is_dropped = self.dropped.get(at as usize).copied().unwrap_or_default();
            let token = self.tree.seen(at).filter(|_| !is_dropped);
            let text = token.and_then(|token| self.text.get(token.range())).unwrap_or_default();
            sum += text.chars().count();
            sum
        });
        std::iter::once(0).chain(each).collect()
    }
}
