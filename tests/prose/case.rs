//! A policy in the prose, with what is said of it: the files that it uses, its params, and the blocks behind it.

use std::collections::BTreeMap;
use std::sync::Arc;

use mainstay_cli::trial::{End, Trial, trials};
use mainstay_compiler::{Compiled, Day, Params, World, WorldError, compile, mend};
use mainstay_diagnostics::{Diagnostic, Severity};

use super::block::Block;

/// The root file.
pub const ROOT: &str = "mainstay.stay";

/// What a snippet may use without declaring it.
const SCENERY: &[(&str, &str)] = &[
    ("protect", "use std.pipelines.protect"),
    ("copy", "use std.pipelines.copy"),
    ("key", "secret key = file(\"/etc/mainstay/example.key\")"),
    ("home", "source home = files { roots: [\"/home\"] }"),
    ("shelf", "repo shelf = local { path: \"/backup\", key: key }"),
    ("second", "repo second = local { path: \"/second\", key: key }"),
];

/// What says more of the policy before it.
pub const MORE: [&str; 7] = ["told", "ir", "facts", "formatted", "mended", "differs", "kept"];

/// A policy, and what is said of it.
#[derive(Debug, Clone)]
pub struct Case {
    /// The policy's block.
    pub policy: Block,
    /// The other files, by name.
    pub files: BTreeMap<String, String>,
    /// The blocks behind it that say more.
    pub more: Vec<Block>,
    /// The policy before it: `differs` compares with that.
    pub older: Option<Box<Case>>,
}

/// The cases of some blocks. A block with `file=NAME` is a file that the next policy without uses.
pub fn cases(blocks: &[Block]) -> Vec<Case> {
    let mut files = BTreeMap::new();
    let mut found: Vec<Case> = Vec::new();
    for block in blocks {
        let name = block.info.said("file").next();
        if block.info.kind == "policy" {
            if let Some(name) = name {
                files.insert(name.to_owned(), block.text.clone());
                continue;
            }
            let older = found.last().cloned().map(|case| Box::new(Case { older: None, ..case }));
            let files = std::mem::take(&mut files);
            found.push(Case { policy: block.clone(), files, more: Vec::new(), older });
        } else if MORE.contains(&block.info.kind.as_str()) {
            let last = found.last_mut().unwrap_or_else(|| panic!("{}: no policy before it", block.place));
            last.more.push(block.clone());
        }
    }
    found
}

/// Files by name.
struct Files(BTreeMap<String, String>);

impl World for Files {
    fn read(&self, path: &str) -> Result<Arc<str>, WorldError> {
        self.0.get(path).map(|text| text.as_str().into()).ok_or(WorldError::Missing)
    }
}

/// A snippet in a policy of its own, with the declarations that it uses and does not make.
fn staged(snippet: &str) -> String {
    let word = |text: &str, name: &str| {
        text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
    };
    let mut text = snippet.to_owned();
    for (name, declaration) in SCENERY.iter().rev() {
        let made = ["secret", "source", "repo", "let", "pipeline", "param"]
            .iter()
            .any(|kind| text.contains(&format!("{kind} {name}")));
        let imported = text.lines().any(|line| line.starts_with("use std.") && word(line, name));
        if word(&text, name) && !made && !imported {
            text = format!("{declaration}\n{text}");
        }
    }
    format!("edition 2026\npolicy example\n{text}")
}

impl Case {
    /// A policy of one file.
    pub fn of(policy: Block) -> Self {
        Self { policy, files: BTreeMap::new(), more: Vec::new(), older: None }
    }

    /// Whether it is a whole policy, and no snippet.
    pub fn is_whole(&self) -> bool {
        let text = &self.policy.text;
        ["edition", "policy "].iter().any(|first| text.starts_with(first)) || text.contains("\npolicy ")
    }

    /// The root file; a snippet is put into a policy of its own.
    pub fn text(&self) -> String {
        if self.is_whole() { self.policy.text.clone() } else { staged(&self.policy.text) }
    }

    /// The root file after `check --fix`.
    pub fn mended(&self) -> String {
        let texts = mend(&self.world(), &[ROOT.to_owned()], &self.params()).texts;
        texts.get(ROOT).cloned().unwrap_or_else(|| self.text())
    }

    fn world(&self) -> Files {
        let mut files = self.files.clone();
        files.insert(ROOT.to_owned(), self.text());
        Files(files)
    }

    fn params(&self) -> Params {
        let set = self.policy.info.said("set").map(|set| set.split_once('=').unwrap());
        set.collect()
    }

    /// The day after `today=`.
    fn today(&self) -> Option<Day> {
        let day = self.policy.info.said("today").next()?;
        let parts: Vec<i16> = day.split('-').map(|part| part.parse().unwrap()).collect();
        Some((parts[0], parts[1].try_into().unwrap(), parts[2].try_into().unwrap()))
    }

    /// What comes of it.
    pub fn compiled(&self) -> Compiled {
        compile(&self.world(), ROOT, &self.params())
    }

    /// All that is told of it: what has ended on the day that it names and what its tests find too.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let compiled = self.compiled();
        let expired: Vec<Diagnostic> =
            self.today().map(|day| compiled.expired(day).cloned().collect()).unwrap_or_default();
        compiled.diagnostics.into_iter().chain(expired).chain(self.found_by_tests()).collect()
    }

    /// What the tests inside the policy find, where it compiles and the engine carries it out.
    fn found_by_tests(&self) -> Vec<Diagnostic> {
        let ended_so = |trial: &Trial| matches!(trial.end, End::Failed | End::Broken);
        self.trials().into_iter().filter(ended_so).flat_map(|trial| trial.findings).collect()
    }

    /// The tests inside the policy, carried out.
    pub fn trials(&self) -> Vec<Trial> {
        let clock = mainstay_kit::FakeClock::at(mainstay_world::TimestampMs(0));
        trials(&self.world(), ROOT, &self.params(), &clock, |_| true).trials
    }

    /// What is wrong or a risk. A note tells what is neither, so it counts only where it is asked for.
    pub fn complaints(&self, asked: &str) -> Vec<Diagnostic> {
        let counts = |found: &Diagnostic| found.severity != Severity::Note || found.code.as_str() == asked;
        self.diagnostics().into_iter().filter(counts).collect()
    }
}
