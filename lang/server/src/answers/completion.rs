//! What may be written at a place.
//!
//! The text at the cursor is half-written, so the question is put to a text of which that is no longer so: the word at
//! the cursor is taken out where a key or statement is being written, and stands for a whole name where a value is.

use std::path::PathBuf;
use std::sync::Arc;

use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionTextEdit, Documentation, InsertTextFormat, MarkupContent,
    MarkupKind, TextEdit,
};
use mainstay_compiler::query::{Analysis, Around, Candidate, CandidateKind, Declared, Form, Keys};
use mainstay_syntax::{Kind, Token};

use super::Page;
use crate::lines::Lines;
use crate::projects::Reader;

mod statements;
mod units;

/// What stands for the word that is being written.
const STAND_IN: &str = "x_";

/// What is being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writing {
    /// A key, a statement or a declaration.
    Key,
    /// A value, an argument or a label.
    Value,
    /// The call of a stage behind `|>`.
    Part,
    /// The inside of a text.
    Text,
    /// The unit behind a number.
    Number,
    /// A type.
    Type,
    /// What comes behind `use std`.
    Use,
    /// A comment, or a new name.
    Nothing,
}

/// The word at the cursor, and what came before it.
struct Cursor<'t> {
    /// The bytes that a completion replaces.
    word: std::ops::Range<usize>,
    before: Vec<&'t Token>,
    text: &'t str,
}

/// The completions at a byte of the file.
pub(crate) fn complete(page: &Page, at: usize, reader: &Reader<'_>, snippets: bool) -> Vec<CompletionItem> {
    let tokens = mainstay_syntax::tokens(&page.text);
    let (cursor, writing) = cursor(&page.text, &tokens, at);
    let maker = Maker { page, lines: Lines::new(&page.text), word: cursor.word.clone(), snippets };
    match writing {
        Writing::Nothing => Vec::new(),
        Writing::Use => maker.modules(&cursor),
        Writing::Type => maker.types(),
        Writing::Text | Writing::Number => {
            let asked = reader.analyse(&page.root, &[], Some((&page.path, at)));
            if writing == Writing::Text { maker.zones(&asked) } else { maker.units(&asked) }
        }
        Writing::Key | Writing::Value | Writing::Part => {
            let stand_in = match writing {
                Writing::Key => "",
                Writing::Part if !goes_on(&page.text, &cursor) => "x_()",
                _ => STAND_IN,
            };
            let mut text = page.text.to_string();
            text.replace_range(cursor.word.clone(), stand_in);
            let focus = cursor.word.start + stand_in.len().min(STAND_IN.len());
            let instead: [(PathBuf, Arc<str>); 1] = [(page.path.clone(), Arc::from(text))];
            let asked = reader.analyse(&page.root, &instead, Some((&page.path, focus)));
            maker.answer(&asked, writing, focus)
        }
    }
}

/// Whether brackets follow the word already.
fn goes_on(text: &str, cursor: &Cursor<'_>) -> bool {
    text.get(cursor.word.end..).is_some_and(|rest| rest.starts_with('('))
}

/// What is being written at a byte, by the tokens before it.
fn cursor<'t>(text: &'t str, tokens: &'t [Token], at: usize) -> (Cursor<'t>, Writing) {
    let touching = tokens.iter().find(|token| token.start() < at && at <= token.end());
    let is_word =
        |token: &&Token| token.kind.is_word() || matches!(token.kind, Kind::TypeName | Kind::Number);
    let word = touching.filter(is_word).map_or(at..at, |token| token.range());
    let before = tokens.iter().take_while(|token| token.end() <= word.start);
    let before: Vec<&Token> = before.filter(|token| !token.kind.is_trivia()).collect();
    let cursor = Cursor { word, before, text };
    let writing = match touching.map(|token| (token.kind, token.end())) {
        Some((Kind::Comment | Kind::Doc | Kind::FileDoc | Kind::HashComment, _)) => Writing::Nothing,
        Some((Kind::BlockComment, end)) if at < end => Writing::Nothing,
        Some((Kind::OpenText | Kind::OpenLongText, _)) => Writing::Text,
        Some((kind, end)) if kind.is_text() && at < end => Writing::Text,
        Some((Kind::Number, _)) => Writing::Number,
        _ => cursor.writing(),
    };
    (cursor, writing)
}

