//! What a code is. The codes themselves stand in [`crate::codes`], a file for each family.

use crate::Severity;

/// The code of a diagnostic: `E0301`, `W1203`. A code is never used twice, nor again after it is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(pub(crate) &'static str);

impl Code {
    /// As text.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// What the registry knows of a code. `explain`, SARIF and the editor read it from here.
#[derive(Debug, Clone, Copy)]
pub struct CodeEntry {
    /// The code.
    pub code: Code,
    /// Its name in a few words: "unknown name".
    pub title: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Whether some of its diagnostics come with a fix.
    pub has_fix: bool,
    /// Its page in Markdown, from `pages/CODE.md`: what it means, `## Wrong`, `## Right` (each a fenced
    /// policy), `## Why`.
    pub page: &'static str,
}

impl CodeEntry {
    /// What the page says first, without its heading: what the code means.
    pub fn summary(&self) -> &'static str {
        let body = self.page.split_once('\n').map_or("", |(_, rest)| rest);
        body.split("\n## ").next().unwrap_or_default().trim()
    }
}

/// How bad a code is: `E..` are errors, `W..` warnings unless they are marked as notes.
pub(crate) const fn severity(code: &str, marks: &[&str]) -> Severity {
    match code.as_bytes() {
        [b'E', ..] => Severity::Error,
        _ if is_marked(marks, "note") => Severity::Note,
        _ => Severity::Warning,
    }
}

/// Whether a code bears a mark; texts cannot be compared while compiling, but their bytes can.
pub(crate) const fn is_marked(marks: &[&str], mark: &str) -> bool {
    let mut rest = marks;
    while let [first, others @ ..] = rest {
        if is_same(first.as_bytes(), mark.as_bytes()) {
            return true;
        }
        rest = others;
    }
    false
}

const fn is_same(mut left: &[u8], mut right: &[u8]) -> bool {
    while let ([a, left_rest @ ..], [b, right_rest @ ..]) = (left, right) {
        if *a != *b {
            return false;
        }
        (left, right) = (left_rest, right_rest);
    }
    left.is_empty() && right.is_empty()
}

/// Declares the codes of one family: a constant and an entry of the registry for each. Behind the title stand marks:
/// `fix` for a code with fixes, `note` for one that is only told.
macro_rules! codes {
    ($($name:ident = $code:literal, $title:literal $(, $mark:ident)*;)*) => {
        $(#[doc = concat!("`", $code, "`: ", $title, ".")] pub const $name: $crate::Code = $crate::Code($code);)*
        pub(crate) const ENTRIES: &[$crate::CodeEntry] = &[$($crate::CodeEntry {
            code: $name,
            title: $title,
            severity: $crate::code::severity($code, &[$(stringify!($mark)),*]),
            has_fix: $crate::code::is_marked(&[$(stringify!($mark)),*], "fix"),
            page: include_str!(concat!("../../pages/", $code, ".md")),
        }),*];
    };
}
pub(crate) use codes;
