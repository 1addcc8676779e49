//! Warnings that are known and let be.

use std::path::Path;

use mainstay_diagnostics::Baseline;

use super::Found;
use crate::context::Context;
use crate::error::Failure;
use crate::exit::Exit;
use crate::report::words;
use crate::world::{read_bounded, write_whole};

/// Takes out what is known, and tells what is known and no longer there; or writes all of it down.
pub(super) fn run(path: &Path, write: bool, all: &mut [Found], context: &Context) -> Result<(), Failure> {
    let file = context.environment.current.join(path);
    if write {
        return written(path, &file, all, context);
    }
    let text = read_bounded(&file).map_err(|error| {
        Failure::usage(format!("cannot read `{}`", path.display()))
            .because(error)
            .next("make it with `--write-baseline`")
    })?;
    let mut known = Baseline::read(&text).map_err(|error| {
        Failure::usage(format!("`{}` is no baseline", path.display()))
            .because(error)
            .next("write it anew with `--write-baseline`")
    })?;
    for Found { map, diagnostics, .. } in &mut *all {
        diagnostics.retain(|finding| !known.takes(finding, map));
    }
    let stale: Vec<_> = known.entries().collect();
    if stale.is_empty() {
        return Ok(());
    }
    for entry in &stale {
        context.note(format!("{}: {} of the baseline is not found any more", entry.file, entry.code));
    }
    let findings = words::counted(stale.len() as u64, "finding");
    context
        .note(format!("`{}` knows {findings} too many: `--write-baseline` writes it anew", path.display()));
    Ok(())
}

fn written(path: &Path, file: &Path, all: &mut [Found], context: &Context) -> Result<(), Failure> {
    let mut known = Baseline::default();
    for Found { map, diagnostics, .. } in &mut *all {
        diagnostics.iter().for_each(|finding| known.add(finding, map));
    }
    write_whole(file, known.write().as_bytes()).map_err(|error| {
        Failure::new(Exit::Failed, format!("cannot write `{}`", path.display())).because(error)
    })?;
    for Found { map, diagnostics, .. } in all {
        diagnostics.retain(|finding| !known.takes(finding, map));
    }
    context.note(format!("`{}` knows all warnings of today", path.display()));
    Ok(())
}
