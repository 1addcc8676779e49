//! What stands before each token.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use super::LINE_WIDTH_COLUMNS;
use super::lines::Line;
use super::spacing::{Gap, between};
use crate::grammar::Rule;
use crate::token::Kind;
use crate::tree::{Node, Tree};

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
    pub(super) marks: Vec<Option<Mark>>,
    /// Brackets by the place of their opening and closing half, outer ones first.
    brackets: Vec<(u32, u32)>,
    /// The first modifier of each step that has any.
    modifiers: Vec<u32>,
    open: HashSet<u32>,
    comments_before: Vec<usize>,
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
            marks: vec![None; kinds.len()],
            brackets: Vec::new(),
            modifiers: Vec::new(),
            open: opened.clone(),
            comments_before: comments_before(tree, kinds.len()),
        };
        for root in tree.roots() {
            plan.opens_inside(root);
        }
        for root in tree.roots() {
            plan.gap(root.start(), Gap::Entry(0));
            plan.node(root, 0);
        }
        plan
    }

    /// What is to be opened in a line that is too long: the modifiers of its step, else the widest brackets among
    /// those that no others of the line hold.
    pub(super) fn opens_next(&self, line: &Line) -> Vec<u32> {
        if line.width() <= LINE_WIDTH_COLUMNS {
            return Vec::new();
        }
        let outer = self.outer_brackets(line);
        let from = self.modifiers.partition_point(|at| *at < line.tokens.start);
        let behind = self.modifiers.get(from..).unwrap_or_default().iter().copied();
        let mut behind = behind.take_while(|at| line.tokens.contains(at));
        // Of a step in brackets of this line nothing is known until those are open.
        let is_held = |at: u32| {
            let before = outer.partition_point(|(start, _)| *start < at).checked_sub(1);
            before.and_then(|before| outer.get(before)).is_some_and(|(_, end)| at < *end)
        };
        let first = behind.find(|at| !self.open.contains(at) && !is_held(*at));
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

    fn kind(&self, at: u32) -> Option<Kind> {
        self.tree.seen(at).map(|token| token.kind)
    }

    pub(super) fn gap(&mut self, at: u32, gap: Gap) {
        if let Some(slot) = self.gaps.get_mut(at as usize) {
            *slot = gap;
        }
    }

    fn mark(&mut self, at: u32, key: Key, owner: Node<'_>) {
        if let Some(slot) = self.marks.get_mut(at as usize) {
            *slot = Some(Mark { key, owner_end: owner.end() });
        }
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
        let before = |at: u32| self.comments_before.get(at as usize).copied().unwrap_or_default();
        before(node.end().saturating_sub(1)) > before(node.start())
    }

    /// Finds the brackets and chains that are open; says whether any is, at or below this node.
    fn opens_inside(&mut self, node: Node<'_>) -> bool {
        let mut inside = self.is_open_chain(node);
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
        node.rule() == Rule::expr && stages(node, self.tree).any(|at| self.begins_line(at))
    }

    /// Decides for all that is in a node, which stands on a line with this indent.
    fn node(&mut self, node: Node<'_>, indent: usize) {
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

    fn step(&mut self, node: Node<'_>, indent: usize) {
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
    fn pipeline(&mut self, node: Node<'_>, indent: usize) {
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
    fn expr(&mut self, node: Node<'_>, indent: usize) {
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

    fn brackets(&mut self, node: Node<'_>, indent: usize) {
        let entries: Vec<Node<'_>> = node.children().collect();
        self.drop_commas(node, &entries);
        self.gap_before(node);
        if self.open.contains(&node.start()) {
            self.opened(node, &entries, indent);
        } else {
            self.closed(node, &entries);
        }
        let inner = if self.open.contains(&node.start()) { indent + 1 } else { indent };
        for entry in entries {
            self.node(entry, inner);
        }
    }

    fn drop_commas(&mut self, node: Node<'_>, entries: &[Node<'_>]) {
        let ends = entries.iter().map(|entry| entry.end());
        let starts = entries.iter().skip(1).map(|entry| entry.start()).chain([node.end().saturating_sub(1)]);
        for (end, start) in ends.zip(starts) {
            for at in end..start {
                if let Some(slot) = self.dropped.get_mut(at as usize) {
                    *slot = true;
                }
                self.gap(at, Gap::None);
            }
        }
    }

    /// Arguments and indices stand right behind what they belong to.
    fn gap_before(&mut self, node: Node<'_>) {
        let alias = node.start().checked_sub(2).and_then(|at| self.kind(at)) == Some(Kind::As);
        match node.rule() {
            Rule::args | Rule::params if !alias => self.gap(node.start(), Gap::None),
            Rule::index | Rule::use_names => self.gap(node.start(), Gap::None),
            _ => {}
        }
    }

    fn put_comma(&mut self, entry: Node<'_>) {
        if let Some(slot) = self.comma_behind.get_mut(entry.end().saturating_sub(1) as usize) {
            *slot = true;
        }
    }

    /// One entry on a line. In `( )` and `[ ]` each has its comma, in `{ }` the line is enough.
    fn opened(&mut self, node: Node<'_>, entries: &[Node<'_>], indent: usize) {
        let is_brace = self.kind(node.start()) == Some(Kind::OpenBrace);
        let aligned = node.rule() == Rule::body || self.is_of_promise(node);
        for entry in entries {
            self.gap(entry.start(), Gap::Entry(indent + 1));
            if !is_brace {
                self.put_comma(*entry);
            }
            if aligned && entry.rule() == Rule::field {
                let value = entry.child(Rule::label).map(|label| label.end());
                self.mark(value.unwrap_or(entry.start()), Key::Value, *entry);
            }
        }
        self.gap(node.end().saturating_sub(1), Gap::Line(indent));
    }

    fn is_of_promise(&self, node: Node<'_>) -> bool {
        let before = node.start().checked_sub(2).and_then(|at| self.kind(at));
        matches!(before, Some(Kind::Objective | Kind::Pool | Kind::Estate))
    }

    /// All on one line; or, in `( )` and `[ ]`, below each other where the author broke between them.
    fn closed(&mut self, node: Node<'_>, entries: &[Node<'_>]) {
        let is_brace = self.kind(node.start()) == Some(Kind::OpenBrace);
        let edge = if is_brace && node.rule() != Rule::use_names { Gap::Blank } else { Gap::None };
        self.gap(node.end().saturating_sub(1), if entries.is_empty() { Gap::None } else { edge });
        let mut before: Option<Node<'_>> = None;
        for entry in entries {
            let gap = match before {
                None => edge,
                Some(before) if is_field(before) && is_field(*entry) => {
                    self.put_comma(before);
                    self.hang_or_blank(node, *entry, is_brace)
                }
                Some(_) => Gap::Wide,
            };
            self.gap(entry.start(), gap);
            before = Some(*entry);
        }
    }

    fn hang_or_blank(&self, node: Node<'_>, entry: Node<'_>, is_brace: bool) -> Gap {
        if !is_brace && self.begins_line(entry.start()) { Gap::Hang(node.start()) } else { Gap::Blank }
    }
}

/// Statements in braces on one line are set apart by blanks, all else by commas.
fn is_field(entry: Node<'_>) -> bool {
    entry.rule() != Rule::item && !entry.is_statement()
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

/// For each token, how many comments stand before it in the file.
fn comments_before(tree: &Tree, count: usize) -> Vec<usize> {
    let mut found = Vec::with_capacity(count);
    let mut comments = 0;
    for token in tree.tokens() {
        match token.kind {
            Kind::Comment | Kind::Doc | Kind::FileDoc => comments += 1,
            kind if kind.symbol().is_some() => found.push(comments),
            _ => {}
        }
    }
    found
}
