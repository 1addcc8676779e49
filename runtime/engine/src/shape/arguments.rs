//! Reading the arguments of a call.

use mainstay_ir::{Backoff, Call, DurationMs, Name, Retention, Value};

/// A policy that this engine cannot carry out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("step `{step}` of workflow `{workflow}`: {fault}")]
pub struct ShapeError {
    /// Which workflow.
    pub workflow: Name,
    /// Which step.
    pub step: Name,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The engine has no such stage or verb.
    #[error("`{0}` cannot be carried out yet")]
    NotCarried(Name),
    /// An argument is missing, or is of another kind.
    #[error("`{call}` has no `{argument}` that can be used")]
    Argument {
        /// Of which call.
        call: Name,
        /// Which argument.
        argument: &'static str,
    },
    /// Stages that lead to no `store`.
    #[error("its stages end before `store`")]
    NoStore,
}

impl Fault {
    pub(super) fn at(self, workflow: &str, step: &str) -> ShapeError {
        ShapeError { workflow: workflow.to_owned(), step: step.to_owned(), fault: self }
    }
}

/// A call whose arguments are asked for by name.
#[derive(Clone, Copy)]
pub(super) struct Arguments<'a>(pub &'a Call);

impl<'a> Arguments<'a> {
    fn bad(self, argument: &'static str) -> Fault {
        Fault::Argument { call: self.0.name.clone(), argument }
    }

    fn get(self, argument: &'static str) -> Option<&'a Value> {
        self.0.args.get(argument)
    }

    pub(super) fn thing(self, argument: &'static str) -> Result<Name, Fault> {
        match self.get(argument) {
            Some(Value::Thing(_, name)) => Ok(name.clone()),
            _ => Err(self.bad(argument)),
        }
    }

    /// The step in `of`, if a step stands there.
    pub(super) fn from(self) -> Option<Name> {
        match self.get("of") {
            Some(Value::Step(step)) => Some(step.clone()),
            _ => None,
        }
    }

    pub(super) fn retention(self, argument: &'static str) -> Result<Retention, Fault> {
        match self.get(argument) {
            Some(Value::Retention(keep)) => Ok(keep.clone()),
            _ => Err(self.bad(argument)),
        }
    }

    pub(super) fn percent(self, argument: &'static str) -> Result<u64, Fault> {
        match self.get(argument) {
            Some(Value::Percent(millionths)) => Ok(*millionths),
            _ => Err(self.bad(argument)),
        }
    }

    pub(super) fn duration(self, argument: &'static str) -> Result<DurationMs, Fault> {
        match self.get(argument) {
            Some(Value::Duration(span)) => Ok(*span),
            _ => Err(self.bad(argument)),
        }
    }

    pub(super) fn bytes_if(self, argument: &'static str) -> Option<u64> {
        match self.get(argument) {
            Some(Value::Bytes(bytes)) => Some(*bytes),
            _ => None,
        }
    }

    pub(super) fn truth(self, argument: &'static str) -> bool {
        matches!(self.get(argument), Some(Value::Bool(true)))
    }

    pub(super) fn small(self, argument: &'static str) -> Result<i32, Fault> {
        match self.get(argument) {
            Some(Value::Int(number)) => i32::try_from(*number).map_err(|_| self.bad(argument)),
            _ => Err(self.bad(argument)),
        }
    }

    pub(super) fn member(self, argument: &'static str) -> Option<&'a str> {
        match self.get(argument) {
            Some(Value::Member(name)) => Some(name),
            _ => None,
        }
    }

    pub(super) fn is_absent(self, argument: &'static str) -> bool {
        self.get(argument).is_none()
    }

    pub(super) fn list(self, argument: &'static str) -> &'a [Value] {
        match self.get(argument) {
            Some(Value::List(values)) => values,
            _ => &[],
        }
    }

    pub(super) fn texts(self, argument: &'static str) -> Result<Vec<String>, Fault> {
        let text = |value: &Value| match value {
            Value::Text(text) => Ok(text.clone()),
            _ => Err(self.bad(argument)),
        };
        self.list(argument).iter().map(text).collect()
    }

    pub(super) fn numbers(self, argument: &'static str) -> Result<Vec<i32>, Fault> {
        let number = |value: &Value| match value {
            Value::Int(number) => i32::try_from(*number).map_err(|_| self.bad(argument)),
            _ => Err(self.bad(argument)),
        };
        self.list(argument).iter().map(number).collect()
    }

    /// `[env("NAME", secret)]`.
    pub(super) fn variables(self, argument: &'static str) -> Result<Vec<(String, Name)>, Fault> {
        let variable = |value: &Value| variable(value).ok_or_else(|| self.bad(argument));
        self.list(argument).iter().map(variable).collect()
    }

    /// Its own `retry:`, or that of its step.
    pub(super) fn retry(self, of_step: &Backoff) -> Backoff {
        match self.get("retry") {
            Some(Value::Backoff(backoff)) => backoff.clone(),
            _ => of_step.clone(),
        }
    }

    pub(super) fn within_ms(self) -> Option<u64> {
        self.0.within.map(|within| within.0)
    }
}

fn variable(value: &Value) -> Option<(String, Name)> {
    let Value::Constructed(made) = value else { return None };
    match (made.constructor.as_str(), made.fields.get("name")?, made.fields.get("value")?) {
        ("env", Value::Text(name), Value::Secret(secret)) => Some((name.clone(), secret.clone())),
        _ => None,
    }
}
