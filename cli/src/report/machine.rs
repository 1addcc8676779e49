//! The engine's answers as documents for machines: spans become seconds, times RFC 3339 in UTC, unknown is null.

use mainstay_world::TimestampMs;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::words;

/// Fields that hold a span; every other one that ends in `_ms` holds a time.
const SPANS: &[&str] = &["took_ms", "within_ms", "rpo_ms", "usual_ms", "age_ms", "worst_ms"];

/// A document: its schema, then the fields of the answer.
pub fn document(schema: &str, answer: &impl Serialize) -> Value {
    let mut object = Map::new();
    object.insert("schema".to_owned(), Value::String(format!("mainstay.{schema}/1")));
    match value(answer) {
        Value::Object(fields) => object.extend(fields),
        other => drop(object.insert("value".to_owned(), other)),
    }
    Value::Object(object)
}

/// A line of a stream: its type, then the fields of the answer.
pub fn event(kind: &str, answer: &impl Serialize) -> Value {
    let mut object = Map::new();
    object.insert("type".to_owned(), Value::String(kind.to_owned()));
    if let Value::Object(fields) = value(answer) {
        object.extend(fields);
    }
    Value::Object(object)
}

/// Part of a document.
pub fn value(answer: &impl Serialize) -> Value {
    serde_json::to_value(answer)
        .map(convert)
        .unwrap_or_else(|error| json!({ "unprintable": error.to_string() }))
}

fn convert(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, value)| field(&name, value)).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(convert).collect()),
        other => other,
    }
}

fn field(name: &str, value: Value) -> (String, Value) {
    match (name.strip_suffix("_ms"), value) {
        (Some(base), value) if SPANS.contains(&name) => (format!("{base}_seconds"), seconds(&value)),
        (Some(base), Value::Array(times)) => (base.to_owned(), times.iter().map(time).collect()),
        (Some(base), value) => (base.to_owned(), time(&value)),
        (None, Value::Array(parts)) if name == "last_run" => (name.to_owned(), last_run(parts)),
        (None, value) => (name.to_owned(), convert(value)),
    }
}

fn seconds(value: &Value) -> Value {
    value.as_u64().map_or(Value::Null, |ms| json!(ms as f64 / 1000.0))
}

fn time(value: &Value) -> Value {
    value.as_i64().and_then(|ms| words::rfc3339(TimestampMs(ms))).map_or(Value::Null, Value::String)
}

/// Run, time and outcome, which have no names in the answer.
fn last_run(parts: Vec<Value>) -> Value {
    let mut parts = parts.into_iter();
    let run = parts.next().unwrap_or_default();
    let started = time(&parts.next().unwrap_or_default());
    json!({ "run": run, "started": started, "outcome": convert(parts.next().unwrap_or_default()) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::document;

    #[test]
    fn spans_are_seconds_and_times_are_written_out() {
        let answer = json!({
            "took_ms": 1500, "rpo_ms": null, "next_ms": [0, 1000], "verified_ms": null,
            "last_run": ["ab", 0, null], "lines": [{ "at_ms": 0 }],
        });
        let expected = json!({
            "schema": "mainstay.x/1", "took_seconds": 1.5, "rpo_seconds": null,
            "next": ["1970-01-01T00:00:00Z", "1970-01-01T00:00:01Z"], "verified": null,
            "last_run": { "run": "ab", "started": "1970-01-01T00:00:00Z", "outcome": null },
            "lines": [{ "at": "1970-01-01T00:00:00Z" }],
        });
        assert_eq!(document("x", &answer), expected);
    }
}
