//! The compiled policy as plain data.
//!
//! With the calendar's arithmetic over it, this is all that the runtime sees of the language. It holds no
//! secret, no file name and no position: the same meaning gives the same bytes.

mod policy;
mod trigger;
mod value;

pub use policy::{
    Action, Block, BlockLimit, Call, Copies, Ir, Missed, Objective, Overlap, Pool, Rule, Step, Waiting,
    Workflow,
};
pub use trigger::Trigger;
pub use value::{Backoff, Constructed, DurationMs, Retention, Value};

/// The format that this crate writes. A reader refuses a newer one.
pub const FORMAT: u32 = 1;

/// A name or id of the policy: `nightly`, `house.oncall`, `rehearse[orders]`.
pub type Name = String;
