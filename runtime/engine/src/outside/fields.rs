//! Reading the fields of a thing of the policy.

use mainstay_ir::{Constructed, Value};

/// A field is missing, or is of another kind: the policy is not what the compiler makes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{constructor}` has no `{field}` that can be used")]
pub struct FieldError {
    constructor: String,
    field: &'static str,
}

/// A thing whose fields are asked for by name.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(pub &'a Constructed);

impl<'a> Fields<'a> {
    fn bad(self, field: &'static str) -> FieldError {
        FieldError { constructor: self.0.constructor.clone(), field }
    }

    pub(crate) fn get(self, field: &str) -> Option<&'a Value> {
        self.0.fields.get(field)
    }

    pub(crate) fn text(self, field: &'static str) -> Result<&'a str, FieldError> {
        self.text_if(field).ok_or_else(|| self.bad(field))
    }

    pub(crate) fn text_if(self, field: &str) -> Option<&'a str> {
        match self.get(field) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn secret(self, field: &'static str) -> Result<&'a str, FieldError> {
        match self.get(field) {
            Some(Value::Secret(name)) => Ok(name),
            _ => Err(self.bad(field)),
        }
    }

    pub(crate) fn truth(self, field: &str) -> bool {
        matches!(self.get(field), Some(Value::Bool(true)))
    }

    pub(crate) fn bytes_if(self, field: &str) -> Option<u64> {
        match self.get(field) {
            Some(Value::Bytes(bytes)) => Some(*bytes),
            _ => None,
        }
    }

    pub(crate) fn member_if(self, field: &str) -> Option<&'a str> {
        match self.get(field) {
            Some(Value::Member(name)) => Some(name),
            _ => None,
        }
    }

    /// A list of texts, or one text, or nothing.
    pub(crate) fn texts(self, field: &'static str) -> Result<Vec<String>, FieldError> {
        let text = |value: &Value| match value {
            Value::Text(text) => Ok(text.clone()),
            _ => Err(self.bad(field)),
        };
        match self.get(field) {
            None => Ok(Vec::new()),
            Some(Value::List(values)) => values.iter().map(text).collect(),
            Some(value) => Ok(vec![text(value)?]),
        }
    }

    /// `[env("NAME", secret)]`: names of variables and of secrets.
    pub(crate) fn variables(self, field: &'static str) -> Result<Vec<(String, String)>, FieldError> {
        let Some(Value::List(values)) = self.get(field) else { return Ok(Vec::new()) };
        values.iter().map(|value| variable(value).ok_or_else(|| self.bad(field))).collect()
    }
}

fn variable(value: &Value) -> Option<(String, String)> {
    let Value::Constructed(made) = value else { return None };
    match (made.fields.get("name")?, made.fields.get("value")?) {
        (Value::Text(name), Value::Secret(secret)) => Some((name.clone(), secret.clone())),
        _ => None,
    }
}
