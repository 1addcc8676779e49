//! What the parser could not read, and what is therefore not blamed.
//!
//! A mistake in how a file is written tears a hole into what it means: a declaration that is gone, a field that is
//! gone, a body that ends too late. What the checker finds missing there is the hole, and was told already.
//! Everything else in the file is still told in the same run.

mod units;
mod words;

use foldhash::{HashMap, HashSet};
use mainstay_diagnostics::codes::{syntax, types};
use mainstay_diagnostics::{Diagnostic, SourceMap, Span};
use mainstay_syntax::KEYWORDS;
use mainstay_syntax::ast::{self, Body, Item, ItemKind, StatementKind};

use self::units::Cover;
use self::words::bound_in;
pub(crate) use self::words::{Words, words};
use super::item_name;

/// The holes of one file.
#[derive(Debug, Default)]
pub(crate) struct Damage {
    /// Where the first mistake stands.
    first: Option<u32>,
    /// Where the declarations begin that hold one, or are followed by one.
    items: HashSet<u32>,
    /// Things and promises among them.
    filled: Cover,
    /// The smallest declaration, statement or field around each mistake.
    units: Cover,
    /// Words in the lines of what was not understood: names that are perhaps declared there.
    words: Words,
    /// A declaration or step has no name, so any unknown name may be its own.
    nameless: bool,
    /// Lines with a bracket that closes nothing: what lost its opening one stands before it.
    strays: Vec<Span>,
    /// From here on nothing is certain: a bracket has no other half.
    torn_from: Option<u32>,
}

impl Damage {
    /// The holes that these mistakes of a file tell of.
    pub(super) fn of(map: &SourceMap, file: &ast::File, mistakes: &[Diagnostic]) -> Self {
        let mut damage = Self::default();
        if mistakes.is_empty() {
            return damage;
        }
        let all = units::of_file(map, file);
        let (mut torn, mut filled, mut unread) = (behind(map, file, mistakes), Vec::new(), Vec::new());
        damage.items.extend(torn.iter().map(|item| item.start));
        for mistake in mistakes {
            let span = mistake.span();
            let around = all.iter().filter(|unit| unit.start <= span.start && span.end <= unit.end);
            torn.extend(around.min_by_key(|unit| unit.end - unit.start));
            damage.first = Some(damage.first.map_or(span.start, |first| first.min(span.start)));
            let item = file.items.iter().rfind(|item| item.span.start <= span.start);
            damage.items.extend(item.map(|item| item.span.start));
            let thing = item.filter(|item| matches!(item.kind, ItemKind::Thing(_) | ItemKind::Promise(_)));
            filled.extend(thing.map(|item| item.span));
            let unbalanced = mistake.code == syntax::UNBALANCED;
            if unbalanced && is_closer(map, span) {
                damage.strays.push(map.lines_around(span));
                continue;
            }
            unread.extend(mistake.labels.iter().map(|label| map.lines_around(label.span)));
            if unbalanced {
                damage.tear(file, mistake);
            }
        }
        (damage.units, damage.filled) = (Cover::new(torn), Cover::new(filled));
        damage.read_words(map, file, unread);
        let lost_import = |item: &Item| matches!(item.kind, ItemKind::Use(_)) && damage.touches(item.span);
        damage.nameless = file.items.iter().any(|item| is_nameless(item) || lost_import(item));
        damage
    }

    /// Nothing is certain from the declaration on that holds a bracket without its other half.
    fn tear(&mut self, file: &ast::File, unbalanced: &Diagnostic) {
        let start = unbalanced.labels.iter().map(|label| label.span.start).min().unwrap_or(0);
        let item = file.items.iter().map(|item| item.span).find(|item| item.end >= start);
        let from = item.map_or(start, |item| item.start.min(start));
        self.torn_from = Some(self.torn_from.map_or(from, |torn| torn.min(from)));
    }

