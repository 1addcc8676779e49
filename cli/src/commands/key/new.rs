use std::path::PathBuf;

use clap::Args;
use mainstay_repo::KeyFile;
use serde_json::json;

use crate::context::Context;
use crate::error::Failure;
use crate::exit::Exit;
use crate::report::json as documents;
use crate::world::{KernelRandom, write_new_private};

/// Make a full key file
///
/// Whoever holds it can do everything with the repositories that are made with it. An existing file is never replaced. Keep a second copy of the file elsewhere: without it nobody can restore.
#[derive(Debug, Args)]
pub struct New {
    /// The file to make; its folder must exist
    file: PathBuf,
}

/// Runs it.
pub fn run(args: &New, context: &Context) -> Result<Exit, Failure> {
    let key = KeyFile::generate(&KernelRandom);
    let path = context.environment.current.join(&args.file);
    write_new_private(&path, &key.to_bytes()).map_err(|error| {
        let failure =
            Failure::new(Exit::Failed, format!("cannot make the key file `{}`", args.file.display()));
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            return Failure { exit: Exit::Usage, ..failure }
                .because("there is a file of this name")
                .safe("the file is as it was")
                .next("name another file: a key that is in use must never be replaced");
        }
        failure.because(error).safe("nothing was left there")
    })?;
    let recipients: Vec<String> = key.recipients().into_iter().map(|recipient| recipient.age).collect();
    if context.globals.json {
        let file = args.file.display().to_string();
        documents::document(
            context,
            &json!({ "schema": "mainstay.key/1", "file": file, "role": "full", "recipients": recipients }),
        );
        return Ok(Exit::Done);
    }
    context.print(format!("made the key file `{}`, only its owner may read it", args.file.display()));
    recipients.iter().for_each(|recipient| context.print(format!("public key: {recipient}")));
    context.note("keep a second copy of it elsewhere: without it nobody can restore");
    Ok(Exit::Done)
}
