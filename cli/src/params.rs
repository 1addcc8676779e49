//! The values that the caller hands to the params of a policy: a file of them, and single ones, which count more.

use std::fs;
use std::path::Path;

use mainstay_compiler::Params;
use serde_json::{Map, Value};

use crate::context::Context;
use crate::error::Failure;

/// The values of `--params`, then those of `--set`.
pub fn params(context: &Context) -> Result<Params, Failure> {
    let mut params = Params::none();
    if let Some(file) = &context.globals.params {
        for (name, value) in read(&context.environment.current.join(file))? {
            params.set(name, written(&value));
        }
    }
    for set in &context.globals.set {
        let Some((name, value)) = set.split_once('=') else {
            let message = format!("`--set {set}` has no `=`");
            return Err(Failure::usage(message).next("write `--set NAME=VALUE`"));
        };
        params.set(name, value);
    }
    Ok(params)
}

/// The object that a file holds.
fn read(path: &Path) -> Result<Map<String, Value>, Failure> {
    let unusable = || {
        Failure::usage(format!("`{}` holds no values for params", path.display()))
            .next("write a JSON object: `{\"zone\": \"Europe/Berlin\", \"most\": \"2h\"}`")
    };
    let text = fs::read_to_string(path).map_err(|error| unusable().because(error))?;
    serde_json::from_str(&text).map_err(|error| unusable().because(error))
}

/// A value as it is written behind `--set NAME=`: a text as it stands, anything else as JSON writes it, which the language reads alike.
fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
