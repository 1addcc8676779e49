//! Whole policies through the whole compiler.

mod bodies;
mod bombs;
mod cases;
mod constructs;
mod depths;
mod library;

use std::sync::Arc;

use foldhash::HashMap;
use mainstay_diagnostics::{Diagnostic, Severity};

use crate::{Compiled, Params, World, WorldError, compile};

/// Files in memory.
#[derive(Default)]
pub(crate) struct Files(HashMap<String, Arc<str>>);

impl Files {
    pub(crate) fn with(mut self, path: &str, text: &str) -> Self {
        self.0.insert(path.to_owned(), Arc::from(text));
        self
    }
}

impl World for Files {
    fn read(&self, path: &str) -> Result<Arc<str>, WorldError> {
        self.0.get(path).cloned().ok_or(WorldError::Missing)
    }
}

/// Compiles one file.
pub(crate) fn one(text: &str) -> Compiled {
    compile(&Files::default().with("mainstay.stay", text), "mainstay.stay", &Params::none())
}

/// What there is to protect, and where to; work is put behind it.
pub(crate) const SHOP: &str = r#"edition 2026
policy shop
use std.pipelines.protect
secret key  = file("/k")
source data = files { roots: ["/srv"] }
repo shelf  = local { path: "/b", key: key }
"#;

/// What is told of values of the wrong type in this, behind the things of the shop.
pub(crate) fn mismatches(work: &str) -> Vec<Diagnostic> {
    let found = one(&format!("{SHOP}{work}\n")).diagnostics.into_iter();
    found.filter(|found| found.code.as_str() == "E0301").collect()
}

/// Mistakes and risks as text that a person can compare: code, place, message, then the other labels and the help.
pub(crate) fn told(compiled: &Compiled) -> String {
    let mut text = String::new();
    for found in compiled.diagnostics.iter().filter(|found| found.severity != Severity::Note) {
        text += &line(compiled, found);
    }
    text
}

fn line(compiled: &Compiled, found: &Diagnostic) -> String {
    let place = |span: mainstay_diagnostics::Span| {
        let at = compiled.map.line_column(span.start);
        let file = at.and_then(|(file, _)| compiled.map.file(file)).map_or("?", |file| file.name.as_str());
        let at = at.map_or((0, 0), |(_, at)| (at.line, at.column));
        let text = compiled.map.text(span).unwrap_or_default().lines().next().unwrap_or_default();
        // Lines of the library move with each comment; what is shown of them does not.
        if file.starts_with("std/") {
            return format!("{file} `{text}`");
        }
        format!("{file}:{}:{} `{text}`", at.0, at.1)
    };
    let mut text = format!("{} {}\n", found.code, found.message);
    for label in &found.labels {
        text += &format!("   at {}: {}\n", place(label.span), label.text);
    }
    for note in &found.notes {
        text += &format!("   note: {note}\n");
    }
    if let Some(help) = &found.help {
        text += &format!("   help: {help}\n");
    }
    for fix in &found.fixes {
        text += &format!("   fix: {}\n", fix.title);
    }
    text
}

const LAPTOP: &str = include_str!("../../../../examples/02-home/mainstay.stay");

#[test]
fn the_small_sample_compiles() {
    let compiled = one(LAPTOP);
    assert_eq!(told(&compiled), "");
    let ir = compiled.ir.unwrap();
    assert!(ir.waiting.is_empty(), "{:?}", ir.waiting);
}

#[test]
fn the_library_is_well_written() {
    let map = crate::library::source_map();
    for (number, (name, _)) in crate::library::TEXTS.iter().enumerate() {
        let parsed = mainstay_syntax::parse(&map, mainstay_diagnostics::FileId(number as u32));
        assert_eq!(parsed.diagnostics, [], "{name}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 200, ..Default::default() })]
    /// Whatever the words of a policy are shuffled to, it is answered, and never with a policy and an error.
    #[test]
    fn any_text_is_answered(order in proptest::collection::vec(0..1000_usize, 0..120)) {
        let words: Vec<_> = mainstay_syntax::tokens(LAPTOP).into_iter().map(|token| &LAPTOP[token.range()]).collect();
        let text: String = order.iter().map(|at| words[at % words.len()]).collect();
        let compiled = one(&text);
        proptest::prop_assert_eq!(compiled.ir.is_none(), compiled.has_errors());
    }
}

/// Found by fuzzing: what the parser mended twice was told twice.
#[test]
fn a_mistake_is_told_once() {
    for text in ["workflow n{e:\"\")kept:6 6)6 6 6)", "repo t s3{\nregion\ne:\"\":t},region:\"\"}m:t}"] {
        let mut found: Vec<_> = one(text).diagnostics;
        let count = found.len();
        let mut known = std::collections::HashSet::new();
        found.retain(|found| known.insert((found.code, found.span(), found.message.clone())));
        assert_eq!(found.len(), count, "{text}");
    }
}

#[test]
fn the_same_files_give_the_same_bytes() {
    let once = one(LAPTOP).ir.unwrap().canonical();
    assert!((0..10).all(|_| one(LAPTOP).ir.unwrap().canonical() == once));
}
