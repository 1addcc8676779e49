use std::path::PathBuf;

use clap::Args;
use mainstay_repo::KeyFile;
use serde_json::json;

use crate::context::Context;
use crate::engine::Session;
use crate::error::Failure;
use crate::exit::Exit;
use crate::report::json as documents;
use crate::world::{KernelRandom, write_new_private};

/// Make a key file
///
/// A full one: whoever holds it can do everything with the repositories that are made with it. With `--writer-of`, one for a machine
/// that adds snapshots of sources of this policy and can read nothing back; the policy there says `role: writer`.
///
/// An existing file is never replaced. Keep a second copy of a full key file elsewhere: without it nobody can restore.
#[derive(Debug, Args)]
pub struct New {
    /// The file to make; its folder must exist
    file: PathBuf,
    /// A writer's key for this repository; the policy's own key must be a full one
    #[arg(long, value_name = "REPO")]
    writer_of: Option<String>,
    /// Only for this source; may be repeated; without it, for all sources of the policy
    #[arg(long, value_name = "NAME", requires = "writer_of")]
    source: Vec<String>,
}

/// Runs it.
pub fn run(args: &New, context: &Context) -> Result<Exit, Failure> {
    let key = match &args.writer_of {
        None => KeyFile::generate(&KernelRandom),
        Some(repo) => writer_key(args, repo, context)?,
    };
    let path = context.environment.current.join(&args.file);
    write_new_private(&path, &key.to_bytes()).map_err(|error| not_made(args, &error))?;
    show(args, &key, context);
    Ok(Exit::Done)
}

fn writer_key(args: &New, repo: &str, context: &Context) -> Result<KeyFile, Failure> {
    let session = Session::looking(context)?;
    session.knows_repo(Some(repo))?;
    args.source.iter().try_for_each(|source| session.knows_source(Some(source)))?;
    let all = || session.engine.config().ir.sources.keys().cloned().collect();
    let sources: Vec<String> = if args.source.is_empty() { all() } else { args.source.clone() };
    Ok(session.engine.issue_writer_key(repo, &sources)?)
}

fn not_made(args: &New, error: &std::io::Error) -> Failure {
    let failure = Failure::new(Exit::Failed, format!("cannot make the key file `{}`", args.file.display()));
    if error.kind() == std::io::ErrorKind::AlreadyExists {
        return Failure { exit: Exit::Usage, ..failure }
            .because("there is a file of this name")
            .safe("the file is as it was")
            .next("name another file: a key that is in use must never be replaced");
    }
    failure.because(error).safe("nothing was left there")
}

fn show(args: &New, key: &KeyFile, context: &Context) {
    let role = if args.writer_of.is_some() { "writer" } else { "full" };
    let file = args.file.display().to_string();
    let recipients: Vec<String> = key.recipients().into_iter().map(|recipient| recipient.age).collect();
    if context.globals.json {
        let document =
            json!({ "schema": "mainstay.key/1", "file": file, "role": role, "recipients": recipients });
        return documents::document(context, &document);
    }
    context.print(format!("made the {role} key file `{file}`, only its owner may read it"));
    recipients.iter().for_each(|recipient| context.print(format!("public key: {recipient}")));
    context.note(match &args.writer_of {
        None => "keep a second copy of it elsewhere: without it nobody can restore".to_owned(),
        Some(_) => "bring it to the machine that writes, and remove it here; it restores nothing".to_owned(),
    });
}
