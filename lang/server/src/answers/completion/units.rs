//! Units behind numbers, zones in texts, and what a literal of a type looks like.

use lsp_types::{CompletionItem, CompletionItemKind};
use mainstay_calendar::Zone;
use mainstay_compiler::query::{Analysis, Wanted};

use super::Maker;

/// For each quantity the units of its literals, the usual ones first.
const UNITS: &[(&str, &[&str])] = &[
    ("Duration", &["min", "h", "d", "s", "w", "ms"]),
    ("Period", &["mo", "y"]),
    ("Bytes", &["GiB", "MiB", "TiB", "KiB", "GB", "MB", "TB", "kB", "B"]),
    ("Rate", &["MiB/s", "Mbit/s", "GiB/s", "Gbit/s", "KiB/s", "kbit/s"]),
    ("Percent", &["%"]),
];

/// What to fill in where a literal of a type is wanted.
const BLANKS: &[(&str, &str, &str)] = &[
    ("Duration", "30min", "${1:30}min"),
    ("Period", "1y", "${1:1}y"),
    ("Bytes", "1GiB", "${1:1}GiB"),
    ("Rate", "25MiB/s", "${1:25}MiB/s"),
    ("Percent", "5%", "${1:5}%"),
    ("Time", "02:30", "${1:02}:${2:30}"),
    ("Window", "22:00..06:00", "${1:22:00}..${2:06:00}"),
    ("Zone", "\"Europe/Berlin\"", "\"${1:Europe/Berlin}\""),
    ("Path", "\"/\"", "\"/$1\""),
    ("Pattern", "\"**/*\"", "\"${1:**/*}\""),
];

impl Maker<'_> {
    /// The units that fit what is wanted, behind the digits that stand there.
    pub(super) fn units(&self, asked: &Analysis) -> Vec<CompletionItem> {
        let Some(wanted) = asked.wanted() else { return Vec::new() };
        let written = self.page.text.get(self.word.clone()).unwrap_or_default();
        let is_digit = |one: char| one.is_ascii_digit() || one == '_' || one == '.';
        let digits =
            written.find(|one| !is_digit(one)).map_or(written, |end| written.get(..end).unwrap_or(written));
        let fitting = UNITS
            .iter()
            .filter(|(name, _)| wanted.allows(name))
            .flat_map(|(name, units)| units.iter().map(move |unit| (*name, *unit)));
        let items = fitting.enumerate().map(|(number, (name, unit))| {
            let literal = format!("{digits}{unit}");
            let mut item = self.item(&literal, CompletionItemKind::UNIT, literal.clone());
            item.detail = Some(name.to_owned());
            item.sort_text = Some(format!("{number:03}"));
            item
        });
        items.collect()
    }

    /// The zones of the tz database, where a text is read as one; the values of a union of texts.
    pub(super) fn zones(&self, asked: &Analysis) -> Vec<CompletionItem> {
        let Some(wanted) = asked.wanted().filter(|wanted| wanted.allows("Zone")) else { return Vec::new() };
        let start = asked.offset(&self.page.file(), 0).unwrap_or_default();
        let (from, to) = ((wanted.span.start - start) as usize + 1, (wanted.span.end - start) as usize);
        let text = self.page.text.get(..to).unwrap_or_default();
        // An open text ends with its line; a closed one before its quote.
        let to = if text.len() > from && text.ends_with('"') { to - 1 } else { to };
        let inside = Maker { word: from..to.max(from), lines: self.lines.clone(), ..*self };
        let zones = Zone::names();
        zones.iter().map(|zone| inside.item(zone, CompletionItemKind::CONSTANT, zone.clone())).collect()
    }

    /// A literal of what is wanted, to be changed.
    pub(super) fn blanks(&self, wanted: &Wanted) -> Vec<CompletionItem> {
        let fitting = BLANKS.iter().filter(|(name, ..)| wanted.allows(name));
        let items = fitting.map(|(name, plain, snippet)| {
            let text = if self.snippets { snippet } else { plain };
            let mut item = self.item(plain, CompletionItemKind::VALUE, (*text).to_owned());
            item.detail = Some((*name).to_owned());
            item.sort_text = Some(format!("8{plain}"));
            item
        });
        items.collect()
    }
}
