//! Programs that a policy runs: by argv, in the policy's folder, with a small environment of their own.

use std::ffi::OsString;

use mainstay_source::{Program, Variable};

use crate::config::EngineConfig;

/// Where programs are looked for when nobody says.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Variables that are handed on; nothing else of the environment is.
const HANDED_ON: [&str; 4] = ["HOME", "USER", "LOGNAME", "TZ"];

/// Makes programs ready to run.
#[derive(Clone, Copy)]
pub(crate) struct Programs<'a> {
    config: &'a EngineConfig,
}

impl<'a> Programs<'a> {
    pub(crate) fn new(config: &'a EngineConfig) -> Self {
        Self { config }
    }

    /// Without secrets.
    pub(crate) fn plain(self, argv: Vec<String>) -> Program {
        let path = self.config.environment.variable("PATH").unwrap_or_else(|| PATH.into());
        let mut environment: Vec<(OsString, OsString)> =
            vec![("PATH".into(), path), ("LANG".into(), "C.UTF-8".into())];
        for name in HANDED_ON {
            environment.extend(self.config.environment.variable(name).map(|value| (name.into(), value)));
        }
        Program { argv, directory: self.config.policy_root.clone(), environment, secrets: Vec::new() }
    }

    /// With secrets in its environment.
    pub(crate) fn with(self, argv: Vec<String>, secrets: Vec<Variable>) -> Program {
        Program { secrets, ..self.plain(argv) }
    }
}