    /// Takes the words of these lines, each line once, and what the whole file seems to bind.
    fn read_words(&mut self, map: &SourceMap, file: &ast::File, mut unread: Vec<Span>) {
        unread.sort_unstable();
        let mut read_to = 0;
        for lines in unread {
            let rest = Span::new(lines.start.max(read_to), lines.end.max(read_to));
            words(map.text(rest).unwrap_or_default()).for_each(|word| self.words.insert(word));
            read_to = rest.end;
        }
        bound_in(map.text(file.span).unwrap_or_default()).for_each(|word| self.words.insert(word));
    }

    /// Whether an unknown name may be bound where nothing could be read.
    pub(crate) fn may_bind(&self, name: &str) -> bool {
        // A name that lost the mark behind it has run into the next word.
        self.nameless || self.words.may_hold(name)
    }

    /// Whether a mistake of meaning at this place may only be the echo of one that the parser told.
    pub(crate) fn explains(&self, found: &Diagnostic) -> bool {
        let span = found.span();
        (found.code == types::MISSING_FIELD && self.filled.holds(span))
            || self.torn_from.is_some_and(|torn| span.start >= torn)
            || self.units.holds(span)
    }

    /// Lines of which the first echo is kept: it stands where the opening bracket was, and the parser only saw the
    /// closing one.
    pub(super) fn strays(&self) -> &[Span] {
        &self.strays
    }

    /// Whether the parser had to leave something out of this declaration, or right behind it.
    pub(crate) fn touches(&self, item: Span) -> bool {
        self.items.contains(&item.start) || self.torn_from.is_some_and(|torn| item.end >= torn)
    }

    /// Whether something before this place could not be read.
    pub(super) fn is_before(&self, offset: u32) -> bool {
        self.first.is_some_and(|first| first <= offset)
    }

    /// Notes names that a `use` was to bring, and did not.
    pub(super) fn lose(&mut self, name: &str) {
        self.words.insert(name);
    }
}

/// Declarations that begin on a line behind a mistake: they lost their own beginning to it.
fn behind(map: &SourceMap, file: &ast::File, mistakes: &[Diagnostic]) -> Vec<Span> {
    let line_end = |offset: u32| map.lines_around(Span::new(offset, offset)).end;
    let mut first: HashMap<u32, u32> = HashMap::default();
    for end in mistakes.iter().map(|mistake| mistake.span().end) {
        first.entry(line_end(end)).and_modify(|first| *first = end.min(*first)).or_insert(end);
    }
    let items = file.items.iter().map(|item| item.span);
    items.filter(|item| first.get(&line_end(item.start)).is_some_and(|end| *end <= item.start)).collect()
}

fn is_closer(map: &SourceMap, span: Span) -> bool {
    matches!(map.text(span), Some(")" | "]" | "}"))
}

fn is_nameless(item: &Item) -> bool {
    let binds = !matches!(
        item.kind,
        ItemKind::Edition(_)
            | ItemKind::Policy(_)
            | ItemKind::Test(_)
            | ItemKind::Moved(_)
            | ItemKind::Use(_)
            | ItemKind::Signature(_)
            | ItemKind::Type(_)
            | ItemKind::Enum(_)
    );
    let step = match &item.kind {
        ItemKind::Workflow(workflow) => has_nameless(&workflow.body),
        ItemKind::Test(test) => has_nameless(&test.body),
        _ => false,
    };
    let import = match &item.kind {
        ItemKind::Use(ast::Use::Std { names, .. }) => {
            names.is_empty() || names.iter().any(|name| KEYWORDS.iter().any(|(_, word)| *word == name.text))
        }
        ItemKind::Use(ast::Use::File { alias, .. }) => alias.is_none(),
        _ => false,
    };
    step || import || (binds && item_name(&item.kind).is_none())
}

/// A `step` or `let` without a name: it binds nothing.
fn has_nameless(body: &Body) -> bool {
    body.statements.iter().any(|statement| match &statement.kind {
        StatementKind::Step(step) => step.name.is_none(),
        StatementKind::Let(declared) => declared.name.is_none(),
        StatementKind::Block { body, .. } | StatementKind::For { body, .. } => has_nameless(body),
        _ => false,
    })
}
