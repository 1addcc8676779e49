//! `expect error E0412 { .. }`: declarations that must not compile.

use mainstay_compiler::{Added, compile};
use mainstay_diagnostics::codes::trials;
use mainstay_diagnostics::{Diagnostic, Span};
use mainstay_ir::test::Test;

use super::{Setting, all, errors_of};

impl Setting<'_> {
    /// The declarations are put behind the file that the test stands in, and all of it is compiled. Nothing when each
    /// error is of the code, and there is one.
    pub(super) fn error(&self, test: &Test, code: &str, (at, items): (Span, Span)) -> Option<Diagnostic> {
        let map = &self.made.map;
        let text = map.text(items).unwrap_or_default();
        let file = map.file_at(items.start).and_then(|id| map.file(id))?;
        let world = Added::new(self.world, &file.name, text);
        let errors = errors_of(&compile(&world, self.root, &all(self.params, &test.params)));
        if !errors.is_empty() && errors.iter().all(|error| error.code.as_str() == code) {
            return None;
        }
        let message = format!("`{code}` does not come");
        let found = Diagnostic::error(trials::NO_SUCH_ERROR, message, at, "is expected here");
        Some(match errors.is_empty() {
            true => found.note("these declarations compile"),
            false => errors
                .iter()
                .fold(found, |found, error| found.note(format!("{} comes: {}", error.code, error.message))),
        })
    }
}
