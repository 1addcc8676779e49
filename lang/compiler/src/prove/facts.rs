//! What is known of a policy that compiles, for those who show it: the editor, `compile --emit facts`, notes.
//!
//! The proofs say no; the facts say how far a yes is from a no. Both ask the same functions.

use mainstay_calendar::{Age, Part, Timetable, total};
use mainstay_ir::{DurationMs, IndexMap, Ir, Name, Retention, SourceCopy};

use super::assumed::{ASSUMED, of_workflows};
use super::deleters::deleters;
use super::effective::Said;
use super::fields::{only_adds, place, repo_field, text};

/// What is known of a policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// What was taken for granted.
    pub assumed: &'static str,
    /// The copies: a source in a repo, for an objective. In source order.
    pub copies: Vec<CopyFacts>,
    /// The rehearsals: a source out of a repo, for an objective.
    pub drills: Vec<DrillFacts>,
}

/// A source in a repo.
#[derive(Debug, Clone, PartialEq)]
pub struct CopyFacts {
    /// Of what.
    pub source: Name,
    /// Where.
    pub repo: Name,
    /// The promise that it serves; none: it was promised to nobody.
    pub objective: Option<Name>,
    /// Who puts it there: workflow and step, the freshest first.
    pub makers: Vec<(Name, Name)>,
    /// How old it can be at the worst moment.
    pub worst: Worst,
    /// What that takes for granted beside [`Facts::assumed`].
    pub assumed: Vec<String>,
    /// What its objective promises.
    pub rpo: Option<DurationMs>,
    /// How many runs in a row may fail before the promise breaks; none without a promise, or when it is broken.
    pub survives: Option<u32>,
    /// What the repo keeps of it, all that is said about it taken together; none when nothing is.
    pub retention: Option<Retention>,
    /// Whether anything reads it back.
    pub is_verified: bool,
    /// Whether nobody can delete it before its time.
    pub is_locked: bool,
    /// Whether it is out of reach.
    pub is_offline: bool,
    /// The site that the repo declares.
    pub site: Option<String>,
    /// The region that it declares.
    pub region: Option<String>,
    /// The accounts that can delete it, as far as they are declared.
    pub deleters: Vec<String>,
    /// For links of a chain of logs, the repo with the base.
    pub base: Option<Name>,
}

/// How old a copy can be.
#[derive(Debug, Clone, PartialEq)]
pub enum Worst {
    /// At most so old, and why.
    Proved {
        /// The age.
        age: DurationMs,
        /// The workflows that it waits for, in the order in which they run.
        chain: Vec<Name>,
        /// What happens, a line each.
        timeline: Vec<String>,
        /// `25 h gap + 2 h within`.
        sum: String,
    },
    /// Nothing can be said.
    Unknown {
        /// Why.
        why: String,
    },
}

/// A rehearsal of a restore, by the clock.
#[derive(Debug, Clone, PartialEq)]
pub struct DrillFacts {
    /// Of what.
    pub source: Name,
    /// Out of where.
    pub repo: Name,
    /// The workflow and the step.
    pub maker: (Name, Name),
    /// The promise that its workflow serves.
    pub objective: Option<Name>,
    /// From one that has ended to the next, at most.
    pub worst: Worst,
    /// `drill` of the objective.
    pub promised: Option<DurationMs>,
}

/// What is known of a policy. It need not have been proved.
pub fn facts(ir: &Ir) -> Facts {
    facts_with(ir, &Timetable::new(ir))
}

/// The same for whoever has the policy's timetable already: it looks at twenty years once.
pub fn facts_with<'a>(ir: &'a Ir, times: &Timetable<'a>) -> Facts {
    let said = Said::of(ir, times.flows());
    let copies = grouped(ir, times).into_iter();
    let copies = copies.map(|(key, made)| copy(ir, (times, &said), key, made)).collect();
    Facts { assumed: ASSUMED, copies, drills: drills(ir, times) }
}

type Made<'t, 'a> = Vec<(&'t SourceCopy<'a>, &'t Age<'a>)>;
type Key<'a> = (Option<&'a str>, &'a str, &'a str);

