//! The lossless tree: all tokens of a file in order, and over them nodes in pre-order in one vector.
//!
//! Nothing is kept twice: the text of a node is the text from its first to its last token, blanks and comments lie
//! between tokens and belong to no node. A vector in pre-order needs one allocation, is dropped without recursion, and
//! is walked by adding numbers; nobody edits a tree in place, so no green tree with shared parts is needed.

use crate::grammar::Rule;
use crate::token::{Kind, Token};

/// The tree of one file.
#[derive(Debug, Clone)]
pub struct Tree {
    tokens: Vec<Token>,
    /// Indices into `tokens` of those that the grammar saw.
    seen: Vec<u32>,
    nodes: Vec<Data>,
}

#[derive(Debug, Clone, Copy)]
struct Data {
    rule: Rule,
    /// First token, as an index into `seen`.
    start: u32,
    /// One past the last token, as an index into `seen`.
    end: u32,
    /// How many nodes it is, with those below it.
    size: u32,
}

impl Tree {
    /// Tokens that nobody has read.
    pub(crate) fn unread(tokens: Vec<Token>) -> Self {
        Self { tokens, seen: Vec::new(), nodes: Vec::new() }
    }

    /// Tokens that the grammar would see, and no nodes.
    pub(crate) fn of_tokens(tokens: Vec<Token>) -> Self {
        let mut seen = Vec::with_capacity(tokens.len());
        let is_seen = |(_, token): &(usize, &Token)| token.kind.symbol().is_some();
        seen.extend(tokens.iter().enumerate().filter(is_seen).map(|(at, _)| at as u32));
        Self { tokens, seen, nodes: Vec::new() }
    }

    /// All tokens with blanks and comments: put together they are the text. Those of no width are brackets that
    /// were left out.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The declarations, and what could not be read as one.
    pub(crate) fn roots(&self) -> Nodes<'_> {
        Nodes { tree: self, at: 0, after: self.nodes.len() as u32 }
    }

    /// Every node in pre-order.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        (0..self.nodes.len() as u32).map(|at| Node { tree: self, at })
    }

    /// The token that the grammar saw at this place.
    pub(crate) fn seen(&self, at: u32) -> Option<&Token> {
        self.tokens.get(*self.seen.get(at as usize)? as usize)
    }

    /// How many of the tokens that the grammar saw begin before this byte of the file.
    pub(crate) fn seen_before(&self, offset: usize) -> u32 {
        let begins_before =
            |index: &u32| self.tokens.get(*index as usize).is_some_and(|token| token.start() < offset);
        self.seen.partition_point(begins_before) as u32
    }

    /// Index into [`Tree::tokens`] of the token that the grammar saw at this place.
    pub(crate) fn index_of(&self, at: u32) -> Option<usize> {
        self.seen.get(at as usize).map(|index| *index as usize)
    }
}

/// A node of a tree.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node<'t> {
    tree: &'t Tree,
    at: u32,
}

impl<'t> Node<'t> {
    fn data(self) -> Data {
        let nothing = Data { rule: Rule::file, start: 0, end: 0, size: 1 };
        self.tree.nodes.get(self.at as usize).copied().unwrap_or(nothing)
    }

    /// One past the last node below this one.
    fn after(self) -> u32 {
        self.at + self.data().size.max(1)
    }

    /// Which rule made it.
    pub(crate) fn rule(self) -> Rule {
        self.data().rule
    }

