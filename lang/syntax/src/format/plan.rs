//! What stands before each token.

use std::collections::{HashMap, HashSet};

use super::spacing::{Gap, between};
use crate::grammar::Rule;
use crate::token::Kind;
use crate::tree::{Node, Tree};

mod brackets;
mod wide;

/// Lines of the same key beside each other are aligned at the token that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    /// The `=` of a declaration or a step of this keyword.
    Equal(Kind),
    /// The value of a field.
    Value,
    /// The type of a param.
    Type,
    /// The braces of a promise, a state, an `on`.
    Brace,
    /// The second argument, when all call the same.
    Argument(String),
}

/// A token at which its line may be aligned; and the end of what must stand on that line for it.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    pub(super) key: Key,
    pub(super) owner_end: u32,
}

/// The decisions for one tree; all by the place of a token among those that the grammar saw.
pub(super) struct Plan<'t> {
    text: &'t str,
    tree: &'t Tree,
    pub(super) gaps: Vec<Gap>,
    /// Commas that go.
    pub(super) dropped: Vec<bool>,
    /// Tokens that a comma is put behind.
    pub(super) comma_behind: Vec<bool>,
    /// Few tokens have one.
    pub(super) marks: HashMap<u32, Mark>,
    /// Brackets by the place of their opening and closing half, outer ones first.
    brackets: Vec<(u32, u32)>,
    /// The first modifier of each step that has any.
    modifiers: Vec<u32>,
    /// The first `|>` of each chain, in order.
    chains: Vec<u32>,
    open: HashSet<u32>,
    /// For each comment the token that it stands before, in order.
    comments: Vec<u32>,
}

impl<'t> Plan<'t> {
    /// Decides with these brackets open, and those that the author opened.
    pub(super) fn new(text: &'t str, tree: &'t Tree, opened: &HashSet<u32>) -> Self {
        let kinds: Vec<Kind> = (0..).map_while(|at| tree.seen(at)).map(|token| token.kind).collect();
        let gaps = std::iter::once(Gap::None).chain(kinds.windows(2).map(|pair| match pair {
            [left, right] => between(*left, *right),
            _ => Gap::Blank,
        }));
        let mut plan = Self {
            text,
            tree,
            gaps: gaps.take(kinds.len()).collect(),
            dropped: vec![false; kinds.len()],
            comma_behind: vec![false; kinds.len()],
            marks: HashMap::new(),
            brackets: Vec::new(),
            modifiers: Vec::new(),
            chains: Vec::new(),
            open: opened.clone(),
            comments: comments(tree),
        };
        for root in tree.roots() {
            plan.opens_inside(root);
        }
        plan.chains.sort_unstable();
        for root in tree.roots() {
            plan.gap(root.start(), Gap::Entry(0));
            plan.node(root, 0);
        }
        plan
    }

    fn kind(&self, at: u32) -> Option<Kind> {
        self.tree.seen(at).map(|token| token.kind)
    }

    pub(super) fn gap(&mut self, at: u32, gap: Gap) {
        if let Some(slot) = self.gaps.get_mut(at as usize) {
            *slot = gap;
        }
    }

    fn mark(&mut self, at: u32, key: Key, owner: Node<'_>) {
        self.marks.insert(at, Mark { key, owner_end: owner.end() });
    }

    /// Whether the author began a line with this token.
    fn begins_line(&self, at: u32) -> bool {
        let (Some(index), Some(before)) = (self.tree.index_of(at), at.checked_sub(1)) else { return false };
        let behind = self.tree.index_of(before).map_or(0, |before| before + 1);
        let between = self.tree.tokens().get(behind..index).unwrap_or_default();
        between.iter().any(|token| self.text.get(token.range()).unwrap_or_default().contains('\n'))
    }

    /// Comments between the first token of a node and its last.
    fn has_comments(&self, node: Node<'_>) -> bool {
        let behind_first = self.comments.partition_point(|before| *before <= node.start());
        self.comments.get(behind_first).is_some_and(|before| *before < node.end())
    }

    /// Finds the brackets and chains that are open; says whether any is, at or below this node.
    fn opens_inside(&mut self, node: Node<'_>) -> bool {
        let mut inside = self.is_open_chain(node);
        if node.rule() == Rule::expr {
            self.chains.extend(stages(node, self.tree).next());
        }
        let is_bracket = is_bracket(node.rule());
        if is_bracket {
            self.brackets.push((node.start(), node.end().saturating_sub(1)));
        }
        for child in node.children() {
            inside |= self.opens_inside(child);
        }
        if !is_bracket || node.end() <= node.start() + 2 && !self.has_comments(node) {
            return inside;
        }
        let is_brace = self.kind(node.start()) == Some(Kind::OpenBrace);
        let by_author = self.begins_line(node.start() + 1) || self.has_comments(node);
        if by_author || (is_brace && inside) {
            self.open.insert(node.start());
        }
        inside || self.open.contains(&node.start())
    }

    fn is_open_chain(&self, node: Node<'_>) -> bool {
        let is_open = |at| self.begins_line(at) || self.open.contains(&at);
        node.rule() == Rule::expr && stages(node, self.tree).any(is_open)
    }

