//! All that the page says, as texts.

use askama::Template;
use jiff::Timestamp;
use mainstay_calendar::{Timetable, Zone, show};
use mainstay_compiler::prove::{CopyFacts, Worst, facts};
use mainstay_ir::{Copies, Ir, Value};

use super::Docs;
use super::prose::{Piece, prose};
use super::things::{Thing, things, value};
use super::work::{Automaton, Work, machines, works};
use crate::report::words::counted;

/// The page.
#[derive(Debug, Template)]
#[template(path = "manual.html")]
pub struct Manual {
    policy: String,
    docs: Vec<Piece>,
    /// What there is, in a sentence.
    sum: String,
    now: String,
    hash: String,
    tzdb: String,
    assumed: String,
    promises: Vec<Promise>,
    /// The repos of the matrix.
    columns: Vec<Column>,
    /// The sources of the matrix, each with a cell for each repo.
    rows: Vec<(String, Vec<Vec<Copy>>)>,
    /// Sources that no workflow stores.
    unprotected: Vec<String>,
    works: Vec<Work>,
    machines: Vec<Automaton>,
    sources: Vec<(Thing, Vec<Copy>)>,
    repos: Vec<(Thing, Vec<Copy>)>,
    /// What else there is: a heading, and things.
    others: Vec<(&'static str, Vec<Thing>)>,
    terms: &'static [(&'static str, &'static str, &'static str)],
    waiting: Vec<String>,
}

/// A promise, with what was proved of it.
#[derive(Debug)]
pub struct Promise {
    name: String,
    docs: Vec<Piece>,
    fields: Vec<(String, String)>,
    /// The oldest that a copy can get, against what is promised; none without an RPO.
    verdict: Option<Verdict>,
}

/// What came of a proof.
#[derive(Debug)]
pub struct Verdict {
    worst: String,
    promised: String,
    kept: bool,
    /// How full the promise is used, in hundredths.
    share: u64,
}

/// A repo as a column.
#[derive(Debug)]
pub struct Column {
    name: String,
    place: String,
}

/// A copy of a source in a repo.
#[derive(Debug)]
pub struct Copy {
    source: String,
    repo: String,
    age: String,
    /// How the age comes about.
    why: Vec<String>,
    kept: String,
    /// `verified`, `locked`, `offline`.
    marks: Vec<&'static str>,
    makers: Vec<String>,
    survives: Option<String>,
}

impl Manual {
    /// Of this policy, with the next runs counted from `now`.
    pub fn of(ir: &Ir, docs: &Docs, now: Timestamp) -> Self {
        let table = Timetable::new(ir);
        let facts = facts(ir);
        let about = |wanted: &dyn Fn(&CopyFacts) -> bool| -> Vec<Copy> {
            facts.copies.iter().filter(|copy| wanted(copy)).map(copy).collect()
        };
        let kept_in = |repo: &str, source: &str| about(&|copy| copy.repo == repo && copy.source == source);
        let stored = |name: &&String| facts.copies.iter().any(|copy| copy.source == **name);
        let rows = ir
            .sources
            .keys()
            .filter(stored)
            .map(|source| (source.clone(), ir.repos.keys().map(|repo| kept_in(repo, source)).collect()));
        let sources = things(&ir.sources, docs).into_iter();
        let repos = things(&ir.repos, docs).into_iter();
        Self {
            policy: ir.policy.clone(),
            docs: prose(&ir.docs),
            sum: sum(ir, ir.sources.keys().filter(stored).count(), facts.copies.len()),
            now: show(to_the_minute(now), &Zone::utc()),
            hash: ir.hash().to_string().chars().take(12).collect(),
            tzdb: ir.tzdb.clone(),
            assumed: facts.assumed.to_owned(),
            promises: promises(ir, &facts.copies),
            columns: ir.repos.keys().map(|repo| column(ir, repo)).collect(),
            rows: rows.collect(),
            unprotected: ir.sources.keys().filter(|name| !stored(name)).cloned().collect(),
            works: works(ir, &table, now),
            machines: machines(ir),
            sources: sources
                .map(|thing| {
                    let copies = about(&|copy| copy.source == thing.name);
                    (thing, copies)
                })
                .collect(),
            repos: repos
                .map(|thing| {
                    let copies = about(&|copy| copy.repo == thing.name);
                    (thing, copies)
                })
                .collect(),
            others: others(ir, docs),
            terms: TERMS,
            waiting: ir
                .waiting
                .iter()
                .map(|waiting| format!("{} ({})", waiting.construct, waiting.holder))
                .collect(),
        }
    }
}

fn to_the_minute(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second().div_euclid(60) * 60).unwrap_or(at)
}

fn sum(ir: &Ir, stored: usize, copies: usize) -> String {
    let count = |count: usize, noun: &str| counted(count as u64, noun);
    let are = if stored == 1 { "is" } else { "are" };
    format!(
        "{} {are} kept in {} by {}: {} in all.",
        count(stored, "source"),
        count(ir.repos.len(), "repository"),
        count(ir.workflows.len(), "workflow"),
        count(copies, "copy")
    )
}

