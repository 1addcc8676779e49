//! `verify` and `check`: what is stored is read back, and the journal's ledger says so.

use mainstay_journal::{Class, Event, Fault, Outcome};
use mainstay_repo::check::CheckError;

use super::backup::of_class;
use super::watch::Watch;
use super::{ActError, Scene, classed};
use crate::executor::Done;
use crate::fault;
use crate::readback::{Found, WHOLE_PPM, Watchers, damage, everything, snapshot};
use crate::report::VerifyLevel;

impl Scene<'_> {
    pub(super) fn verify(&self, sample_ppm: u64, all_within_ms: u64) -> Result<Done, ActError> {
        let (input, id) = self.taken()?;
        let repository = self.world.open(&input.repo)?;
        let policy = &self.world.ir().policy;
        let share_ppm = self.share_ppm(sample_ppm, all_within_ms);
        let turn = self.job.ledger.count(policy, &input.repo, &input.source) as u64;
        let watch = Watch::new(self.reporter);
        let watchers = Watchers { monitor: &watch, cancel: &watch };
        let level = VerifyLevel::Sample(share_ppm);
        let found = snapshot(&repository, &id, level, turn, watchers).map_err(check_error)?;
        let note = Event::Verified {
            policy: policy.clone(),
            repo: input.repo.clone(),
            snapshot: input.snapshot.clone(),
            source: input.source.clone(),
            sample_ppm: share_ppm,
            objects: found.objects,
            bytes: found.bytes,
            problems: found.count,
        };
        Ok(Done { outcome: outcome(&found), notes: vec![note], ..Done::ok() })
    }

    /// The share that is asked for, or more when readings are so far apart that all of it would not be read in time.
    fn share_ppm(&self, sample_ppm: u64, all_within_ms: u64) -> u64 {
        let Some(input) = &self.job.input else { return sample_ppm };
        let policy = &self.world.ir().policy;
        let readings = self.job.ledger.readings().iter().rev();
        let mut of_it = readings.filter(|reading| {
            reading.policy == *policy && reading.repo == input.repo && reading.source == input.source
        });
        let now_ms = self.world.config().clock.now().0;
        let last_ms = of_it.next().map_or(now_ms, |reading| reading.at_ms);
        let apart_ms = u64::try_from(now_ms.saturating_sub(last_ms)).unwrap_or(0);
        let due_ppm = apart_ms.saturating_mul(WHOLE_PPM).checked_div(all_within_ms).unwrap_or(WHOLE_PPM);
        sample_ppm.max(due_ppm).min(WHOLE_PPM)
    }

    pub(super) fn check(&self, repo: &str, read_data: bool) -> Result<Done, ActError> {
        let repository = self.world.open(repo)?;
        self.refuse_rolled_back(&repository, repo)?;
        let watch = Watch::new(self.reporter);
        let watchers = Watchers { monitor: &watch, cancel: &watch };
        let found = everything(&repository, read_data, watchers).map_err(check_error)?;
        let notes = damage(&repository, self.world.ir(), repo, read_data, &found, watchers);
        let notes = notes.map_err(|error| of_class(error.class(), error.to_string()))?;
        Ok(Done { outcome: outcome(&found), notes, ..Done::ok() })
    }
}

fn outcome(found: &Found) -> Outcome {
    if found.count == 0 {
        return Outcome::Ok;
    }
    Outcome::Failed { class: Class::Permanent, fault: Fault::Damage, reason: found.words() }
}

fn check_error(error: CheckError) -> ActError {
    match &error {
        CheckError::Cancelled => ActError::Stopped,
        _ => classed(fault::of_class(error.class()), error.to_string()),
    }
}
