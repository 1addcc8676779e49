//! The one style.
//!
//! A policy is laid out from its tree: what stands between two tokens is decided by what they are, never by the blanks
//! that were there. Three things are the author's: an empty line between entries (one at most), whether brackets are
//! opened over several lines (a new line right behind the bracket says so), and whether a chain of stages is. Braces
//! that would pass the width are opened as well. Comments stay where they are. Neighbouring lines of one kind are
//! aligned, always, so that alignment is never a choice.
//!
//! `plan.rs` decides what stands before each token, `lines.rs` makes lines of it and carries the comments along,
//! `align.rs` puts the lines below each other.

use std::collections::HashSet;
use std::fmt;

use mainstay_diagnostics::{Diagnostic, SourceMap};

use crate::tree::Tree;
use crate::{Parsed, parse};

mod align;
mod lines;
mod plan;
mod spacing;

/// Lines that are longer are opened at their widest brackets, where they have any.
pub const LINE_WIDTH_COLUMNS: usize = 120;

/// A file with mistakes in how it is written is not formatted: nobody knows what it means.
#[derive(Debug)]
pub struct HasMistakes {
    /// What is wrong; the file is the first of its map.
    pub diagnostics: Vec<Diagnostic>,
}

impl fmt::Display for HasMistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a file with {} syntax mistakes is not formatted", self.diagnostics.len())
    }
}

impl std::error::Error for HasMistakes {}

/// The text of a policy in the one style.
///
/// # Errors
///
/// When the text has mistakes in how it is written.
pub fn format(text: &str) -> Result<String, HasMistakes> {
    let mut made = once(text)?;
    for _ in 1..MOST_PASSES {
        if !made.has_opened {
            break;
        }
        made = once(&made.text)?;
    }
    Ok(made.text)
}

/// Brackets that were opened for the width are, from the next time on, the author's, and a line that was too long before may
/// then have room for what had been moved away first. So a text in which any were opened is formatted once more; no text
/// is known that needs a third time.
const MOST_PASSES: usize = 4;

/// A text in the style, but for what its own openings change.
struct LaidOut {
    text: String,
    has_opened: bool,
}

fn once(text: &str) -> Result<LaidOut, HasMistakes> {
    let mut map = SourceMap::default();
    let file = map.add("policy", text);
    let Parsed { tree, diagnostics, .. } = parse(&map, file);
    if !diagnostics.is_empty() {
        return Err(HasMistakes { diagnostics });
    }
    Ok(laid_out(text, &tree))
}

/// Opens brackets in lines that are too long until none is left that could be opened.
fn laid_out(text: &str, tree: &Tree) -> LaidOut {
    let mut opened: HashSet<u32> = HashSet::new();
    loop {
        let plan = plan::Plan::new(text, tree, &opened);
        let lines = lines::lines(text, tree, &plan);
        let wide: Vec<u32> = lines.iter().flat_map(|line| plan.opens_next(line)).collect();
        if wide.is_empty() {
            return LaidOut { text: align::written(lines), has_opened: !opened.is_empty() };
        }
        opened.extend(wide);
    }
}

#[cfg(test)]
mod tests;
