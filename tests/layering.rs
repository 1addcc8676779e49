//! Who may import whom. A crate that breaks the table of ARCHITECTURE.md fails here.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Each crate of ours with the crates of ours that it may use outside its tests.
const TABLE: &[(&str, &[&str])] = &[
    ("lang/diagnostics", &[]),
    ("lang/syntax", &["diagnostics"]),
    ("lang/ir", &[]),
    ("lang/calendar", &["ir"]),
    ("lang/compiler", &["diagnostics", "syntax", "ir", "calendar"]),
    ("lang/server", &["diagnostics", "syntax", "ir", "calendar", "compiler"]),
    ("runtime/world", &[]),
    ("runtime/store", &[]),
    ("runtime/repo", &["world", "store"]),
    ("runtime/source", &["world"]),
    ("runtime/journal", &["ir"]),
    ("runtime/engine", &["ir", "calendar", "journal", "world", "repo", "source", "store"]),
];

/// What must not stand below `lang/`: waiting, and the outside.
const BANNED_IN_LANG: &[&str] = &["tokio", "rustix", "walkdir", "tempfile"];

fn dependencies(manifest: &str) -> Vec<String> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line == "[dependencies]";
        } else if inside
            && let Some(name) = line.split(['.', ' ', '=']).next().filter(|name| !name.is_empty())
        {
            found.push(name.to_owned());
        }
    }
    found
}

fn manifests() -> BTreeMap<String, Vec<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = BTreeMap::new();
    for room in ["lang", "runtime"] {
        for entry in fs::read_dir(root.join(room)).unwrap() {
            let folder = entry.unwrap().path();
            let Ok(text) = fs::read_to_string(folder.join("Cargo.toml")) else { continue };
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            found.insert(format!("{room}/{name}"), dependencies(&text));
        }
    }
    found
}

#[test]
fn crates_import_only_what_the_table_allows() {
    let found = manifests();
    assert_eq!(
        found.len(),
        TABLE.len(),
        "a crate is missing from the table, or from the tree: {:?}",
        found.keys()
    );
    for (name, allowed) in TABLE {
        for dependency in &found[*name] {
            if let Some(ours) = dependency.strip_prefix("mainstay-") {
                assert!(allowed.contains(&ours), "{name} must not import {ours}");
            }
        }
    }
}

#[test]
fn the_language_neither_waits_nor_reaches_out() {
    for (name, dependencies) in manifests().iter().filter(|(name, _)| name.starts_with("lang/")) {
        for banned in BANNED_IN_LANG {
            assert!(
                !dependencies.iter().any(|dependency| dependency == banned),
                "{name} must not use {banned}"
            );
        }
    }
}
