use std::path::PathBuf;

use clap::Args;
use mainstay_engine::report::RestoreSpec;

use crate::context::Context;
use crate::engine::Session;
use crate::error::Failure;
use crate::exit::Exit;
use crate::report::{human, json as documents, machine};
use crate::world::parse_time;

/// Restore a source into an empty folder
///
/// Its content stands directly below the folder. Without more, the newest whole snapshot of this machine is taken. The folder must be empty, or missing. What a restore into the
/// same folder that was broken off has written is kept where it is right: repeat the command. Ends with 3 when something could not
/// be restored as it was, or when a newer snapshot may lie where nothing could be read: `--from` or `--snapshot` then says which is meant.
#[derive(Debug, Args)]
pub struct Restore {
    /// The source, by its name in the policy
    source: String,
    /// The folder; it is made when it is missing
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// The newest snapshot taken at this time or before: `2026-11-21`, `2026-11-21 09:15`, or RFC 3339
    #[arg(long, value_name = "TIME", conflicts_with = "snapshot")]
    at: Option<String>,
    /// This snapshot: the beginning of its id
    #[arg(long, value_name = "ID")]
    snapshot: Option<String>,
    /// Out of this repository; without it, the newest of all that can be read
    #[arg(long, value_name = "REPO")]
    from: Option<String>,
    /// As this machine had it; without it, this one, or the only one that has any
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// Only what matches this pattern; may be repeated
    #[arg(long, value_name = "PATTERN")]
    include: Vec<String>,
    /// Say what would be restored; nothing is written
    #[arg(long)]
    dry_run: bool,
    /// Take a snapshot that is not whole, too
    #[arg(long)]
    partial: bool,
    /// Also what gives power: setuid, setgid, capabilities, devices
    #[arg(long)]
    special: bool,
    /// Compare what was restored with the snapshot afterwards
    #[arg(long)]
    verify: bool,
    /// List everything that could not be restored as it was, not the first few
    #[arg(long)]
    full: bool,
}

/// Runs it.
pub fn run(args: &Restore, context: &Context) -> Result<Exit, Failure> {
    let zone = context.environment.time_zone();
    let at_ms = args.at.as_deref().map(|text| parse_time(text, &zone)).transpose()?.map(|time| time.0);
    let session = Session::working(context)?;
    session.knows_source(Some(&args.source))?;
    session.knows_repo(args.from.as_deref())?;
    let spec = RestoreSpec {
        source: args.source.clone(),
        to: context.environment.current.join(&args.to),
        at_ms,
        snapshot: args.snapshot.clone(),
        from: args.from.clone(),
        host: args.host.clone(),
        include: args.include.clone(),
        dry_run: args.dry_run,
        allow_partial: args.partial,
        special: args.special,
        verify: args.verify,
    };
    let report = session.checked(session.engine.restore(&spec))?;
    if context.globals.json {
        documents::document(context, &machine::document("restore", &report));
    } else {
        human::restore(&report, &session.look(context, args.full), &context.policy_flag())
            .iter()
            .for_each(|line| context.print(line));
    }
    let is_whole = report.problems.is_empty() && report.is_newest();
    Ok(session.exit(if is_whole { Exit::Done } else { Exit::Partial }))
}
