//! Pools: nothing asks for more than there is, every rule of a pool can be followed, and nobody waits in a circle.
//!
//! Why no two workflows can wait for each other's slots: what could be held while something else is waited for would
//! be slots of a pool, a place in a `parallel(limit:)`, or what a bracket acquired.
//!
//! - Slots are claimed by what acts, and by nothing that stands around it: by steps and states, by the `undo` of a step,
//!   the `acquire` and `release` of a bracket, and what is done on entering or leaving a state. Each of them takes all
//!   that it needs at once or nothing, and holds it while it acts and no longer. What acts waits for no slot and no
//!   place. The verbs that act by waiting (`approval`, `wait_until`) may hold none: that is the one way in which slots
//!   could be held for somebody else's, and it is an error here.
//! - A place in a block is held by a branch while its steps wait for slots. Only branches of the same block of the
//!   same run want it, and none of them holds slots while it waits.
//! - What a bracket acquired is held outside; no step waits for it. A pool that its `acquire` names is held while that
//!   verb acts, and not until the release.
//! - A run that `queue_one` holds back, and one that follows another by `after_success`, hold nothing until they start.
//!
//! So the graph of who holds what the other wants has no circle: every arrow ends at something that acts, and what acts
//! waits for nobody. `tests::graphs` fails when the IR or the language lets something else name a pool, and
//! `tests::machines` when something that acts is not looked at here.

use mainstay_diagnostics::Diagnostic;
use mainstay_diagnostics::codes::graph;
use mainstay_ir::{Action, Pool, Step, Value};

use super::policy::Policy;
use super::report::Report;
use crate::words;

mod acts;
mod branches;

/// Verbs that act by waiting for somebody or something.
pub(crate) const WAITING: [&str; 2] = ["approval", "wait_until"];

/// All of a rate, in millionths.
const WHOLE: u64 = 1_000_000;

pub(super) fn check(policy: &Policy<'_>, report: &mut Report) {
    for (name, pool) in &policy.ir.pools {
        branches::check(policy, name, pool, report);
    }
    for (work, steps) in policy.steps() {
        for (id, step) in steps {
            let place = format!("workflow.{work}.step.{id}");
            let who = policy.step_named(work, id);
            Claimant { policy, place: place.clone(), who: who.clone(), step }.check(report);
            if let Some(undo) = step.undo.as_ref().map(acts::step) {
                let (place, who) = (format!("{place}.undo"), format!("the `undo` of {who}"));
                Claimant { policy, place, who, step: &undo }.check(report);
            }
        }
    }
    for (place, name, step) in acts::all(policy.ir) {
        Claimant { policy, place, who: format!("this `{name}`"), step: &step }.check(report);
    }
}

/// The slots that a step can ever get; none where nothing is said.
fn usable(pool: &Pool, restores: bool) -> Option<u32> {
    let most = branches::most_slots(pool)?;
    let reserved = match pool.other.get("reserve") {
        Some(Value::Int(reserved)) if !restores => u32::try_from(*reserved).unwrap_or(0),
        _ => 0,
    };
    Some(most.saturating_sub(reserved))
}

struct Claimant<'p, 'a> {
    policy: &'p Policy<'a>,
    place: String,
    /// As a message begins with it: "step `kept`".
    who: String,
    step: &'p Step,
}

impl Claimant<'_, '_> {
    fn check(&self, report: &mut Report) {
        self.slots(report);
        self.shares(report);
        self.waits(report);
    }

    /// Among others of which the same holds.
    fn subject(&self) -> String {
        let name = self.who.strip_prefix("step ").or_else(|| self.who.strip_prefix("state "));
        name.unwrap_or(&self.who).to_owned()
    }

    fn span(&self) -> mainstay_diagnostics::Span {
        self.policy.span(&self.place)
    }

    fn slots(&self, report: &mut Report) {
        let restores = self.step.calls().iter().any(|call| call.name == "restore");
        for (name, claimed) in &self.step.claims {
            let pool = self.policy.ir.pools.get(name);
            let usable = pool.and_then(|pool| usable(pool, restores));
            if let Some(usable) = usable.filter(|usable| claimed > usable) {
                self.too_many(name, *claimed, usable, report);
            }
        }
    }

    fn too_many(&self, pool: &str, claimed: u32, usable: u32, report: &mut Report) {
        let slots = |count: u32| if count == 1 { "1 slot".to_owned() } else { format!("{count} slots") };
        let message = format!(
            "{} needs {} of `{pool}` at once, and the pool has {usable} to give",
            self.who,
            slots(claimed)
        );
        let said = Diagnostic::error(graph::OVER_ASKED, message, self.span(), "it would wait for ever")
            .label(
                self.policy.span(&format!("pool.{pool}.slots")),
                format!("{} for work like this", slots(usable)),
            )
            .help(match usable {
                0 => "give the pool a slot beyond those in `reserve`".to_owned(),
                _ => format!("claim {usable} at most, or give the pool {}", slots(claimed)),
            });
        report.add("over", self.subject(), said);
    }

    /// A share of a rate: of a rate that there is, more than nothing, and no more than all of it.
    fn shares(&self, report: &mut Report) {
        for (name, share) in &self.step.shares {
            let Some(pool) = self.policy.ir.pools.get(name) else { continue };
            let (message, help) = if !pool.other.contains_key("rate") {
                (
                    format!("{} asks for a share of the rate of `{name}`, which has none", self.who),
                    format!("give `{name}` a `rate`, or leave `each` out"),
                )
            } else if *share == 0 || *share > WHOLE {
                let share = words::value(&Value::Percent(*share));
                (
                    format!("{} asks for {share} of the rate of `{name}`", self.who),
                    "a share is more than nothing and at most `100%`".to_owned(),
                )
            } else {
                continue;
            };
            let said = Diagnostic::error(graph::OVER_ASKED, message, self.span(), "no such share")
                .label(self.policy.span(&format!("pool.{name}")), "of this pool")
                .help(help);
            report.add("share", self.subject(), said);
        }
    }

    /// A verb that waits, and holds slots meanwhile.
    fn waits(&self, report: &mut Report) {
        let Action::Verb(call) = &self.step.action else { return };
        let Some(pool) = self.step.claims.keys().next().filter(|_| WAITING.contains(&call.name.as_str()))
        else {
            return;
        };
        let message = format!("{} would hold a slot of `{pool}` while it waits", self.who);
        let said = Diagnostic::error(graph::HELD_WAITING, message, self.span(), "it waits here")
            .label(self.policy.span(&format!("pool.{pool}")), "others wait for this meanwhile")
            .note("what it waits for may need the slot itself: then neither could ever go on")
            .help("claim the pool in the step that does the work");
        report.add("held", self.subject(), said);
    }
}
