//! Policies as a revision of git holds them: read out of git's own objects by the `git` program, never out of the
//! working tree.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use mainstay_compiler::{World, WorldError};
use mainstay_source::{Output, Process, Program};

use super::policy::{FILE_NAME, MAX_READ_BYTES};
use crate::context::Context;
use crate::error::Failure;

/// A commit of the repository that the command was given in.
#[derive(Debug)]
pub struct Revision {
    /// Its hash.
    commit: String,
    /// As it was named.
    named: String,
    /// The folder that the working tree begins with.
    top: PathBuf,
    /// Where git is started.
    current: PathBuf,
    environment: Vec<(OsString, OsString)>,
}

impl Revision {
    /// Asks git which commit a name means.
    ///
    /// # Errors
    /// When git is not there, this is no repository, or it knows no such revision.
    pub fn find(context: &Context, named: &str) -> Result<Self, Failure> {
        let mut revision = Self {
            commit: String::new(),
            named: named.to_owned(),
            top: PathBuf::new(),
            current: context.environment.current.clone(),
            environment: context.environment.for_children.clone(),
        };
        let wanted = format!("{named}^{{commit}}");
        let commit = revision.git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted])?;
        let Some(commit) = commit.map(line) else {
            return Err(Failure::usage(format!("git knows no revision `{named}` here"))
                .next("name a file, a folder, a revision such as `HEAD`, or `REV:PATH`"));
        };
        revision.commit = commit;
        let top = revision.git(&["rev-parse", "--show-toplevel"])?.map(line).unwrap_or_default();
        revision.top = PathBuf::from(top);
        Ok(revision)
    }

    /// The path of the policy in the repository: the one that is named, from the top or after `./` from here, or else
    /// that of the policy that would run.
    ///
    /// # Errors
    /// When the revision has none there.
    pub fn policy(&self, context: &Context, named: Option<&Path>) -> Result<String, Failure> {
        let below_top = |path: &Path| path.strip_prefix(&self.top).map(Path::to_path_buf).ok();
        let path = match named {
            Some(path) if path.starts_with(".") => below_top(&plain(&self.current.join(path))),
            Some(path) => Some(plain(path)),
            None => below_top(&context.policy_file()?.path()),
        };
        let outside =
            || Failure::usage(format!("the policy is outside of the repository of `{}`", self.named));
        let path = path.ok_or_else(outside)?;
        let candidates = [path.clone(), path.join(FILE_NAME)].map(|path| path.to_string_lossy().into_owned());
        for candidate in &candidates {
            if self.blob(candidate)?.is_some() {
                return Ok(candidate.clone());
            }
        }
        let message = format!("`{}` has no policy at `{}`", self.named, path.display());
        Err(Failure::usage(message).next("name it: `REV:PATH`, from the top of the repository"))
    }

    /// The bytes of a file, at most one more than the compiler reads; none when there is no such file.
    fn blob(&self, path: &str) -> Result<Option<Vec<u8>>, Failure> {
        self.git(&["cat-file", "blob", &format!("{}:{path}", self.commit)])
    }

    /// What git prints; none when it says no.
    fn git(&self, arguments: &[&str]) -> Result<Option<Vec<u8>>, Failure> {
        let argv = ["git"].iter().chain(arguments).map(|word| (*word).to_owned()).collect();
        let environment = self.environment.clone();
        let program = Program { argv, directory: self.current.clone(), environment, secrets: Vec::new() };
        let failed = |error| Failure::usage("git cannot be asked").because(error);
        let mut process = Process::start(&program, Output::Read, None).map_err(failed)?;
        let mut bytes = vec![0; usize::try_from(MAX_READ_BYTES).unwrap_or(usize::MAX)];
        let read = process.read(&mut bytes).map_err(failed)?;
        bytes.truncate(read);
        let ended = process.wait().map_err(failed)?;
        Ok((ended.code == Some(0)).then_some(bytes))
    }
}

fn line(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).trim_end().to_owned()
}

/// Without `.` and `..`; what would go above the top goes nowhere.
fn plain(path: &Path) -> PathBuf {
    let mut found = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(found.pop()),
            part => found.push(part),
        }
    }
    found
}

/// The compiler's door to a revision.
#[derive(Debug)]
pub struct RevisionWorld {
    revision: Arc<Revision>,
    root: String,
}

impl RevisionWorld {
    /// Of the policy at this path from the top.
    pub fn new(revision: Arc<Revision>, root: &str) -> Self {
        Self { revision, root: root.to_owned() }
    }

    /// The path of the root file.
    pub fn root(&self) -> String {
        self.root.clone()
    }
}

impl World for RevisionWorld {
    fn read(&self, path: &str) -> Result<Arc<str>, WorldError> {
        let path = plain(Path::new(path));
        let bytes = self.revision.blob(&path.to_string_lossy());
        let bytes =
            bytes.map_err(|failure| WorldError::Other(failure.message))?.ok_or(WorldError::Missing)?;
        if bytes.len() as u64 == MAX_READ_BYTES {
            return Err(WorldError::TooLarge { limit_bytes: MAX_READ_BYTES - 1 });
        }
        String::from_utf8(bytes).map(Into::into).map_err(|_| WorldError::NotText)
    }
}
