//! Restoring, by subject.

mod again;
mod compared;
mod made;
mod outside;
mod parts;
mod whole;

use std::collections::{HashMap, HashSet};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use mainstay_kit::{Compare, Scratch, TreePlan, differences, make, survey};
use mainstay_source::FilesSource;
use mainstay_world::tree::{Details, Entry, Event as TreeEvent, Kind, Stat, View};

use super::*;
use crate::backup::{Never, Silent};
use crate::class::Class;
use crate::format::blob::{BlobKind, Codec};
use crate::format::node::{HardLink, Node};
use crate::id::{ChunkId, PackId};
use crate::index::Place;
use crate::keys::KeyNumber;
use crate::tree::walk::Nodes;
use rustix::io::Errno;
