//! Types as the checker knows them.

use std::fmt;

/// A type. Names of declared types live as long as the embedded library.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Type {
    /// Of something that was reported already: fits everywhere, so that one mistake is told once.
    Poison,
    /// Built in, or declared by the library: `Duration`, `Source`, `Codec`, `Frozen`.
    Named(&'static str),
    /// `"staging" | "production"`.
    Literals(Vec<String>),
    /// `List<T>`.
    List(Box<Type>),
    /// `Range<T>`.
    Range(Box<Type>),
    /// `Frozen | Packed`; at least two, none of them a union.
    Union(Vec<Type>),
    /// A `let` of a constructor with braces: fields for a spread, not yet a thing.
    Template(&'static str),
    /// `{ .. }` where nothing says what it is to be.
    Record,
}

/// Built in: their literals are the grammar's.
pub(crate) const BUILT_IN: &[&str] = &[
    "Text",
    "Int",
    "Decimal",
    "Bool",
    "Duration",
    "Period",
    "Bytes",
    "Rate",
    "Percent",
    "Time",
    "Window",
    "Date",
    "Zone",
    "Path",
    "Pattern",
    // What a call of a verb is where it is not carried out at once: `acquire: hook([..])`.
    "Act",
    "StepName",
    "WorkflowName",
];

/// What a text literal may become.
pub(crate) const FROM_TEXT: &[&str] = &["Zone", "Path", "Pattern"];

/// The states of data at rest: each may stand where one before it is wanted.
const AT_REST: &[&str] = &["Stored", "Verified", "Proven"];

pub(crate) const TEXT: Type = Type::Named("Text");
pub(crate) const BOOL: Type = Type::Named("Bool");
pub(crate) const DURATION: Type = Type::Named("Duration");
pub(crate) const ACT: Type = Type::Named("Act");

impl Type {
    /// The types that would do: the members of a union, or this one.
    pub(crate) fn alternatives(&self) -> &[Type] {
        match self {
            Self::Union(members) => members,
            other => std::slice::from_ref(other),
        }
    }

    /// The declared name, when it is one.
    pub(crate) fn name(&self) -> Option<&'static str> {
        if let Self::Named(name) = self { Some(name) } else { None }
    }

    /// Whether one of the alternatives is the type of this name.
    pub(crate) fn allows(&self, name: &str) -> bool {
        self.alternatives().iter().any(|ty| ty.name() == Some(name))
    }

    pub(crate) fn is_poison(&self) -> bool {
        matches!(self, Self::Poison)
    }

    /// Whether a value of this type may stand where `wanted` is wanted.
    pub(crate) fn fits(&self, wanted: &Type) -> bool {
        if self.is_poison() || wanted.is_poison() || self == wanted {
            return true;
        }
        match (self, wanted) {
            (Self::Union(members), _) => members.iter().all(|member| member.fits(wanted)),
            (_, Self::Union(members)) => members.iter().any(|member| self.fits(member)),
            (Self::Named(given), Self::Named(wanted)) => named_fits(given, wanted),
            (Self::Literals(_), Self::Named("Text")) => true,
            (Self::Literals(given), Self::Literals(wanted)) => given.iter().all(|text| wanted.contains(text)),
            (Self::List(given), Self::List(wanted)) | (Self::Range(given), Self::Range(wanted)) => {
                given.fits(wanted)
            }
            _ => false,
        }
    }
}

fn named_fits(given: &str, wanted: &str) -> bool {
    let rank = |name: &str| AT_REST.iter().position(|state| *state == name);
    match (rank(given), rank(wanted)) {
        (Some(given), Some(wanted)) => given >= wanted,
        _ => given == "Int" && wanted == "Decimal",
    }
}

/// A word in a message, with its article: "an `Int`", "a `Source`".
pub(crate) fn with_article(word: impl fmt::Display) -> String {
    let word = word.to_string();
    let is_open = word.starts_with(['A', 'E', 'I', 'O', 'U', 'a', 'e', 'i', 'o', 'u']);
    format!("{} `{word}`", if is_open { "an" } else { "a" })
}

impl Type {
    /// In a message: "an `Int`", "fields for `files`".
    pub(crate) fn with_article(&self) -> String {
        match self {
            Self::Poison | Self::Template(_) => self.to_string(),
            _ => with_article(self),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Poison => f.write_str("something unknown"),
            Self::Named(name) => f.write_str(name),
            Self::Literals(texts) => separated(f, texts.iter().map(|text| format!("{text:?}"))),
            Self::List(item) => write!(f, "List<{item}>"),
            Self::Range(item) => write!(f, "Range<{item}>"),
            Self::Union(members) => separated(f, members.iter().map(Type::to_string)),
            Self::Template(constructor) => write!(f, "fields for `{constructor}`"),
            Self::Record => f.write_str("record"),
        }
    }
}

fn separated(f: &mut fmt::Formatter<'_>, parts: impl Iterator<Item = String>) -> fmt::Result {
    f.write_str(&parts.collect::<Vec<_>>().join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_at_rest_stands_for_what_asks_less() {
        let [stored, verified, proven] = ["Stored", "Verified", "Proven"].map(Type::Named);
        assert!(verified.fits(&stored) && proven.fits(&stored) && proven.fits(&verified));
        assert!(!stored.fits(&verified) && !verified.fits(&proven));
        assert!(!Type::Named("Sealed").fits(&stored));
    }

    #[test]
    fn a_union_takes_each_of_its_members() {
        let either = Type::Union(vec![Type::Named("Frozen"), Type::Named("Packed")]);
        assert!(Type::Named("Packed").fits(&either));
        assert!(!Type::Named("Sealed").fits(&either));
        assert_eq!(either.to_string(), "Frozen | Packed");
    }

    #[test]
    fn texts_never_become_zones_by_themselves() {
        assert!(!TEXT.fits(&Type::Named("Zone")));
        assert!(Type::Literals(vec!["a".into()]).fits(&TEXT));
    }
}
