//! The output of a program, as one file.

mod stream;
#[cfg(test)]
mod tests;

use mainstay_world::TimestampMs;
use mainstay_world::tree::{Fault, Judgement, Tree, View};

use self::stream::Stream;
use crate::{Discovered, ProcessError, Program, SourceError, StopFlag};

/// What a program prints, kept as one file named `stdout`.
///
/// The program is owned: it is started when the file is opened, and what it printed counts only if it exits with
/// 0 after at least `min_size` bytes that end as `trailer` says. Nothing of what a failed program printed may be kept.
#[derive(Clone)]
pub struct CommandSource {
    /// What runs.
    pub program: Program,
    /// The fewest bytes that are believed. An empty output is an error unless 0 is asked for; 1 is usual.
    pub min_size: u64,
    /// What must stand within the last 4 KiB: many dumps end with a line that says that they are complete.
    pub trailer: Option<String>,
    /// The time that the file bears.
    pub at: TimestampMs,
    /// Asked while the program is silent.
    pub stop: Option<StopFlag>,
}

impl CommandSource {
    /// Looks whether the program is there and may be run.
    pub fn discover(&self) -> Result<Discovered, SourceError> {
        let found = self.program.find().map_err(|error| match error {
            ProcessError::NoProgram => SourceError::NoProgram,
            other => SourceError::Program {
                program: self.program.name().into(),
                message: match other {
                    ProcessError::NotFound { .. } => "it was not found".to_owned(),
                    ProcessError::NotExecutable { .. } => "it is not executable".to_owned(),
                    other => other.to_string(),
                },
            },
        })?;
        Ok(Discovered { entries: Some(1), bytes: None, present: vec![found] })
    }

    /// The output. The program starts when its file is opened; each time it is opened it starts from its beginning.
    pub fn snapshot(&self) -> Result<Box<dyn View>, SourceError> {
        self.discover()?;
        Ok(Box::new(CommandView(self.clone())))
    }
}

struct CommandView(CommandSource);

impl View for CommandView {
    fn walk(&self) -> Result<Box<dyn Tree>, Fault> {
        Ok(Box::new(Stream::new(&self.0)))
    }

    /// Half an output is no copy, whatever the reason.
    fn judge(&self, _: &Fault) -> Judgement {
        Judgement::Fails
    }
}
