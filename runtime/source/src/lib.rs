//! What is protected: files, and the output of commands.
//!
//! A source is looked at before it is read ([`FilesSource::discover`], [`CommandSource::discover`]): a missing
//! or an empty one is an error, never a quiet, empty backup. Then it gives a view
//! ([`mainstay_world::tree::View`]) that a repository takes.

mod command;
mod error;
mod files;
mod pattern;
mod process;

pub use command::CommandSource;
pub use error::{Discovered, SourceError};
pub use files::{FilesSource, OnFault, OwnFolder};
pub use process::{Ended, Output, Process, ProcessError, Program, StopFlag, Variable};
