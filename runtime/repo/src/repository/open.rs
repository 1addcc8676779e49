//! Opening a repository.
//!
//! `format` says which version it is; the key generations, newest first, say whose it is and give M to who can
//! unwrap it. Where they are damaged, M is taken from the end of a pack: then the repository can be read, and
//! nothing written, since nobody knows any more to whom new keys belong.

use std::sync::Arc;

use mainstay_store::{NameError, ObjectName, Store, StoreError, StoreErrorKind};

use super::root::find_root;
use super::{Access, Outside, Repository};
use crate::class::Class;
use crate::format::DecodeError;
use crate::format::generation::{Generation, SealedGeneration};
use crate::format::header::{FORMAT_VERSION, Features, Header};
use crate::id::{FamilyId, InstanceId, from_hex};
use crate::keys::{Held, KeyFile, UnwrapError, WriterKey};

/// The object that says what this is.
pub(crate) const FORMAT_OBJECT: &str = "format";

/// Why a repository cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Nothing of a repository is there.
    #[error("there is no repository at `{place}`")]
    Missing {
        /// Where it was looked for.
        place: String,
    },
    /// The repository is of the right family, or there is no telling, and the key does not open it.
    #[error("the key file does not open the repository at `{place}`: {reason}")]
    WrongKey {
        /// Where.
        place: String,
        /// Why.
        reason: UnwrapError,
    },
    /// The key file is of another family.
    #[error("the repository at `{place}` belongs to key family {found}, and the key file to {expected}")]
    Foreign {
        /// Where.
        place: String,
        /// As found.
        found: FamilyId,
        /// As the key file says.
        expected: FamilyId,
    },
    /// Written by a newer version.
    #[error("`{object}` at `{place}`: {source}")]
    Newer {
        /// Where.
        place: String,
        /// Which object says so.
        object: String,
        /// Which version.
        source: DecodeError,
    },
    /// Too damaged to open.
    #[error("`{object}` at `{place}` is damaged: {source}")]
    Damaged {
        /// Where.
        place: String,
        /// The first object that is.
        object: String,
        /// How.
        source: DecodeError,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A name that cannot be.
    #[error(transparent)]
    Name(#[from] NameError),
}

impl OpenError {
    /// For decisions and exit codes.
    pub fn class(&self) -> Class {
        match self {
            Self::Missing { .. } => Class::Missing,
            Self::WrongKey { .. } | Self::Foreign { .. } => Class::Key,
            Self::Newer { .. } => Class::Newer,
            Self::Damaged { .. } => Class::Damage,
            Self::Store(error) => Class::of_store(error),
            Self::Name(_) => Class::Other,
        }
    }
}

/// Something damaged that did not keep the repository from being opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenFault {
    /// The object.
    pub object: String,
    /// What is wrong with it.
    pub kind: OpenFaultKind,
}

/// What can be wrong with `format` or a key generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenFaultKind {
    /// It is not there. The next session puts `format` back.
    #[error("it is missing")]
    Missing,
    /// Its bytes mean nothing.
    #[error("it is damaged: {0}")]
    Damaged(DecodeError),
    /// Key generations are dense, and one before it is not there.
    #[error("a key generation before it is missing")]
    Gap,
    /// Somebody else's word.
    #[error("it is not signed by the owner")]
    NotOwner,
    /// It says otherwise than what the owner signed.
    #[error("it says otherwise than the key generation")]
    Contradicts,
}

impl Repository {
    /// Opens a repository. What can be read is readable: see [`Repository::faults`] for what was found wrong.
    ///
    /// # Errors
    /// [`OpenError`]: missing, wrong key, foreign, newer, damaged and unreachable are told apart.
    pub fn open(store: Arc<dyn Store>, key: &KeyFile, outside: Outside) -> Result<Self, OpenError> {
        let found = Found::gather(store.as_ref())?;
        let Found { header, generations, faults } = found;
        let opened = match &key.0 {
            Held::Writer(key) => open_as_writer(
                store.as_ref(),
                header.as_ref().map(|header| header.family),
                &generations,
                key,
            )?,
            Held::Full(identities) => {
                let root = find_root(store.as_ref(), &generations, &faults, identities)?;
                Opened { access: Access::full(root.0, &root.1, identities.clone()), family: root.1 }
            }
        };
        let Opened { access, family } = opened;
        let mut faults = faults;
        let generation = newest_sound(generations, &access, &family, &mut faults);
        let header = pick_header(header, generation.as_ref(), family, &mut faults);
        Ok(Self::new(store, outside, access, header, generation, faults))
    }
}

impl Repository {
    /// Puts `format` back if it was not there: an `init` that was cut off ends with it, and everything that it
    /// says is in the key generation, signed.
    ///
    /// # Errors
    /// [`StoreError`] if the store fails.
    pub(crate) fn mend_format(&self) -> Result<(), StoreError> {
        let is_missing =
            |fault: &OpenFault| fault.object == FORMAT_OBJECT && fault.kind == OpenFaultKind::Missing;
        let (Some(generation), Ok(object)) = (&self.generation, ObjectName::new(FORMAT_OBJECT)) else {
            return Ok(());
        };
        if self.faults.iter().any(is_missing) {
            self.store.create(&object, generation.header.encode())?;
        }
        Ok(())
    }
}

struct Opened {
    access: Access,
    family: FamilyId,
}

