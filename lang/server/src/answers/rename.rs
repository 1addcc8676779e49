//! Another name for a declaration, in all files that use it.
//!
//! Whether a new name captures another, or is captured, is not guessed: the policies are checked with the new texts,
//! and every name must still mean what it meant.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lsp_types::{Position, Range};
use mainstay_compiler::query::{Analysis, Declared, Named};
use mainstay_diagnostics::{Severity, SourceMap, Span};

use super::{Refusal, View};
use crate::projects::{Reader, absolute, relative};

/// The places in each file that get the new name, in order.
pub(crate) type Places = BTreeMap<PathBuf, BTreeSet<(u32, u32)>>;

/// Files with their texts.
pub(crate) type Texts = Vec<(PathBuf, Arc<str>)>;

/// The name at a position, when it can have another.
pub(crate) fn prepare(view: &View, position: Position) -> Result<(Range, String), Refusal> {
    let (named, declared) = named(view, position)?;
    let range = view.places().range(named.at);
    Ok((range.ok_or_else(nothing)?, declared.name.clone()))
}

fn named(view: &View, position: Position) -> Result<(Named, &Declared), Refusal> {
    let named = view.name_at(position).ok_or_else(nothing)?;
    let declared = view.analysis.declaration(named.declared).ok_or_else(nothing)?;
    if view.places().path(named.declared).is_none() {
        return Err(Refusal(format!("`{}` is declared in the standard library", declared.name)));
    }
    Ok((named, declared))
}

fn nothing() -> Refusal {
    Refusal("there is no name here".to_owned())
}

/// The file and the place in it where the name at a position is declared, and the old name.
pub(crate) fn declared(view: &View, position: Position) -> Result<(PathBuf, Span, String), Refusal> {
    let (named, declared) = named(view, position)?;
    let places = view.places();
    let start = places.file(named.declared).map_or(0, |file| file.start);
    let local = Span::new(named.declared.start - start, named.declared.end - start);
    Ok((places.path(named.declared).ok_or_else(nothing)?, local, declared.name.clone()))
}

/// Every place in one policy that means this declaration.
pub(crate) fn collect(root: &Path, analysis: &Analysis, home: &Path, local: Span, all: &mut Places) {
    let folder = root.parent().unwrap_or(Path::new(""));
    let Some(start) = analysis.offset(&relative(folder, home), local.start) else { return };
    let declared = Span::new(start, start + (local.end - local.start));
    for span in analysis.places_of(declared) {
        let file = analysis.map.file_at(span.start).and_then(|file| analysis.map.file(file));
        if let Some(file) = file {
            let place = (span.start - file.start, span.end - file.start);
            all.entry(absolute(root, &file.name)).or_default().insert(place);
        }
    }
}

/// Whether this may be the name of something.
pub(crate) fn check_name(name: &str) -> Result<(), Refusal> {
    let tokens = mainstay_syntax::tokens(name);
    let kind = if let [token] = tokens.as_slice() { token.kind } else { mainstay_syntax::Kind::Unknown };
    match kind {
        mainstay_syntax::Kind::Name => Ok(()),
        kind if kind.is_keyword() => Err(Refusal(format!("`{name}` is a word of the language"))),
        _ => Err(Refusal(format!("`{name}` is no name: a small letter, then small letters, digits and `_`"))),
    }
}

/// The text with the name at these places replaced.
pub(crate) fn replaced(text: &str, places: &BTreeSet<(u32, u32)>, name: &str) -> Arc<str> {
    let mut changed = text.to_owned();
    for (start, end) in places.iter().rev() {
        let range = *start as usize..*end as usize;
        if changed.get(range.clone()).is_some() {
            changed.replace_range(range, name);
        }
    }
    Arc::from(changed)
}

/// Refuses when some name of the policy would mean something else with the new texts, or a mistake would appear.
pub(crate) fn verify(
    root: &Path,
    before: &Analysis,
    reader: &Reader<'_>,
    texts: &[(PathBuf, Arc<str>)],
    places: &Places,
    name: &str,
) -> Result<(), Refusal> {
    let after = reader.analyse(root, texts, None);
    let moved = |file: &str, offset: u32| {
        let edits = places.get(&absolute(root, file));
        let before = edits.into_iter().flatten().filter(|(start, _)| *start < offset);
        let shift: i64 = before.map(|(start, end)| name.len() as i64 - i64::from(end - start)).sum();
        (i64::from(offset) + shift) as u32
    };
    let wanted = meanings(before, &moved);
    let found = meanings(&after, &|_, offset| offset);
    if let Some((file, ..)) = wanted.symmetric_difference(&found).next() {
        return Err(Refusal(format!("`{name}` would be taken for something else in `{file}`")));
    }
    let errors = |analysis: &Analysis| {
        analysis.diagnostics.iter().filter(|found| found.severity == Severity::Error).count()
    };
    if errors(&after) > errors(before) {
        let message = after.diagnostics.iter().find(|found| found.severity == Severity::Error);
        let message = message.map_or(String::new(), |found| format!(": {}", found.message));
        return Err(Refusal(format!("`{name}` would be a mistake{message}")));
    }
    Ok(())
}

/// Which name means which: file and start of each, with starts as they will be.
type Meanings = BTreeSet<(String, u32, String, u32)>;

fn meanings(analysis: &Analysis, moved: &dyn Fn(&str, u32) -> u32) -> Meanings {
    let place = |map: &SourceMap, span: Span| {
        let file = map.file_at(span.start).and_then(|file| map.file(file))?;
        let start = moved(&file.name, span.start - file.start);
        Some((file.name.clone(), start))
    };
    let all = analysis.names().iter().filter_map(|named| {
        let (file, at) = place(&analysis.map, named.at)?;
        let (home, declared) = place(&analysis.map, named.declared)?;
        Some((file, at, home, declared))
    });
    all.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_are_names() {
        assert!(check_name("orders_2").is_ok() && check_name("_x").is_ok());
        for bad in ["", "step", "Orders", "a b", "1a", "a-b", "ä", "a\u{1F600}"] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn places_are_replaced_from_the_end() {
        let places = [(0, 1), (4, 5)].into_iter().collect();
        assert_eq!(&*replaced("a = a", &places, "long"), "long = long");
    }
}
