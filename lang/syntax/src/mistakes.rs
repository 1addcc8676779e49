//! What is written wrongly, as diagnostics.
//!
//! The tree says it all: each `missing_*`, `wrong_*`, `stray_*` and `bad_*` node is one mistake, and each token that
//! the grammar passes over without being a blank or a comment. One mistake is reported once: what follows right after
//! it is its consequence and stays silent.

use std::collections::HashSet;
use std::ops::Range;

use mainstay_diagnostics::{Code, Diagnostic, Span, codes::syntax};

use crate::balance::{BracketMistake, Missing};
use crate::grammar::Rule;
use crate::token::{Kind, Token};
use crate::tree::{Node, Tree};
use crate::{FILE_SIZE_LIMIT_BYTES, MISTAKE_LIMIT, NESTING_LIMIT};

mod iso;
mod marks;
mod merge;
mod missing;
mod names;
mod numbers;
mod order;
mod shortened;
mod trivia;
mod unexpected;

pub(crate) use merge::unmerged;

/// A mistake so near behind another one is its consequence.
const CONSEQUENCE_TOKENS: u32 = 2;

/// Mistakes that neither are a consequence nor have any.
const INDEPENDENT: [Code; 5] =
    [syntax::BAD_LITERAL, syntax::BAD_TEXT, syntax::BAD_COMMENT, syntax::BAD_NAME, syntax::UNKNOWN_KEYWORD];

/// Mistakes that may follow from a literal that swallowed a word.
const FOLLOWING: [Code; 3] = [syntax::UNEXPECTED, syntax::WRONG_MARK, syntax::WRONG_ORDER];

/// Mistakes that people make again and again in one line.
const REPEATED: [Code; 3] = [syntax::WRONG_MARK, syntax::SEPARATOR, syntax::STRAY_MARK];

/// The file as the reports need it.
pub(crate) struct Reporter<'t> {
    text: &'t str,
    base: u32,
    tree: &'t Tree,
}

/// In the order of the text, and not more than anybody reads.
pub(crate) fn in_order(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    if diagnostics.len() > MISTAKE_LIMIT {
        return first_of(diagnostics);
    }
    diagnostics.sort_by_key(|diagnostic| diagnostic.span().start);
    diagnostics
}

/// As [`in_order`], of mistakes of which there are more than these.
pub(crate) fn first_of(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.sort_by_key(|diagnostic| diagnostic.span().start);
    diagnostics.truncate(MISTAKE_LIMIT);
    let last = diagnostics.pop().map(|last| last.note("further mistakes of this file are not shown"));
    diagnostics.extend(last);
    diagnostics
}

/// The mistakes of a file in which too many brackets are wrong for it to be read.
pub(crate) fn of_brackets(
    text: &str,
    base: u32,
    tree: &Tree,
    brackets: &[BracketMistake],
) -> Vec<Diagnostic> {
    let reporter = Reporter::new(text, base, tree);
    let mut found = reporter.brackets(brackets);
    found.extend(reporter.of_tokens());
    first_of(reporter.settled(found, &[]))
}

pub(crate) fn file_too_large(base: u32, size_bytes: usize) -> Diagnostic {
    let message = format!("this file has {size_bytes} bytes, at most {FILE_SIZE_LIMIT_BYTES} are read");
    Diagnostic::error(syntax::FILE_TOO_LARGE, message, Span::new(base, base), "")
        .help("split it, and join the parts with `use`")
}

pub(crate) fn nested_too_deeply(base: u32, place: Range<usize>) -> Diagnostic {
    let message = format!("brackets are nested more than {NESTING_LIMIT} deep");
    let span = Span::new(base + place.start as u32, base + place.end as u32);
    Diagnostic::error(syntax::NESTED_TOO_DEEPLY, message, span, "one too deep")
        .help("give inner parts names with `let`")
}

impl<'t> Reporter<'t> {
    pub(crate) fn new(text: &'t str, base: u32, tree: &'t Tree) -> Self {
        Self { text, base, tree }
    }

    /// Every mistake of a file, without those of literals; and what follows from them. When there are more than
    /// [`MISTAKE_LIMIT`], not all of them.
    pub(crate) fn find(&self, brackets: &[BracketMistake]) -> Vec<Diagnostic> {
        let mut found = self.brackets(brackets);
        found.extend(self.of_nodes());
        found.extend(self.of_tokens());
        found.extend(self.of_order());
        found
    }

    fn brackets(&self, brackets: &[BracketMistake]) -> Vec<Diagnostic> {
        brackets.iter().take(MISTAKE_LIMIT).map(|it| self.of_bracket(it)).collect()
    }

