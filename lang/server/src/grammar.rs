//! The TextMate grammar: colours for editors before the server has spoken, made from the compiler's own table of
//! keywords.

use mainstay_syntax::{KEYWORDS, Kind};
use serde_json::{Value, json};

/// The grammar of `.stay` files as the JSON of TextMate.
pub fn textmate() -> String {
    let grammar = json!({
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "Mainstay",
        "scopeName": "source.mainstay",
        "comment": "made by `cargo xtask editors` from the compiler's table of keywords",
        "patterns": [
            { "include": "#comments" }, { "include": "#texts" }, { "include": "#declarations" },
            { "include": "#labels" }, { "include": "#keywords" }, { "include": "#codes" },
            { "include": "#literals" }, { "include": "#types" }, { "include": "#calls" },
            { "include": "#operators" },
        ],
        "repository": {
            "comments": { "patterns": [
                { "name": "comment.line.documentation.mainstay", "match": "//[/!].*$" },
                { "name": "comment.line.double-slash.mainstay", "match": "//.*$" },
            ] },
            "texts": { "patterns": [long_text(), text()] },
            "declarations": { "patterns": [declaration(), edition(), step()] },
            "labels": pattern("variable.other.property.mainstay", "\\b[a-z_][a-z0-9_]*(?=\\s*:)"),
            "keywords": { "patterns": keywords() },
            "codes": pattern("constant.other.code.mainstay", "\\b[EW][0-9]{4}\\b"),
            "literals": { "patterns": literals() },
            "types": pattern("entity.name.type.mainstay", "\\b[A-Z][A-Za-z0-9]*\\b"),
            "calls": pattern("entity.name.function.mainstay", "\\b[a-z_][a-z0-9_]*(?=\\s*[({])"),
            "operators": pattern("keyword.operator.mainstay", "\\|>|->|=>|==|!=|<=|>=|\\.\\.|[=<>+*/|?-]"),
        },
    });
    serde_json::to_string_pretty(&grammar).map(|text| text + "\n").unwrap_or_default()
}

fn pattern(name: &str, regex: &str) -> Value {
    json!({ "patterns": [{ "name": name, "match": regex }] })
}

/// The words of these kinds as one expression.
fn words(of: impl Fn(Kind) -> bool) -> String {
    let words: Vec<&str> = KEYWORDS.iter().filter(|(kind, _)| of(*kind)).map(|(_, text)| *text).collect();
    format!("\\b({})\\b", words.join("|"))
}

/// Words that begin a declaration and are followed by its name; a step has a colour of its own.
fn declares(kind: Kind) -> bool {
    kind.binds_name() && !matches!(kind, Kind::Step | Kind::As)
}

/// Words between values.
fn is_operator(kind: Kind) -> bool {
    matches!(kind, Kind::And | Kind::Or | Kind::Not)
}

fn is_truth(kind: Kind) -> bool {
    matches!(kind, Kind::True | Kind::False)
}

fn declaration() -> Value {
    json!({
        "match": format!("{}\\s+([a-zA-Z_][a-zA-Z0-9_]*)", words(declares)),
        "captures": {
            "1": { "name": "keyword.declaration.mainstay" },
            "2": { "name": "entity.name.declaration.mainstay" },
        },
    })
}

fn edition() -> Value {
    json!({
        "match": "\\b(edition)\\s+([0-9]+)",
        "captures": {
            "1": { "name": "keyword.declaration.mainstay" },
            "2": { "name": "constant.numeric.edition.mainstay" },
        },
    })
}

fn step() -> Value {
    json!({
        "match": "\\b(step)\\s+([a-z_][a-z0-9_]*)",
        "captures": {
            "1": { "name": "keyword.control.mainstay" },
            "2": { "name": "entity.name.function.step.mainstay" },
        },
    })
}

fn keywords() -> Vec<Value> {
    let rest = |kind| !declares(kind) && !is_operator(kind) && !is_truth(kind);
    vec![
        json!({ "name": "keyword.operator.word.mainstay", "match": words(is_operator) }),
        json!({ "name": "constant.language.mainstay", "match": words(is_truth) }),
        json!({ "name": "keyword.declaration.mainstay", "match": words(declares) }),
        json!({ "name": "keyword.control.mainstay", "match": words(rest) }),
    ]
}

fn literals() -> Vec<Value> {
    let numeric = |regex: &str| json!({ "name": "constant.numeric.mainstay", "match": regex });
    vec![
        numeric("\\b[0-9]{4}-[0-9]{2}-[0-9]{2}\\b"),
        numeric("\\b[0-9]{2}:[0-9]{2}\\b"),
        json!({
            "match": "\\b([0-9][0-9_]*(?:\\.[0-9]+)?)(ms|min|mo|s|h|d|w|y|(?:[KMGTP]i|[kMGTP])?B(?:/s)?|[kMG]?bit/s|%)?",
            "captures": {
                "1": { "name": "constant.numeric.mainstay" },
                "2": { "name": "keyword.other.unit.mainstay" },
            },
        }),
    ]
}

fn long_text() -> Value {
    json!({ "name": "string.quoted.triple.mainstay", "begin": "\"\"\"", "end": "\"\"\"" })
}

fn text() -> Value {
    json!({
        "name": "string.quoted.double.mainstay", "begin": "\"", "end": "\"|$",
        "patterns": [
            { "name": "constant.character.escape.mainstay", "match": "\\\\(?:[nt\"\\\\$]|u\\{[0-9a-fA-F]+\\})" },
            {
                "name": "meta.interpolation.mainstay", "begin": "\\$\\{", "end": "\\}|$",
                "patterns": [{ "name": "variable.other.mainstay", "match": "[a-z_][a-z0-9_.]*" }],
            },
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: &str = include_str!("../editors/vscode/syntaxes/mainstay.tmLanguage.json");

    #[test]
    fn the_grammar_of_the_extension_is_the_one_that_is_made() {
        assert!(KEPT == textmate(), "the grammar is stale: run `cargo xtask editors`");
    }

    #[test]
    fn every_keyword_is_coloured() {
        let grammar: Value = serde_json::from_str(&textmate()).unwrap();
        let patterns = grammar["repository"]["keywords"]["patterns"].as_array().unwrap().clone();
        let all: String = patterns.iter().map(|one| one["match"].as_str().unwrap()).collect();
        for (_, word) in KEYWORDS {
            let found = ["(", "|"]
                .iter()
                .any(|before| [")", "|"].iter().any(|after| all.contains(&format!("{before}{word}{after}"))));
            assert!(found, "{word}");
        }
    }
}
