//! How a policy is written is no difference: the examples, the samples and all of the suite that compiles, formatted, and
//! with other blanks, lines and comments between their tokens.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mainstay_compiler::diff::diff;
use mainstay_compiler::{Params, World, WorldError, compile};
use mainstay_ir::Ir;
use mainstay_kit::SeededRandom;
use mainstay_syntax::{Kind, format, tokens};

use crate::scene::workspace;

/// How many other layouts of each policy are tried.
const LAYOUTS: u64 = 2;

/// At least so many policies are compared.
const LEAST: usize = 40;

/// A folder, one of its files with another text.
struct Rewritten<'a> {
    folder: &'a Path,
    root: &'a str,
    text: &'a str,
}

impl World for Rewritten<'_> {
    fn read(&self, path: &str) -> Result<Arc<str>, WorldError> {
        if path == self.root {
            return Ok(self.text.into());
        }
        fs::read_to_string(self.folder.join(path)).map(Into::into).map_err(|_| WorldError::Missing)
    }
}

/// Folder and file of each policy.
fn policies() -> Vec<(PathBuf, String)> {
    let suite = workspace().join("tests/suite");
    let samples = suite.join("samples");
    let mut found = vec![(samples.clone(), "laptop.stay".to_owned())];
    found.push((samples, "policies/billing.stay".to_owned()));
    let entries = |folder: &Path| -> Vec<PathBuf> {
        let mut all: Vec<PathBuf> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        all.sort();
        all
    };
    let examples = entries(&workspace().join("examples")).into_iter().filter(|path| path.is_dir());
    found.extend(examples.map(|path| (path, "mainstay.stay".to_owned())));
    let wrong = suite.join("wrong");
    let files = entries(&wrong).into_iter().filter(|path| path.extension().is_some_and(|end| end == "stay"));
    found.extend(files.map(|path| (wrong.clone(), path.file_name().unwrap().to_str().unwrap().to_owned())));
    found
}

/// The same tokens with other blanks, lines and comments between them.
fn laid_out(text: &str, random: &SeededRandom) -> String {
    let between = [" ", "\n", "\n\n\n    ", "\t ", " // otherwise\n"];
    let mut written = String::new();
    for token in tokens(text) {
        let own = &text[token.range()];
        match token.kind {
            Kind::Space => written += between[random.below(between.len())],
            Kind::Comment | Kind::Doc | Kind::FileDoc => {
                written += own;
                written += "\n";
            }
            _ => written += own,
        }
        if matches!(own, "{" | "(" | "[" | ",") && random.one_in(4) {
            written += between[random.below(between.len())];
        }
    }
    written
}

#[test]
fn how_it_is_written_is_no_difference() {
    let mut compared = 0;
    for (number, (folder, root)) in policies().iter().enumerate() {
        let compiled = |text: &str| -> Option<Ir> {
            compile(&Rewritten { folder, root, text }, root, &Params::none()).ir
        };
        let text = fs::read_to_string(folder.join(root)).unwrap();
        let Some(ir) = compiled(&text) else { continue };
        compared += 1;
        let random = SeededRandom::new(number as u64);
        let layouts = (0..LAYOUTS).map(|_| laid_out(&text, &random));
        for other in layouts.chain([text.clone()]) {
            for other in [format(&other).unwrap(), other] {
                let new = compiled(&other).unwrap_or_else(|| panic!("{root} does not compile as\n{other}"));
                assert_eq!(diff(&ir, &new).changes, [], "{root} as\n{other}");
            }
        }
    }
    assert!(compared >= LEAST, "only {compared} policies compile");
}