    /// Its tree.
    pub(crate) fn tree(self) -> &'t Tree {
        self.tree
    }

    /// First token, among those that the grammar saw.
    pub(crate) fn start(self) -> u32 {
        self.data().start
    }

    /// One past the last token, among those that the grammar saw.
    pub(crate) fn end(self) -> u32 {
        self.data().end
    }

    /// Whether the other node lies below this one.
    pub(crate) fn holds(self, other: Node<'_>) -> bool {
        self.at < other.at && other.at < self.after()
    }

    /// The nodes right below.
    pub(crate) fn children(self) -> Nodes<'t> {
        Nodes { tree: self.tree, at: self.at + 1, after: self.after() }
    }

    /// Whether it is a statement: what stands in braces and is neither a field nor a spread.
    pub(crate) fn is_statement(self) -> bool {
        matches!(
            self.rule(),
            Rule::statement
                | Rule::step
                | Rule::do_statement
                | Rule::block
                | Rule::for_block
                | Rule::finally_block
                | Rule::on_statement
                | Rule::let_decl
                | Rule::given
                | Rule::expect
                | Rule::start
                | Rule::state
                | Rule::final_state
        )
    }

    /// The first node right below that this rule made.
    pub(crate) fn child(self, rule: Rule) -> Option<Node<'t>> {
        self.children().find(|node| node.rule() == rule)
    }

    /// The tokens that the grammar saw, with those of nodes below.
    pub(crate) fn tokens(self) -> impl Iterator<Item = &'t Token> {
        (self.start()..self.end()).filter_map(move |at| self.tree.seen(at))
    }

    /// The kind of the first token.
    pub(crate) fn first_kind(self) -> Option<Kind> {
        self.tokens().next().map(|token| token.kind)
    }

    /// Its bytes in the file; where it has no width, the end of the token before.
    pub(crate) fn range(self) -> std::ops::Range<usize> {
        let Data { start, end, .. } = self.data();
        if start == end {
            let place = start.checked_sub(1).and_then(|at| self.tree.seen(at)).map_or(0, |token| token.end());
            return place..place;
        }
        let first = self.tree.seen(start).map_or(0, |token| token.start());
        let last = self.tree.seen(end.saturating_sub(1)).map_or(first, |token| token.end());
        first..last
    }
}

/// Nodes beside each other.
#[derive(Debug, Clone)]
pub(crate) struct Nodes<'t> {
    tree: &'t Tree,
    at: u32,
    after: u32,
}

impl<'t> Iterator for Nodes<'t> {
    type Item = Node<'t>;

    fn next(&mut self) -> Option<Node<'t>> {
        if self.at >= self.after {
            return None;
        }
        let node = Node { tree: self.tree, at: self.at };
        self.at = node.after();
        Some(node)
    }
}

/// Makes a tree from the starts and ends of its nodes in order.
pub(crate) struct Builder {
    tree: Tree,
    open: Vec<usize>,
    /// The node that was closed last.
    last: usize,
}

impl Builder {
    pub(crate) fn new(tokens: Vec<Token>) -> Self {
        let tree = Tree::of_tokens(tokens);
        let nodes = Vec::with_capacity(tree.seen.len());
        Self { tree: Tree { nodes, ..tree }, open: Vec::new(), last: 0 }
    }

    /// One character for each token, as the grammar reads them.
    pub(crate) fn symbols(&self) -> String {
        let mut symbols = String::with_capacity(self.tree.seen.len());
        symbols.extend(self.tree.tokens.iter().filter_map(|token| token.kind.symbol()).map(char::from));
        symbols
    }

    pub(crate) fn open(&mut self, rule: Rule, at: usize) {
        self.open.push(self.tree.nodes.len());
        self.tree.nodes.push(Data { rule, start: at as u32, end: 0, size: 0 });
    }

    /// Begins a node of which the node that was closed last is the first below. That one moves by a place: nodes tell how
    /// large they are, not where they end, so that nothing in it has to be written anew.
    pub(crate) fn open_around_last(&mut self, rule: Rule) {
        let Some(Data { start, .. }) = self.tree.nodes.get(self.last).copied() else { return };
        self.tree.nodes.insert(self.last, Data { rule, start, end: 0, size: 0 });
        self.open.push(self.last);
    }

    pub(crate) fn close(&mut self, at: usize) {
        let Some(index) = self.open.pop() else { return };
        let behind = self.tree.nodes.len();
        if let Some(node) = self.tree.nodes.get_mut(index) {
            node.end = at as u32;
            node.size = (behind - index) as u32;
        }
        self.last = index;
    }

    /// All from `from` is one node of what cannot be read.
    pub(crate) fn bad_rest(&mut self, from: usize, to: usize) {
        self.open(Rule::bad_item, from);
        self.close(to);
    }

    pub(crate) fn finish(self) -> Tree {
        self.tree
    }
}
