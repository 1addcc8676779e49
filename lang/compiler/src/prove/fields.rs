//! Fields that the IR keeps among others, by name.

use mainstay_ir::{Constructed, IndexMap, Ir, Name, Value};

/// A field of a repo.
pub(crate) fn repo_field<'a>(ir: &'a Ir, repo: &str, field: &str) -> Option<&'a Value> {
    ir.repos.get(repo)?.fields.get(field)
}

/// A field of a repo's place, as text.
pub(crate) fn place<'a>(ir: &'a Ir, repo: &str, field: &str) -> Option<&'a str> {
    text(record(repo_field(ir, repo, "place")?)?.get(field)?)
}

/// The fields of a record, whether it was written as one or by its constructor.
pub(crate) fn record(value: &Value) -> Option<&IndexMap<Name, Value>> {
    match value {
        Value::Record(fields) => Some(fields),
        Value::Constructed(made) => Some(&made.fields),
        _ => None,
    }
}

/// A text or a member of an enumeration.
pub(crate) fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) | Value::Member(text) => Some(text),
        _ => None,
    }
}

/// The folders that a path leads through, however it is written: `/b`, `/b/`, `/x/../b` and `//./b` are one.
pub(super) fn folders(path: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for part in path.split('/') {
        match (part, found.last()) {
            ("" | ".", _) => {}
            ("..", None) if path.starts_with('/') => {}
            ("..", Some(&last)) if last != ".." => drop(found.pop()),
            _ => found.push(part),
        }
    }
    found
}

/// The port of SFTP where none is said.
const SFTP_PORT: i64 = 22;

/// A field that names the place of a store, as it is whatever it was written like.
fn named(made: &Constructed, field: &str) -> Option<String> {
    let value = made.fields.get(field);
    Some(match (field, value, value.and_then(text)) {
        ("path", _, Some(path)) => {
            let root = if path.starts_with('/') { "/" } else { "" };
            format!("{root}{}", folders(path).join("/"))
        }
        ("endpoint" | "host", _, Some(name)) => name.trim_end_matches('/').to_ascii_lowercase(),
        ("port", None, _) => format!("{:?}", Value::Int(SFTP_PORT)),
        (_, value, _) => format!("{:?}", value?),
    })
}

/// What tells the store of a repo from others: its constructor, and the fields that name the place, as text, for values
/// have no order and no hash.
pub(super) fn store<'a>(ir: &'a Ir, repo: &str) -> Option<(&'a str, String)> {
    let made = ir.repos.get(repo)?;
    let names: &[&str] = match made.constructor.as_str() {
        "local" | "archive" => &["on", "path"],
        "s3" => &["endpoint", "bucket", "prefix"],
        "sftp" => &["host", "port", "path"],
        _ => return None,
    };
    let fields: Vec<_> = names.iter().map(|name| named(made, name)).collect();
    let is_named = names.iter().any(|name| made.fields.contains_key(*name));
    is_named.then(|| (made.constructor.as_str(), format!("{fields:?}")))
}

/// Whether this policy can only add to a repo: its key is a writer's, and somebody else forgets there.
pub(crate) fn only_adds(ir: &Ir, repo: &str) -> bool {
    repo_field(ir, repo, "role").and_then(text) == Some("writer")
}

#[cfg(test)]
mod tests {
    use super::folders;

    #[test]
    fn a_folder_is_one_however_it_is_written() {
        for path in ["/b", "/b/", "//b", "/b/.", "/./b", "/x/../b", "/../b", "/b/c/.."] {
            assert_eq!(folders(path), ["b"], "{path}");
        }
        assert_eq!(folders("/"), [""; 0]);
        assert_eq!(folders("../b"), ["..", "b"]);
        assert_eq!(folders("../../b"), ["..", "..", "b"]);
        assert_eq!(folders("/b.c/.d"), ["b.c", ".d"]);
    }
}
