//! One mistake is reported once, even when many copies or steps suffer from it.

use mainstay_diagnostics::{Code, Diagnostic, Span};
use mainstay_ir::{IndexMap, IndexSet};

/// What was found, in order.
#[derive(Default)]
pub(super) struct Report {
    found: IndexMap<Mistake, Finding>,
}

/// What tells one mistake from another: its kind, among those of its code at its place.
type Mistake = (Code, Span, String);

struct Finding {
    diagnostic: Diagnostic,
    /// What it was found for.
    subject: String,
    /// What else it is true of.
    also: IndexSet<String>,
}

impl Report {
    /// Adds a mistake. The same kind of mistake at the same place, found again for another subject, becomes a
    /// note of the first.
    pub fn add(&mut self, kind: impl Into<String>, subject: impl Into<String>, diagnostic: Diagnostic) {
        let (kind, subject) = (kind.into(), subject.into());
        if !self.again(&kind, diagnostic.code, diagnostic.span(), &subject) {
            let mistake = (diagnostic.code, diagnostic.span(), kind);
            self.found.insert(mistake, Finding { diagnostic, subject, also: IndexSet::default() });
        }
    }

    /// Notes that a mistake that is known holds for another subject too; false when it is not known.
    pub fn again(&mut self, kind: &str, code: Code, place: Span, subject: &str) -> bool {
        let Some(finding) = self.found.get_mut(&(code, place, kind.to_owned())) else { return false };
        if finding.subject != subject {
            finding.also.insert(subject.to_owned());
        }
        true
    }

    /// All of them.
    pub fn finish(self) -> Vec<Diagnostic> {
        self.found.into_values().map(Finding::finish).collect()
    }
}

/// So many others are named; the rest is counted.
const MOST_NAMED: usize = 4;

impl Finding {
    fn finish(self) -> Diagnostic {
        let (Some(_), named) = (self.also.first(), self.also.iter().take(MOST_NAMED)) else {
            return self.diagnostic;
        };
        let names: Vec<&str> = named.map(String::as_str).collect();
        let rest = self.also.len() - names.len();
        let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        self.diagnostic.note(format!("the same holds for {}{more}", names.join(", ")))
    }
}
