//! What the verbs print for machines: one document, or a line per event with a header first and an `end` last.

use serde_json::{Value, json};

use crate::context::Context;
use crate::error::Failure;

/// Prints one document.
pub fn document(context: &Context, value: &Value) {
    context.print(format!("{value:#}"));
}

/// Prints the `end` line of a verb that ended without its result.
pub fn failure(context: &Context, failure: &Failure) {
    context.print(end_of(failure).to_string());
}

/// The `end` line of a failure.
pub fn end_of(failure: &Failure) -> Value {
    let mut error = json!({
        "message": failure.message,
        "causes": failure.causes,
        "safe": failure.safe,
        "next": failure.next,
    });
    if let Some(fields) = error.as_object_mut() {
        fields.extend(failure.details.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    }
    json!({ "type": "end", "outcome": failure.exit.word(), "exit_code": failure.exit.code(), "error": error })
}
