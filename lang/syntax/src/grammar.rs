//! From tokens to the lossless tree, by the grammar of `grammar.pest`.

use pest::{Parser, Token as Event};
use pest_derive::Parser;

use crate::token::Token;
use crate::tree::{Builder, Tree};

#[derive(Parser)]
#[grammar = "grammar.pest"]
struct Grammar;

/// Reads balanced tokens. Never fails: the grammar accepts every sequence in which brackets match, and if it did not,
/// what it left would be one node of what cannot be read.
///
/// One declaration after the other, as the rule `file` has them: what the parser notes while it reads is many times
/// as large as the tree that comes of it, and is let go behind each.
pub(crate) fn parse(tokens: Vec<Token>) -> Tree {
    let mut builder = Builder::new(tokens);
    let symbols = builder.symbols();
    let mut read = 0;
    while let Some(rest) = symbols.get(read..).filter(|rest| !rest.is_empty()) {
        match Grammar::parse(Rule::one_item, rest).map(|pairs| feed(&mut builder, read, pairs.tokens())) {
            Ok(end) if end > read => read = end,
            _ => {
                builder.bad_rest(read, symbols.len());
                break;
            }
        }
    }
    builder.finish()
}

/// Hands every start and end to the builder, and gives the place up to which tokens were read.
fn feed<'i>(builder: &mut Builder, from: usize, events: impl Iterator<Item = Event<'i, Rule>>) -> usize {
    let mut read = from;
    for event in events {
        match event {
            Event::Start { rule: Rule::operated, .. } => builder.open_around_last(Rule::expr),
            Event::Start { rule: Rule::ranged, .. } => builder.open_around_last(Rule::range),
            Event::Start { rule: Rule::indices, .. } => builder.open_around_last(Rule::indexed),
            Event::Start { rule: Rule::applied, .. } => builder.open_around_last(Rule::named),
            Event::Start { rule, pos } => builder.open(rule, from + pos.pos()),
            Event::End { pos, .. } => {
                read = from + pos.pos();
                builder.close(read);
            }
        }
    }
    read
}