impl Cursor<'_> {
    fn writing(&self) -> Writing {
        if self.line_words().first() == Some(&"use") {
            return if self.line_words().contains(&"as") { Writing::Nothing } else { Writing::Use };
        }
        let Some(last) = self.before.last() else { return Writing::Key };
        match last.kind {
            Kind::Chain => Writing::Part,
            Kind::Colon if self.is_typed() => Writing::Type,
            Kind::Arrow if self.line_words().first() != Some(&"on") => Writing::Type,
            Kind::OpenBrace | Kind::CloseBrace => Writing::Key,
            kind if names_something(kind) => Writing::Nothing,
            Kind::On if self.begins_line() => Writing::Key,
            _ if self.begins_line() && !continues(last.kind) => Writing::Key,
            // In braces, a comma goes on to the next key.
            Kind::Comma if self.bracket() == Some(Kind::OpenBrace) => Writing::Key,
            kind if ends_value(kind) && self.bracket() == Some(Kind::OpenBrace) => Writing::Key,
            _ => Writing::Value,
        }
    }

    /// The bracket that is open at the cursor.
    fn bracket(&self) -> Option<Kind> {
        let mut depth = 0;
        for token in self.before.iter().rev() {
            match token.kind {
                Kind::CloseRound | Kind::CloseSquare | Kind::CloseBrace => depth += 1,
                Kind::OpenRound | Kind::OpenSquare | Kind::OpenBrace if depth == 0 => {
                    return Some(token.kind);
                }
                Kind::OpenRound | Kind::OpenSquare | Kind::OpenBrace => depth -= 1,
                _ => {}
            }
        }
        None
    }

    /// Whether only blanks stand between the start of the line and the word.
    fn begins_line(&self) -> bool {
        let head = self.text.get(..self.word.start).unwrap_or_default();
        head.rsplit('\n').next().is_some_and(|line| line.trim().is_empty())
    }

    /// The words of the line before the cursor.
    fn line_words(&self) -> Vec<&str> {
        let head = self.text.get(..self.word.start).unwrap_or_default();
        head.rsplit('\n').next().unwrap_or_default().split_whitespace().collect()
    }

    /// Whether a type follows the colon: in a `param`, or in the parentheses of a pipeline or function.
    fn is_typed(&self) -> bool {
        let words = self.line_words();
        let first = words.first().copied();
        first == Some("param") || (matches!(first, Some("pipeline" | "let")) && !words.contains(&"="))
    }
}

/// Keywords that something new follows: a name, a title, a year.
fn names_something(kind: Kind) -> bool {
    kind.binds_name() || matches!(kind, Kind::Test | Kind::Edition)
}

/// Tokens behind which an expression goes on, on the next line too.
fn continues(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Colon
            | Kind::Equal
            | Kind::OpenRound
            | Kind::OpenSquare
            | Kind::Comma
            | Kind::Dot
            | Kind::Chain
            | Kind::And
            | Kind::Or
            | Kind::Plus
            | Kind::Minus
            | Kind::After
            | Kind::Within
            | Kind::When
            | Kind::Undo
    )
}

/// Tokens that may end a value.
fn ends_value(kind: Kind) -> bool {
    kind.is_text()
        || matches!(
            kind,
            Kind::Name
                | Kind::Number
                | Kind::CloseRound
                | Kind::CloseSquare
                | Kind::CloseBrace
                | Kind::True
                | Kind::False
        )
}

/// Makes items for one place.
struct Maker<'a> {
    page: &'a Page,
    lines: Lines<'a>,
    word: std::ops::Range<usize>,
    snippets: bool,
}

