//! The compiled policy that a verb works with.

use std::collections::HashMap;
use std::path::PathBuf;

use mainstay_compiler::query::analyse;
use mainstay_compiler::{Compiled, Places, World, compile};
use mainstay_diagnostics::{Diagnostic, SourceMap, render};
use mainstay_ir::Ir;

use crate::context::Context;
use crate::error::Failure;
use crate::params::params;
use crate::world::{PolicyFile, PolicyWorld};

/// A policy without errors.
#[derive(Debug)]
pub struct Policy {
    /// What it means.
    pub ir: Ir,
    /// The folder that its relative paths start from.
    pub folder: PathBuf,
    /// Where the first construct stands that waits for an engine, as `file:line`.
    pub waiting_at: Option<String>,
}

/// Compiles a file.
pub fn compiled(context: &Context, file: &PolicyFile) -> Result<Compiled, Failure> {
    let world = PolicyWorld::new(&context.environment.current);
    Ok(compile(&world, &world.path_of(&file.path()), &params(context)?))
}

/// The policy that is meant. If it has errors they are shown, and nothing else is done; warnings are left to `check`.
pub fn load(context: &Context) -> Result<Policy, Failure> {
    let file = context.policy_file()?;
    let Compiled { ir, diagnostics, map, places, .. } = compiled(context, &file)?;
    if let Some(ir) = ir {
        let waiting_at = ir.waiting.first().and_then(|waiting| place_of(&waiting.place, &places, &map));
        return Ok(Policy { ir, folder: file.folder, waiting_at });
    }
    Err(wrong(context, "the policy", &diagnostics, &map))
}

/// What a policy of another place means: `named` is how the reader called it.
pub fn load_from(context: &Context, world: &dyn World, root: &str, named: &str) -> Result<Ir, Failure> {
    let Compiled { ir, diagnostics, map, .. } = compile(world, root, &params(context)?);
    ir.ok_or_else(|| wrong(context, &format!("`{named}`"), &diagnostics, &map))
}

/// Shows the errors of a policy that does not compile.
fn wrong(context: &Context, policy: &str, diagnostics: &[Diagnostic], map: &SourceMap) -> Failure {
    let (errors, _) = render::count(diagnostics);
    if !context.globals.json {
        let is_error = |found: &&Diagnostic| found.severity == mainstay_diagnostics::Severity::Error;
        let errors: Vec<_> = diagnostics.iter().filter(is_error).cloned().collect();
        context.note(render::human(&errors, map, context.style(context.color_on_stderr())));
    }
    let errors = crate::report::words::counted(errors as u64, "error");
    Failure::usage(format!("{policy} does not compile: {errors}"))
        .safe("nothing was read, written or run")
        .next("mend it; `mainstay check` shows all of it, `mainstay explain CODE` says more")
        .details("diagnostics", render::json_value(diagnostics, map))
}

/// What authors wrote above their declarations, by the names of these in the IR.
pub fn docs(context: &Context) -> Result<HashMap<String, Vec<String>>, Failure> {
    let world = PolicyWorld::new(&context.environment.current);
    let root = world.path_of(&context.policy_file()?.path());
    let analysis = analyse(&world, &root, &params(context)?, None);
    let declared = analysis.declarations().iter().filter(|one| !one.docs.is_empty());
    Ok(declared.filter_map(|one| Some((analysis.full_name(one.named)?, one.docs.clone()))).collect())
}

/// A part of the IR in the text, as `file:line`.
pub(crate) fn place_of(key: &str, places: &Places, map: &SourceMap) -> Option<String> {
    let (file, at) = map.line_column(places.get_or(key)?.start)?;
    Some(format!("{}:{}", map.file(file)?.name, at.line))
}
