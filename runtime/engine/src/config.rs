//! What the engine is given.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use mainstay_ir::Ir;
use mainstay_world::{Clock, Random};

use crate::executor::StopFlag;
use crate::monitor::Monitor;

/// The process's environment: the engine asks for single variables of it and hands none on by itself.
pub trait Environment: Send + Sync {
    /// The value of a variable.
    fn variable(&self, name: &str) -> Option<OsString>;
}

/// No variables at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct EmptyEnvironment;

impl Environment for EmptyEnvironment {
    fn variable(&self, _: &str) -> Option<OsString> {
        None
    }
}

/// What the engine is given.
#[derive(Clone)]
pub struct EngineConfig {
    /// The policy.
    pub ir: Arc<Ir>,
    /// The folder of its root file: relative paths and programs of the policy lie below it.
    pub policy_root: PathBuf,
    /// The state folder: journal, progress, caches.
    pub state: PathBuf,
    /// The name of this machine.
    pub host: String,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// For keys and nonces.
    pub random: Arc<dyn Random>,
    /// For secrets and the `PATH` of programs.
    pub environment: Arc<dyn Environment>,
    /// Who is told what goes on.
    pub monitor: Arc<dyn Monitor>,
    /// Set from outside when everything is to stop.
    pub cancel: StopFlag,
}
