use std::fmt;

use zeroize::Zeroizing;

/// Bytes that must not be seen: they are wiped from memory when they go, and no way of printing shows them.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes the bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, for the one place that needs them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn no_way_of_printing_shows_the_bytes() {
        let secret = Secret::new(b"hunter2".to_vec());
        let seen = format!("{secret} {secret:?} {secret:#?}");
        assert!(!seen.contains("hunter2"), "{seen}");
        assert_eq!(secret.expose(), b"hunter2");
    }
}
