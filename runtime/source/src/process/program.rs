//! What is run: a program, its arguments and all that it is handed over.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mainstay_world::Secret;
use rustix::fs::Access;
use rustix::process::Pid;

use super::ProcessError;

/// A variable of the environment whose value is a secret: it is removed from what the program prints, too.
#[derive(Debug, Clone)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Secret,
}

/// A program to run.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// The program and its arguments, never a line for a shell. A program with a `/` that is not absolute lies below
    /// `directory`, one without is looked for in the `PATH` that is handed over.
    pub argv: Vec<String>,
    /// Where it runs.
    pub directory: PathBuf,
    /// Its whole environment, but for the secrets.
    pub environment: Vec<(OsString, OsString)>,
    /// Secrets, by environment.
    pub secrets: Vec<Variable>,
}

impl Program {
    /// The name as it was written.
    pub fn name(&self) -> &str {
        self.argv.first().map_or("", String::as_str)
    }

    /// Finds the file that will run, and whether it may.
    pub fn find(&self) -> Result<PathBuf, ProcessError> {
        let program = self.name().to_owned();
        if program.is_empty() {
            return Err(ProcessError::NoProgram);
        }
        let candidates: Vec<PathBuf> = if program.contains('/') {
            vec![self.directory.join(&program)]
        } else {
            let path = self.environment.iter().find(|(name, _)| name == "PATH");
            let folders = path.map(|(_, value)| value.as_os_str()).unwrap_or_default();
            std::env::split_paths(folders).map(|folder| folder.join(&program)).collect()
        };
        let present = candidates.iter().any(|path| path.is_file());
        match candidates.into_iter().find(|path| is_executable(path)) {
            Some(path) => Ok(path),
            None if present => Err(ProcessError::NotExecutable { program }),
            None => Err(ProcessError::NotFound { program }),
        }
    }
}

fn is_executable(path: &Path) -> bool {
    path.is_file() && rustix::fs::access(path, Access::EXEC_OK).is_ok()
}

/// In a group that is there already.
pub(super) fn command(program: &Program, file: &Path, group: Pid) -> Command {
    let mut command = Command::new(file);
    command
        .arg0(program.name())
        .args(program.argv.iter().skip(1))
        .current_dir(&program.directory)
        .env_clear()
        .envs(program.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(group.as_raw_nonzero().get());
    for variable in &program.secrets {
        command.env(&variable.name, OsStr::from_bytes(variable.value.expose()));
    }
    command
}
