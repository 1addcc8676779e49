use clap::Args;
use mainstay_engine::Forced;
use mainstay_engine::report::{RunOptions, RunReport, RunsReport};
use mainstay_ir::Ir;
use mainstay_journal::{Fault, Outcome};

use crate::context::Context;
use crate::engine::{Session, exit_of};
use crate::error::Failure;
use crate::exit::Exit;
use crate::report::human::Look;
use crate::report::stream::Stream;
use crate::report::{human, json as documents, machine};

/// Carry out workflows now
///
/// Ends with 0 when each copy is whole, with 3 when one is not, with the code of the worst step when one failed. What ends well is
/// kept, whatever becomes of the rest. The first Ctrl-C comes to a clean stop; `--resume` goes on.
#[derive(Debug, Args)]
pub struct Run {
    /// `workflow`, `workflow.step`, `source:x`, `repo:x`, `objective:x`; nothing: every workflow
    select: Vec<String>,
    /// Look whether it could run: nothing is written, no program is run, nothing is locked
    #[arg(long, conflicts_with_all = ["create", "resume"])]
    dry_run: bool,
    /// Make local repositories and key files that are missing
    #[arg(long)]
    create: bool,
    /// Go on with a run that failed or was broken off: the beginning of its id, or the newest such run
    #[arg(long, value_name = "RUN", num_args = 0..=1, default_missing_value = "", conflicts_with = "select")]
    resume: Option<String>,
    /// Take a repository as it stands that is refused: `replaced-repo:NAME`, `rolled-back-repo:NAME`, `emptied-repo:NAME`,
    /// `clock-behind:NAME`
    #[arg(long, value_name = "GUARD", conflicts_with = "dry_run")]
    force: Vec<Forced>,
    /// Name everything that could not be had, not the first hundred
    #[arg(long)]
    full: bool,
}

/// Runs it.
pub fn run(args: &Run, context: &Context) -> Result<Exit, Failure> {
    if args.dry_run {
        return dry_run(args, context);
    }
    let stream = Stream::begin(context, "run");
    let session = Session::streaming(context)?;
    session.carries()?;
    let Run { create, resume, force, .. } = args;
    let options = RunOptions { create: *create, resume: resume.clone(), forced: force.clone() };
    let report = session.checked(session.engine.run(&args.select, &options))?;
    let outcome = report.outcome();
    let exit = session.exit(exit_of(&outcome));
    if stream.is_on() {
        stream.event(&machine::event("report", &report));
        stream.end(exit);
    } else {
        show(&report, &outcome, &session.look(context, args.full), &session, context);
    }
    Ok(exit)
}

fn show(report: &RunsReport, outcome: &Outcome, look: &Look, session: &Session, context: &Context) {
    report.created.iter().flat_map(human::created).for_each(|line| context.print(line));
    if report.is_older_policy {
        context.print("note: this run goes on under the policy that it began with, not the one of now: what has changed since holds from the next run on");
    }
    for closed in &report.closed {
        context.print(format!("an earlier run was broken off and is closed: {}", closed.run.short()));
    }
    report.runs.iter().flat_map(|run| human::run(run, look)).for_each(|line| context.print(line));
    human::faults(&session.faults.all(), look).iter().for_each(|line| context.print(line));
    let flag = context.policy_flag();
    if outcome.is_well() {
        return human::next_commands(&report.runs, &flag).iter().for_each(|line| context.print(line));
    }
    if let Some(run) = report.runs.iter().find(|run| run.outcome.as_ref().is_none_or(|end| !end.is_well())) {
        let repo = repo_at_fault(run, &session.engine.config().ir);
        context.say(&failed(run, outcome, repo.as_deref(), &flag));
    }
}

/// What went wrong, in the words of an error; the report stands above it.
fn failed(run: &RunReport, outcome: &Outcome, repo: Option<&str>, flag: &str) -> Failure {
    let word = match &run.outcome {
        None => "was broken off",
        Some(Outcome::Failed { fault: Fault::Cancelled, .. }) => "was stopped",
        Some(outcome) => outcome.word(),
    };
    let mut failure = Failure::new(exit_of(outcome), format!("{} {word}", run.workflow))
        .safe("what was stored before is untouched, and steps that ended well are kept")
        .next(human::advice(run, outcome, repo, flag));
    failure.causes = human::causes(run);
    failure
}

/// The repository that the first step that failed speaks of, or the only one that it has to do with.
fn repo_at_fault(run: &RunReport, ir: &Ir) -> Option<String> {
    let step = run.steps.iter().find(|step| step.outcome.as_ref().is_some_and(|end| !end.is_well()))?;
    let reason = step.outcome.as_ref().and_then(Outcome::reason).unwrap_or_default();
    if let Some(named) = ir.repos.keys().find(|repo| reason.contains(&format!("repo `{repo}`"))) {
        return Some(named.clone());
    }
    let copies = ir.copies();
    let own = copies.iter().filter(|copy| copy.workflow == run.workflow && copy.step == step.step);
    let mut places: Vec<&str> =
        own.flat_map(|copy| [Some(copy.repo), copy.origin.repo()]).flatten().collect();
    places.dedup();
    if let [only] = places[..] { Some(only.to_owned()) } else { None }
}

fn dry_run(args: &Run, context: &Context) -> Result<Exit, Failure> {
    let session = Session::looking(context)?;
    session.carries()?;
    let found = session.engine.dry_run(&args.select)?;
    if context.globals.json {
        documents::document(context, &machine::document("dry_run", &found));
    } else {
        human::dry_run(&found, &session.look(context, false)).iter().for_each(|line| context.print(line));
    }
    // A repository that is not there yet is no fault of a look ahead: the text says what makes it.
    let is_faulty = found.sources.iter().any(|source| source.fault.is_some())
        || found.repos.iter().any(|repo| repo.fault.is_some() && !repo.is_missing);
    Ok(if is_faulty { Exit::Failed } else { Exit::Done })
}