    /// Decides for all that is in a node, which stands on a line with this indent.
    fn node(&mut self, node: Node<'_>, indent: u32) {
        match node.rule() {
            rule if is_bracket(rule) => return self.brackets(node, indent),
            Rule::expr => return self.expr(node, indent),
            Rule::item | Rule::statement => {
                for child in node.children().skip(1) {
                    self.gap(child.start(), Gap::Line(indent));
                }
            }
            Rule::thing | Rule::let_decl => self.bound(node),
            Rule::step | Rule::do_statement => self.step(node, indent),
            Rule::pipeline => return self.pipeline(node, indent),
            Rule::param => self.mark_child(node, Rule::type_expr, Key::Type),
            Rule::promise => self.mark_child(node, Rule::record, Key::Brace),
            Rule::state | Rule::on_statement => self.mark_child(node, Rule::body, Key::Brace),
            Rule::unary => self.unary(node),
            Rule::named_type | Rule::inner_named_type => self.type_arguments(node),
            _ => {}
        }
        for child in node.children() {
            self.node(child, indent);
        }
    }

    fn mark_child(&mut self, node: Node<'_>, rule: Rule, key: Key) {
        if let Some(child) = node.child(rule) {
            self.mark(child.start(), key, node);
        }
    }

    fn step(&mut self, node: Node<'_>, indent: u32) {
        self.bound(node);
        let modifiers = node.children().filter(|child| child.rule() == Rule::modifier);
        let places: Vec<u32> = modifiers.map(Node::start).collect();
        let Some(first) = places.first().copied() else { return };
        self.modifiers.push(first);
        if self.open.contains(&first) {
            for at in places {
                self.gap(at, Gap::Line(indent + 2));
            }
        }
    }

    /// `name = value`: aligned at the `=`, and steps that call the same at their second argument too.
    fn bound(&mut self, node: Node<'_>) {
        let Some(equal) = (node.start()..node.end()).find(|at| self.kind(*at) == Some(Kind::Equal)) else {
            return;
        };
        let keyword = self.kind(node.start()).unwrap_or(Kind::Name);
        self.mark(equal, Key::Equal(keyword), node);
        if node.rule() != Rule::step {
            return;
        }
        let value = node.children().find(|child| child.start() > equal);
        let first = value.map(|value| {
            if value.rule() == Rule::expr { value.children().next().unwrap_or(value) } else { value }
        });
        let Some(call) = first.filter(|call| call.rule() == Rule::named) else { return };
        let (Some(path), Some(args)) = (call.child(Rule::path), call.child(Rule::args)) else { return };
        let mut each = args.children();
        if let (Some(first), Some(second)) = (each.next(), each.next())
            && first.rule() == Rule::path
        {
            let callee = self.text.get(path.range()).unwrap_or_default().to_owned();
            self.mark(second.start(), Key::Argument(callee), node);
        }
    }

    /// The stages of a pipeline that is open begin on the line after its head.
    fn pipeline(&mut self, node: Node<'_>, indent: u32) {
        for child in node.children() {
            if self.is_open_chain(child) {
                self.gap(child.start(), Gap::Line(indent + 1));
                self.node(child, indent + 1);
            } else {
                self.node(child, indent);
            }
        }
    }

    /// Each stage of an open chain stands on its own line.
    fn expr(&mut self, node: Node<'_>, indent: u32) {
        let open = self.is_open_chain(node);
        for child in node.children() {
            let before = child.start().checked_sub(1).filter(|before| *before >= node.start());
            let is_stage = before.and_then(|before| self.kind(before)) == Some(Kind::Chain);
            let indent = if open && is_stage { indent + 1 } else { indent };
            if open && is_stage {
                self.gap(child.start() - 1, Gap::Line(indent));
            }
            self.node(child, indent);
        }
    }

    fn unary(&mut self, node: Node<'_>) {
        for prefix in node.children().filter(|child| child.rule() == Rule::prefix) {
            if prefix.first_kind() == Some(Kind::Minus) {
                self.gap(prefix.end(), Gap::None);
            }
        }
    }

    fn type_arguments(&mut self, node: Node<'_>) {
        for at in node.start()..node.end() {
            match self.kind(at) {
                Some(Kind::Less) => {
                    self.gap(at, Gap::None);
                    self.gap(at + 1, Gap::None);
                }
                Some(Kind::Greater) => self.gap(at, Gap::None),
                _ => {}
            }
        }
    }
}

fn is_bracket(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::body
            | Rule::record
            | Rule::fields
            | Rule::members
            | Rule::items
            | Rule::use_names
            | Rule::args
            | Rule::list
            | Rule::params
    )
}

/// The places of the `|>` of a chain.
fn stages<'t>(node: Node<'t>, tree: &'t Tree) -> impl Iterator<Item = u32> {
    let before = node.children().skip(1).filter_map(|child| child.start().checked_sub(1));
    before.filter(|at| tree.seen(*at).is_some_and(|token| token.kind == Kind::Chain))
}

/// For each comment the place of the token that follows it.
fn comments(tree: &Tree) -> Vec<u32> {
    let mut found = Vec::new();
    let mut before = 0;
    for token in tree.tokens() {
        match token.kind {
            Kind::Comment | Kind::Doc | Kind::FileDoc => found.push(before),
            kind if kind.symbol().is_some() => before += 1,
            _ => {}
        }
    }
    found
}
