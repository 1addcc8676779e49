//! Events for machines: a line each, a header first, an `end` last.

use serde_json::{Value, json};

use crate::context::Context;
use crate::exit::Exit;

/// A stream of events on standard output; it says nothing unless `--json` was given.
pub struct Stream<'a> {
    context: &'a Context,
}

impl<'a> Stream<'a> {
    /// Begins with the header.
    pub fn begin(context: &'a Context, verb: &str) -> Self {
        let stream = Self { context };
        stream.event(&json!({
            "type": "header",
            "schema": format!("mainstay.{verb}/1"),
            "verb": verb,
            "version": env!("CARGO_PKG_VERSION"),
        }));
        stream
    }

    /// Whether somebody listens.
    pub fn is_on(&self) -> bool {
        self.context.globals.json
    }

    /// One event.
    pub fn event(&self, value: &Value) {
        if self.is_on() {
            self.context.print(value.to_string());
        }
    }

    /// Ends it.
    pub fn end(&self, exit: Exit) {
        self.event(&json!({ "type": "end", "outcome": exit.word(), "exit_code": exit.code() }));
    }
}
