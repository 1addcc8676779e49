//! The sources of a policy.

use std::io::ErrorKind;
use std::path::PathBuf;

use mainstay_ir::{Constructed, Ir, Name, Value};
use mainstay_journal::{Class, Fault};
use mainstay_source::{
    CommandSource, Discovered, FilesSource, OnFault, OwnFolder, SourceError as Unfit, StopFlag, Variable,
};
use mainstay_world::tree::View;

use super::fields::{FieldError, Fields};
use super::place::place;
use super::program::Programs;
use super::secret::{SecretError, Secrets};
use crate::config::EngineConfig;

/// Why a source cannot be protected.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The policy has no source of this name.
    #[error("the policy has no source `{0}`")]
    Unknown(String),
    /// This engine does not read such sources.
    #[error("source `{name}`: `{constructor}` cannot be read yet")]
    NotCarried {
        /// Its name.
        name: String,
        /// As the policy has it.
        constructor: String,
    },
    /// A secret that it needs.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// It is not there, is empty, or cannot be read.
    #[error(transparent)]
    Source(#[from] Unfit),
    /// The policy is not what the compiler makes.
    #[error(transparent)]
    Field(#[from] FieldError),
}

impl SourceError {
    /// For decisions and exit codes.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Unknown(_) | Self::NotCarried { .. } | Self::Field(_) => Fault::Policy,
            Self::Secret(error) => error.fault(),
            Self::Source(
                Unfit::NoRoots | Unfit::NoProgram | Unfit::Pattern { .. } | Unfit::OwnRoot { .. },
            ) => Fault::Policy,
            Self::Source(_) => Fault::Source,
        }
    }

    /// A source that is not there now may be there later, when it is mounted. What may not be read stays so.
    pub fn class(&self) -> Class {
        match self {
            Self::Source(Unfit::MissingRoot(_) | Unfit::EmptyRoot(_) | Unfit::PatternFile { .. }) => {
                Class::Transient
            }
            Self::Source(Unfit::UnreadableRoot { source, .. })
                if source.kind() != ErrorKind::PermissionDenied =>
            {
                Class::Transient
            }
            _ => Class::Permanent,
        }
    }
}

/// A source that can be read.
pub(crate) enum Source {
    Files(FilesSource),
    Command(CommandSource),
}

impl Source {
    /// Of a policy, by its name.
    pub(crate) fn of(
        ir: &Ir,
        config: &EngineConfig,
        name: &str,
        stop: Option<StopFlag>,
    ) -> Result<Self, SourceError> {
        let made = ir.sources.get(name).ok_or_else(|| SourceError::Unknown(name.to_owned()))?;
        match made.constructor.as_str() {
            "files" => Ok(Self::Files(files(ir, made, config)?)),
            "command" => Ok(Self::Command(command(ir, made, config, stop)?)),
            other => Err(SourceError::NotCarried { name: name.to_owned(), constructor: other.to_owned() }),
        }
    }

    /// Looks whether it is there, without reading it.
    pub(crate) fn discover(&self) -> Result<Discovered, SourceError> {
        Ok(match self {
            Self::Files(source) => source.discover()?,
            Self::Command(source) => source.discover()?,
        })
    }

    /// What is to be stored.
    pub(crate) fn snapshot(&self) -> Result<Box<dyn View>, SourceError> {
        Ok(match self {
            Self::Files(source) => source.snapshot()?,
            Self::Command(source) => source.snapshot()?,
        })
    }

    /// Whether it is the output of a program.
    pub(crate) fn is_stream(&self) -> bool {
        matches!(self, Self::Command(_))
    }
}

fn files(ir: &Ir, made: &Constructed, config: &EngineConfig) -> Result<FilesSource, SourceError> {
    let fields = Fields(made);
    let below_policy = |paths: Vec<String>| -> Vec<PathBuf> {
        paths.iter().map(|path| place(&config.policy_root, path)).collect()
    };
    Ok(FilesSource {
        roots: below_policy(fields.texts("roots")?),
        exclude: fields.texts("exclude")?,
        include: fields.texts("include")?,
        exclude_from: below_policy(fields.texts("exclude_from")?),
        exclude_caches: fields.truth("exclude_caches"),
        skip_if: fields.texts("skip_if")?,
        skip_larger: fields.bytes_if("skip_larger"),
        one_filesystem: fields.truth("one_filesystem"),
        own: own(ir, config),
        on_vanished: on_fault(fields.member_if("on_vanished")),
        on_unreadable: on_fault(fields.member_if("on_unreadable")),
    })
}

/// What makes copies, and is never part of one: it would grow with every run, and hold a half-written state of itself.
pub(crate) fn own(ir: &Ir, config: &EngineConfig) -> Vec<OwnFolder> {
    let repo =
        |(name, made): (&Name, &Constructed)| match (made.constructor.as_str(), made.fields.get("path")) {
            ("local", Some(Value::Text(path))) => Some(OwnFolder {
                path: place(&config.policy_root, path),
                what: format!("the repository `{name}`"),
            }),
            _ => None,
        };
    let state = OwnFolder { path: config.state.clone(), what: "the state folder".to_owned() };
    ir.repos.iter().filter_map(repo).chain([state]).collect()
}

fn on_fault(choice: Option<&str>) -> OnFault {
    match choice {
        Some("note") => OnFault::Note,
        Some("fail") => OnFault::Fail,
        _ => OnFault::Degrade,
    }
}

fn command(
    ir: &Ir,
    made: &Constructed,
    config: &EngineConfig,
    stop: Option<StopFlag>,
) -> Result<CommandSource, SourceError> {
    let fields = Fields(made);
    let secrets = Secrets::new(ir, config);
    let variable = |(name, secret): (String, String)| -> Result<Variable, SecretError> {
        Ok(Variable { name, value: secrets.line(&secret)? })
    };
    let variables: Result<Vec<_>, _> = fields.variables("with")?.into_iter().map(variable).collect();
    Ok(CommandSource {
        program: Programs::new(config).with(fields.texts("argv")?, variables?),
        min_size: fields.bytes_if("min_size").unwrap_or(1),
        trailer: fields.text_if("trailer").map(str::to_owned),
        at: config.clock.now(),
        stop,
    })
}
