//! Names that another file declares: what is `site` in `house.stay` is `house.site` in the file that uses it.

use mainstay_diagnostics::{Diagnostic, Span};

use super::Checker;
use crate::resolve::{Bound, DeclId, ModuleId};
use crate::types::Type;

impl Checker<'_> {
    /// How a file writes what it, or a file that it uses, declares by this name, if it is something that fits.
    pub(super) fn as_written_in(
        &self,
        here: ModuleId,
        name: &str,
        fits: impl Fn(DeclId) -> bool,
    ) -> Vec<String> {
        let fitting = |module: ModuleId| match self.program.module(module)?.names.get(name)? {
            Bound::Own(id) | Bound::Imported(id, _) => Some(*id).filter(|id| fits(*id)),
            Bound::Module(..) | Bound::Broken(_) => None,
        };
        let Some(module) = self.program.module(here).filter(|_| !name.starts_with('_')) else {
            return Vec::new();
        };
        let own = fitting(here).map(|_| name.to_owned());
        let used = module.names.iter().filter_map(|(alias, bound)| match bound {
            Bound::Module(id, _) => fitting(*id).map(|_| format!("{alias}.{name}")),
            _ => None,
        });
        own.into_iter().chain(used).collect()
    }

    /// How a step of this name is written, of each workflow of the file that has one.
    pub(super) fn steps_written_in(&self, here: ModuleId, step: &str) -> Vec<String> {
        let names = self.program.module(here).into_iter().flat_map(|module| &module.names);
        let has = |id: DeclId| self.steps_written(id).runs(step);
        let workflows = names.filter(|(_, bound)| matches!(bound, Bound::Own(id) if has(*id)));
        workflows.map(|(workflow, _)| format!("{workflow}.{step}")).collect()
    }

    /// The same for a value of a type.
    pub(super) fn value_written_in(&self, here: ModuleId, name: &str, wanted: Option<&Type>) -> Vec<String> {
        self.as_written_in(here, name, |id| {
            self.quick_type(id).is_some_and(|ty| wanted.is_none_or(|wanted| ty.fits(wanted)))
        })
    }
}

/// Proposes the ways in which a name is written here; none are no proposal.
pub(super) fn told(found: Diagnostic, span: Span, written: &[String]) -> Option<Diagnostic> {
    if written.is_empty() {
        return None;
    }
    let shown: Vec<String> = written.iter().map(|name| format!("`{name}`")).collect();
    let found = found.help(format!("did you mean {}?", shown.join(" or ")));
    Some(
        written
            .iter()
            .fold(found, |found, name| found.fix(format!("write `{name}`"), span, name.clone(), false)),
    )
}
