//! The fields of the IR.

use super::Rule::{
    Elsewhere, Fields, Kept, Less, More, Narrower, Neutral, Nothing, Open, Own, Ranked, There, Tries, Wider,
};
use super::{Row, Rule};
use crate::diff::Facet::{Care, Control, Copies, History, Notice, Promise, Running, Scope};

/// `overlap`: a run that is left out or broken off is a copy less.
pub(super) const OVERLAPS: Rule = Ranked(&[&["replace", "skip"], &["queue_one", "allow"]]);
/// `missed`.
pub(super) const MISSED: Rule = Ranked(&[&["skip"], &["run_latest"], &["run_all"]]);

/// The ends of machines: what is told as a failure is looked at.
const ENDS: Rule = Ranked(&[&["ok"], &["degraded"], &["failed"]]);

pub(super) const ROWS: &[Row] = &[
    // What says how the document is written, and what is written for people.
    (
        &[
            "Ir.format",
            "Ir.docs",
            "Objective.docs",
            "Workflow.docs",
            "Step.docs",
            "Machine.docs",
            "Estate.docs",
            "Waiting.place",
        ],
        Running,
        Nothing,
        "",
    ),
    (
        &["Ir.edition", "Ir.tzdb", "Ir.params", "Ir.waiting", "Waiting.construct", "Waiting.holder"],
        Running,
        Neutral,
        "",
    ),
    (&["Ir.policy"], History, Elsewhere, "its snapshots bear the old name: `moved policy` keeps them"),
    (&["Ir.moved"], History, Own, ""),
    (
        &[
            "Ir.secrets",
            "Ir.hosts",
            "Ir.pools",
            "Ir.sources",
            "Ir.repos",
            "Ir.sandboxes",
            "Ir.channels",
            "Ir.probes",
            "Ir.objectives",
            "Ir.workflows",
            "Ir.machines",
            "Ir.estates",
        ],
        Copies,
        Own,
        "",
    ),
    // Promises.
    (&["Objective.rpo", "Objective.rto"], Promise, Less, "more may be lost, or it may take longer"),
    (&["Objective.keep"], Promise, Kept, ""),
    (&["Objective.copies"], Promise, Fields("Copies"), ""),
    (&["Objective.other", "Pool.other", "Workflow.other", "Machine.other"], Running, Own, ""),
    (
        &["Copies.count", "Copies.sites", "Copies.media", "Copies.locked", "Copies.offline"],
        Promise,
        More,
        "fewer are promised",
    ),
    (
        &[
            "Retention.all",
            "Retention.last",
            "Retention.hourly",
            "Retention.daily",
            "Retention.weekly",
            "Retention.monthly",
            "Retention.yearly",
            "Retention.within",
        ],
        History,
        More,
        "less is kept",
    ),
    (&["Backoff.tries"], Care, More, "it gives up earlier"),
    (&["Backoff.first", "Backoff.most"], Care, Neutral, ""),
    (&["Pool.slots"], Running, Neutral, ""),
    // Estates.
    (&["Estate.discover"], Care, Wider, "an audit does not look there any more"),
    (&["Estate.exempt"], Care, Narrower, "an audit does not ask for it any more"),
    (&["Exemption.what", "Exemption.owner", "Exemption.reason", "Exemption.until"], Care, Own, ""),
    // Work.
    (&["Workflow.objective", "Machine.objective"], Promise, There, "nothing is promised of it any more"),
    (&["Workflow.triggers", "Machine.triggers", "Workflow.within", "Machine.within"], Copies, Own, ""),
    (&["Workflow.overlap"], Running, OVERLAPS, "runs are left out, or broken off"),
    (&["Workflow.missed"], Running, MISSED, "what was missed is not made up for"),
    (&["Workflow.steps", "Close.steps"], Copies, Own, ""),
    (&["Workflow.body", "Close.body", "Workflow.closes", "Machine.closes", "Close.on"], Running, Own, ""),
    (
        &[
            "Block.parallel.limit",
            "Block.parallel.branches",
            "Block.auto.body",
            "Block.group.body",
            "Block.bracket.body",
            "Block.closed.by",
            "Block.closed.body",
        ],
        Running,
        Own,
        "",
    ),
    (&["Block.auto.expect"], Notice, There, "another mode is not told any more"),
    (&["Block.group.apart"], Care, Less, "the snapshots may lie further apart"),
    (&["Block.bracket.acquire", "Block.bracket.release", "Block.bracket.until"], Care, Own, ""),
    (&["Block.bracket.at_most"], Care, Less, "what it acquired may be held for longer"),
    (&["Step.action", "Call.name", "Call.args"], Care, Own, ""),
    (&["Step.waits", "Step.limits", "Step.claims", "Step.shares"], Running, Own, ""),
    (&["BlockLimit.block", "BlockLimit.limit", "BlockLimit.branch"], Running, Own, ""),
    (&["Step.needs"], Running, Own, ""),
    (&["Step.within", "Call.within"], Care, Less, "what hangs is noticed later"),
    (&["Step.retry"], Care, Tries, ""),
    (&["Step.undo"], Care, There, "nothing takes it back when a later step fails"),
    // Machines.
    (&["Machine.start", "Machine.states"], Running, Own, ""),
    (&["Machine.finals"], Notice, ENDS, "it is told as less than it was"),
    (&["State.act", "State.enter", "State.leave", "State.on", "State.events"], Running, Own, ""),
    (&["State.visits"], Care, More, "a run gives up earlier"),
    // Things.
    (&["Constructed.constructor", "Constructed.fields"], Scope, Own, ""),
    // Triggers: the timetable compares them as a whole.
    (
        &[
            "Trigger.every.interval",
            "Trigger.every.jitter",
            "Trigger.daily.at",
            "Trigger.daily.zone",
            "Trigger.daily.jitter",
            "Trigger.weekly.day",
            "Trigger.weekly.at",
            "Trigger.weekly.zone",
            "Trigger.weekly.jitter",
            "Trigger.monthly.day",
            "Trigger.monthly.at",
            "Trigger.monthly.zone",
            "Trigger.monthly.jitter",
            "Trigger.cron.expression",
            "Trigger.cron.zone",
            "Trigger.cron.jitter",
            "Trigger.event.name",
            "Trigger.event.args",
        ],
        Copies,
        Own,
        "",
    ),
    // What an objective has beside.
    (&["Objective.lock"], Copies, Own, ""),
    (&["Objective.erase"], Promise, Less, "it may live longer than was promised"),
    (&["Objective.drill"], Promise, Less, "restores are rehearsed more seldom"),
    (&["Objective.residency"], Control, Rule::Only, "copies may lie in more regions"),
    (&["Objective.owner"], Notice, There, "nobody answers for it"),
    // What a workflow or a machine has beside.
    (&["Workflow.alive", "Machine.alive"], Notice, There, "silence is no alarm any more"),
    (&["Workflow.window"], Running, Open, "there is less time to run in"),
    (&["Workflow.at_end"], Running, Ranked(&[&["cancel"], &["pause", "finish"]]), "work is broken off"),
    (&["Workflow.needs"], Running, Narrower, "a run waits for one more yes"),
    (&["Workflow.priority"], Running, Neutral, ""),
    // Pools.
    (
        &["Pool.rate", "Pool.space", "Pool.memory", "Pool.hours", "Pool.medium", "Pool.adapt"],
        Running,
        Neutral,
        "",
    ),
    (&["Pool.floor"], Notice, More, "what is slow is told later"),
    (&["Pool.reserve"], Care, More, "restores wait longer"),
];
