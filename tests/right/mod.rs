//! Policies that compile: `suite/right/NAME.stay`, and beside each its IR as `NAME.ir.json`, and what is told of it in `NAME.expect`
//! when anything is. Together they use all that the standard library declares.
//!
//! `MAINSTAY_BLESS=1` writes the files anew; the change is then judged in review.

use std::collections::BTreeSet;
use std::fs;

use mainstay_diagnostics::Severity;
use mainstay_ir::Ir;
use serde_json::Value;

use crate::corpus::{Corpus, differs};
use crate::scene::workspace;

/// At least so many.
const LEAST_CASES: usize = 30;

/// The IR without what says something of the implementation: the version of its tz database, and what waits for its engine.
fn comparable(ir: Ir) -> String {
    let mut text = Ir { waiting: Vec::new(), tzdb: "any".to_owned(), ..ir }.to_json();
    text.truncate(text.trim_end().len());
    text + "\n"
}

#[test]
fn each_policy_gives_the_ir_beside_it() {
    let corpus = Corpus::open("right");
    let names = corpus.cases();
    let mut wrong = Vec::new();
    for name in &names {
        let (told, text) = corpus.told(name);
        let (told, text) = if told.iter().all(|one| one.severity == Severity::Note) {
            (Vec::new(), String::new())
        } else {
            (told, text)
        };
        assert!(told.iter().all(|one| one.severity != Severity::Error), "{name} does not compile:\n{text}");
        wrong.extend(differs(&corpus.beside(name, "expect"), &text));
        let ir = corpus.compiled(name).ir.unwrap_or_else(|| panic!("{name} has no IR"));
        wrong.extend(differs(&corpus.beside(name, "ir.json"), &comparable(ir)));
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), names.len(), wrong.join("\n"));
    assert!(names.len() >= LEAST_CASES, "only {} cases", names.len());
}

/// A changed value, a name less, another order: each is seen.
#[test]
fn what_differs_is_seen() {
    let corpus = Corpus::open("right");
    let ir = corpus.compiled("defaults").ir.unwrap();
    let path = corpus.beside("defaults", "ir.json");
    let text = comparable(ir.clone());
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    let mut less = ir.clone();
    less.repos.shift_remove("near");
    assert_ne!(comparable(less), text);
    let mut more = ir.clone();
    more.workflows["nightly"].steps["kept"].retry.tries += 1;
    assert_ne!(comparable(more), text);
    let mut other = ir;
    other.sources["books"].fields.move_index(0, 1);
    assert_ne!(comparable(other), text);
}

/// All strings of a document, keys too.
fn strings(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => drop(found.insert(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Value::Object(fields) => fields.iter().for_each(|(key, value)| {
            found.insert(key.clone());
            strings(value, found);
        }),
        _ => {}
    }
}

/// What the library declares for tests alone, or for the types that the IR has fields of their own for.
const ELSEWHERE: [&str; 11] = [
    "exemption",
    "failure",
    "took",
    "crash",
    "off",
    "history",
    "slow",
    "simulate",
    "at_least",
    "backoff",
    "gfs",
];

/// Each stage, verb and constructor of the library stands in some IR of the suite.
#[test]
fn all_that_the_library_declares_is_used() {
    let corpus = Corpus::open("right");
    let mut found = BTreeSet::new();
    for name in corpus.cases() {
        let text = fs::read_to_string(corpus.beside(&name, "ir.json")).unwrap();
        strings(&serde_json::from_str(&text).unwrap(), &mut found);
    }
    let prelude = fs::read_to_string(workspace().join("stdlib/prelude.stay")).unwrap();
    let declared = prelude.lines().filter_map(|line| {
        let rest = ["stage ", "verb ", "constructor "].iter().find_map(|word| line.strip_prefix(word))?;
        Some(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>())
    });
    let declared: BTreeSet<String> = declared.collect();
    let unused: Vec<&String> = declared
        .iter()
        .filter(|name| !found.contains(*name) && !ELSEWHERE.contains(&name.as_str()))
        .collect();
    assert!(declared.len() > 60, "{declared:?}");
    assert!(unused.is_empty(), "no case uses {unused:?}");
}
