//! `hook`: a program of the policy, started by argv, owned until its end.

use std::sync::Arc;

use mainstay_journal::{Class, Fault, Outcome};
use mainstay_source::{Ended, Output, Process, ProcessError, Variable};

use super::{ActError, Scene, failed};
use crate::executor::Done;
use crate::outside::program::Programs;
use crate::outside::secret::SecretError;

impl Scene<'_> {
    pub(super) fn hook(
        &self,
        argv: &[String],
        with: &[(String, String)],
        skip_on: &[i32],
    ) -> Result<Done, ActError> {
        let secrets = self.world.secrets();
        let variable = |(name, secret): &(String, String)| -> Result<Variable, SecretError> {
            Ok(Variable { name: name.clone(), value: secrets.line(secret)? })
        };
        let variables: Result<Vec<_>, _> = with.iter().map(variable).collect();
        let mut program = Programs::new(self.world.config()).with(argv.to_vec(), variables?);
        program.environment.extend(self.identity());
        let stop = self.reporter.stop_flag();
        let stop: mainstay_source::StopFlag = Arc::new(move || stop.is_set());
        let process = Process::start(&program, Output::Keep, Some(stop)).map_err(unable)?;
        judge(argv, &process.wait().map_err(unable)?, skip_on)
    }

    /// What a program may want to know of the attempt that it is: enough to be idempotent.
    fn identity(&self) -> Vec<(std::ffi::OsString, std::ffi::OsString)> {
        let job = self.job;
        [
            ("MAINSTAY_RUN", job.run.to_string()),
            ("MAINSTAY_WORKFLOW", job.workflow.clone()),
            ("MAINSTAY_STEP", job.step.clone()),
            ("MAINSTAY_TOKEN", job.token.0.to_string()),
        ]
        .map(|(name, value)| (name.into(), value.into()))
        .to_vec()
    }
}

fn unable(error: ProcessError) -> ActError {
    match error {
        ProcessError::Stopped { .. } => ActError::Stopped,
        ProcessError::NoProgram | ProcessError::NotFound { .. } | ProcessError::NotExecutable { .. } => {
            failed(Fault::Hook, error.to_string())
        }
        other => ActError::Failed { class: Class::Transient, fault: Fault::Hook, reason: other.to_string() },
    }
}

fn judge(argv: &[String], ended: &Ended, skip_on: &[i32]) -> Result<Done, ActError> {
    let name = argv.first().map(String::as_str).unwrap_or_default();
    match ended.code {
        Some(0) => Ok(Done::ok()),
        Some(code) if skip_on.contains(&code) => Ok(Done {
            outcome: Outcome::Skipped { reason: format!("`{name}` ended with {code}") },
            ..Done::ok()
        }),
        code => Err(ActError::Failed {
            class: Class::Transient,
            fault: Fault::Hook,
            reason: words(name, code, ended),
        }),
    }
}

fn words(name: &str, code: Option<i32>, ended: &Ended) -> String {
    let end = match (code, ended.signal) {
        (Some(code), _) => format!("`{name}` ended with {code}"),
        (None, Some(signal)) => format!("`{name}` was ended by signal {signal}"),
        (None, None) => format!("`{name}` ended nobody knows how"),
    };
    if ended.tail.is_empty() { end } else { format!("{end}: {}", ended.tail) }
}
