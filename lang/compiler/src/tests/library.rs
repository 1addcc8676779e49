//! The examples in the doc comments of the library are run.

use super::{one, told};
use crate::library::{TEXTS, file};
use mainstay_syntax::ast::{Item, ItemKind};

/// What a snippet may use without declaring it.
const AROUND: &str = r#"edition 2026
policy snippet
use std.pipelines.{protect, copy}

secret key  = file("/etc/mainstay/home.key")
source home = files { roots: ["/home"] }
repo shelf  = local { path: "/backup", key: key }
repo second = local { path: "/mnt/second", key: key }
"#;

fn examples(docs: &[String]) -> Vec<String> {
    let text: String =
        docs.iter().map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line))).collect();
    let fenced = text.split("```policy\n").skip(1);
    fenced.map(|fenced| fenced.split("```").next().unwrap_or_default().to_owned()).collect()
}

fn documented() -> impl Iterator<Item = &'static Item> {
    (0..TEXTS.len()).flat_map(|number| &file(number).items)
}

#[test]
fn examples_of_the_library_compile() {
    let mut count = 0;
    for item in documented() {
        for example in examples(&item.docs) {
            let whole =
                if example.starts_with("edition") { example.clone() } else { format!("{AROUND}\n{example}") };
            let compiled = one(&whole);
            assert!(!compiled.has_errors(), "{example}\n{}", told(&compiled));
            count += 1;
        }
    }
    assert!(count >= 12, "{count}");
}

#[test]
fn every_stage_verb_and_constructor_is_documented() {
    let bare: Vec<_> = documented()
        .filter_map(|item| match &item.kind {
            ItemKind::Signature(signature) if item.docs.is_empty() => signature.name.as_ref(),
            _ => None,
        })
        .map(|name| name.text.as_str())
        .collect();
    assert_eq!(bare, Vec::<&str>::new());
}
