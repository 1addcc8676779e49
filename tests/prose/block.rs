//! Fenced blocks, and what the words behind their backticks say.
//!
//! ` ```policy error[E0301] types.units set=env=production ` is a policy that gives exactly this code, with this param, and shows
//! the rule `types.units`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::scene::workspace;

/// What the first line of a block says.
#[derive(Debug, Clone, Default)]
pub struct Info {
    /// `policy`, `told`, `ir`, `console`, ...
    pub kind: String,
    /// The code that a policy gives.
    pub code: Option<String>,
    /// The rules that it shows.
    pub rules: Vec<String>,
    /// What else is said: `file=NAME`, `today=2027-01-31`, `set=NAME=VALUE`.
    pub says: Vec<(String, String)>,
    /// Words that mean nothing.
    pub odd: Vec<String>,
}

impl Info {
    fn read(line: &str) -> Self {
        let mut words = line.split(' ').filter(|word| !word.is_empty());
        let mut info = Self { kind: words.next().unwrap_or_default().to_owned(), ..Self::default() };
        for word in words {
            let code = word.strip_prefix("error[").and_then(|rest| rest.strip_suffix(']'));
            match (code, word.split_once('=')) {
                (Some(code), _) => info.code = Some(code.to_owned()),
                (None, Some((name, value))) => info.says.push((name.to_owned(), value.to_owned())),
                _ if is_rule(word) => info.rules.push(word.to_owned()),
                _ => info.odd.push(word.to_owned()),
            }
        }
        info
    }

    /// What is said under a name.
    pub fn said<'i>(&'i self, name: &'i str) -> impl Iterator<Item = &'i str> {
        self.says.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Whether a word has the form of a rule's id: `lex.long-text`.
pub fn is_rule(word: &str) -> bool {
    word.contains('.') && word.chars().all(|c| c.is_ascii_lowercase() || ".-".contains(c))
}

/// A fenced block.
#[derive(Debug, Clone)]
pub struct Block {
    /// File and line.
    pub place: String,
    /// What its first line says.
    pub info: Info,
    /// The heading that it stands under.
    pub heading: String,
    /// What stands in it.
    pub text: String,
}

/// All blocks of a text, in order.
pub fn blocks(place: &str, text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut heading = String::new();
    let mut open: Option<Block> = None;
    for (number, line) in text.lines().enumerate() {
        match &mut open {
            Some(_) if line.trim_end() == "```" => found.extend(open.take()),
            Some(block) => block.text += &format!("{line}\n"),
            None if line.starts_with("## ") => heading = line.trim_start_matches('#').trim().to_owned(),
            None => {
                if let Some(info) = line.strip_prefix("```") {
                    let (place, info) = (format!("{place}:{}", number + 1), Info::read(info));
                    open = Some(Block { place, info, heading: heading.clone(), text: String::new() });
                }
            }
        }
    }
    assert!(open.is_none(), "{place}: a block has no end");
    found
}

/// All blocks of a file of this repository.
pub fn blocks_of(path: &Path) -> Vec<Block> {
    blocks(&shown(path), &fs::read_to_string(path).unwrap())
}

/// All files with an extension at or below a folder of this repository, sorted.
pub fn files_below(folder: &str, extension: &str) -> Vec<PathBuf> {
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

/// A path as it is named in messages.
pub fn shown(path: &Path) -> String {
    path.strip_prefix(workspace()).unwrap_or(path).display().to_string()
}
