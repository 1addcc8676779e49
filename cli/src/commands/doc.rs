use std::fs;
use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use mainstay_world::Clock as _;
use serde_json::json;

use crate::context::Context;
use crate::error::Failure;
use crate::exit::Exit;
use crate::policy;
use crate::report::{json as documents, manual};
use crate::world::{SystemClock, write_whole};

/// Make a page of the policy for people to read: what is protected, when, where, and what was promised
///
/// The page needs no script and no other file: it can be mailed, printed, or put behind any web server. It tells what
/// the `///` comments say, what was proved, and when everything runs next.
#[derive(Debug, Args)]
pub struct Doc {
    /// The folder that gets `index.html`; it is made when it is missing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// The page's name: what a web server shows for a folder.
const PAGE: &str = "index.html";

/// Runs it.
pub fn run(args: &Doc, context: &Context) -> Result<Exit, Failure> {
    let policy = policy::load(context)?;
    let docs = policy::docs(context)?;
    let now = Timestamp::from_millisecond(SystemClock::new().now().0).unwrap_or_default();
    let page = manual::page(&policy.ir, &docs, now)
        .map_err(|error| Failure::new(Exit::Bug, "the page could not be made").because(error))?;
    let folder = context.environment.current.join(&args.out);
    let file = folder.join(PAGE);
    fs::create_dir_all(&folder).and_then(|()| write_whole(&file, page.as_bytes())).map_err(|error| {
        Failure::new(Exit::Failed, format!("`{}` cannot be written", file.display())).because(error)
    })?;
    if context.globals.json {
        documents::document(context, &json!({ "schema": "mainstay.doc/1", "page": file }));
    } else {
        context.print(file.display().to_string());
    }
    Ok(Exit::Done)
}
