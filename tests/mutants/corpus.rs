//! The samples, the examples and the standard library's pipelines, and what the compiler says of a changed one.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use mainstay_compiler::{Compiled, Params, World, WorldError, compile};
use mainstay_syntax::{Kind, Token, tokens};

use super::mutant::Place;
use crate::scene::workspace;

/// A file of a policy, with the files beside it.
pub struct Policy {
    /// Below the workspace.
    pub name: String,
    /// The file's text.
    pub text: String,
    /// The path that the policy knows it by.
    path: String,
    /// All files, the root as `root.stay`.
    files: BTreeMap<String, String>,
}

/// A policy that uses the library's pipelines as a file of its own.
const LIBRARY: &str = r#"edition 2026
policy library
use "pipelines.stay" as p
secret key = file("/k")
source home = files { roots: ["/home"] }
repo shelf = local { path: "/backup", key: key }
repo away = local { path: "/away", key: key }
workflow both {
  step kept = p.protect(home, to: shelf, keep: gfs(daily: 7))
  step far  = p.copy(kept, to: away, keep: gfs(daily: 7))
}
"#;

/// All of them.
pub fn corpus() -> Vec<Policy> {
    let root = workspace();
    let read = |name: &str| fs::read_to_string(root.join(name)).unwrap();
    let (billing, house) =
        ("tests/suite/samples/policies/billing.stay", "tests/suite/samples/shared/house.stay");
    let used = "../shared/house.stay";
    let with_house =
        BTreeMap::from([("root.stay".to_owned(), read(billing)), (used.to_owned(), read(house))]);
    let pipelines = "stdlib/pipelines.stay";
    let with_library = BTreeMap::from([
        ("root.stay".to_owned(), LIBRARY.to_owned()),
        ("pipelines.stay".to_owned(), read(pipelines)),
    ]);
    let mut found = vec![
        alone(&root, "tests/suite/samples/laptop.stay"),
        policy(billing, "root.stay", &with_house),
        policy(house, used, &with_house),
        policy(pipelines, "pipelines.stay", &with_library),
    ];
    let mut examples: Vec<_> =
        fs::read_dir(root.join("examples")).unwrap().map(|entry| entry.unwrap().path()).collect();
    examples.sort();
    for example in examples {
        let folder = example.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        found.push(alone(&root, &format!("{folder}/mainstay.stay")));
    }
    found
}

/// The wrong policies of the suite, each as a root that uses nothing.
pub fn wrong() -> Vec<Policy> {
    let root = workspace();
    let folder = root.join("tests/suite/wrong");
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".stay")).collect();
    names.sort();
    names.iter().map(|name| alone(&root, &format!("tests/suite/wrong/{name}"))).collect()
}

fn alone(root: &Path, name: &str) -> Policy {
    let text = fs::read_to_string(root.join(name)).unwrap();
    policy(name, "root.stay", &BTreeMap::from([("root.stay".to_owned(), text)]))
}

fn policy(name: &str, path: &str, files: &BTreeMap<String, String>) -> Policy {
    let text = files[path].clone();
    Policy { name: name.to_owned(), text, path: path.to_owned(), files: files.clone() }
}

/// The files of a policy, one of them changed.
struct Changed<'a> {
    policy: &'a Policy,
    text: &'a str,
}

impl World for Changed<'_> {
    fn read(&self, path: &str) -> Result<Arc<str>, WorldError> {
        if path == self.policy.path {
            return Ok(self.text.into());
        }
        self.policy.files.get(path).map(|text| text.as_str().into()).ok_or(WorldError::Missing)
    }
}

impl Policy {
    /// What comes of a text in the file's place.
    pub fn compiled(&self, text: &str, params: &Params) -> Compiled {
        compile(&Changed { policy: self, text }, "root.stay", params)
    }

    /// The labels of each diagnostic for a text in the file's place, its own first.
    pub fn told(&self, text: &str) -> Vec<Vec<Place>> {
        let compiled = self.compiled(text, &Params::default());
        let changed = compiled.map.files().iter().position(|file| file.name == self.path);
        let place = |code: &str, span: mainstay_diagnostics::Span| {
            let file = compiled.map.file_at(span.start).unwrap();
            let start = compiled.map.file(file).unwrap().start;
            let local = (span.start - start) as usize..(span.end - start) as usize;
            Place {
                range: (Some(file.0 as usize) == changed).then_some(local),
                text: compiled.map.text(span).unwrap_or_default().to_owned(),
                code: code.to_owned(),
            }
        };
        let labels = |found: &mainstay_diagnostics::Diagnostic| {
            found.labels.iter().map(|label| place(found.code.as_str(), label.span)).collect()
        };
        compiled.diagnostics.iter().map(labels).collect()
    }
}

/// The tokens with meaning.
pub fn significant(text: &str) -> Vec<Token> {
    tokens(text).into_iter().filter(|token| !is_trivia(token.kind)).collect()
}

/// The ranges of the tokens with meaning.
pub fn ranges(text: &str) -> Vec<Range<usize>> {
    significant(text).into_iter().map(|token| token.range()).collect()
}

fn is_trivia(kind: Kind) -> bool {
    matches!(kind, Kind::Space | Kind::Comment | Kind::Doc | Kind::FileDoc)
}

/// The comments of a text, without the blanks around them, sorted.
pub fn comments(text: &str) -> Vec<String> {
    let is_comment = |kind| matches!(kind, Kind::Comment | Kind::Doc | Kind::FileDoc);
    let mut found: Vec<_> = tokens(text)
        .into_iter()
        .filter(|token| is_comment(token.kind))
        .map(|token| text[token.range()].trim().to_owned())
        .collect();
    found.sort();
    found
}

/// The formatted text; nothing where the text cannot be parsed.
pub fn formatted(text: &str) -> Option<String> {
    mainstay_syntax::format(text).ok()
}
