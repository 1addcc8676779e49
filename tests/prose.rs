//! What the prose shows, runs: every policy in the specification, the diagnostics' pages, the standard library's
//! comments, the README and the examples' READMEs.
//!
//! A fenced block says what it is: `policy` or `policy pass` compiles without an error, `policy error[E0301]` gives exactly
//! that code. In a page of a diagnostic the policies below `## Wrong` give exactly its code, those below `## Right` nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mainstay_cli::trial::{End, trials};
use mainstay_compiler::{Day, Params, World, WorldError, compile};
use mainstay_diagnostics::{CodeEntry, Diagnostic, Severity};

use crate::scene::workspace;

/// A fenced block.
#[derive(Clone)]
struct Block {
    place: String,
    info: String,
    heading: String,
    text: String,
    files: BTreeMap<String, String>,
}

impl Block {
    /// A policy of one file.
    fn root(place: &str, text: String) -> Self {
        let (place, info, heading) = (place.to_owned(), "policy".to_owned(), String::new());
        Self { place, info, heading, text, files: BTreeMap::new() }
    }
}

/// All blocks of a text whose info string begins with `policy`.
fn blocks(place: &str, text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut heading = String::new();
    let mut open: Option<Block> = None;
    for (number, line) in text.lines().enumerate() {
        match &mut open {
            Some(_) if line.trim_end() == "```" => found.extend(open.take()),
            Some(block) => block.text += &format!("{line}\n"),
            None if line.starts_with("## ") => heading = line.trim_start_matches('#').trim().to_owned(),
            None => {
                if let Some(info) = line.strip_prefix("```").filter(|info| !info.is_empty()) {
                    let place = format!("{place}:{}", number + 1);
                    open = Some(Block {
                        place,
                        info: info.to_owned(),
                        heading: heading.clone(),
                        text: String::new(),
                        files: BTreeMap::new(),
                    });
                }
            }
        }
    }
    found.retain(|block| block.info.split([' ', '[']).next() == Some("policy"));
    with_files(found)
}

/// Files by name; the root is `mainstay.stay`.
struct Files(BTreeMap<String, String>);

impl World for Files {
    fn read(&self, path: &str) -> Result<Arc<str>, WorldError> {
        self.0.get(path).map(|text| text.as_str().into()).ok_or(WorldError::Missing)
    }
}

/// Blocks marked `file=NAME` are files that the next block without such a mark uses.
fn with_files(blocks: Vec<Block>) -> Vec<Block> {
    let mut files = BTreeMap::new();
    let mut whole = Vec::new();
    for mut block in blocks {
        if let Some(name) = block.info.split(' ').find_map(|word| word.strip_prefix("file=")) {
            files.insert(name.to_owned(), block.text);
        } else {
            block.files = std::mem::take(&mut files);
            whole.push(block);
        }
    }
    whole
}

/// What a snippet may use without declaring it.
const SCENERY: &[(&str, &str)] = &[
    ("protect", "use std.pipelines.protect"),
    ("copy", "use std.pipelines.copy"),
    ("key", "secret key = file(\"/etc/mainstay/example.key\")"),
    ("home", "source home = files { roots: [\"/home\"] }"),
    ("shelf", "repo shelf = local { path: \"/backup\", key: key }"),
    ("second", "repo second = local { path: \"/second\", key: key }"),
];

/// A snippet in a policy of its own, with the declarations that it uses and does not make.
fn staged(snippet: &str) -> String {
    let word = |text: &str, name: &str| {
        text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
    };
    let mut text = snippet.to_owned();
    for (name, declaration) in SCENERY.iter().rev() {
        let made = ["secret", "source", "repo", "let", "pipeline"]
            .iter()
            .any(|kind| text.contains(&format!("{kind} {name}")));
        let imported = text.lines().any(|line| line.starts_with("use std.") && word(line, name));
        if word(&text, name) && !made && !imported {
            text = format!("{declaration}\n{text}");
        }
    }
    format!("edition 2026\npolicy example\n{text}")
}

/// The day after `today=` in the info string of a block.
fn today(block: &Block) -> Option<Day> {
    let day = block.info.split(' ').find_map(|word| word.strip_prefix("today="))?;
    let parts: Vec<i16> = day.split('-').map(|part| part.parse().unwrap()).collect();
    Some((parts[0], parts[1].try_into().unwrap(), parts[2].try_into().unwrap()))
}

/// The codes that a policy gives, warnings too; a snippet is put into a policy of its own. What expires is told on the day
/// that the block names.
fn diagnostics(block: &Block) -> Vec<Diagnostic> {
    let whole = ["edition", "policy "].iter().any(|first| block.text.starts_with(first))
        || block.text.contains("\npolicy ");
    let text = if whole { block.text.clone() } else { staged(&block.text) };
    let mut files = block.files.clone();
    files.insert("mainstay.stay".to_owned(), text);
    let world = Files(files);
    let compiled = compile(&world, "mainstay.stay", &Params::default());
    let expired: Vec<Diagnostic> =
        today(block).map(|day| compiled.expired(day).cloned().collect()).unwrap_or_default();
    let tested = findings_of_tests(&world);
    compiled.diagnostics.into_iter().chain(expired).chain(tested).collect()
}

/// What the tests inside the policy find, where it compiles and the engine carries it out.
fn findings_of_tests(world: &Files) -> Vec<Diagnostic> {
    let clock = mainstay_kit::FakeClock::at(mainstay_world::TimestampMs(0));
    let of = trials(world, "mainstay.stay", &Params::default(), &clock, |_| true);
    let failed = of.trials.into_iter().filter(|trial| trial.end == End::Failed);
    failed.flat_map(|trial| trial.findings).collect()
}

