//! Small pieces in long rows, each in the one before it or after it: none takes more of the stack than a thread of a test
//! has, and each is told once.

use super::{one, told};
use crate::Compiled;
use mainstay_diagnostics::Severity;

/// So many in a row.
const ROW: usize = 4_000;

const HEAD: &str = "edition 2026\npolicy deep\n";
const THINGS: &str = "secret key = file(\"/k\")\nrepo shelf = local { path: \"/b\", key: key }\nsource home = files { roots: [\"/h\"] }\n";

fn errors(compiled: &Compiled) -> Vec<&str> {
    let errors = compiled.diagnostics.iter().filter(|found| found.severity == Severity::Error);
    errors.map(|found| found.code.as_str()).collect()
}

/// A line for each, which may name the next one; the last one stands for itself.
fn to_the_next(
    count: usize,
    line: &dyn Fn(usize, usize) -> String,
    last: &dyn Fn(usize) -> String,
) -> String {
    (0..count).map(|at| line(at, at + 1) + "\n").collect::<String>() + &last(count) + "\n"
}

#[track_caller]
fn gives(text: &str, codes: &[&str]) {
    let compiled = one(&format!("{HEAD}{text}"));
    let head: String = text.chars().take(200).collect();
    assert_eq!(errors(&compiled), codes, "{head}: {}", told(&compiled));
}

/// A line that names the next one, and a last one.
type Row = (&'static dyn Fn(usize, usize) -> String, &'static dyn Fn(usize) -> String);

const ROWS: &[Row] = &[
    (&|at, next| format!("let a{at} = a{next}"), &|last| format!("let a{last} = 1")),
    (&|at, next| format!("let a{at} = a{next} + 1"), &|last| format!("let a{last} = 1")),
    (&|at, next| format!("let a{at} = \"${{a{next}}}\""), &|last| format!("let a{last} = \"x\"")),
    (&|at, next| format!("let a{at} = [a{next}]"), &|last| format!("let a{last} = 1")),
    (&|at, next| format!("let a{at} = {{ x: a{next} }}"), &|last| format!("let a{last} = 1")),
    (&|at, next| format!("let a{at} = s3 {{ ..a{next}, bucket: \"b\" }}"), &|last| {
        format!("let a{last} = s3 {{ region: \"eu\" }}")
    }),
    (&|at, next| format!("param a{at}: Int = a{next}"), &|last| format!("param a{last}: Int = 1")),
    (&|at, next| format!("objective a{at} {{ rpo: a{next}.rpo }}"), &|last| {
        format!("objective a{last} {{ rpo: 1h }}")
    }),
    (&|at, next| format!("let f{at}(x: Int) -> Int = f{next}(x)"), &|last| {
        format!("let f{last}(x: Int) -> Int = x")
    }),
    (&|at, next| format!("let f{at}(x: Int = f{next}()) -> Int = x"), &|last| {
        format!("let f{last}(x: Int = 1) -> Int = x")
    }),
    (&|at, next| format!("pipeline p{at}(x: Stored) -> Stored = x |> p{next}()"), &|last| {
        format!("pipeline p{last}(x: Stored) -> Stored = x")
    }),
    // Each names the next one inside of nearly all the brackets that there may be.
    (
        &|at, next| {
            format!(
                "let f{at}(x: Int) -> Int = {}f{next}(x){}",
                format!("f{next}(").repeat(100),
                ")".repeat(100)
            )
        },
        &|last| format!("let f{last}(x: Int) -> Int = x"),
    ),
    (&|at, next| format!("let a{at} = {}a{next}{}", "[".repeat(100), "]".repeat(100)), &|last| {
        format!("let a{last} = 1")
    }),
];

#[test]
fn declarations_that_name_the_next_one_are_too_deep_once() {
    for (line, last) in ROWS {
        gives(&to_the_next(ROW, *line, *last), &["E0603"]);
    }
}

/// As deep as people and their generators go.
#[test]
fn dozens_of_declarations_that_name_the_next_one_are_taken() {
    for (line, last) in ROWS.iter().take(ROWS.len() - 2) {
        gives(&to_the_next(60, *line, *last), &[]);
    }
}

