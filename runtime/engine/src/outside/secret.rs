//! Secrets, resolved where they are used and nowhere before. They are wiped when they go, and no error names
//! more than where one should have come from.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use mainstay_ir::{Constructed, Ir};
use mainstay_journal::Fault;
use mainstay_source::{Output, Process, ProcessError};
use mainstay_world::Secret;

use super::fields::{FieldError, Fields};
use super::place::place;
use super::program::Programs;
use crate::config::EngineConfig;

/// No secret is larger: a key file takes a few hundred bytes.
const MAX_BYTES: u64 = 1024 * 1024;
/// Where systemd puts the credentials of a service.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// Why a secret cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The policy has no secret of this name.
    #[error("the policy has no secret `{0}`")]
    Unknown(String),
    /// This engine does not know where such secrets come from.
    #[error("secret `{name}`: `{constructor}` cannot be used yet")]
    NotCarried {
        /// Its name.
        name: String,
        /// As the policy has it.
        constructor: String,
    },
    /// It is not there.
    #[error("secret `{name}` is not there: {origin} does not exist")]
    Absent {
        /// Its name.
        name: String,
        /// Where it should have come from.
        origin: String,
    },
    /// It is there and cannot be read.
    #[error("secret `{name}` cannot be read from {origin}: {error}")]
    Unreadable {
        /// Its name.
        name: String,
        /// Where it should have come from.
        origin: String,
        /// Why.
        error: io::Error,
    },
    /// It is there and holds nothing, or far too much.
    #[error("secret `{name}` from {origin} is {what}")]
    Size {
        /// Its name.
        name: String,
        /// Where it came from.
        origin: String,
        /// `empty` or `too large`.
        what: &'static str,
    },
    /// Its program failed.
    #[error("secret `{name}`: {message}")]
    Program {
        /// Its name.
        name: String,
        /// In words.
        message: String,
    },
    /// The policy is not what the compiler makes.
    #[error(transparent)]
    Field(#[from] FieldError),
}

impl SecretError {
    /// For decisions and exit codes.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Unknown(_) | Self::NotCarried { .. } | Self::Field(_) => Fault::Policy,
            _ => Fault::Denied,
        }
    }
}

/// Read and write, of users who are neither the owner nor of the group.
const OTHERS: u32 = 0o006;

/// Where secrets are asked for.
#[derive(Clone, Copy)]
pub(crate) struct Secrets<'a> {
    ir: &'a Ir,
    config: &'a EngineConfig,
}

/// A secret's name and where it comes from.
struct Asked<'a> {
    name: &'a str,
    made: &'a Constructed,
}

impl<'a> Secrets<'a> {
    pub(crate) fn new(ir: &'a Ir, config: &'a EngineConfig) -> Self {
        Self { ir, config }
    }

    /// The bytes of a secret as they are, for a key file.
    pub(crate) fn bytes(self, name: &str) -> Result<Secret, SecretError> {
        let asked = self.asked(name)?;
        let bytes = match asked.made.constructor.as_str() {
            "env_var" => self.variable(&asked)?,
            "file" | "credential" => self.file(&asked)?,
            "command" => self.command(&asked)?,
            other => {
                return Err(SecretError::NotCarried { name: name.to_owned(), constructor: other.to_owned() });
            }
        };
        if bytes.expose().is_empty() {
            return Err(asked.size("empty"));
        }
        Ok(bytes)
    }

    /// The same without the new line at its end, for a variable of an environment.
    pub(crate) fn line(self, name: &str) -> Result<Secret, SecretError> {
        let bytes = self.bytes(name)?;
        let whole = bytes.expose();
        let line = whole.strip_suffix(b"\r\n").or_else(|| whole.strip_suffix(b"\n")).unwrap_or(whole);
        Ok(Secret::new(line.to_vec()))
    }

    /// The file that a secret stands in, if it stands in one that somebody could make.
    pub(crate) fn path(self, name: &str) -> Option<PathBuf> {
        let asked = self.asked(name).ok()?;
        let path = (asked.made.constructor == "file").then(|| Fields(asked.made).text_if("path"))??;
        Some(place(&self.config.policy_root, path))
    }

