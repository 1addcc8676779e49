//! A policy with one change, and where a diagnostic should stand.

use std::ops::Range;

use mainstay_syntax::Token;

use super::operations;

/// Where a label of a diagnostic stands.
pub struct Place {
    /// In the mutated file, in bytes; nothing when it is in another file.
    pub range: Option<Range<usize>>,
    /// The text under it.
    pub text: String,
    /// The code of its diagnostic.
    pub code: String,
}

impl Place {
    /// For a failing test's message.
    pub fn describe(&self) -> String {
        format!("{} at {:?} `{}`", self.code, self.range, self.text.chars().take(30).collect::<String>())
    }
}

/// A mutated text.
pub struct Mutant {
    /// The whole text.
    pub text: String,
    /// What was done.
    pub operation: &'static str,
    /// Line and column of the first changed token in the original.
    at: (usize, usize),
    /// The changed tokens as they were written.
    tokens: Vec<String>,
    /// In the mutated text: from the start of the token before the change to the end of the one behind it.
    near: Range<usize>,
}

impl Mutant {
    /// The name that `clean_mutants.txt` knows it by.
    pub fn key(&self, file: &str) -> String {
        let (line, column) = self.at;
        let tokens: Vec<&str> = self.tokens.iter().flat_map(|token| token.split_whitespace()).collect();
        format!("{file}:{line}:{column} {} {}", self.operation, tokens.join(" "))
    }

    /// Whether a label tells where the change is.
    pub fn is_near(&self, label: &Place) -> bool {
        let touches = |range: &Range<usize>| range.start <= self.near.end && self.near.start <= range.end;
        let uses = |token: &String| {
            is_name(token) && label.text.split(|c: char| !is_name_char(c)).any(|word| word == token)
        };
        label.range.as_ref().is_some_and(touches) || self.tokens.iter().any(uses)
    }
}

fn is_name_char(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && token.chars().all(is_name_char)
}

impl Mutant {
    /// With other text in the place of one token.
    pub fn replaced(text: &str, tokens: &[Token], at: usize, operation: &'static str, other: &str) -> Self {
        Self::replaced_run(text, tokens, at..at + 1, operation, other)
    }

    /// With other text in the place of tokens beside each other.
    pub fn replaced_run(
        text: &str,
        tokens: &[Token],
        run: Range<usize>,
        operation: &'static str,
        other: &str,
    ) -> Self {
        let gone = operations::bytes(tokens, &run);
        let before = run.start.checked_sub(1).map_or(0, |at| tokens[at].start());
        let after = tokens.get(run.end).map_or(gone.end, Token::end);
        Self {
            text: format!("{}{other}{}", &text[..gone.start], &text[gone.end..]),
            operation,
            at: position(text, gone.start),
            near: before..after + other.len() - gone.len(),
            tokens: vec![text[gone].to_owned()],
        }
    }

    /// With two runs of tokens in each other's place; one token stands between them.
    pub fn exchanged(
        text: &str,
        tokens: &[Token],
        operation: &'static str,
        left: Range<usize>,
        right: Range<usize>,
    ) -> Self {
        let before = left.start.checked_sub(1).map_or(0, |at| tokens[at].start());
        let behind = tokens.get(right.end).map(|next| next.end());
        let (left, right) = (operations::bytes(tokens, &left), operations::bytes(tokens, &right));
        let between = &text[left.end..right.start];
        let swapped = format!("{}{between}{}", &text[right.clone()], &text[left.clone()]);
        Self {
            text: format!("{}{swapped}{}", &text[..left.start], &text[right.end..]),
            operation,
            at: position(text, left.start),
            near: before..behind.unwrap_or(right.end),
            tokens: vec![text[left].to_owned(), text[right].to_owned()],
        }
    }
}

/// All of them.
pub fn mutants(text: &str) -> Vec<Mutant> {
    let tokens: Vec<Range<usize>> = super::corpus::ranges(text);
    let deletions = (0..tokens.len()).map(|at| delete(text, &tokens, at));
    let swaps = (1..tokens.len()).filter_map(|at| swap(text, &tokens, at));
    let mut found: Vec<Mutant> = deletions.chain(swaps).collect();
    found.extend(operations::renamed(text));
    found.extend(operations::other_units(text));
    found.extend(operations::other_kinds(text));
    found.extend(operations::other_stages(text));
    found
}

fn delete(text: &str, tokens: &[Range<usize>], at: usize) -> Mutant {
    let gone = tokens[at].clone();
    // `snapshot(within` without its bracket is one name: its neighbours are those of both.
    let is_joint = |at: usize| text[at..].starts_with(is_name_char);
    let joined = gone.start > 0 && is_joint(gone.start - 1) && is_joint(gone.end);
    let reach = if joined { 2 } else { 1 };
    let before = at.checked_sub(reach).map_or(0, |at| tokens[at].start);
    let after = tokens.get(at + reach).map_or(gone.end, |next| next.end) - gone.len();
    Mutant {
        text: format!("{}{}", &text[..gone.start], &text[gone.end..]),
        operation: "delete",
        at: position(text, gone.start),
        tokens: vec![text[gone].to_owned()],
        near: before..after,
    }
}

/// Swaps a token with the one before it; nothing when they are the same.
fn swap(text: &str, tokens: &[Range<usize>], at: usize) -> Option<Mutant> {
    let (left, right) = (tokens[at - 1].clone(), tokens[at].clone());
    if text[left.clone()] == text[right.clone()] {
        return None;
    }
    let between = &text[left.end..right.start];
    let swapped = format!("{}{between}{}", &text[right.clone()], &text[left.clone()]);
    let before = at.checked_sub(2).map_or(0, |at| tokens[at].start);
    let after = tokens.get(at + 1).map_or(right.end, |next| next.end);
    Some(Mutant {
        text: format!("{}{swapped}{}", &text[..left.start], &text[right.end..]),
        operation: "swap",
        at: position(text, left.start),
        tokens: vec![text[left].to_owned(), text[right].to_owned()],
        near: before..after,
    })
}

fn position(text: &str, offset: usize) -> (usize, usize) {
    let line_start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    (text[..offset].matches('\n').count() + 1, text[line_start..offset].chars().count() + 1)
}