    /// What was found, without what follows from another mistake, of those of literals too.
    pub(crate) fn settled(&self, mut found: Vec<Diagnostic>, literals: &[Diagnostic]) -> Vec<Diagnostic> {
        let behind_literal: HashSet<u32> = literals.iter().map(|literal| literal.span().end).collect();
        // `14monthly: 6` is one mistake: a word ran into the number before it, and is missed behind.
        found.retain(|it| !FOLLOWING.contains(&it.code) || !self.follows_one_of(&behind_literal, it));
        self.without_consequences(found)
    }

    /// Pre-order: what comes first in the text is reported first, and silences what follows right behind it.
    fn of_nodes(&self) -> Vec<Diagnostic> {
        let mut found: Vec<Diagnostic> = Vec::new();
        let mut parents: Vec<Node<'_>> = Vec::new();
        let mut silent_at = None;
        let mut silent_before = 0;
        for node in self.tree.nodes() {
            while parents.last().is_some_and(|parent| !parent.holds(node)) {
                parents.pop();
            }
            if self.is_step_of_braces(node, &parents) {
                silent_before = parents.last().map_or(0, |step| step.end());
            }
            let is_consequence = || {
                silent_at == Some(node.start())
                    || node.start() < silent_before
                    || self.is_at_a_mended_place(node)
            };
            if may_be_a_mistake(node)
                && !is_consequence()
                && let Some(diagnostic) = self.of_node(node, &parents)
            {
                // What is wrong with the items is told by the list.
                if diagnostic.code == syntax::DASHED_LIST {
                    silent_before = silent_before.max(node.end());
                }
                // The braces behind what looked like a branch.
                if node.rule() == Rule::missing_colon && diagnostic.code == syntax::UNKNOWN_KEYWORD {
                    silent_before = parents.last().map_or(0, |field| field.end() + 1);
                }
                // One quoted key follows another, and each is one.
                let is_key = matches!(node.rule(), Rule::bad_statement | Rule::bad_entry)
                    && diagnostic.code == syntax::BAD_NAME;
                silent_at = (!is_key).then_some(node.end());
                found.push(diagnostic);
            }
            if found.len() > MISTAKE_LIMIT {
                break;
            }
            parents.push(node);
        }
        found
    }

