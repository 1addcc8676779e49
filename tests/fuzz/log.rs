//! What SARIF 2.1.0 asks of a log, as far as ours has it: the members that must be there, their types, and what the
//! standard says of them in words.

use std::collections::BTreeSet;

use serde_json::Value;

/// What is wrong with a log of so many results.
pub fn fault(text: &str, results: usize) -> Option<String> {
    let log: Value = match serde_json::from_str(text) {
        Ok(log) => log,
        Err(error) => return Some(format!("the log is no JSON: {error}")),
    };
    judge(&log, results).err()
}

type Judged = Result<(), String>;

fn ensure(holds: bool, says: impl FnOnce() -> String) -> Judged {
    if holds { Ok(()) } else { Err(says()) }
}

fn judge(log: &Value, count: usize) -> Judged {
    ensure(log["version"] == "2.1.0", || "the version is not 2.1.0".to_owned())?;
    let runs = array(log, "runs")?;
    ensure(runs.len() == 1, || format!("{} runs", runs.len()))?;
    let run = &runs[0];
    let driver = &run["tool"]["driver"];
    text(driver, "name")?;
    let rules: Vec<&str> =
        array(driver, "rules")?.iter().map(|rule| text(rule, "id")).collect::<Result<_, _>>()?;
    let unique: BTreeSet<&&str> = rules.iter().collect();
    ensure(unique.len() == rules.len(), || "a rule stands twice".to_owned())?;
    for rule in array(driver, "rules")? {
        for part in ["shortDescription", "fullDescription", "help"] {
            filled(&rule[part], "text")?;
        }
        level(&rule["defaultConfiguration"]["level"])?;
    }
    ensure(run["columnKind"] == "utf16CodeUnits", || "columns of an unknown kind".to_owned())?;
    let results = array(run, "results")?;
    ensure(results.len() == count, || format!("{} results of {count} findings", results.len()))?;
    results.iter().try_for_each(|one| result(one, &rules))
}

fn result(one: &Value, rules: &[&str]) -> Judged {
    let id = text(one, "ruleId")?;
    let index = one["ruleIndex"].as_u64().and_then(|index| rules.get(usize::try_from(index).ok()?));
    ensure(index == Some(&id), || format!("the rule {id} has another index"))?;
    level(&one["level"])?;
    text(&one["message"], "text")?;
    array(one, "locations")?.iter().try_for_each(location)?;
    let related = array(one, "relatedLocations")?;
    related.iter().try_for_each(location)?;
    let ids: BTreeSet<Option<u64>> = related.iter().map(|place| place["id"].as_u64()).collect();
    ensure(ids.len() == related.len() && !ids.contains(&None), || {
        "related places without ids of their own".to_owned()
    })?;
    let prints = one["partialFingerprints"].as_object().ok_or("no fingerprints")?;
    ensure(prints.values().all(Value::is_string), || "a fingerprint is no text".to_owned())?;
    if let Some(fixes) = one.get("fixes") {
        fixes.as_array().ok_or("fixes are no list")?.iter().try_for_each(fix)?;
    }
    Ok(())
}

fn fix(fix: &Value) -> Judged {
    text(&fix["description"], "text")?;
    let changes = array(fix, "artifactChanges")?;
    ensure(!changes.is_empty(), || "a fix that changes nothing".to_owned())?;
    for change in changes {
        address(&change["artifactLocation"])?;
        let replacements = array(change, "replacements")?;
        ensure(!replacements.is_empty(), || "a change without replacements".to_owned())?;
        for one in replacements {
            region(&one["deletedRegion"])?;
            text(&one["insertedContent"], "text")?;
        }
    }
    Ok(())
}

fn location(place: &Value) -> Judged {
    let physical = &place["physicalLocation"];
    address(&physical["artifactLocation"])?;
    region(&physical["region"])?;
    place.get("message").map_or(Ok(()), |message| text(message, "text").map(drop))
}

/// Lines and columns count from 1, and the end is not before the start.
fn region(region: &Value) -> Judged {
    let number =
        |name: &str| region[name].as_u64().filter(|number| *number > 0).ok_or(format!("no {name}: {region}"));
    let start = (number("startLine")?, number("startColumn")?);
    let end = (number("endLine")?, number("endColumn")?);
    ensure(start <= end, || format!("a region that ends before it starts: {region}"))
}

/// A relative reference of RFC 3986: its characters, no scheme and no authority.
fn address(of: &Value) -> Judged {
    let uri = text(of, "uri")?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/%".contains(&byte);
    ensure(!uri.is_empty() && uri.bytes().all(plain) && !uri.starts_with("//"), || {
        format!("`{uri}` is no address")
    })
}

fn level(of: &Value) -> Judged {
    let known = of.as_str().is_some_and(|level| ["none", "note", "warning", "error"].contains(&level));
    ensure(known, || format!("{of} is no level"))
}

fn text<'v>(of: &'v Value, name: &str) -> Result<&'v str, String> {
    of[name].as_str().ok_or(format!("no `{name}` in {of}"))
}

fn filled(of: &Value, name: &str) -> Judged {
    text(of, name).and_then(|text| ensure(!text.is_empty(), || format!("`{name}` is empty")))
}

fn array<'v>(of: &'v Value, name: &str) -> Result<&'v Vec<Value>, String> {
    of[name].as_array().ok_or(format!("no list `{name}`"))
}
