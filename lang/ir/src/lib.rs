//! The compiled policy as plain data.
//!
//! With the calendar's arithmetic over it, this is all that the runtime sees of the language. It holds no
//! secret, no file name and no position: the same meaning gives the same bytes.

mod block;
mod copies;
mod flows;
mod machine;
mod policy;
mod read;
mod schema;
mod steps;
pub mod test;
mod trigger;
mod unique;
mod validate;
mod value;
mod work;
mod workflow;
mod write;

pub use block::{Block, Close, Ending, Mode, Until};
pub use flows::{Base, Closing, Flows, Kept, Origin, Remark, SourceCopy, When};
pub use machine::{Final, Machine, State};
pub use policy::{Copies, Estate, Exemption, Ir, Objective, Pool, Waiting};
pub use read::{MAX_BYTES, MAX_DEPTH, ReadError};
pub use schema::schema;
pub use trigger::{Trigger, WEEKDAYS, clock};
pub use validate::{Fault, MAX_NESTING};
pub use value::{Backoff, Constructed, DurationMs, Retention, Value};
pub use work::Work;
pub use workflow::{Action, BlockLimit, Call, Missed, Overlap, Rule, Step, Workflow};
pub use write::{IrHash, NotAHash};

/// The format that this crate writes. A reader refuses a newer one.
pub const FORMAT: u32 = 1;

/// Entries in the order of the source, found by a quick hash: a large policy is looked up a few hundred times for each of
/// its workflows.
pub type IndexMap<K, V> = indexmap::IndexMap<K, V, foldhash::fast::RandomState>;

/// The same without values.
pub type IndexSet<K> = indexmap::IndexSet<K, foldhash::fast::RandomState>;

/// A name or id of the policy: `nightly`, `house.oncall`, `rehearse[orders]`.
pub type Name = String;
