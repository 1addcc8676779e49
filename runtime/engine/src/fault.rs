//! What a fault of the layers below means for a run.

use std::io;

use mainstay_journal::{Class, Fault};
use mainstay_repo::repository::RolledBack;
use mainstay_store::StoreErrorKind;

/// Of an error of a repository.
pub(crate) fn of_class(class: mainstay_repo::Class) -> Fault {
    use mainstay_repo::Class as Repo;
    match class {
        Repo::Missing => Fault::Missing,
        Repo::Key | Repo::Denied => Fault::Denied,
        Repo::Damage => Fault::Damage,
        Repo::Newer => Fault::Newer,
        Repo::Unreachable => Fault::Unreachable,
        Repo::Emptied => Fault::Emptied,
        Repo::NoSpace => Fault::NoSpace,
        Repo::Cancelled => Fault::Cancelled,
        Repo::Usage => Fault::Policy,
        Repo::Lost | Repo::Other => Fault::Other,
    }
}

/// Of a repository that is not what was seen of it.
pub(crate) fn of_rolled_back(error: &RolledBack) -> Fault {
    match error {
        RolledBack::Foreign { .. } | RolledBack::OtherOwner | RolledBack::OtherInstance { .. } => {
            Fault::Replaced
        }
        RolledBack::Keys { .. } | RolledBack::Log { .. } | RolledBack::Snapshots { .. } => Fault::RolledBack,
    }
}

/// Of an error of a store.
pub(crate) fn of_store(kind: StoreErrorKind) -> Fault {
    match kind {
        StoreErrorKind::NotFound | StoreErrorKind::Range => Fault::Damage,
        StoreErrorKind::NoSpace => Fault::NoSpace,
        StoreErrorKind::Denied => Fault::Denied,
        StoreErrorKind::Unknown | StoreErrorKind::Unreachable => Fault::Unreachable,
        StoreErrorKind::Other => Fault::Other,
    }
}

/// Of an error of the system.
pub(crate) fn of_io(error: &io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Fault::NoSpace,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Fault::Denied,
        io::ErrorKind::NotFound => Fault::Missing,
        _ => Fault::Other,
    }
}

/// Whether another try may help. A full disk stays full until somebody makes room: who waits for that waits in vain,
/// and the night's other copies with them.
pub(crate) fn class_of(fault: Fault) -> Class {
    match fault {
        Fault::Unreachable | Fault::Emptied | Fault::Other | Fault::Source => Class::Transient,
        _ => Class::Permanent,
    }
}
