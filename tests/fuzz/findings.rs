//! Findings that no compiler makes: any bytes are some.

use mainstay_diagnostics::{Diagnostic, Edit, Fix, Label, SourceMap, Span, codes};
use mainstay_kit::SeededRandom;

use super::family::{Family, size};

/// Bytes that make one finding.
const BYTES: usize = 24;

/// Names of files and their texts: with what has to be escaped, with long characters, with and without ends of lines.
const FILES: &[(&str, &str)] = &[
    ("std/prelude.stay", "edition 2026\n"),
    ("mainstay.stay", "edition 2026\npolicy p\r\n\tlet a = \"ä😀\" // \u{2028}\n"),
    ("../up/a b#c?d%20.stay", "😀😀"),
    ("C:\\ä\".stay", ""),
    ("a:b//c.stay", "\n\n\r\n\u{feff}x"),
];

const WORDS: &[&str] = &[
    "",
    "a",
    "`x` is `\"y\"`",
    "\u{0}\u{7f}\u{85}",
    "😀\r\n\t\\",
    "</script>",
    "{0} [a](b) {{1}}",
    "\u{ffff}",
];

/// A few findings, one of them repeated.
pub fn bred(random: &SeededRandom) -> Family {
    let bytes = random.bytes(BYTES * (1 + random.below(6)));
    let at = random.below(bytes.len() / BYTES) * BYTES;
    Family::new(&bytes, at..at + BYTES, None).sized(size(random))
}

/// What the bytes mean. Places are those of the files, also across two of them.
pub fn findings(bytes: &[u8]) -> (SourceMap, Vec<Diagnostic>) {
    let mut map = SourceMap::default();
    for (name, text) in FILES {
        map.add(*name, *text);
    }
    let end = map.files().last().map_or(0, |file| file.start + file.text.len() as u32);
    (map, bytes.chunks_exact(BYTES).map(|chunk| finding(chunk, end)).collect())
}

fn finding(bytes: &[u8], end: u32) -> Diagnostic {
    let byte = |at: usize| usize::from(bytes[at % BYTES]);
    let word = |at: usize| WORDS[byte(at) % WORDS.len()].to_owned();
    let place = |at: usize| u32::try_from(byte(at)).unwrap_or(0) % (end + 1);
    let span = |at: usize| Span::new(place(at).min(place(at + 1)), place(at).max(place(at + 1)));
    let entry = codes::all().nth(byte(0) % codes::all().count()).unwrap();
    let mut made = Diagnostic::error(entry.code, word(1), span(2), word(4));
    made.severity = entry.severity;
    let label = |at: usize| Label { span: span(at), text: word(at) };
    made.labels = (0..byte(5) % 4).map(|number| label(6 + number)).collect();
    made.notes = (0..byte(10) % 3).map(|number| word(11 + number)).collect();
    made.help = (byte(13) % 2 == 0).then(|| word(14));
    let edit = |at: usize| Edit { span: span(at), replacement: word(at + 1) };
    let fix = |at: usize| Fix {
        title: word(at),
        edits: (0..byte(at) % 3).map(|more| edit(at + more)).collect(),
        safe: false,
    };
    made.fixes = (0..byte(15) % 3).map(|number| fix(16 + number * 2)).collect();
    made
}