impl Maker<'_> {
    fn answer(&self, asked: &Analysis, writing: Writing, focus: usize) -> Vec<CompletionItem> {
        let mut items = Vec::new();
        let offset = asked.offset(&self.page.file(), focus as u32).unwrap_or_default();
        let keys = asked.keys();
        if writing == Writing::Key {
            let around = asked.around(offset);
            items.extend(
                keys.filter(|_| has_fields(around)).into_iter().flat_map(|keys| self.keys(asked, keys)),
            );
            items.extend(self.statements(around));
            return items;
        }
        let wanted = asked.wanted();
        // A label is being written when the innermost thing around is the parentheses, and no value in them.
        let label = match (wanted, keys) {
            (Some(wanted), Some(keys)) => {
                wanted.span.start < keys.span.start && keys.span.end <= wanted.span.end
            }
            (None, Some(_)) => true,
            _ => false,
        };
        if writing == Writing::Value && self.in_parentheses() {
            items.extend(keys.into_iter().flat_map(|keys| self.keys(asked, keys)));
        }
        if !label {
            let candidates = wanted.map(|wanted| wanted.candidates.as_slice()).unwrap_or_default();
            items.extend(candidates.iter().map(|one| self.candidate(asked, one)));
            items.extend(wanted.into_iter().flat_map(|wanted| self.blanks(wanted)));
        }
        items
    }

    /// Whether the word stands right behind `(` or `,` in parentheses, where a label may stand.
    fn in_parentheses(&self) -> bool {
        let head = self.page.text.get(..self.word.start).unwrap_or_default().trim_end();
        let tokens = mainstay_syntax::tokens(head);
        let (cursor, _) = cursor(head, &tokens, head.len());
        let after_mark = head.ends_with('(') || head.ends_with(',');
        after_mark && cursor.bracket_with_last() == Some(Kind::OpenRound)
    }

    fn keys<'k>(
        &'k self,
        asked: &'k Analysis,
        keys: &'k Keys,
    ) -> impl Iterator<Item = CompletionItem> + use<'k> {
        let open = keys.keys.iter().filter(|key| !key.given);
        open.enumerate().map(move |(number, key)| {
            let needed = if key.required { ", needed" } else { "" };
            let mut item = self.item(&key.name, CompletionItemKind::FIELD, format!("{}: ", key.name));
            item.detail = Some(format!("{}{needed}", key.ty));
            item.documentation = asked.declaration(key.declared).and_then(documentation);
            // What is needed comes first, then as declared.
            item.sort_text = Some(format!("{}{number:03}", if key.required { 0 } else { 1 }));
            item
        })
    }

    fn candidate(&self, asked: &Analysis, one: &Candidate) -> CompletionItem {
        let goes_on = self.page.text.get(self.word.end..).unwrap_or_default();
        let follows = goes_on.starts_with('(') || goes_on.trim_start_matches(' ').starts_with('{');
        let text = match one.form {
            _ if follows => one.name.clone(),
            Form::Plain => one.name.clone(),
            Form::Call if self.snippets => format!("{}($0)", one.name),
            Form::Call => format!("{}(", one.name),
            Form::Braces if self.snippets => format!("{} {{ $0 }}", one.name),
            Form::Braces => format!("{} {{", one.name),
        };
        let mut item = self.item(&one.name, kind(one.kind), text);
        item.detail = Some(one.detail.clone());
        item.documentation =
            one.declared.and_then(|declared| asked.declaration(declared)).and_then(documentation);
        item.sort_text = Some(format!("{}{}", rank(one.kind), one.name));
        item
    }

    fn item(&self, label: &str, kind: CompletionItemKind, new_text: String) -> CompletionItem {
        let range = self.lines.range(self.word.start, self.word.end);
        let is_snippet = self.snippets && new_text.contains('$');
        CompletionItem {
            label: label.to_owned(),
            kind: Some(kind),
            insert_text_format: is_snippet.then_some(InsertTextFormat::SNIPPET),
            text_edit: Some(CompletionTextEdit::Edit(TextEdit { range, new_text })),
            ..CompletionItem::default()
        }
    }

    /// Types.
    fn types(&self) -> Vec<CompletionItem> {
        let composed = ["List", "Range"].map(|name| (name, None));
        let all = Analysis::types().into_iter().chain(composed);
        all.map(|(name, declared)| {
            let mut item = self.item(name, CompletionItemKind::CLASS, name.to_owned());
            let docs = declared.and_then(Analysis::of_library).and_then(documentation);
            item.documentation = docs;
            item
        })
        .collect()
    }

    /// `use std.` modules, and the names in them.
    fn modules(&self, cursor: &Cursor<'_>) -> Vec<CompletionItem> {
        let line = cursor.line_words().join("");
        let path = line.trim_start_matches("use");
        let modules = Analysis::library_modules();
        let mut items = Vec::new();
        for (module, names) in modules {
            let inside = format!("{module}.");
            if path.starts_with(&inside) {
                items.extend(names.into_iter().filter(|one| !one.name.starts_with('_')).map(|one| {
                    let mut item = self.item(&one.name, CompletionItemKind::FUNCTION, one.name.clone());
                    item.detail = Some(one.kind.to_owned());
                    item.documentation = documentation(one);
                    item
                }));
            } else if let Some(rest) = module.strip_prefix(path).filter(|rest| !rest.is_empty()) {
                items.push(self.item(rest, CompletionItemKind::MODULE, rest.to_owned()));
            }
        }
        items
    }
}

/// What its author says of a declaration.
fn documentation(of: &Declared) -> Option<Documentation> {
    let value = of.docs.iter().map(|line| line.trim_start()).collect::<Vec<_>>().join("\n");
    let markup = MarkupContent { kind: MarkupKind::Markdown, value };
    (!of.docs.is_empty()).then_some(Documentation::MarkupContent(markup))
}

impl Cursor<'_> {
    /// The bracket that is open behind the last token.
    fn bracket_with_last(&self) -> Option<Kind> {
        self.bracket()
    }
}

/// Whether the braces around hold fields.
fn has_fields(around: Around) -> bool {
    matches!(around, Around::Declaration | Around::Workflow | Around::Machine | Around::State)
}

fn kind(kind: CandidateKind) -> CompletionItemKind {
    match kind {
        CandidateKind::Value => CompletionItemKind::VARIABLE,
        CandidateKind::Workflow => CompletionItemKind::CLASS,
        CandidateKind::Module => CompletionItemKind::MODULE,
        CandidateKind::Stage => CompletionItemKind::FUNCTION,
        CandidateKind::Verb => CompletionItemKind::METHOD,
        CandidateKind::Constructor => CompletionItemKind::CONSTRUCTOR,
        CandidateKind::Member => CompletionItemKind::ENUM_MEMBER,
        CandidateKind::Literal => CompletionItemKind::CONSTANT,
        CandidateKind::Type => CompletionItemKind::CLASS,
        CandidateKind::Field => CompletionItemKind::FIELD,
    }
}

/// The user's own names first, then what fills the place by itself, files last.
fn rank(kind: CandidateKind) -> u8 {
    match kind {
        CandidateKind::Value | CandidateKind::Workflow | CandidateKind::Field => 2,
        CandidateKind::Member | CandidateKind::Literal => 3,
        CandidateKind::Stage | CandidateKind::Verb | CandidateKind::Constructor => 4,
        CandidateKind::Type => 5,
        CandidateKind::Module => 6,
    }
}