/// By objective, source and repo; the freshest maker first.
fn grouped<'t, 'a>(ir: &'a Ir, times: &'t Timetable<'a>) -> IndexMap<Key<'a>, Made<'t, 'a>> {
    let mut all: IndexMap<Key<'a>, Made<'t, 'a>> = IndexMap::default();
    for (copy, age) in times.flows().copies.iter().zip(times.ages()) {
        let key = (ir.objective_of(copy.workflow), copy.source, copy.repo);
        all.entry(key).or_default().push((copy, age));
    }
    for made in all.values_mut() {
        made.sort_by_key(|(_, age)| age.as_ref().map_or(u64::MAX, |age| total(age).0));
    }
    all
}

fn copy<'a>(
    ir: &'a Ir,
    (times, said): (&Timetable<'a>, &Said<'a>),
    key: Key<'a>,
    made: Made<'_, 'a>,
) -> CopyFacts {
    let (objective, source, repo) = key;
    let rpo = objective.and_then(|name| ir.objectives.get(name)?.rpo);
    let freshest = made.first().map(|(_, age)| *age);
    let survives = freshest
        .and_then(|age| Some((age.as_ref().ok()?, rpo?)))
        .and_then(|(age, rpo)| times.survives(age, rpo));
    let parts = freshest.and_then(|age| Some(times.parts(age.as_ref().ok()?))).unwrap_or_default();
    let own = |wanted: fn(&SourceCopy<'_>) -> bool| made.iter().any(|(copy, _)| wanted(copy));
    CopyFacts {
        source: source.to_owned(),
        repo: repo.to_owned(),
        objective: objective.map(str::to_owned),
        makers: made.iter().map(|(copy, _)| (copy.workflow.to_owned(), copy.step.to_owned())).collect(),
        worst: freshest.map_or_else(|| Worst::Unknown { why: String::new() }, |age| worst(times, age)),
        assumed: assumed(ir, &parts, (source, repo), said),
        rpo,
        survives,
        retention: said.effective((source, repo, made.iter().all(|(copy, _)| copy.base.is_some()))),
        is_verified: own(|copy| copy.verified),
        is_locked: repo_field(ir, repo, "lock_mode").is_some(),
        is_offline: repo_field(ir, repo, "tier").and_then(text) == Some("offline"),
        site: place(ir, repo, "site").map(str::to_owned),
        region: place(ir, repo, "region").map(str::to_owned),
        deleters: deleters(ir, repo).into_iter().map(str::to_owned).collect(),
        base: made.iter().find_map(|(copy, _)| copy.base).map(|base| base.repo.to_owned()),
    }
}

fn assumed<'a>(
    ir: &'a Ir,
    parts: &[Part<'a>],
    (source, repo): (&'a str, &'a str),
    said: &Said<'a>,
) -> Vec<String> {
    let mut lines = of_workflows(ir, parts.iter().map(|part| part.workflow));
    if only_adds(ir, repo) && said.effective((source, repo, false)).is_none() {
        lines.push(format!("who else holds a key of `{repo}` forgets nothing there that is promised"));
    }
    lines
}

fn worst<'a>(times: &Timetable<'a>, age: &Age<'a>) -> Worst {
    let (age, parts) = match age {
        Ok(way) => (total(way), times.parts(way)),
        Err(why) => return Worst::Unknown { why: why.to_string() },
    };
    let mut chain: Vec<Name> = Vec::new();
    for part in &parts {
        if chain.last().is_none_or(|last| last != part.workflow) {
            chain.push(part.workflow.to_owned());
        }
    }
    let terms: Vec<String> = parts.iter().map(Part::term).collect();
    Worst::Proved { age, chain, timeline: parts.iter().map(Part::line).collect(), sum: terms.join(" + ") }
}

fn drills<'a>(ir: &'a Ir, times: &Timetable<'a>) -> Vec<DrillFacts> {
    let of = |drill: &mainstay_ir::Remark<'a>| {
        let objective = ir.objective_of(drill.workflow);
        let promised = objective.and_then(|name| ir.objectives.get(name)?.other.get("drill"));
        DrillFacts {
            source: drill.source.to_owned(),
            repo: drill.repo.to_owned(),
            maker: (drill.workflow.to_owned(), drill.step.to_owned()),
            objective: objective.map(str::to_owned),
            worst: worst(times, &times.rhythm(drill.workflow)),
            promised: match promised {
                Some(mainstay_ir::Value::Duration(length)) => Some(*length),
                _ => None,
            },
        }
    };
    times.flows().rehearsals.iter().map(of).collect()
}
