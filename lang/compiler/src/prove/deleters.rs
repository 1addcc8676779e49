//! Who can delete what lies in a repo.

use std::collections::BTreeSet;

use mainstay_ir::{Ir, Value};

use super::fields::{place, record, repo_field, text};

/// The accounts that can delete what lies in a repo: its own, and the `deleters` of its place. Nobody where it is
/// locked or out of reach; unknown, and so nobody either, where nothing is declared.
pub fn deleters<'a>(ir: &'a Ir, repo: &str) -> BTreeSet<&'a str> {
    let locked = repo_field(ir, repo, "lock_mode").is_some();
    let offline = repo_field(ir, repo, "tier").and_then(text) == Some("offline");
    if locked || offline {
        return BTreeSet::new();
    }
    let listed = match repo_field(ir, repo, "place").and_then(record).and_then(|place| place.get("deleters"))
    {
        Some(Value::List(names)) => names.iter().filter_map(text).collect(),
        _ => Vec::new(),
    };
    place(ir, repo, "account").into_iter().chain(listed).collect()
}
