//! The dependency policy: licences, sources and bans, as `deny.toml` states them.
//!
//! `cargo deny` reads the same file and says more; it takes longer to build than all of this workspace, so the
//! gate asks `cargo metadata` itself and leaves `cargo deny` to whoever has it (decision 0003).

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

/// Where crates may come from.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Checks every crate of the lock file that this platform builds.
pub fn check() -> Result<(), String> {
    let policy = std::fs::read_to_string("deny.toml").map_err(|error| format!("deny.toml: {error}"))?;
    let allowed = strings_of(&policy, "allow");
    let banned = strings_of(&policy, "deny");
    if allowed.is_empty() || banned.is_empty() {
        return Err("deny.toml: the lists `allow` and `deny` must not be empty".to_owned());
    }
    let packages = packages()?;
    let faults: Vec<String> =
        packages.iter().flat_map(|package| faults_of(package, &allowed, &banned)).collect();
    if faults.is_empty() {
        crate::command::say(&format!(
            "dependencies: {} crates, licences, sources and bans hold",
            packages.len()
        ));
        return Ok(());
    }
    Err(faults.join("\n"))
}

fn packages() -> Result<Vec<Value>, String> {
    let answer = Command::new("cargo")
        .args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--filter-platform",
            "x86_64-unknown-linux-gnu",
        ])
        .output()
        .map_err(|error| format!("cargo metadata: {error}"))?;
    if !answer.status.success() {
        return Err(format!("cargo metadata failed: {}", String::from_utf8_lossy(&answer.stderr)));
    }
    let metadata: Value =
        serde_json::from_slice(&answer.stdout).map_err(|error| format!("cargo metadata: {error}"))?;
    let used: BTreeSet<&str> = metadata
        .pointer("/resolve/nodes")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|node| node.get("id").and_then(Value::as_str))
        .collect();
    let all = metadata.get("packages").and_then(Value::as_array).cloned().unwrap_or_default();
    Ok(all.into_iter().filter(|package| used.contains(text(package, "id"))).collect())
}

fn faults_of(package: &Value, allowed: &BTreeSet<String>, banned: &BTreeSet<String>) -> Vec<String> {
    let name = text(package, "name");
    let mut faults = Vec::new();
    if banned.contains(name) {
        faults.push(format!("`{name}` is banned"));
    }
    let source = text(package, "source");
    if !source.is_empty() && source != REGISTRY {
        faults.push(format!("`{name}` comes from `{source}`"));
    }
    let licence = text(package, "license");
    if !licence_holds(licence, allowed) {
        faults.push(format!("`{name}` has the licence `{licence}`, which deny.toml does not allow"));
    }
    faults
}

/// An SPDX expression holds when one alternative of each `AND` part is allowed. Parentheses bind only around
/// alternatives in the crates that exist, so splitting at `AND` first is right for them.
fn licence_holds(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let plain = expression.replace(['(', ')'], " ").replace('/', " OR ");
    plain.split(" AND ").all(|part| part.split(" OR ").any(|one| allowed.contains(one.trim())))
}

/// The strings of the first list called `key`.
fn strings_of(text: &str, key: &str) -> BTreeSet<String> {
    let opening = format!("\n{key} = [");
    let Some((_, rest)) = text.split_once(&opening) else { return BTreeSet::new() };
    let list = rest.split_once("\n]").map_or(rest, |(list, _)| list);
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn one_alternative_of_each_part_must_be_allowed() {
        let allowed = set(&["MIT", "BSD-3-Clause"]);
        assert!(licence_holds("MIT OR Apache-2.0", &allowed));
        assert!(licence_holds("Apache-2.0/MIT", &allowed));
        assert!(licence_holds("(MIT OR Apache-2.0) AND BSD-3-Clause", &allowed));
        assert!(!licence_holds("MIT AND GPL-3.0", &allowed));
        assert!(!licence_holds("", &allowed));
    }

    #[test]
    fn a_banned_crate_and_a_foreign_source_are_faults() {
        let package =
            serde_json::json!({ "name": "openssl", "license": "MIT", "source": "git+https://example.org" });
        assert_eq!(faults_of(&package, &set(&["MIT"]), &set(&["openssl"])).len(), 2);
    }
}
