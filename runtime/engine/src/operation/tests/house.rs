//! A policy with its folders.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mainstay_compiler::{Params, World, WorldError, compile};
use mainstay_ir::Ir;
use mainstay_kit::{FakeClock, Scratch, SeededRandom};
use mainstay_world::TimestampMs;

use crate::config::{EngineConfig, Environment};
use crate::monitor::Recorder;
use crate::operation::Engine;

/// 2026-11-21T09:00:00Z.
pub(super) const START_MS: i64 = 1_795_251_600_000;

struct OneFile(String);

impl World for OneFile {
    fn read(&self, path: &str) -> Result<Arc<str>, WorldError> {
        if path == "mainstay.stay" { Ok(self.0.as_str().into()) } else { Err(WorldError::Missing) }
    }
}

struct Variables;

impl Environment for Variables {
    fn variable(&self, name: &str) -> Option<OsString> {
        match name {
            "PATH" => Some("/usr/bin:/bin".into()),
            "PASSWORD" => Some("hunter2".into()),
            _ => None,
        }
    }
}

/// A scratch folder with a policy, a source and room for repositories and state.
pub(super) struct House {
    pub(super) scratch: Scratch,
    pub(super) clock: Arc<FakeClock>,
    pub(super) monitor: Arc<Recorder>,
    random: Arc<SeededRandom>,
}

pub(crate) fn ir(text: &str) -> Ir {
    let compiled = compile(&OneFile(text.to_owned()), "mainstay.stay", &Params::none());
    compiled.ir.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics))
}

impl House {
    pub(super) fn new() -> Self {
        let scratch = Scratch::new().unwrap();
        fs::create_dir(scratch.join("home")).unwrap();
        fs::write(scratch.join("home/letter"), b"dear all").unwrap();
        let clock = Arc::new(FakeClock::at(TimestampMs(START_MS)));
        Self { scratch, clock, monitor: Arc::default(), random: Arc::new(SeededRandom::new(7)) }
    }

    pub(super) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.scratch.join(name)
    }

    pub(super) fn clock_ms(&self) -> i64 {
        use mainstay_world::Clock as _;
        self.clock.now().0
    }

    pub(super) fn config(&self, text: &str) -> EngineConfig {
        EngineConfig {
            ir: Arc::new(ir(text)),
            policy_root: self.scratch.path().to_owned(),
            state: self.path("state"),
            host: "here".to_owned(),
            clock: self.clock.clone(),
            random: self.random.clone(),
            environment: Arc::new(Variables),
            monitor: self.monitor.clone(),
            cancel: Default::default(),
        }
    }

    pub(super) fn engine(&self, text: &str) -> Engine {
        Engine::new(self.config(text))
    }
}

/// A policy over the house, with this body of its one workflow.
pub(crate) fn policy(body: &str) -> String {
    format!(
        r#"edition 2026
policy house
secret key = file("secrets/house.key")
secret word = env_var("PASSWORD")
source home = files {{ roots: ["home"] }}
source dump = command {{ argv: ["sh", "-c", "echo table; echo $WORD | wc -c"], with: [env("WORD", word)] }}
repo shelf = local {{ path: "shelf", key: key }}
repo attic = local {{ path: "attic", key: key }}
workflow nightly {{
  {body}
}}
"#
    )
}
