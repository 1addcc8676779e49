//! Opening the repositories of a policy.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use mainstay_ir::{Constructed, Ir};
use mainstay_journal::{Class, Fault};
use mainstay_repo::keys::{KeyFileError, Role};
use mainstay_repo::repository::{GiveUpError, InitError, IssueError, OpenError};
use mainstay_repo::slots::ReadError;
use mainstay_repo::{KeyFile, Outside, Repository};
use mainstay_store::{LocalStore, OpenStoreError, StoreError};

use super::fields::{FieldError, Fields};
use super::place::place;
use super::secret::{SecretError, Secrets};
use crate::config::EngineConfig;
use crate::fault;

/// Why a repository cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The policy has no repository of this name.
    #[error("the policy has no repo `{0}`")]
    Unknown(String),
    /// This engine does not reach such repositories.
    #[error("repo `{name}`: `{constructor}` cannot be reached yet")]
    NotCarried {
        /// Its name.
        name: String,
        /// As the policy has it.
        constructor: String,
    },
    /// There is none.
    #[error("there is no repository at `{}`", path.display())]
    Missing {
        /// Its name.
        name: String,
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Its key file.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// What stands in its key file.
    #[error("secret `{secret}`: {error}")]
    KeyFile {
        /// The secret's name.
        secret: String,
        /// What is wrong with it.
        error: KeyFileError,
    },
    /// The key file is of another role than the policy says.
    #[error("repo `{name}` asks for a key file of role `{wanted}`, and `{secret}` is one of role `{found}`")]
    Role {
        /// Its name.
        name: String,
        /// The secret's name.
        secret: String,
        /// As the policy says.
        wanted: String,
        /// As the file says.
        found: String,
    },
    /// The folder.
    #[error(transparent)]
    Store(#[from] OpenStoreError),
    /// What stands in it.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It could not be made.
    #[error(transparent)]
    Init(#[from] InitError),
    /// It could not be made, or its key file could not.
    #[error("`{}` cannot be made: {error}", path.display())]
    Make {
        /// What.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Its objects cannot be listed.
    #[error(transparent)]
    Usage(StoreError),
    /// Its slots cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A key file for a writer was not issued.
    #[error("repo `{name}`: {error}")]
    Issue {
        /// Its name.
        name: String,
        /// Why.
        error: IssueError,
    },
    /// Packs that are lost were not given up.
    #[error("repo `{name}`: {error}")]
    GiveUp {
        /// Its name.
        name: String,
        /// Why.
        error: Box<GiveUpError>,
    },
    /// The policy is not what the compiler makes.
    #[error(transparent)]
    Field(#[from] FieldError),
}

impl AccessError {
    /// For decisions and exit codes.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Unknown(_) | Self::NotCarried { .. } | Self::Field(_) | Self::Role { .. } => Fault::Policy,
            Self::Missing { .. } => Fault::Missing,
            Self::Secret(error) => error.fault(),
            Self::KeyFile { .. } | Self::Issue { .. } => Fault::Denied,
            Self::GiveUp { error, .. } => fault::of_class(error.class()),
            Self::Store(error) => fault::of_store(error.kind()),
            Self::Open(error) => fault::of_class(error.class()),
            Self::Init(error) => fault::of_class(error.class()),
            Self::Make { error, .. } => fault::of_io(error),
            Self::Usage(error) => fault::of_store(error.kind),
            Self::Read(error) => fault::of_class(error.class()),
        }
    }

    /// A disk may be mounted later; a wrong key stays wrong.
    pub fn class(&self) -> Class {
        fault::class_of(self.fault())
    }
}

/// What a repository has once it was made.
const FORMAT_OBJECT: &str = "format";

/// The repositories of a policy, each opened once.
pub(crate) struct Repositories {
    ir: Arc<Ir>,
    config: EngineConfig,
    open: Mutex<HashMap<String, Arc<Repository>>>,
}

/// A local repository, as the policy has it.
pub(crate) struct Local<'a> {
    pub(crate) name: &'a str,
    pub(crate) path: PathBuf,
    pub(crate) secret: &'a str,
    pub(crate) chunk_bytes: Option<u32>,
    role: &'a str,
}

impl Repositories {
    pub(crate) fn new(ir: Arc<Ir>, config: EngineConfig) -> Self {
        Self { ir, config, open: Mutex::default() }
    }

    pub(crate) fn ir(&self) -> &Ir {
        &self.ir
    }

    pub(crate) fn config(&self) -> &EngineConfig {
        &self.config
    }

    pub(crate) fn secrets(&self) -> Secrets<'_> {
        Secrets::new(&self.ir, &self.config)
    }

    pub(crate) fn outside(&self) -> Outside {
        Outside { clock: Arc::clone(&self.config.clock), random: Arc::clone(&self.config.random) }
    }

    /// What the policy says of a repository.
    pub(crate) fn local(&self, name: &str) -> Result<Local<'_>, AccessError> {
        let found = self.ir.repos.get_key_value(name);
        let (name, made) = found.ok_or_else(|| AccessError::Unknown(name.to_owned()))?;
        if made.constructor != "local" {
            let constructor = made.constructor.clone();
            return Err(AccessError::NotCarried { name: name.clone(), constructor });
        }
        Ok(local(name, made, &self.config)?)
    }

    /// Its key file.
    pub(crate) fn key(&self, local: &Local<'_>) -> Result<KeyFile, AccessError> {
        let bytes = self.secrets().bytes(local.secret)?;
        let key = KeyFile::read(bytes.expose(), None)
            .map_err(|error| AccessError::KeyFile { secret: local.secret.to_owned(), error })?;
        local.check_role(&key)?;
        Ok(key)
    }

    /// Opens a repository, or gives the one that is open.
    pub(crate) fn open(&self, name: &str) -> Result<Arc<Repository>, AccessError> {
        let known = self.opened().get(name).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let local = self.local(name)?;
        let store = match LocalStore::open(&local.path) {
            Err(error) if is_missing(&error) => return Err(local.missing()),
            store => store?,
        };
        let key = self.key(&local)?;
        match Repository::open(Arc::new(store), &key, self.outside()) {
            Err(OpenError::Missing { .. }) => Err(local.missing()),
            repository => Ok(self.keep(name, repository?)),
        }
    }

    pub(crate) fn keep(&self, name: &str, repository: Repository) -> Arc<Repository> {
        let repository = Arc::new(repository);
        self.opened().insert(name.to_owned(), Arc::clone(&repository));
        repository
    }

    fn opened(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Repository>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a folder holds no store at all: it is not there, or nothing of a store is in it.
pub(crate) fn is_missing(error: &OpenStoreError) -> bool {
    match error {
        OpenStoreError::Missing { .. } => true,
        // `format` is what making one ends with: where it stands, a folder was lost or is not mounted.
        OpenStoreError::NotAStore { path, .. } => !path.join(FORMAT_OBJECT).exists(),
        _ => false,
    }
}

fn local<'a>(name: &'a str, made: &'a Constructed, config: &EngineConfig) -> Result<Local<'a>, FieldError> {
    let fields = Fields(made);
    Ok(Local {
        name,
        path: place(&config.policy_root, fields.text("path")?),
        secret: fields.secret("key")?,
        chunk_bytes: fields.bytes_if("chunk").and_then(|bytes| u32::try_from(bytes).ok()),
        role: fields.member_if("role").unwrap_or("full"),
    })
}

impl Local<'_> {
    pub(crate) fn missing(&self) -> AccessError {
        AccessError::Missing { name: self.name.to_owned(), path: self.path.clone() }
    }

    fn check_role(&self, key: &KeyFile) -> Result<(), AccessError> {
        let found = role_word(key.role());
        if found == self.role {
            return Ok(());
        }
        Err(AccessError::Role {
            name: self.name.to_owned(),
            secret: self.secret.to_owned(),
            wanted: self.role.to_owned(),
            found: found.to_owned(),
        })
    }
}

/// As the language has it.
pub(crate) fn role_word(role: Role) -> &'static str {
    match role {
        Role::Full => "full",
        Role::Writer => "writer",
        Role::Janitor => "janitor",
    }
}
