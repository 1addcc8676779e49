//! Mistakes that operators make: a small policy each in `suite/wrong/NAME.stay`, and beside it in `NAME.expect` what must be
//! told of it, a line each: `CODE line:column message`. Each was judged by a reader: this is the one diagnostic that one
//! wants, at the place where one would look.
//!
//! `MAINSTAY_BLESS=1` writes the `.expect` files anew; the change is then judged in review. A first line
//! `// today 2027-02-01` asks for what has ended by that day.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

use mainstay_compiler::{Params, World, WorldError, compile, mend};
use mainstay_diagnostics::codes;

use crate::corpus::{Corpus, differs};

/// At least so many.
const LEAST_CASES: usize = 300;

/// The page of each code has an example that gives it, which another test holds; a few codes may have no case here.
const MOST_WITHOUT_CASE: usize = 8;

/// Codes that no small file gives: a file of 16 MiB, and a policy that expands beyond its budget.
const OF_LIMITS: [&str; 2] = ["E0113", "E0215"];

/// What `test` finds by simulating; compiling finds none of it.
const OF_TRIALS: &str = "E08";

#[test]
fn each_mistake_is_told_as_it_was_judged() {
    let corpus = Corpus::open("wrong");
    let names = corpus.cases();
    let mut by_code: BTreeMap<String, usize> = BTreeMap::new();
    let (mut wrong, mut single) = (Vec::new(), 0);
    for name in &names {
        let (told, text) = corpus.told(name);
        wrong.extend(differs(&corpus.beside(name, "expect"), &text));
        assert!(!told.is_empty(), "{name} is not wrong");
        single += usize::from(told.len() == 1);
        told.iter().for_each(|found| *by_code.entry(found.code.to_string()).or_insert(0) += 1);
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), names.len(), wrong.join("\n"));
    assert!(names.len() >= LEAST_CASES, "only {} cases", names.len());
    assert!(single * 20 >= names.len() * 19, "only {single} of {} give one diagnostic", names.len());
    let never: BTreeSet<&str> = codes::all()
        .map(|entry| entry.code.as_str())
        .filter(|code| {
            !OF_LIMITS.contains(code) && !code.starts_with(OF_TRIALS) && !by_code.contains_key(*code)
        })
        .collect();
    assert!(never.len() <= MOST_WITHOUT_CASE, "no case gives {never:?}");
}

/// What is expected of a case that is gone would be expected of nothing.
#[test]
fn nothing_is_expected_of_no_case() {
    let corpus = Corpus::open("wrong");
    let names: BTreeSet<String> = corpus.cases().into_iter().collect();
    for entry in fs::read_dir(corpus.folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "expect") {
            let name = path.file_stem().unwrap().to_str().unwrap();
            assert!(names.contains(name), "{name}.expect has no policy beside it");
        }
    }
}

/// Mending never makes a policy fail that compiles, never adds a mistake to those that were told, leaves nothing that it
/// could mend, and is done after one time.
#[test]
fn mending_does_no_harm() {
    let corpus = Corpus::open("wrong");
    let mut mended_cases = 0;
    for name in corpus.cases() {
        let before = corpus.compiled(&name);
        let done = mend(&corpus, &[format!("{name}.stay")], &Params::none());
        let after = compile(&Over(&corpus, &done.texts), &format!("{name}.stay"), &Params::none());
        mended_cases += usize::from(!done.texts.is_empty());
        assert!(before.has_errors() || !after.has_errors(), "{name} fails after {:?}", done.made);
        assert!(done.made.is_empty() || !done.texts.is_empty(), "{name}: {:?} changed nothing", done.made);
        let again = mend(&Over(&corpus, &done.texts), &[format!("{name}.stay")], &Params::none());
        assert!(again.texts.is_empty(), "{name}: a second time finds {:?}", again.made);
    }
    assert!(mended_cases > 40, "only {mended_cases} can be mended");
}

/// Changed texts over the corpus.
struct Over<'c>(&'c Corpus, &'c BTreeMap<String, String>);

impl World for Over<'_> {
    fn read(&self, path: &str) -> Result<Arc<str>, WorldError> {
        self.1.get(path).map_or_else(|| self.0.read(path), |text| Ok(text.as_str().into()))
    }
}
