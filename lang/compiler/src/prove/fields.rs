//! Fields that the IR keeps among others, by name.

use indexmap::IndexMap;
use mainstay_ir::{Ir, Name, Value};

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
    let fields: Vec<_> = names.iter().map(|name| made.fields.get(*name)).collect();
    fields.iter().any(Option::is_some).then(|| (made.constructor.as_str(), format!("{fields:?}")))
}

/// Whether this policy can only add to a repo: its key is a writer's, and somebody else forgets there.
pub(crate) fn only_adds(ir: &Ir, repo: &str) -> bool {
    repo_field(ir, repo, "role").and_then(text) == Some("writer")
}
