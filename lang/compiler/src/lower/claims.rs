//! What a step holds of which pools while it acts.
//!
//! A source's pool is claimed by what reads it, a repo's by what writes or reads it, a stage's own `pool:` by that
//! stage. A step holds each pool once, by the largest of its claims: it is one worker, also where it reads and
//! writes through the same pool.

use mainstay_ir::IndexMap;

use super::Lowering;
use crate::resolve::DeclId;
use crate::value::{Fields, Flow, Typed, Val};

pub(super) type Claims = IndexMap<String, u32>;

/// The largest share of a pool's rate that a step uses, in millionths: the smallest of what it names.
pub(super) type Shares = IndexMap<String, u64>;

impl Lowering<'_> {
    pub(super) fn claims(&self, value: &Val) -> (Claims, Shares) {
        let mut claims = (Claims::default(), Shares::default());
        match value {
            Val::Flow(flow) => self.of_flow(flow, &mut claims),
            Val::Act(call) => self.of_args(&call.args, &mut claims),
            _ => {}
        }
        claims
    }

    fn of_flow(&self, flow: &Flow, claims: &mut (Claims, Shares)) {
        for call in &flow.calls {
            self.of_args(&call.args, claims);
            call.reads.iter().for_each(|repo| self.of_thing(*repo, claims));
        }
    }

    /// The stage's own pool, and those of the things it is handed. Reading out of a repository never touches the
    /// source that the snapshot was once made of.
    fn of_args(&self, args: &Fields, claims: &mut (Claims, Shares)) {
        let from_repo = args.values().any(|arg| arg.ty.name() == Some("Repo"));
        for (name, arg) in args.iter() {
            match arg.ty.name() {
                Some("Pool" | "Claim") if name == "pool" => self.add(arg, claims),
                Some("Repo") => arg.value.decl().iter().for_each(|id| self.of_thing(*id, claims)),
                Some("Source") if !from_repo => {
                    arg.value.decl().iter().for_each(|id| self.of_thing(*id, claims));
                }
                _ => {}
            }
        }
    }

    fn of_thing(&self, id: DeclId, claims: &mut (Claims, Shares)) {
        let made = self.things.get(&id);
        if let Some(pool) = made.and_then(|made| made.fields.get("pool")) {
            self.add(pool, claims);
        }
    }

    fn add(&self, pool: &Typed, claims: &mut (Claims, Shares)) {
        let claimed = match &pool.value {
            Val::Decl(id) => Some((self.name(*id), 1, None)),
            Val::Made(made) => {
                let of = made.fields.get("of").and_then(|of| of.value.decl());
                let slots = match made.fields.get("slots").map(|slots| &slots.value) {
                    Some(Val::Int(slots)) => u32::try_from(*slots).unwrap_or(1),
                    _ => 1,
                };
                let share = match made.fields.get("each").map(|each| &each.value) {
                    Some(Val::PercentMillionths(share)) => Some(*share),
                    _ => None,
                };
                of.map(|id| (self.name(id), slots, share))
            }
            _ => None,
        };
        let Some((pool, slots, share)) = claimed else { return };
        if let Some(share) = share {
            let least = claims.1.entry(pool.clone()).or_insert(share);
            *least = (*least).min(share);
        }
        let held = claims.0.entry(pool).or_insert(0);
        *held = (*held).max(slots);
    }
}
