//! From policy files to the IR: resolve, check, prove, lint, lower.
//!
//! [`compile`] is the one entry. It reads files through [`World`] and nothing else; the same files and params give
//! the same IR, byte for byte. All mistakes of all files are reported in one run, each once.

mod check;
pub mod diff;
mod fields;
mod intact;
mod library;
mod lint;
mod lower;
mod mend;
mod params;
mod places;
pub mod prove;
pub mod query;
mod resolve;
mod restores;
mod sites;
#[cfg(test)]
mod tests;
mod told;
mod types;
mod value;
mod with;
mod words;
mod world;

use mainstay_diagnostics::{Diagnostic, SourceMap};
use mainstay_ir::Ir;
use mainstay_ir::test::Test;

use check::Checked;
use resolve::Program;
use told::{add_new, folded, has_errors};

pub use lint::{Dated, Day};
pub use lower::waiting;
pub use mend::{Change, Mended, evident_fix, mend};
pub use params::Params;
pub use places::Places;
pub use sites::Sites;
pub use with::Added;
pub use world::{World, WorldError};

/// What came of a compilation.
#[derive(Debug)]
pub struct Compiled {
    /// The policy; none when there is an error.
    pub ir: Option<Ir>,
    /// Errors and warnings in the order of the files.
    pub diagnostics: Vec<Diagnostic>,
    /// The files, the standard library first.
    pub map: SourceMap,
    /// Where the parts of the IR stand.
    pub places: Places,
    /// What holds until a day, such as silencers with an end. It changes neither the IR nor the diagnostics.
    pub dated: Vec<Dated>,
    /// The tests inside the policy. After a mistake they say which there are, and no more.
    pub tests: Vec<Test>,
    /// Where the parts of the tests stand.
    pub sites: Sites,
    /// What the compilation worked with.
    pub spent: Spent,
}

/// What a compilation worked with and nobody needs any more. To take it apart costs a tenth of the whole, which a
/// program that ends at once saves: it forgets this.
#[derive(Debug, Default)]
pub struct Spent {
    _program: Program,
    _checked: Vec<Checked>,
}

impl Compiled {
    /// Whether the policy does not compile.
    pub fn has_errors(&self) -> bool {
        has_errors(&self.diagnostics)
    }

    /// What is said of silencers and exemptions whose last day lies before this one.
    pub fn expired(&self, today: Day) -> impl Iterator<Item = &Diagnostic> {
        self.dated.iter().filter(move |dated| dated.until < today).map(|dated| &dated.ended)
    }
}

/// The tests of a policy, and where their parts stand.
type Tests = (Vec<Test>, Sites);

/// Compiles the policy whose root file is `root`, as [`World::read`] knows it.
pub fn compile(world: &dyn World, root: &str, params: &Params) -> Compiled {
    let mut program = resolve::load(world, root);
    let found = std::mem::take(&mut program.diagnostics);
    let mut diagnostics = program.without_echoes(found);
    let (mut made, mut dated) = (None, Vec::new());
    let (mut tests, mut all_checked) = (Tests::default(), Vec::new());
    if program.root.is_some() {
        let (choices, found) = check::choices(&program, params);
        diagnostics.extend(found);
        for (number, choice) in choices.iter().enumerate() {
            let (checked, found) = check::check(&program, choice);
            let found = program.without_echoes(found);
            let (found, lowered, tested) =
                with_choice(&program, &checked, found, number == 0, &diagnostics, &mut dated);
            all_checked.push(checked);
            let shown = (number > 0).then(|| choice.shown(&program));
            add_new(&mut diagnostics, found, shown.as_deref());
            made = made.or(lowered.filter(|_| number == 0));
            tests = if number == 0 { tested } else { tests };
        }
        diagnostics = lint::silence(&program, diagnostics);
        dated.extend(lint::silencers(&program, &diagnostics));
    }
    let diagnostics = folded(&program.map, diagnostics);
    let (ir, places) = made.unzip();
    let ir = ir.filter(|_| !has_errors(&diagnostics));
    let (places, (tests, sites)) = (places.unwrap_or_default(), tests);
    let map = std::mem::take(&mut program.map);
    let spent = Spent { _program: program, _checked: all_checked };
    Compiled { ir, diagnostics, map, places, dated, tests, sites, spent }
}

/// Lowers and proves what was checked with one choice of params, where this was `found`. Lints are told for the choice
/// that was made, the first.
fn with_choice(
    program: &Program,
    checked: &Checked,
    mut found: Vec<Diagnostic>,
    first: bool,
    told: &[Diagnostic],
    dated: &mut Vec<Dated>,
) -> (Vec<Diagnostic>, Option<(Ir, Places)>, Tests) {
    let wrong = has_errors(&found) || has_errors(told);
    let (ir, places) = lower::lower(program, checked);
    let tests = if first { lower::tests(program, checked) } else { Tests::default() };
    found.extend(restores::unasked(&ir, &places));
    let wrong = wrong || has_errors(&found);
    if wrong {
        let told = [told, found.as_slice()].concat();
        found.extend(intact::prove_intact(program, &ir, &places, (&told, &checked.unsure)));
        return (found, None, tests);
    }
    let policy = prove::policy::Policy::new(&ir, &places);
    found.extend(prove::prove_policy(&policy));
    if first {
        found.extend(lint::lint(program, checked, &policy));
        dated.extend(lint::exemptions(checked));
    }
    (found, Some((ir, places)), tests)
}
