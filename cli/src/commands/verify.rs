use clap::{Args, ValueEnum};
use mainstay_engine::report::{VerifyLevel, VerifySpec};

use crate::context::Context;
use crate::engine::{Session, exit_of_fault};
use crate::error::Failure;
use crate::exit::Exit;
use crate::report::{human, json as documents, machine};

/// Read snapshots back and compare them with what was stored
///
/// Without more, all data of the newest snapshot of each source is read: of this machine, or of the only one that has any. What is
/// damaged is put into quarantine when the key file is a full one: later runs do not count on it and store it anew. Ends with 13
/// when something does not match, or when a record that cannot be read may be of a newer snapshot; else, when a repository could not be
/// read, with the code of that.
#[derive(Debug, Args)]
pub struct Verify {
    /// Only of this source
    source: Option<String>,
    /// Only in this repository
    #[arg(long, value_name = "NAME")]
    repo: Option<String>,
    /// Only this snapshot: the beginning of its id
    #[arg(long, value_name = "ID")]
    snapshot: Option<String>,
    /// How deep to look
    #[arg(long, value_enum, default_value_t)]
    level: Level,
    /// List everything that was found, not the first few
    #[arg(long)]
    full: bool,
}

/// How deep to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Level {
    /// Objects are there and of their size
    Presence,
    /// Their stored hashes match, too
    Hashes,
    /// A twentieth of the data is decrypted and matched, too
    Sample,
    /// All of the data is
    #[default]
    All,
}

/// A twentieth, in millionths.
const SAMPLE_PPM: u64 = 50_000;

/// Runs it.
pub fn run(args: &Verify, context: &Context) -> Result<Exit, Failure> {
    let session = Session::working(context)?;
    let level = match args.level {
        Level::Presence => VerifyLevel::Presence,
        Level::Hashes => VerifyLevel::Hashes,
        Level::Sample => VerifyLevel::Sample(SAMPLE_PPM),
        Level::All => VerifyLevel::All,
    };
    let (source, repo, snapshot) = (args.source.clone(), args.repo.clone(), args.snapshot.clone());
    session.knows_source(source.as_deref())?;
    session.knows_repo(repo.as_deref())?;
    let report = session.checked(session.engine.verify(&VerifySpec { source, repo, snapshot, level }))?;
    if context.globals.json {
        documents::document(context, &machine::document("verify", &report));
    } else {
        human::verify(&report, &session.look(context, args.full), &context.policy_flag())
            .iter()
            .for_each(|line| context.print(line));
    }
    let unread = report.fault().map_or(Exit::Done, exit_of_fault);
    Ok(session.exit(if report.is_sound() { unread } else { Exit::Mismatch }))
}
