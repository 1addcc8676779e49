//! What is done to a policy beside deleting and swapping tokens: mistakes that the grammar cannot see.

use std::collections::BTreeMap;
use std::ops::Range;

use mainstay_syntax::{Kind, Token};

use super::corpus::significant;
use super::mutant::Mutant;

/// Every name with a letter too many; a declaration that nothing names may bear any.
pub fn renamed(text: &str) -> Vec<Mutant> {
    let tokens = significant(text);
    let written = |at: usize| &text[tokens[at].range()];
    let is_used = |name: usize| {
        let names = |at: &usize| *at != name && written(*at) == written(name);
        let is_label = |at: usize| tokens.get(at + 1).is_some_and(|next| next.kind == Kind::Colon);
        (0..tokens.len()).filter(names).any(|at| !is_label(at))
    };
    let is_free = |at: usize| match at.checked_sub(1).map(|before| tokens[before].kind) {
        Some(Kind::Policy | Kind::Moved) => true,
        Some(Kind::Workflow | Kind::Step | Kind::Pipeline) => !is_used(at),
        _ => false,
    };
    let is_name = |at: usize| matches!(tokens[at].kind, Kind::Name | Kind::TypeName);
    let names = (0..tokens.len()).filter(|at| is_name(*at) && !is_free(*at));
    let longer = |at: usize| format!("{}x", written(at));
    names.map(|at| Mutant::replaced(text, &tokens, at, "rename", &longer(at))).collect()
}

/// Every quantity with a unit of another dimension, and without any.
pub fn other_units(text: &str) -> Vec<Mutant> {
    let tokens = significant(text);
    let mut found = Vec::new();
    for at in (0..tokens.len()).filter(|at| tokens[*at].kind == Kind::Number) {
        let written = &text[tokens[at].range()];
        let digits = written.trim_end_matches(|c: char| !c.is_ascii_digit());
        let unit = written.get(digits.len()..).unwrap_or_default();
        let other = match unit {
            "ms" | "s" | "min" | "h" | "d" | "w" | "mo" | "y" => "GiB",
            "" => continue,
            _ => "min",
        };
        for unit in [other, ""] {
            found.push(Mutant::replaced(text, &tokens, at, "unit", &format!("{digits}{unit}")));
        }
    }
    found
}

/// Every use of a thing replaced by a thing of another kind, and every literal by one of another type.
pub fn other_kinds(text: &str) -> Vec<Mutant> {
    let tokens = significant(text);
    let declared = things(text, &tokens);
    let mut found = Vec::new();
    for at in 0..tokens.len() {
        let written = &text[tokens[at].range()];
        let other = match tokens[at].kind {
            Kind::Text => Some("7"),
            Kind::Number => Some("\"seven\""),
            Kind::Name if is_use(&tokens, at) => declared
                .get(written)
                .and_then(|own| declared.iter().find(|(_, kind)| kind != &own).map(|(name, _)| *name)),
            _ => None,
        };
        found.extend(other.map(|other| Mutant::replaced(text, &tokens, at, "kind", other)));
    }
    found
}

/// The things that a file declares, by name, with the keyword of each.
fn things<'t>(text: &'t str, tokens: &[Token]) -> BTreeMap<&'t str, Kind> {
    let is_thing = |kind| {
        matches!(kind, Kind::Secret | Kind::Source | Kind::Repo | Kind::Pool | Kind::Host | Kind::Channel)
    };
    let pairs = tokens.windows(2).filter(|pair| is_thing(pair[0].kind) && pair[1].kind == Kind::Name);
    pairs.map(|pair| (&text[pair[1].range()], pair[0].kind)).collect()
}

/// A name that is neither declared here, nor a label, nor a member of something.
fn is_use(tokens: &[Token], at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| tokens[before].kind);
    let behind = tokens.get(at + 1).map(|token| token.kind);
    let declares = before.is_some_and(|kind| kind.is_keyword() && kind != Kind::In);
    !declares && !matches!(before, Some(Kind::Dot | Kind::FatArrow)) && behind != Some(Kind::Colon)
}

/// Stages that must stand where they stand, once: what goes into each is not what comes out of it.
const ONCE_IN_A_CHAIN: [&str; 4] = ["snapshot", "compress", "encrypt", "store"];

/// May be left out of a chain.
const OPTIONAL: &str = "compress";

/// Every two neighbouring stages of a chain in the other order, every stage between two others left out, and every stage
/// that must stand there once standing there twice.
pub fn other_stages(text: &str) -> Vec<Mutant> {
    let tokens = significant(text);
    let chains = || (0..tokens.len()).filter(|at| tokens[*at].kind == Kind::Chain);
    let mut found: Vec<Mutant> = chains().filter_map(|at| moved(text, &tokens, at)).collect();
    found.extend(chains().filter_map(|at| left_out(text, &tokens, at)));
    found.extend(chains().filter_map(|at| doubled(text, &tokens, at)));
    found
}

/// Without the stage behind this `|>`, when another one follows.
fn left_out(text: &str, tokens: &[Token], chain: usize) -> Option<Mutant> {
    let end = call_behind(tokens, chain + 1)?;
    let follows = tokens.get(end).is_some_and(|next| next.kind == Kind::Chain);
    let needed = &text[tokens[chain + 1].range()] != OPTIONAL;
    (follows && needed).then(|| Mutant::replaced_run(text, tokens, chain + 1..end + 1, "stage", ""))
}

/// With the stage behind this `|>` a second time.
fn doubled(text: &str, tokens: &[Token], chain: usize) -> Option<Mutant> {
    let run = chain + 1..call_behind(tokens, chain + 1)?;
    let call = &text[bytes(tokens, &run)];
    let strict = ONCE_IN_A_CHAIN.contains(&&text[tokens[chain + 1].range()]);
    strict.then(|| Mutant::replaced_run(text, tokens, run, "stage", &format!("{call} |> {call}")))
}

fn moved(text: &str, tokens: &[Token], chain: usize) -> Option<Mutant> {
    let left = call_before(tokens, chain)?..chain;
    let right = chain + 1..call_behind(tokens, chain + 1)?;
    Some(Mutant::exchanged(text, tokens, "stage", left, right))
}

/// Where the call begins that ends before this place.
fn call_before(tokens: &[Token], end: usize) -> Option<usize> {
    let mut depth = 0;
    for at in (0..end).rev() {
        match tokens[at].kind {
            Kind::CloseRound => depth += 1,
            Kind::OpenRound => depth -= 1,
            _ => {}
        }
        if depth == 0 && tokens[at].kind == Kind::Name {
            return Some(at);
        }
    }
    None
}

/// Behind the call that begins at this place.
fn call_behind(tokens: &[Token], start: usize) -> Option<usize> {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(start + 1) {
        match token.kind {
            Kind::OpenRound => depth += 1,
            Kind::CloseRound => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

/// The bytes of a run of tokens.
pub fn bytes(tokens: &[Token], run: &Range<usize>) -> Range<usize> {
    tokens[run.start].start()..tokens[run.end - 1].end()
}