/// Looked at one after the other, what they are is as deep all the same.
#[test]
fn values_of_values_are_too_deep_once() {
    let rows: [(&str, &dyn Fn(usize) -> String); 4] = [
        ("let a0 = 1", &|before| format!("[a{before}]")),
        ("let a0 = 1", &|before| format!("{{ x: a{before} }}")),
        ("let a0 = 1", &|before| format!("{{ x: 1, y: [a{before}] }}")),
        ("let a0 = 1..2", &|before| format!("a{before}..")),
    ];
    for (first, next) in rows {
        let row = |count: usize| {
            let lines = (1..=count).map(|at| format!("let a{at} = {}\n", next(at - 1)));
            format!("{first}\n{}", lines.collect::<String>())
        };
        gives(&row(ROW), &["E0603"]);
        gives(&row(60), &[]);
    }
}

/// Found by fuzzing: behind a stage that takes nothing of what flows in, all of it was an argument of the next one.
#[test]
fn stages_that_begin_again_and_again_end() {
    let again = "latest(home, in: shelf) |> ".repeat(ROW);
    let compiled = one(&format!("{HEAD}{THINGS}workflow w {{ step x = {again} verify() }}\n"));
    let codes = errors(&compiled);
    assert!(!codes.is_empty() && codes.iter().all(|code| ["E0301", "E0304"].contains(code)), "{codes:?}");
    let lines = (1..ROW).map(|at| format!("let a{at} = logs(home, since: a{})\n", at - 1));
    let compiled =
        one(&format!("{HEAD}{THINGS}let a0 = latest(home, in: shelf)\n{}", lines.collect::<String>()));
    assert!(errors(&compiled).iter().all(|code| *code == "E0401"), "{}", told(&compiled));
}

#[test]
fn functions_that_call_the_one_before_are_too_deep_once() {
    let functions: String =
        (1..ROW).map(|at| format!("let f{at}(x: Int) -> Int = f{}(x)\n", at - 1)).collect();
    gives(&format!("let f0(x: Int) -> Int = x\n{functions}"), &["E0603"]);
    let pipelines = (1..ROW).map(|at| format!("pipeline p{at}(x: Stored) -> Stored = x |> p{}()\n", at - 1));
    gives(&format!("pipeline p0(x: Stored) -> Stored = x\n{}", pipelines.collect::<String>()), &["E0603"]);
}

/// Trees are as deep as their operators are many, over the brackets between them too.
#[test]
fn operators_in_brackets_count_together() {
    let deep = |open: &str, inner: &str, close: &str| {
        format!("let a = {}{inner}{}\n", open.repeat(120), close.repeat(120))
    };
    gives(&deep("(", "1", &format!("{})", " + 1".repeat(120))), &["E0112"]);
    gives(&deep(&format!("({}", "not ".repeat(120)), "true", ")"), &["E0112"]);
    let steps = format!(
        "workflow w {{\nstep s = hook([\"x\"])\nstep t = hook([\"x\"]) after {}s{}\n}}\n",
        "(".repeat(120),
        format!("{})", " or s".repeat(120)).repeat(120)
    );
    gives(&steps, &["E0112"]);
    gives(&deep("(", "1", " + 1)"), &[]);
}

#[test]
fn ranges_that_double_end_at_the_budget() {
    let lines = (1..60).map(|at| format!("let a{at} = a{0}..a{0}\n", at - 1));
    gives(&format!("let a0 = 1..2\n{}", lines.collect::<String>()), &["E0215"]);
}

#[test]
fn names_that_moved_again_and_again_are_followed() {
    let moved = |order: &mut dyn Iterator<Item = usize>, last: &str| {
        let lines = order.map(|at| format!("moved a{at} => a{}\n", at + 1));
        format!("{}{last}\n", lines.collect::<String>())
    };
    let end = format!("source a{ROW} = files {{ roots: [\"/h\"] }}");
    let circle = format!("moved a{ROW} => a0");
    for (last, codes) in [(&end, &[][..]), (&circle, &["E0213"]), (&String::new(), &["E0213"])] {
        gives(&moved(&mut (0..ROW), last), codes);
        gives(&moved(&mut (0..ROW).rev(), last), codes);
    }
}

/// Each step needs the one that stands after it.
#[test]
fn steps_that_all_need_a_later_one_end_in_time() {
    let row = |last: &str| {
        let steps: String =
            (0..ROW - 2).map(|at| format!("step a{at} = a{} |> verify()\n", at + 1)).collect();
        format!("{THINGS}workflow w {{\n{steps}step a{} = {last} |> verify()\n}}\n", ROW - 2)
    };
    let open = one(&format!("{HEAD}{}", row("latest(home, in: shelf)")));
    assert!(errors(&open).iter().all(|code| *code == "E0212"), "{}", errors(&open).len());
}