/// What is wrong or a risk. A note tells what is neither, so it counts only where it is asked for.
fn complaints(block: &Block, asked: &str) -> Vec<Diagnostic> {
    let counts = |found: &Diagnostic| found.severity != Severity::Note || found.code.as_str() == asked;
    diagnostics(block).into_iter().filter(counts).collect()
}

fn codes(block: &Block, asked: &str) -> Vec<(String, Severity, String)> {
    let told = complaints(block, asked);
    told.iter().map(|one| (one.code.to_string(), one.severity, one.message.clone())).collect()
}

fn errors_of(block: &Block) -> Vec<String> {
    let errors = codes(block, "").into_iter().filter(|(_, severity, _)| *severity == Severity::Error);
    errors.map(|(code, _, message)| format!("{}: {code} {message}", block.place)).collect()
}

fn files_below(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![workspace().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn shown(path: &Path) -> String {
    path.strip_prefix(workspace()).unwrap().display().to_string()
}

/// The faults of a block that says what it is in its info string.
fn faults_of(block: &Block) -> Vec<String> {
    let wanted = block.info.split_once('[').and_then(|(_, rest)| rest.strip_suffix(']'));
    let Some(wanted) = wanted else { return errors_of(block) };
    let given = codes(block, wanted);
    let exact = !given.is_empty() && given.iter().all(|(code, _, _)| code == wanted);
    if exact { Vec::new() } else { vec![format!("{}: wanted {wanted}, got {given:?}", block.place)] }
}

#[test]
fn the_policies_of_the_specification_and_the_readmes_are_as_they_say() {
    let mut files = files_below("spec", "md");
    files.extend(files_below("examples", "md"));
    files.push(workspace().join("README.md"));
    let all: Vec<Block> =
        files.iter().flat_map(|path| blocks(&shown(path), &fs::read_to_string(path).unwrap())).collect();
    assert!(all.len() > 10, "only {} blocks were found", all.len());
    let faults: Vec<String> = all.iter().flat_map(faults_of).collect();
    assert!(faults.is_empty(), "{} of {}: {faults:#?}", faults.len(), all.len());
}

/// What gives a code of a limit: an example would be longer than a page.
fn generated(code: &str) -> Option<String> {
    match code {
        "E0113" => Some(format!("edition 2026\npolicy big\n// {}\n", "x".repeat(16 << 20))),
        "E0215" => Some(expanding()),
        _ => None,
    }
}

/// Four loops over a list of sixty, each round with a step.
fn expanding() -> String {
    let names: Vec<String> = (0..60).map(|number| format!("s{number}")).collect();
    let mut text = "edition 2026\npolicy big\n".to_owned();
    for name in &names {
        text += &format!("source {name} = files {{ roots: [\"/srv/{name}\"] }}\n");
    }
    text += &format!("let all = [{}]\nworkflow w {{\n", names.join(", "));
    for variable in ["a", "b", "c", "d"] {
        text += &format!("  for {variable} in all {{\n");
    }
    text + "    step told = hook([\"true\"])\n  }\n  }\n  }\n  }\n}\n"
}

/// What a code must have, and has not.
fn faults_of_code(entry: &CodeEntry) -> Vec<String> {
    let code = entry.code.as_str();
    let page = blocks(&format!("pages/{code}.md"), entry.page);
    let mut faults = Vec::new();
    let mut fixes = false;
    if !entry.page.starts_with(&format!("# {code}: {}\n", entry.title)) {
        faults.push(format!("{code} does not begin with its title"));
    }
    for heading in ["Wrong", "Right"] {
        let mut examples: Vec<Block> =
            page.iter().filter(|block| block.heading == heading).cloned().collect();
        if heading == "Wrong" {
            examples.extend(generated(code).map(|text| Block::root("generated", text)));
        }
        if examples.is_empty() {
            faults.push(format!("{code} has no policy below `## {heading}`"));
        }
        for block in &examples {
            let given = complaints(block, code);
            fixes |= given.iter().any(|one| !one.fixes.is_empty());
            let exact = !given.is_empty()
                && given.iter().all(|one| one.code == entry.code && one.severity == entry.severity);
            let right = if heading == "Wrong" { exact } else { given.is_empty() };
            if !right {
                let given: Vec<_> = given.iter().map(|one| (one.code.to_string(), &one.message)).collect();
                faults.push(format!("{} ({heading}) gives {given:?}", block.place));
            }
        }
    }
    if fixes && !entry.has_fix {
        faults.push(format!("{code} has a fix, and the registry does not say so"));
    }
    faults
}

#[test]
fn each_code_has_an_example_that_gives_it_and_a_mended_one() {
    let all: Vec<&CodeEntry> = mainstay_diagnostics::codes::all().collect();
    assert!(all.len() > 90, "only {} codes are registered", all.len());
    let faults: Vec<String> = all.iter().flat_map(|entry| faults_of_code(entry)).collect();
    assert!(faults.is_empty(), "{} faults in {} codes: {faults:#?}", faults.len(), all.len());
}

#[test]
fn the_examples_in_the_standard_library_compile() {
    let mut all = Vec::new();
    for path in files_below("stdlib", "stay") {
        let text = fs::read_to_string(&path).unwrap();
        let comment = |line: &str| {
            line.trim_start()
                .strip_prefix("///")
                .map(|rest| rest.strip_prefix(' ').unwrap_or(rest).to_owned())
        };
        let comments: Vec<String> = text.lines().map(|line| comment(line).unwrap_or_default()).collect();
        all.extend(blocks(&shown(&path), &comments.join("\n")));
    }
    assert!(all.len() > 5, "only {} blocks were found", all.len());
    let faults: Vec<String> = all.iter().flat_map(errors_of).collect();
    assert!(faults.is_empty(), "{} of {}: {faults:#?}", faults.len(), all.len());
}
