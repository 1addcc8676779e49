//! What a code is. The codes themselves stand in [`crate::codes`], a file for each family.

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

/// What the registry knows of a code.
#[derive(Debug, Clone, Copy)]
pub struct CodeEntry {
    /// The code.
    pub code: Code,
    /// Its name in a few words: "unknown name".
    pub title: &'static str,
    /// Its page in Markdown, from `pages/CODE.md`: what it means, `## Wrong`, `## Right` (each a fenced
    /// policy), `## Why`.
    pub page: &'static str,
}

/// Declares the codes of one family: a constant and an entry of the registry for each.
macro_rules! codes {
    ($($name:ident = $code:literal, $title:literal;)*) => {
        $(#[doc = concat!("`", $code, "`: ", $title, ".")] pub const $name: $crate::Code = $crate::Code($code);)*
        pub(crate) const ENTRIES: &[$crate::CodeEntry] = &[$($crate::CodeEntry {
            code: $name,
            title: $title,
            page: include_str!(concat!("../../pages/", $code, ".md")),
        }),*];
    };
}
pub(crate) use codes;
