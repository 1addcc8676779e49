use std::io;
use std::path::PathBuf;

/// What a look at a source found, without a walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovered {
    /// How many entries it has, where that is known without a walk.
    pub entries: Option<u64>,
    /// How many bytes it holds, where that is known without reading them.
    pub bytes: Option<u64>,
    /// The roots that were found, as the kernel names them; the program of a command.
    pub present: Vec<PathBuf>,
}

/// Why a source cannot be protected.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It names no place at all.
    #[error("the source has no roots")]
    NoRoots,
    /// A place that it names is not there.
    #[error("the root `{}` does not exist", .0.display())]
    MissingRoot(PathBuf),
    /// A place that it names cannot be looked into.
    #[error("the root `{}` cannot be read: {source}", root.display())]
    UnreadableRoot {
        /// As it was written.
        root: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A folder that it names has no entries: far more often a mount that is missing than the truth.
    #[error("the root `{}` is an empty folder", .0.display())]
    EmptyRoot(PathBuf),
    /// A place that it names is where copies are put.
    #[error("the root `{}` lies within {what}: what holds copies is not copied", root.display())]
    OwnRoot {
        /// As it was written.
        root: PathBuf,
        /// What it lies within, in words.
        what: String,
    },
    /// A pattern cannot be understood.
    #[error("the pattern `{pattern}` is not a pattern: {message}")]
    Pattern {
        /// As it was written.
        pattern: String,
        /// What is wrong with it.
        message: String,
    },
    /// A file of patterns cannot be read.
    #[error("the file of patterns `{}` cannot be read: {source}", path.display())]
    PatternFile {
        /// As it was written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A command that names no program.
    #[error("the command has no program")]
    NoProgram,
    /// The program of a command is not there, or may not be run.
    #[error("the program `{}` cannot be run: {message}", program.display())]
    Program {
        /// As it was written.
        program: PathBuf,
        /// What is wrong with it.
        message: String,
    },
}
