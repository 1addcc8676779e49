//! Where the parts of the tests stand.

use mainstay_diagnostics::Span;
use mainstay_ir::test::Site;

/// Spans by the number that a test has for them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sites(pub(crate) Vec<Span>);

impl Sites {
    /// Where this stands.
    pub fn get(&self, site: Site) -> Option<Span> {
        self.0.get(site.0 as usize).copied()
    }
}
