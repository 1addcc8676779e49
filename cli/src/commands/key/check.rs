use clap::Args;
use mainstay_engine::report::KeyReport;
use serde_json::{Value, json};

use crate::context::Context;
use crate::engine::Session;
use crate::error::Failure;
use crate::exit::Exit;
use crate::failures;
use crate::report::json as documents;

/// Open every repository of the policy with its key file
///
/// Says what could not be opened, and ends with 12 when a key fails.
#[derive(Debug, Args)]
pub struct Check {}

/// Runs it.
pub fn run(_args: &Check, context: &Context) -> Result<Exit, Failure> {
    let session = Session::looking(context)?;
    let mut documents = Vec::new();
    let mut worst = None;
    for key in session.engine.keys() {
        for repo in &key.repos {
            let failure = failure(&session, &key, repo);
            documents.push(show(&key, repo, failure.as_ref(), context));
            worst = worst.or(failure);
        }
    }
    if context.globals.json {
        documents::document(context, &json!({ "schema": "mainstay.key_check/1", "keys": documents }));
    }
    let Some(failure) = worst else { return Ok(Exit::Done) };
    context.say(&failure);
    Ok(failure.exit)
}

fn failure(session: &Session, key: &KeyReport, repo: &str) -> Option<Failure> {
    if let Some(fault) = &key.fault {
        let failure = Failure::new(Exit::KeyDenied, fault.clone()).safe("nothing was changed");
        return Some(
            failure.next("find the second copy of this key file; no other one opens these repositories"),
        );
    }
    let error = session.engine.repo_info(repo).err()?;
    Some(failures::of_repo(error.fault(), Some(repo), error.to_string()))
}

fn show(key: &KeyReport, repo: &str, failure: Option<&Failure>, context: &Context) -> Value {
    let role = key.role.as_deref().unwrap_or("unknown");
    if !context.globals.json {
        let (word, does) = if failure.is_none() { ("ok", "opens") } else { ("failed", "does not open") };
        context.print(format!("{word}  {} ({role}) {does} {repo}", key.secret));
    }
    json!({
        "secret": key.secret, "origin": key.origin, "role": key.role, "repo": repo,
        "opens": failure.is_none(), "fault": failure.map(|failure| &failure.message),
    })
}
