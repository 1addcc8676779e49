//! What stands where a name is declared and is none, and keywords that do not exist.

use mainstay_diagnostics::{Diagnostic, codes::syntax};

use super::Reporter;
use crate::grammar::Rule;
use crate::token::{KEYWORDS, Kind, is_quote};
use crate::tree::Node;

const NAME_RULE: &str = "a name is small letters, digits and `_`, and begins with a letter";

impl Reporter<'_> {
    pub(super) fn wrong_name(&self, node: Node<'_>, parents: &[Node<'_>]) -> Option<Diagnostic> {
        let text = self.text_of(node);
        Some(match node.rule() {
            Rule::dashed_name => self.bad_name(node, Some(text.replace('-', "_"))),
            Rule::type_as_name if !is_use(parents) => self.bad_name(node, Some(snake_case(text))),
            Rule::text_as_name => self.bad_name(node, as_name(text.trim_matches(is_quote))),
            Rule::number_as_name => self.bad_name(node, None),
            Rule::keyword_as_name => {
                let message = format!("`{text}` is a keyword and cannot be a name");
                Diagnostic::error(syntax::BAD_NAME, message, self.span_of(node), "choose another name")
            }
            Rule::name_as_type => {
                let mut letters = text.chars();
                let first = letters.next().map(|first| first.to_ascii_uppercase());
                let right: String = first.into_iter().chain(letters).collect();
                Diagnostic::error(
                    syntax::BAD_NAME,
                    format!("`{text}` is no name for a type"),
                    self.span_of(node),
                    "",
                )
                .help("the name of a type begins with a capital")
                .fix(format!("write `{right}`"), self.span_of(node), right, true)
            }
            Rule::name_as_text => {
                let title = format!("\"{text}\"");
                Diagnostic::error(syntax::BAD_NAME, "a test has a title in quotes", self.span_of(node), "")
                    .fix(format!("write `{title}`"), self.span_of(node), title, true)
            }
            Rule::wrong_keyword => self.unknown_keyword(node, "no statement begins so"),
            _ => return None,
        })
    }

    fn bad_name(&self, node: Node<'_>, right: Option<String>) -> Diagnostic {
        let (text, span) = (self.text_of(node), self.span_of(node));
        let message = format!("`{text}` is no name for a value");
        let diagnostic = Diagnostic::error(syntax::BAD_NAME, message, span, "").help(NAME_RULE);
        match right {
            Some(right) => diagnostic.fix(format!("write `{right}`"), span, right, false),
            None => diagnostic,
        }
    }

    /// The first token of a node, where a keyword was expected.
    pub(super) fn unknown_keyword(&self, node: Node<'_>, label: &str) -> Diagnostic {
        let (span, word) = self.first_of(node);
        let message = format!("`{word}` is no keyword");
        let diagnostic = Diagnostic::error(syntax::UNKNOWN_KEYWORD, message, span, label);
        if let Some(ours) = keyword_of_others(word) {
            let help = format!("here it is called `{ours}`");
            return diagnostic.help(help).fix(format!("write `{ours}`"), span, ours, false);
        }
        match keyword_for(word, node.rule() == Rule::bad_item) {
            Some(right) => diagnostic.help(format!("did you mean `{right}`?")).fix(
                format!("write `{right}`"),
                span,
                right,
                true,
            ),
            None => diagnostic,
        }
    }
}

fn is_use(parents: &[Node<'_>]) -> bool {
    parents.last().is_some_and(|parent| parent.rule() == Rule::use_names)
}

/// What other tools call a declaration: told with our word, and never changed without asking.
pub(crate) fn keyword_of_others(word: &str) -> Option<&'static str> {
    Some(match word {
        "import" | "include" | "require" | "from" => "use",
        "job" | "task" | "schedule" | "plan" | "pipelines" | "cron" => "workflow",
        "repository" | "destination" | "target" | "storage" | "vault" | "resource" => "repo",
        "dataset" | "volume" | "database" | "backup" | "input" => "source",
        "variable" | "var" | "parameter" | "arg" => "param",
        "const" | "local" | "set" | "def" => "let",
        "slo" | "sla" | "goal" => "objective",
        "notification" | "alert" | "receiver" => "channel",
        _ => return None,
    })
}

/// The nearest keyword, if it begins what stands here: a declaration, or a statement. `let` and `allow` begin both.
fn keyword_for(word: &str, begins_declaration: bool) -> Option<&'static str> {
    let (kind, right) = nearest(word)?;
    let is_of_both = matches!(kind, Kind::Let | Kind::Allow);
    let declares = kind.symbol().is_some_and(|symbol| symbol.is_ascii_uppercase());
    (is_of_both || declares == begins_declaration).then_some(right)
}

/// A keyword that begins a declaration or a statement and is one slip of the pen away, or two in a long word.
pub(crate) fn nearest_keyword(word: &str) -> Option<&'static str> {
    nearest(word).map(|(_, spelling)| spelling)
}

/// As [`nearest_keyword`], with its kind.
pub(crate) fn nearest(word: &str) -> Option<(Kind, &'static str)> {
    let allowed = if word.len() >= 7 { 2 } else { 1 };
    let begins =
        |kind: &Kind| kind.symbol().is_some_and(|symbol| symbol.is_ascii_uppercase() || symbol <= b'o');
    KEYWORDS
        .iter()
        .filter(|(kind, spelling)| begins(kind) && spelling.len() > 3 && word.len() > 2)
        .map(|(kind, spelling)| (strsim::damerau_levenshtein(word, spelling), *kind, *spelling))
        .filter(|(distance, _, _)| (1..=allowed).contains(distance))
        .min_by_key(|(distance, _, _)| *distance)
        .map(|(_, kind, spelling)| (kind, spelling))
}

/// `NightlyRun` as `nightly_run`.
fn snake_case(text: &str) -> String {
    let mut name = String::new();
    let mut before = '_';
    for letter in text.chars() {
        if letter.is_ascii_uppercase() && before != '_' && !before.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
        before = letter;
    }
    name
}

fn as_name(text: &str) -> Option<String> {
    let name = snake_case(&text.replace([' ', '-'], "_"));
    let begins = name.starts_with(|letter: char| letter.is_ascii_lowercase());
    (begins && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')).then_some(name)
}
