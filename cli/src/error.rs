//! What a command says when it cannot do its work: what happened, what is safe, and the next step.

use std::io::Write;

use crate::exit::Exit;
use crate::report::table::clean;
use crate::report::words;

/// A command that ended without its result.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What happened; the user's words in backticks.
    pub message: String,
    /// What led to it, outermost first.
    pub causes: Vec<String>,
    /// What is known to be unharmed.
    pub safe: Option<Box<str>>,
    /// The next command or act.
    pub next: Option<Box<str>>,
    /// More for machines, by name.
    pub details: Vec<(&'static str, serde_json::Value)>,
}

impl Failure {
    /// A failure with its code and its sentence.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: words::plain(&message.into()),
            causes: Vec::new(),
            safe: None,
            next: None,
            details: Vec::new(),
        }
    }

    /// The command line or the configuration is wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Adds what led to it.
    #[must_use]
    pub fn because(mut self, cause: impl std::fmt::Display) -> Self {
        self.causes.push(words::plain(&cause.to_string()));
        self
    }

    /// Says what is unharmed.
    #[must_use]
    pub fn safe(mut self, text: impl Into<String>) -> Self {
        self.safe = Some(text.into().into_boxed_str());
        self
    }

    /// Says the next step.
    #[must_use]
    pub fn next(mut self, text: impl Into<String>) -> Self {
        self.next = Some(text.into().into_boxed_str());
        self
    }

    /// Adds what only machines read.
    #[must_use]
    pub fn details(mut self, name: &'static str, value: serde_json::Value) -> Self {
        self.details.push((name, value));
        self
    }

    /// Writes it for people, each part on one line: a name in it may hold anything.
    pub fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "error: {}", clean(&self.message))?;
        for cause in &self.causes {
            writeln!(out, "  because: {}", clean(cause))?;
        }
        if let Some(safe) = &self.safe {
            writeln!(out, "  safe: {}", clean(safe))?;
        }
        if let Some(next) = &self.next {
            writeln!(out, "  next: {}", clean(next))?;
        }
        Ok(())
    }
}
