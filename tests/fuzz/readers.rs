//! All that reads what others wrote, and what holds of each reading.

use std::collections::HashSet;

use mainstay_compiler::{Compiled, Params};
use mainstay_diagnostics::{Diagnostic, SourceMap};
use mainstay_ir::Ir;
use mainstay_kit::SeededRandom;

use super::family::Family;
use super::measure::{Cost, measured};
use super::{breed, documents, findings, log};
use crate::mutants::{Policy, comments, corpus, wrong};

/// Who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    Parser,
    Formatter,
    Checker,
    /// The reader of the IR.
    Ir,
    /// The writer of SARIF: it reads findings.
    Sarif,
}

/// What all inputs are made from.
pub struct Corpus {
    policies: Vec<Policy>,
    /// IRs without white space.
    irs: Vec<Vec<u8>>,
}

/// Something to read, in any size.
pub struct Input {
    /// The policy that a text stands in; for the writer of SARIF, none: findings themselves.
    pub policy: Option<usize>,
    pub family: Family,
}

/// What came of a reading.
pub struct Reading {
    pub cost: Cost,
    /// Whether it ended because something expands beyond its budget.
    pub at_budget: bool,
    /// What does not hold.
    pub fault: Option<String>,
}

impl Corpus {
    /// The samples, the examples, the wrong policies, and the IRs of those that have one.
    pub fn open() -> Self {
        let policies: Vec<Policy> = corpus().into_iter().chain(wrong()).collect();
        let compiled =
            policies.iter().filter_map(|policy| policy.compiled(&policy.text, &Params::default()).ir);
        let compact = |ir: Ir| {
            let value: serde_json::Value = serde_json::from_str(&ir.to_json()).unwrap();
            value.to_string().into_bytes()
        };
        let irs = compiled.map(compact).collect();
        Self { policies, irs }
    }

    /// The input that follows from a seed.
    pub fn input(&self, reader: Reader, seed: u64) -> Input {
        let random = SeededRandom::new(seed);
        match reader {
            Reader::Ir => Input {
                policy: None,
                family: documents::bred(&self.irs[random.below(self.irs.len())], &random),
            },
            Reader::Sarif if random.one_in(2) => Input { policy: None, family: findings::bred(&random) },
            _ => {
                let policy = random.below(self.policies.len());
                Input { policy: Some(policy), family: breed::bred(&self.policies[policy].text, &random) }
            }
        }
    }

    /// Reads it once.
    pub fn read(&self, reader: Reader, policy: Option<usize>, bytes: &[u8]) -> Reading {
        let text = String::from_utf8_lossy(bytes);
        match (reader, policy) {
            (Reader::Parser, _) => parsed(&text),
            (Reader::Formatter, _) => formatted(&text),
            (Reader::Checker, Some(policy)) => self.checked(policy, &text),
            (Reader::Sarif, Some(policy)) => {
                let compiled = self.policies[policy].compiled(&text, &Params::default());
                written(&compiled.map, &compiled.diagnostics)
            }
            (Reader::Sarif, None) => {
                let (map, found) = findings::findings(bytes);
                written(&map, &found)
            }
            (Reader::Ir | Reader::Checker, _) => ir_read(bytes),
        }
    }

    fn checked(&self, policy: usize, text: &str) -> Reading {
        let (compiled, cost) = measured(|| self.policies[policy].compiled(text, &Params::default()));
        let at_budget = compiled.diagnostics.iter().any(|found| found.code.as_str() == "E0215");
        Reading { cost, at_budget, fault: compiled_fault(&compiled) }
    }
}

fn reading(cost: Cost, fault: Option<String>) -> Reading {
    Reading { cost, at_budget: false, fault }
}

/// Every byte is in a token, every mistake has a place.
fn parsed(text: &str) -> Reading {
    let mut map = SourceMap::default();
    let file = map.add("fuzz.stay", text);
    let (parsed, cost) = measured(|| mainstay_syntax::parse(&map, file));
    let mut end = 0;
    let whole = mainstay_syntax::tokens(text).iter().all(|token| {
        let goes_on = token.start() == end;
        end = token.end();
        goes_on
    });
    let lost = (!whole || end != text.len()).then(|| "bytes without a token".to_owned());
    reading(cost, lost.or_else(|| misplaced(&map, &parsed.diagnostics)))
}

/// The second time there is nothing to do, and no comment is lost.
fn formatted(text: &str) -> Reading {
    let (made, cost) = measured(|| mainstay_syntax::format(text));
    let fault = made.ok().and_then(|made| {
        let again = mainstay_syntax::format(&made).ok();
        let same = again.as_ref() == Some(&made);
        let kept = comments(text) == comments(&made);
        (!same)
            .then(|| "formatted otherwise the second time".to_owned())
            .or_else(|| (!kept).then(|| "comments are not the same".to_owned()))
    });
    reading(cost, fault)
}

fn compiled_fault(compiled: &Compiled) -> Option<String> {
    if compiled.ir.is_none() && !compiled.has_errors() {
        return Some("no policy, and no error".to_owned());
    }
    let unread = compiled.ir.as_ref().and_then(|ir| match Ir::read(ir.to_json().as_bytes()) {
        Ok(read) => (read != *ir).then(|| "an IR that is read as another".to_owned()),
        Err(error) => Some(format!("an IR that cannot be read: {error}")),
    });
    unread
        .or_else(|| misplaced(&compiled.map, &compiled.diagnostics))
        .or_else(|| twice(&compiled.diagnostics))
}

/// A label that is no text of one file.
fn misplaced(map: &SourceMap, found: &[Diagnostic]) -> Option<String> {
    let labels =
        found.iter().flat_map(|found| found.labels.iter().map(move |label| (found.code, label.span)));
    let mut labels =
        labels.chain(found.iter().filter(|it| it.labels.is_empty()).map(|it| (it.code, Default::default())));
    let bad = labels.find(|(_, span)| span.end < span.start || map.text(*span).is_none());
    bad.map(|(code, span)| format!("{code} stands at {span:?}, which is no text"))
}

fn twice(found: &[Diagnostic]) -> Option<String> {
    let mut known = HashSet::new();
    let again = found.iter().find(|it| !known.insert((it.code.as_str(), it.span(), it.message.as_str())));
    again.map(|it| format!("{} is told twice: {}", it.code, it.message))
}

fn ir_read(bytes: &[u8]) -> Reading {
    let (read, cost) = measured(|| Ir::read(bytes));
    let fault = read.ok().and_then(|ir| {
        let again = Ir::read(ir.to_json().as_bytes());
        // What is read can be asked.
        let _ = mainstay_compiler::prove::facts(&ir);
        match again {
            Ok(again) => (again != ir).then(|| "written and read it is another".to_owned()),
            Err(error) => Some(format!("written it cannot be read: {error}")),
        }
    });
    reading(cost, fault)
}

fn written(map: &SourceMap, found: &[Diagnostic]) -> Reading {
    let (text, cost) = measured(|| mainstay_diagnostics::render::sarif(&[(map, found)], "1.0.0"));
    reading(cost, log::fault(&text, found.len()))
}
