//! Making a repository: the store is tried first, then the key generation is written, and `format` last.

use std::sync::Arc;

use mainstay_store::{Created, NameError, ObjectName, ProbeError, Store, StoreError, StoreErrorKind, probe};

use super::open::{FORMAT_OBJECT, generation_name};
use super::{Access, Outside, Repository};
use crate::class::Class;
use crate::crypt::nonce;
use crate::format::TooLarge;
use crate::format::generation::{EXCLUSIVE_CREATE, Generation, Inner, Recipient};
use crate::format::header::{FORMAT_VERSION, Features, Header};
use crate::format::limits::MAX_RAW_BYTES;
use crate::format::manifest::Chunker;
use crate::id::{FamilyId, InstanceId, to_hex};
use crate::keys::{Held, KeyFile, RootKey, WrapError, unwrap_root, wrap_root};

/// The average size of a chunk, in bytes.
const DEFAULT_CHUNK_BYTES: u32 = 1 << 20;
/// Smaller ones would make the index larger than it needs to be.
const MIN_CHUNK_BYTES: u32 = 1 << 14;

impl Default for Chunker {
    fn default() -> Self {
        Self::of_average(DEFAULT_CHUNK_BYTES)
    }
}

impl Chunker {
    /// FastCDC: from half to eight times the average.
    pub fn of_average(average_bytes: u32) -> Self {
        Self {
            algorithm: 1,
            min_bytes: average_bytes / 2,
            average_bytes,
            max_bytes: average_bytes.saturating_mul(8),
        }
    }
}

/// How to make a repository.
#[derive(Debug, Clone, Copy, Default)]
pub struct InitOptions<'a> {
    /// Average size of chunks in bytes, a power of two; nothing: 1 MiB.
    pub chunk_bytes: Option<u32>,
    /// Join this one's key family, so that ciphertext can move between the two.
    pub family_of: Option<&'a Repository>,
    /// Tests that make many repositories know their store and may spare the trial of it.
    pub trust_store: bool,
}

/// Why a repository was not made.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// One is there.
    #[error("there is a repository at `{place}` already")]
    Exists {
        /// Where.
        place: String,
    },
    /// Only a full key makes a repository.
    #[error("a writer's key file cannot make a repository: it holds no identity to read it with")]
    NotOwner,
    /// The other repository was not opened with a full key, or this key does not open it.
    #[error("the key file does not open the family that is to be joined")]
    NotInFamily,
    /// No sensible size of chunks.
    #[error("chunks of {0} bytes: only powers of two from 16 KiB to 4 MiB")]
    ChunkBytes(u32),
    /// The store does not keep the one promise everything rests on.
    #[error("the store cannot be used: {0}")]
    Probe(#[from] ProbeError),
    /// A key could not be wrapped.
    #[error(transparent)]
    Wrap(#[from] WrapError),
    /// Too many recipients.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A name that cannot be.
    #[error(transparent)]
    Name(#[from] NameError),
}

impl InitError {
    /// For decisions and exit codes.
    pub fn class(&self) -> Class {
        match self {
            Self::Exists { .. } | Self::ChunkBytes(_) | Self::TooLarge(_) => Class::Usage,
            Self::NotOwner | Self::NotInFamily | Self::Wrap(_) => Class::Key,
            Self::Store(error) | Self::Probe(ProbeError::Store(error)) => Class::of_store(error),
            Self::Probe(_) | Self::Name(_) => Class::Other,
        }
    }
}

impl Repository {
    /// Makes a repository in an empty store.
    ///
    /// # Errors
    /// [`InitError`] says why not; what stands at the place is never touched.
    pub fn init(
        store: Arc<dyn Store>,
        key: &KeyFile,
        options: InitOptions<'_>,
        outside: Outside,
    ) -> Result<Self, InitError> {
        let Held::Full(identities) = &key.0 else { return Err(InitError::NotOwner) };
        let chunker = chunker(&options)?;
        refuse_existing(store.as_ref())?;
        let root = Root::of(&options, key, &outside)?;
        if !options.trust_store {
            probe(store.as_ref(), &to_hex(&bytes_of::<8>(&outside)))?;
        }
        let access = Access::full(root.root.clone(), &root.family, identities.clone());
        let generation = root.generation(chunker, &access, &outside)?;
        let bytes = generation.encode(&access.map, nonce(outside.random.as_ref()), &access.signer)?;
        if store.create(&generation_name(0)?, bytes)? == Created::Existed {
            return Err(InitError::Exists { place: store.place() });
        }
        store.create(&ObjectName::new(FORMAT_OBJECT)?, generation.header.encode())?;
        let header = generation.header;
        Ok(Self::new(store, outside, access, header, Some(generation), Vec::new()))
    }
}

fn bytes_of<const N: usize>(outside: &Outside) -> [u8; N] {
    let mut bytes = [0u8; N];
    outside.random.fill(&mut bytes);
    bytes
}

fn chunker(options: &InitOptions<'_>) -> Result<Chunker, InitError> {
    let inherited = options.family_of.map(Repository::chunker).unwrap_or_default();
    let Some(average) = options.chunk_bytes else { return Ok(inherited) };
    let possible = average.is_power_of_two() && (MIN_CHUNK_BYTES..=MAX_RAW_BYTES / 8).contains(&average);
    if possible { Ok(Chunker::of_average(average)) } else { Err(InitError::ChunkBytes(average)) }
}

fn refuse_existing(store: &dyn Store) -> Result<(), InitError> {
    let format = match store.size(&ObjectName::new(FORMAT_OBJECT)?) {
        Ok(_) => true,
        Err(error) if error.kind == StoreErrorKind::NotFound => false,
        Err(error) => return Err(error.into()),
    };
    let mut occupied = format;
    for prefix in ['k', 's', 'c', 'p', 'x'] {
        occupied = occupied || !store.list(prefix)?.is_empty();
    }
    if occupied { Err(InitError::Exists { place: store.place() }) } else { Ok(()) }
}

/// M, new or of the family that is joined, and to whom it belongs.
struct Root {
    root: RootKey,
    family: FamilyId,
    recipients: Vec<Recipient>,
}

impl Root {
    fn of(options: &InitOptions<'_>, key: &KeyFile, outside: &Outside) -> Result<Self, InitError> {
        let Some(other) = options.family_of else {
            let root = RootKey::new(bytes_of(outside));
            return Ok(Self { root, family: FamilyId(bytes_of(outside)), recipients: key.recipients() });
        };
        let root = other.access.root.clone().ok_or(InitError::NotInFamily)?;
        let wrapped = other.wrapped_root().map_err(|_| InitError::NotInFamily)?;
        let Held::Full(identities) = &key.0 else { return Err(InitError::NotOwner) };
        unwrap_root(wrapped, identities).map_err(|_| InitError::NotInFamily)?;
        Ok(Self { root, family: *other.family(), recipients: other.recipients().to_vec() })
    }

    fn generation(
        &self,
        chunker: Chunker,
        access: &Access,
        outside: &Outside,
    ) -> Result<Generation, InitError> {
        let header = Header {
            version: FORMAT_VERSION,
            features: Features::default(),
            family: self.family,
            instance: InstanceId(bytes_of(outside)),
        };
        let inner = Inner {
            created: outside.clock.now(),
            recipients: self.recipients.clone(),
            revoked: Vec::new(),
            chunker,
            capabilities: EXCLUSIVE_CREATE,
        };
        let root = wrap_root(&self.root, &self.recipients)?;
        Ok(Generation { number: 0, header, owner: access.owner, root, inner })
    }
}