fn copy(of: &CopyFacts) -> Copy {
    let (age, why) = match &of.worst {
        Worst::Proved { age, timeline, .. } => (age.to_string(), timeline.clone()),
        Worst::Unknown { why } => ("not known".to_owned(), vec![why.clone()]),
    };
    let marks = [(of.is_verified, "verified"), (of.is_locked, "locked"), (of.is_offline, "offline")];
    Copy {
        source: of.source.clone(),
        repo: of.repo.clone(),
        age,
        why,
        kept: of
            .retention
            .as_ref()
            .map_or_else(|| "nothing is said of how long".to_owned(), ToString::to_string),
        marks: marks.iter().filter(|(holds, _)| *holds).map(|(_, word)| *word).collect(),
        makers: of.makers.iter().map(|(workflow, step)| format!("{workflow}.{step}")).collect(),
        survives: of.survives.map(|runs| counted(u64::from(runs), "failed run")),
    }
}

fn column(ir: &Ir, repo: &str) -> Column {
    let place = ir.repos.get(repo).and_then(|made| made.fields.get("place"));
    let place = match place {
        Some(Value::Record(fields)) => {
            let said = fields.values().map(value).filter(|part| !part.is_empty());
            said.collect::<Vec<_>>().join(", ")
        }
        Some(other) => value(other),
        None => "no place declared".to_owned(),
    };
    Column { name: repo.to_owned(), place }
}

fn promises(ir: &Ir, all: &[CopyFacts]) -> Vec<Promise> {
    let promise = |(name, objective): (&String, &mainstay_ir::Objective)| {
        let mut fields = Vec::new();
        let mut add = |name: &str, said: Option<String>| {
            fields.extend(said.map(|said| (name.to_owned(), said)));
        };
        add("RPO", objective.rpo.map(|rpo| rpo.to_string()));
        add("RTO", objective.rto.map(|rto| rto.to_string()));
        add("kept", objective.keep.as_ref().map(ToString::to_string));
        add("copies", objective.copies.as_ref().map(copies));
        for (name, field) in &objective.other {
            add(&name.replace('_', " "), Some(value(field)));
        }
        let mine = all.iter().filter(|copy| copy.objective.as_deref() == Some(name.as_str()));
        let ages = mine.filter_map(|copy| match &copy.worst {
            Worst::Proved { age, .. } => Some(*age),
            Worst::Unknown { .. } => None,
        });
        let verdict = ages.max().zip(objective.rpo).map(|(worst, rpo)| Verdict {
            worst: worst.to_string(),
            promised: rpo.to_string(),
            kept: worst <= rpo,
            share: (worst.0.saturating_mul(100) / rpo.0.max(1)).min(100),
        });
        Promise { name: name.clone(), docs: prose(&objective.docs), fields, verdict }
    };
    ir.objectives.iter().map(promise).collect()
}

fn copies(wanted: &Copies) -> String {
    let parts = [
        (wanted.sites, "sites"),
        (wanted.media, "media"),
        (wanted.locked, "locked"),
        (wanted.offline, "offline"),
    ];
    let more = parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!(", {count} {what}"));
    format!("at least {}{}", wanted.count, more.collect::<String>())
}

fn others(ir: &Ir, docs: &Docs) -> Vec<(&'static str, Vec<Thing>)> {
    let pools = ir.pools.iter().map(|(name, pool)| {
        let slots = pool.slots.map(|(low, high)| {
            let said = if low == high { low.to_string() } else { format!("{low} to {high}") };
            ("slots".to_owned(), said)
        });
        let other = pool.other.iter().map(|(name, field)| (name.clone(), value(field)));
        Thing {
            name: name.clone(),
            made_by: "pool".to_owned(),
            docs: docs.get(name).map(|lines| prose(lines)).unwrap_or_default(),
            fields: slots.into_iter().chain(other).collect(),
        }
    });
    let all = [
        ("Pools", pools.collect()),
        ("Hosts", things(&ir.hosts, docs)),
        ("Sandboxes", things(&ir.sandboxes, docs)),
        ("Channels", things(&ir.channels, docs)),
        ("Probes", things(&ir.probes, docs)),
        ("Secrets", things(&ir.secrets, docs)),
    ];
    all.into_iter().filter(|(_, things)| !things.is_empty()).collect()
}

/// The words that a reader may not know: anchor, word, meaning.
const TERMS: &[(&str, &str, &str)] = &[
    (
        "rpo",
        "RPO",
        "Recovery point objective: how much work, in time, may be lost at most. A copy is never older than this.",
    ),
    ("rto", "RTO", "Recovery time objective: how long a restore may take at most."),
    ("copy", "Copy", "A source as one repository holds it, in snapshots of different ages."),
    (
        "kept",
        "Kept",
        "Which snapshots a repository holds: \u{201c}14 daily\u{201d} is the newest of each of the last 14 days that have one.",
    ),
    (
        "worst",
        "Worst case",
        "How old the newest complete copy can be just before the next run ends, over twenty years of the calendar with its clock changes.",
    ),
    ("verified", "Verified", "Read back after it was stored, and matched."),
    ("locked", "Locked", "Nobody can delete it before its time, whoever they are."),
    ("within", "Within", "At most this long; what takes longer is stopped and counts as failed."),
    ("pool", "Pool", "A limit that work shares, such as two slots on one disk."),
    ("drill", "Drill", "A restore that is rehearsed: restored into a sandbox, checked and timed."),
];