    /// `step { .. }`: the braces are those of a block, and what stands in them is read as a record.
    fn is_step_of_braces(&self, node: Node<'_>, parents: &[Node<'_>]) -> bool {
        let opens = |at: u32| self.tree.seen(at).is_some_and(|token| token.kind == Kind::OpenBrace);
        let of_step = parents.last().is_some_and(|parent| parent.rule() == Rule::step);
        node.rule() == Rule::missing_name && of_step && opens(node.end())
    }

    /// What goes wrong within two tokens behind a mistake goes wrong because of it: two neighbours that changed places
    /// are one mistake. What is a mistake by itself stays: a literal, a name, a mark that is wrong again.
    fn without_consequences(&self, mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
        found.sort_by_key(|diagnostic| diagnostic.span().start);
        let mut last: Option<(u32, Code, String)> = None;
        found.retain(|diagnostic| {
            let (start, end) =
                (self.seen_before(diagnostic.span().start), self.seen_before(diagnostic.span().end));
            let independent = INDEPENDENT.contains(&diagnostic.code);
            let label = diagnostic.labels.first().map_or("", |label| label.text.as_str());
            let near = last.as_ref().filter(|(end, _, _)| start <= end + CONSEQUENCE_TOKENS);
            let is_again = |code: Code, words: &str| {
                code == diagnostic.code && words == label && REPEATED.contains(&code)
            };
            let stays = independent || near.is_none_or(|(_, code, words)| is_again(*code, words));
            if stays && !independent {
                last = Some((end, diagnostic.code, label.to_owned()));
            }
            stays
        });
        found
    }

    /// Whether it is told right behind one of these places, as [`CONSEQUENCE_TOKENS`] has it.
    fn follows_one_of(&self, places: &HashSet<u32>, found: &Diagnostic) -> bool {
        let at = self.seen_before(found.span().start);
        let mut near =
            (at.saturating_sub(CONSEQUENCE_TOKENS)..at).filter_map(|before| self.tree.seen(before));
        near.any(|token| places.contains(&(self.base + token.end() as u32)))
    }

    /// How many tokens that the grammar saw begin before this place.
    fn seen_before(&self, offset: u32) -> u32 {
        self.tree.seen_before((offset - self.base) as usize)
    }

    fn of_node(&self, node: Node<'_>, parents: &[Node<'_>]) -> Option<Diagnostic> {
        self.missing(node, parents)
            .or_else(|| self.wrong_mark(node, parents))
            .or_else(|| self.wrong_name(node, parents))
            .or_else(|| self.unexpected(node, parents))
    }

    /// What is missing beside a bracket that was put there, or beside a character that means nothing, is missing
    /// because of it.
    fn is_at_a_mended_place(&self, node: Node<'_>) -> bool {
        let mended = |token: &Token| {
            matches!(
                token.kind,
                Kind::MissingOpen(_) | Kind::MissingClose(_) | Kind::StrayClose(_) | Kind::Unknown
            )
        };
        let index = self.tree.index_of(node.start()).unwrap_or(self.tree.tokens().len());
        let before = self.tree.tokens().get(..index).unwrap_or_default().iter().rev();
        let mut near = before.take_while(|token| token.kind.is_trivia() || mended(token));
        node.start() == node.end() && (near.any(mended) || self.tree.tokens().get(index).is_some_and(mended))
    }

    fn of_bracket(&self, mistake: &BracketMistake) -> Diagnostic {
        let there = self.span(mistake.there.clone());
        let (open, close) = (mistake.bracket.open(), mistake.bracket.close());
        match &mistake.missing {
            Missing::Close(at) => {
                let place = self.span(*at..*at);
                let message = format!("`{open}` is not closed");
                Diagnostic::error(syntax::UNBALANCED, message, place, format!("`{close}` is missing"))
                    .label(there, "opened here")
                    .fix(format!("insert `{close}`"), place, close, false)
            }
            Missing::Open(at) => {
                let place = self.span(*at..*at);
                let message = format!("`{close}` was not opened");
                Diagnostic::error(syntax::UNBALANCED, message, place, format!("`{open}` is missing"))
                    .label(there, "closed here")
                    .fix(format!("insert `{open}`"), place, open, false)
            }
            Missing::OpenWithin(name) => {
                let message = format!("`{close}` was not opened");
                let label = format!("`{open}` is missing in here");
                Diagnostic::error(syntax::UNBALANCED, message, self.span(name.clone()), label)
                    .label(there, "closed here")
            }
            Missing::Nowhere => {
                let message = format!("`{close}` closes nothing");
                Diagnostic::error(syntax::UNBALANCED, message, there, "nothing is open here").fix(
                    format!("take out `{close}`"),
                    there,
                    "",
                    false,
                )
            }
        }
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.base + range.start as u32, self.base + range.end as u32)
    }

    fn span_of(&self, node: Node<'_>) -> Span {
        self.span(node.range())
    }

    fn text_of(&self, node: Node<'_>) -> &'t str {
        self.text.get(node.range()).unwrap_or_default()
    }

    /// The first token of a node, and its text.
    fn first_of(&self, node: Node<'_>) -> (Span, &'t str) {
        let range = node.tokens().next().map_or_else(|| node.range(), |token| token.range());
        (self.span(range.clone()), self.text.get(range).unwrap_or_default())
    }

    /// The text of the token that the grammar saw at this place.
    fn token_text(&self, at: u32) -> &'t str {
        let range = self.tree.seen(at).map_or(0..0, |token| token.range());
        self.text.get(range).unwrap_or_default()
    }
}

/// Most nodes are none; they are passed over without a look at their text.
fn may_be_a_mistake(node: Node<'_>) -> bool {
    !matches!(
        node.rule(),
        Rule::item
            | Rule::statement
            | Rule::body
            | Rule::record
            | Rule::field
            | Rule::label
            | Rule::word
            | Rule::name
            | Rule::path
            | Rule::named
            | Rule::number
            | Rule::text
            | Rule::truth
            | Rule::list
            | Rule::args
            | Rule::arg
            | Rule::range
            | Rule::indexed
            | Rule::step
            | Rule::modifier
            | Rule::type_name
    )
}

/// Whether the token that the grammar saw at this place is the first of its line.
pub(crate) fn begins_line(text: &str, tree: &Tree, at: u32) -> bool {
    let before =
        tree.index_of(at).and_then(|index| index.checked_sub(1)).and_then(|index| tree.tokens().get(index));
    before.is_none_or(|token| {
        token.kind == Kind::Space && text.get(token.range()).unwrap_or_default().contains('\n')
    })
}

/// A list as YAML writes it: a value that begins with a `-` at the start of a line.
pub(crate) fn is_dashed_list(text: &str, tree: &Tree, value: Node<'_>) -> bool {
    let first = match value.rule() {
        Rule::expr => value.children().next(),
        _ => Some(value),
    };
    first.is_some_and(|first| {
        first.rule() == Rule::unary
            && first.first_kind() == Some(Kind::Minus)
            && begins_line(text, tree, value.start())
    })
}
