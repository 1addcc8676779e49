//! The values that a caller hands to the params of the root file.

use mainstay_ir::IndexMap;

/// Values by param, as written after `--set n=`: a text without quotes, or any literal of the language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params(IndexMap<String, String>);

impl Params {
    /// No values: all params have their defaults.
    pub fn none() -> Self {
        Self::default()
    }

    /// Sets a value; a later one counts.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), value.into());
    }

    /// The value of a param.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// All names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Params {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}