/// What a repository says of itself in the clear.
struct Found {
    header: Option<Header>,
    /// Newest first.
    generations: Vec<SealedGeneration>,
    faults: Vec<OpenFault>,
}

impl Found {
    fn gather(store: &dyn Store) -> Result<Self, OpenError> {
        let mut faults = Vec::new();
        let header = read_header(store, &mut faults)?;
        let generations = read_generations(store, &mut faults)?;
        let told = faults.iter().any(|fault: &OpenFault| fault.object.starts_with("k/"));
        let anything = header.is_some() || !generations.is_empty() || !faults.is_empty();
        if anything || !store.list('p')?.is_empty() {
            if generations.is_empty() && !told {
                faults.push(fault("k/00000000", OpenFaultKind::Missing));
            }
            return Ok(Self { header, generations, faults });
        }
        Err(OpenError::Missing { place: store.place() })
    }
}

fn read_header(store: &dyn Store, faults: &mut Vec<OpenFault>) -> Result<Option<Header>, OpenError> {
    let bytes = match store.read(&ObjectName::new(FORMAT_OBJECT)?) {
        Ok(bytes) => bytes,
        Err(error) if error.kind == StoreErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    match Header::decode(&bytes) {
        Ok(header) => Ok(Some(header)),
        Err(source @ DecodeError::Newer { .. }) => {
            Err(OpenError::Newer { place: store.place(), object: FORMAT_OBJECT.to_owned(), source })
        }
        Err(error) => {
            faults.push(fault(FORMAT_OBJECT, OpenFaultKind::Damaged(error)));
            Ok(None)
        }
    }
}

fn read_generations(
    store: &dyn Store,
    faults: &mut Vec<OpenFault>,
) -> Result<Vec<SealedGeneration>, OpenError> {
    let mut generations = Vec::new();
    let mut listed = store.list('k')?;
    listed.reverse();
    for (place, object) in listed.iter().enumerate() {
        let name = object.name.as_str();
        let number = generation_number(name);
        let dense = number == Some((listed.len() - 1 - place) as u32);
        let bytes = store.read(&object.name)?;
        let decoded = SealedGeneration::decode(number.unwrap_or_default(), &bytes);
        match decoded {
            Ok(generation) if dense => generations.push(generation),
            Ok(_) => faults.push(fault(name, OpenFaultKind::Gap)),
            // A newer generation too: its version is a byte that may have been flipped. If it was not, M is
            // not found elsewhere either, and the error says so.
            Err(error) => faults.push(fault(name, OpenFaultKind::Damaged(error))),
        }
    }
    Ok(generations)
}

/// The name of a key generation.
pub(crate) fn generation_name(number: u32) -> Result<ObjectName, NameError> {
    ObjectName::new(format!("k/{number:08x}"))
}

fn generation_number(name: &str) -> Option<u32> {
    name.strip_prefix("k/").and_then(from_hex).map(u32::from_be_bytes)
}

fn fault(object: &str, kind: OpenFaultKind) -> OpenFault {
    OpenFault { object: object.to_owned(), kind }
}

fn open_as_writer(
    store: &dyn Store,
    header: Option<FamilyId>,
    generations: &[SealedGeneration],
    key: &WriterKey,
) -> Result<Opened, OpenError> {
    let mut families = header.into_iter().chain(generations.iter().map(|one| one.header.family));
    match families.find(|family| *family != key.family) {
        Some(found) => Err(OpenError::Foreign { place: store.place(), found, expected: key.family }),
        None => Ok(Opened { access: Access::writer(key), family: key.family }),
    }
}

/// The newest generation, if it is the owner's word and can be opened. An older one is never taken in its
/// place: it may name recipients that were removed since.
fn newest_sound(
    generations: Vec<SealedGeneration>,
    access: &Access,
    family: &FamilyId,
    faults: &mut Vec<OpenFault>,
) -> Option<Generation> {
    let newest = generations.into_iter().next()?;
    let object = format!("k/{:08x}", newest.number);
    let damaged_is_newer = faults.iter().any(|fault| fault.object > object && fault.object.starts_with("k/"));
    if damaged_is_newer {
        return None;
    }
    if newest.owner != access.owner || newest.header.family != *family {
        faults.push(fault(&object, OpenFaultKind::NotOwner));
        return None;
    }
    match newest.open(&access.map) {
        Ok(generation) => Some(generation),
        Err(error) => {
            faults.push(fault(&object, OpenFaultKind::Damaged(error)));
            None
        }
    }
}

/// What the owner signed is believed before what anybody can write.
fn pick_header(
    header: Option<Header>,
    generation: Option<&Generation>,
    family: FamilyId,
    faults: &mut Vec<OpenFault>,
) -> Header {
    let signed = generation.map(|generation| generation.header);
    if let (Some(header), Some(signed)) = (header, signed)
        && header != signed
    {
        faults.push(fault(FORMAT_OBJECT, OpenFaultKind::Contradicts));
    }
    if header.is_none() && !faults.iter().any(|fault| fault.object == FORMAT_OBJECT) {
        faults.push(fault(FORMAT_OBJECT, OpenFaultKind::Missing));
    }
    let unknown = Header {
        version: FORMAT_VERSION,
        features: Features::default(),
        family,
        instance: InstanceId([0; 16]),
    };
    signed.or(header).unwrap_or(unknown)
}
