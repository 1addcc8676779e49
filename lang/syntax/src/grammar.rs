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
pub(crate) fn parse(tokens: Vec<Token>) -> Tree {
    let mut builder = Builder::new(tokens);
    let symbols = builder.symbols();
    let read = match Grammar::parse(Rule::file, &symbols) {
        Ok(pairs) => feed(&mut builder, pairs.tokens()),
        Err(_) => 0,
    };
    if read < symbols.len() {
        builder.bad_rest(read, symbols.len());
    }
    builder.finish()
}

/// Hands every start and end to the builder, and gives the number of tokens that were read.
fn feed<'i>(builder: &mut Builder, events: impl Iterator<Item = Event<'i, Rule>>) -> usize {
    let mut read = 0;
    for event in events {
        match event {
            Event::Start { rule: Rule::file, .. } => {}
            Event::End { rule: Rule::file, pos } => read = pos.pos(),
            Event::Start { rule, pos } => builder.open(rule, pos.pos()),
            Event::End { pos, .. } => builder.close(pos.pos()),
        }
    }
    read
}
