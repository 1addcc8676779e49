//! Addresses of documents, and the paths that they stand for.

use std::path::{Component, Path, PathBuf};

use lsp_types::Uri;

/// The scheme under which a client may ask for the texts of the standard library.
pub(crate) const LIBRARY_SCHEME: &str = "mainstay";

/// The path of a document. What is no file has a path that no file has: its address.
pub(crate) fn path_of(uri: &Uri) -> PathBuf {
    let text = uri.as_str();
    match text.strip_prefix("file://") {
        Some(rest) => {
            let path = rest.find('/').map_or("", |start| rest.get(start..).unwrap_or_default());
            clean(Path::new(&decoded(path)))
        }
        None => PathBuf::from(decoded(text)),
    }
}

/// The address of a file.
pub(crate) fn uri_of(path: &Path) -> Option<Uri> {
    let text = path.to_str()?;
    let address =
        if path.is_absolute() { format!("file://{}", encoded(text)) } else { encoded_address(text) };
    address.parse().ok()
}

/// The address of a file of the standard library.
pub(crate) fn library_uri(name: &str) -> Option<Uri> {
    format!("{LIBRARY_SCHEME}:/{name}").parse().ok()
}

/// Without `.`, and with `..` resolved by name.
pub(crate) fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(clean.components().next_back(), Some(Component::Normal(_))) => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut ahead = rest.clone();
        let pair = (byte == b'%').then(|| Some((hex(ahead.next()?)?, hex(ahead.next()?)?))).flatten();
        match pair {
            Some((high, low)) => {
                bytes.push(high << 4 | low);
                rest = ahead;
            }
            None => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

fn encoded(text: &str) -> String {
    escaped(text, b"/")
}

/// `untitled:Untitled-1`: the scheme's colon stays.
fn encoded_address(text: &str) -> String {
    escaped(text, b"/:?#")
}

fn escaped(text: &str, kept: &[u8]) -> String {
    let mut found = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept.contains(&byte) {
            found.push(char::from(byte));
        } else {
            found.push_str(&format!("%{byte:02X}"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_paths_come_back() {
        for path in ["/a/b.stay", "/mit leer/ä%25😀#?.stay", "untitled:Untitled-1"] {
            let uri = uri_of(Path::new(path)).unwrap();
            assert_eq!(path_of(&uri), Path::new(path), "{}", uri.as_str());
        }
    }

    #[test]
    fn what_editors_send_is_understood() {
        let of = |text: &str| path_of(&text.parse().unwrap());
        assert_eq!(of("file:///a/./b/../c.stay"), Path::new("/a/c.stay"));
        assert_eq!(of("file://localhost/a.stay"), Path::new("/a.stay"));
        assert_eq!(of("file:///100%25"), Path::new("/100%"));
        assert_eq!(of("file:"), Path::new("file:"));
    }
}
