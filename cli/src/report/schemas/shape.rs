//! The parts that every schema is made of.

use serde_json::{Map, Value, json};

pub(super) type Fields = Vec<(&'static str, Value)>;

pub(super) fn text() -> Value {
    json!({ "type": "string" })
}

pub(super) fn truth() -> Value {
    json!({ "type": "boolean" })
}

pub(super) fn integer() -> Value {
    json!({ "type": "integer" })
}

pub(super) fn seconds() -> Value {
    json!({ "type": "number", "minimum": 0 })
}

pub(super) fn time() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

pub(super) fn word(words: &[&str]) -> Value {
    json!({ "enum": words })
}

pub(super) fn list(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

/// Unknown is null.
pub(super) fn maybe(known: Value) -> Value {
    json!({ "anyOf": [known, { "type": "null" }] })
}

/// All fields are always there, and no others.
pub(super) fn object(fields: Fields) -> Value {
    let required: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    let properties: Map<String, Value> =
        fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

pub(super) fn document(name: &str, mut fields: Fields) -> Value {
    fields.insert(0, ("schema", json!({ "const": format!("mainstay.{name}/1") })));
    let mut schema = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema" });
    if let (Some(schema), Value::Object(rest)) = (schema.as_object_mut(), object(fields)) {
        schema.extend(rest);
    }
    schema
}

pub(super) fn event(kind: &str, mut fields: Fields) -> Value {
    fields.insert(0, ("type", json!({ "const": kind })));
    object(fields)
}
