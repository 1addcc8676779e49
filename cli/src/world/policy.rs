//! Finding and reading policy files.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::error::Failure;

/// What a policy's root file is called.
pub const FILE_NAME: &str = "mainstay.stay";

/// Nothing longer is read from a policy file: the language's own limit, 16 MiB, and a byte to see that it is passed.
pub const MAX_READ_BYTES: u64 = (16 << 20) + 1;

/// The root file of a policy.
#[derive(Debug, Clone)]
pub struct PolicyFile {
    /// The folder that relative paths of the policy start from.
    pub folder: PathBuf,
    /// The name of the file in it.
    pub name: String,
}

impl PolicyFile {
    /// The file that `-p` names, or `mainstay.stay` in this folder or the nearest above it, up to the git root.
    pub fn find(named: Option<&Path>, current: &Path) -> Result<Self, Failure> {
        match named {
            Some(path) => Self::named(&current.join(path), path),
            None => Self::nearest(current),
        }
    }

    /// Whether a file says that it is the root of a policy: a line of it begins with `policy`. What cannot be read is taken for one, so that compiling it says why.
    pub fn declares_policy(path: &Path) -> bool {
        let Ok(text) = read_bounded(path) else { return true };
        text.lines().any(|line| line.split_whitespace().next() == Some("policy"))
    }

    /// The whole path.
    pub fn path(&self) -> PathBuf {
        self.folder.join(&self.name)
    }

    fn named(path: &Path, shown: &Path) -> Result<Self, Failure> {
        let file = if path.is_dir() { path.join(FILE_NAME) } else { path.to_path_buf() };
        if !file.is_file() {
            let message = format!("there is no policy at `{}`", shown.display());
            return Err(
                Failure::usage(message).next("name a policy file, or a folder that holds `mainstay.stay`")
            );
        }
        Self::split(&file)
    }

    fn nearest(current: &Path) -> Result<Self, Failure> {
        for folder in current.ancestors() {
            let file = folder.join(FILE_NAME);
            if file.is_file() {
                return Self::split(&file);
            }
            if folder.join(".git").exists() {
                break;
            }
        }
        let message = format!("there is no `{FILE_NAME}` in `{}` or above it", current.display());
        Err(Failure::usage(message).next("name one with `-p FILE`, or go to the folder that holds it"))
    }

    fn split(file: &Path) -> Result<Self, Failure> {
        let name = file.file_name().and_then(|name| name.to_str());
        let Some(name) = name else {
            return Err(Failure::usage(format!("the name of `{}` is no UTF-8", file.display())));
        };
        let folder = file.parent().unwrap_or(Path::new("."));
        let folder = folder
            .canonicalize()
            .map_err(|error| Failure::usage(format!("cannot go to `{}`", folder.display())).because(error))?;
        Ok(Self { folder, name: name.to_owned() })
    }
}

/// Reads a text of bounded length; what is longer is cut one byte behind the limit, where the parser sees it.
pub fn read_bounded(path: &Path) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_READ_BYTES).read_to_end(&mut bytes)?;
    let invalid = |error| std::io::Error::new(std::io::ErrorKind::InvalidData, error);
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(error) if error.as_bytes().len() as u64 == MAX_READ_BYTES => {
            let end = error.utf8_error().valid_up_to();
            let mut bytes = error.into_bytes();
            bytes.truncate(end);
            String::from_utf8(bytes).map_err(invalid)
        }
        Err(error) => Err(invalid(error)),
    }
}

/// Every `.stay` file at or below the paths, sorted; hidden folders and `target` are passed over.
pub fn policies_below(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        if !path.exists() {
            return Err(Failure::usage(format!("there is no `{}`", path.display())));
        }
        let walk = walkdir::WalkDir::new(path).sort_by_file_name().into_iter();
        let entries = walk.filter_entry(|entry| entry.depth() == 0 || !is_passed_over(entry));
        for entry in entries.filter_map(Result::ok) {
            let named = path.is_file() && entry.depth() == 0;
            let is_policy = entry.path().extension().is_some_and(|extension| extension == "stay");
            if entry.file_type().is_file() && (named || is_policy) {
                found.push(entry.into_path());
            }
        }
    }
    Ok(found)
}

fn is_passed_over(entry: &walkdir::DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    entry.file_type().is_dir() && (name.starts_with('.') || name == "target")
}
