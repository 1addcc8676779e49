//! `check --fix`: what has one evident reading is mended. Files are written at the end, each whole or not at all.

use std::sync::Arc;

use mainstay_compiler::{World as _, evident_fix, mend};

use super::Found;
use crate::context::Context;
use crate::error::Failure;
use crate::exit::Exit;
use crate::params::params;
use crate::report::{diff, words};
use crate::world::{PolicyFile, PolicyWorld, write_replacing};

/// Mends, or with `only_shown` shows what it would mend. Gives whether there is any change.
pub(super) fn run(only_shown: bool, roots: &[PolicyFile], context: &Context) -> Result<bool, Failure> {
    let world = PolicyWorld::new(&context.environment.current);
    let roots: Vec<String> = roots.iter().map(|root| world.path_of(&root.path())).collect();
    let mended = mend(&world, &roots, &params(context)?);
    for (name, text) in &mended.texts {
        if only_shown {
            let old = world.read(name).unwrap_or_else(|_| Arc::from(""));
            context.print_raw(&diff::unified(name, &old, text));
        } else {
            write(name, text, context)?;
        }
    }
    let verb = if only_shown { "would be fixed" } else { "fixed" };
    for change in &mended.made {
        context.note(format!("{verb}: {}:{}: {} [{}]", change.file, change.line, change.title, change.code));
    }
    context.note(if mended.made.is_empty() {
        "nothing can be fixed without asking".to_owned()
    } else {
        let (changes, files) = (mended.made.len() as u64, mended.texts.len() as u64);
        format!("{} in {}", words::counted(changes, "change"), words::counted(files, "file"))
    });
    Ok(!mended.texts.is_empty())
}

/// Of more fixes than this, or in policies of more bytes, it is not tried which would be taken back: each try compiles
/// again, and who has written one line wants to hear of it at once.
const MOST_TRIED: usize = 8;
const MOST_TRIED_BYTES: usize = 16 * 1024;

/// What `--fix` would take back is no more than a proposal.
pub(super) fn without_withheld(
    all: &mut [Found],
    roots: &[PolicyFile],
    context: &Context,
) -> Result<(), Failure> {
    let fixable = all.iter().flat_map(|found| &found.diagnostics).filter_map(evident_fix).count();
    let files = all.iter().flat_map(|found| found.map.files()).filter(|file| !file.name.starts_with("std/"));
    let bytes: usize = files.map(|file| file.text.len()).sum();
    if !(1..=MOST_TRIED).contains(&fixable) || bytes > MOST_TRIED_BYTES {
        return Ok(());
    }
    let world = PolicyWorld::new(&context.environment.current);
    let roots: Vec<String> = roots.iter().map(|root| world.path_of(&root.path())).collect();
    let mended = mend(&world, &roots, &params(context)?);
    for Found { map, diagnostics, .. } in all {
        let withheld = diagnostics.iter_mut().filter(|one| mended.withholds(one, map));
        withheld.flat_map(|one| &mut one.fixes).for_each(|fix| fix.safe = false);
    }
    Ok(())
}

fn write(name: &str, text: &str, context: &Context) -> Result<(), Failure> {
    let path = context.environment.current.join(name);
    write_replacing(&path, text.as_bytes()).map_err(|error| {
        Failure::new(Exit::Failed, format!("cannot write `{name}`"))
            .because(error)
            .safe("the file is as it was")
    })
}