    /// Whether it stands in a file that other users of the machine may read or write. A group may be meant to.
    pub(crate) fn is_open(self, name: &str) -> bool {
        use std::os::unix::fs::PermissionsExt as _;
        let metadata = self.path(name).and_then(|path| std::fs::metadata(path).ok());
        metadata.is_some_and(|metadata| metadata.permissions().mode() & OTHERS != 0)
    }

    /// Where a secret comes from, in words.
    pub(crate) fn origin(self, name: &str) -> Option<String> {
        Some(self.asked(name).ok()?.origin())
    }

    fn asked(self, name: &str) -> Result<Asked<'a>, SecretError> {
        let found = self.ir.secrets.get_key_value(name);
        let (name, made) = found.ok_or_else(|| SecretError::Unknown(name.to_owned()))?;
        Ok(Asked { name, made })
    }

    fn variable(self, asked: &Asked<'_>) -> Result<Secret, SecretError> {
        let variable = Fields(asked.made).text("name")?;
        let value = self.config.environment.variable(variable).ok_or_else(|| asked.absent())?;
        Ok(Secret::new(value.into_vec()))
    }

    fn file(self, asked: &Asked<'_>) -> Result<Secret, SecretError> {
        let path = if asked.made.constructor == "file" {
            place(&self.config.policy_root, Fields(asked.made).text("path")?)
        } else {
            let folder = self.config.environment.variable(CREDENTIALS).ok_or_else(|| asked.absent())?;
            PathBuf::from(folder).join(Fields(asked.made).text("name")?)
        };
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes));
        let bytes = Secret::new(bytes);
        match read {
            Ok(_) if bytes.expose().len() as u64 > MAX_BYTES => Err(asked.size("too large")),
            Ok(_) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(asked.absent()),
            Err(error) => Err(asked.unreadable(error)),
        }
    }

    fn command(self, asked: &Asked<'_>) -> Result<Secret, SecretError> {
        let argv = Fields(asked.made).texts("argv")?;
        let program = Programs::new(self.config).plain(argv);
        let failed = |error: ProcessError| asked.program(error.to_string());
        let mut process = Process::start(&program, Output::Read, None).map_err(failed)?;
        let mut bytes = vec![0; MAX_BYTES as usize + 1];
        let length = process.read(&mut bytes).map_err(failed)?;
        bytes.truncate(length);
        let bytes = Secret::new(bytes);
        if length as u64 > MAX_BYTES {
            return Err(asked.size("too large"));
        }
        let ended = process.wait().map_err(failed)?;
        if ended.code == Some(0) { Ok(bytes) } else { Err(asked.program("its program failed".to_owned())) }
    }
}

impl Asked<'_> {
    fn origin(&self) -> String {
        let fields = Fields(self.made);
        let of = |field| fields.text_if(field).unwrap_or_default().to_owned();
        match self.made.constructor.as_str() {
            "env_var" => format!("the variable `{}`", of("name")),
            "file" => format!("the file `{}`", of("path")),
            "credential" => format!("the credential `{}`", of("name")),
            "command" => {
                let argv = fields.texts("argv").unwrap_or_default();
                format!("the program `{}`", argv.first().cloned().unwrap_or_default())
            }
            other => format!("`{other}`"),
        }
    }

    fn absent(&self) -> SecretError {
        SecretError::Absent { name: self.name.to_owned(), origin: self.origin() }
    }

    fn unreadable(&self, error: io::Error) -> SecretError {
        SecretError::Unreadable { name: self.name.to_owned(), origin: self.origin(), error }
    }

    fn size(&self, what: &'static str) -> SecretError {
        SecretError::Size { name: self.name.to_owned(), origin: self.origin(), what }
    }

    fn program(&self, message: String) -> SecretError {
        SecretError::Program { name: self.name.to_owned(), message }
    }
}
