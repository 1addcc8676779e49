//! Small policies that mean enormous ones: each ends at a limit, is told once, and takes neither long nor much.

use std::fmt::Write as _;

use mainstay_diagnostics::Severity;

use super::{Files, one, told};
use crate::{Compiled, Params, compile};

/// Files that use each other; `mainstay.stay` is the root.
fn all(files: &[(String, String)]) -> Compiled {
    let files = files.iter().fold(Files::default(), |files, (path, text)| files.with(path, text));
    compile(&files, "mainstay.stay", &Params::none())
}

fn errors(compiled: &Compiled) -> Vec<&str> {
    let errors = compiled.diagnostics.iter().filter(|found| found.severity == Severity::Error);
    errors.map(|found| found.code.as_str()).collect()
}

#[test]
fn a_bomb_is_told_and_ends() {
    let mut bomb = "edition 2026\npolicy bomb\nsecret key = file(\"/k\")\nrepo shelf = local { path: \"/b\", key: key }\nsource home = files { roots: [\"/home\"] }\n".to_owned();
    bomb += "pipeline p0(x: Stored, to: Repo) -> Verified = x |> verify()\n";
    for level in 1..40 {
        let below = level - 1;
        bomb += &format!(
            "pipeline p{level}(x: Stored, to: Repo) -> Verified = x |> p{below}(to: to) |> p{below}(to: to)\n"
        );
    }
    bomb += "workflow w { step x = latest(home, in: shelf) |> p39(to: shelf) }\n";
    let compiled = one(&bomb);
    let codes: Vec<_> = compiled.diagnostics.iter().map(|found| found.code.as_str()).collect();
    assert_eq!(codes, ["E0215"], "{}", told(&compiled));
    let items: Vec<_> = (0..120).map(|number| number.to_string()).collect();
    let list = items.join(", ");
    let loops = format!(
        "edition 2026\npolicy loops\nworkflow w {{ for a in [{list}] {{ for b in [{list}] {{ for c in [{list}] {{ step x = hook([\"h\"]) }} }} }} }}\n"
    );
    let compiled = one(&loops);
    let codes: Vec<_> = compiled.diagnostics.iter().map(|found| found.code.as_str()).collect();
    assert_eq!(codes, ["E0215"], "{}", told(&compiled));
}

/// What doubles in each line ends in time, with one error, and never in a gigabyte.
#[test]
fn a_value_that_doubles_is_told_and_ends() {
    let head = "edition 2026\npolicy bomb\n";
    let doubled = |first: &str, next: &dyn Fn(usize) -> String| {
        let lines: String = (1..60).map(next).collect();
        let compiled = one(&format!("{head}{first}\n{lines}"));
        let errors = compiled.diagnostics.iter().filter(|found| found.severity == Severity::Error);
        let codes: Vec<_> = errors.map(|found| found.code.as_str()).collect();
        assert_eq!(codes, ["E0215"], "{first}: {}", told(&compiled));
    };
    doubled("let l0 = [1, 2]", &|level| format!("let l{level} = [l{0}, l{0}]\n", level - 1));
    doubled("let t0 = \"twice\"", &|level| format!("let t{level} = \"${{t{0}}}${{t{0}}}\"\n", level - 1));
    let call = |level| format!("let f{level}(x: Int) -> Int = f{0}(x) + f{0}(x)\n", level - 1);
    doubled("let f0(x: Int) -> Int = x + 1\nlet all = f59(1)", &call);
}

const ROOT: &str = "edition 2026\npolicy p\n";
const USED: &str = "edition 2026\nparam n: Int = 1\n";

fn file(number: usize) -> String {
    if number == 0 { "mainstay.stay".to_owned() } else { format!("f{number}.stay") }
}

/// Files of which each uses others, by number and with these arguments.
fn files(count: usize, args: &str, uses: impl Fn(usize) -> Vec<usize>) -> Vec<(String, String)> {
    let text = |number: usize| {
        let mut text = if number == 0 { ROOT } else { USED }.to_owned();
        for (alias, used) in uses(number).into_iter().enumerate() {
            let _ = writeln!(text, "use \"{}\" as a{alias} {args}", file(used));
        }
        text
    };
    (0..count).map(|number| (file(number), text(number))).collect()
}

#[test]
fn files_that_are_used_twice_in_each_level_end_at_the_limit() {
    let twice = |number: usize| if number < 40 { vec![number + 1, number + 1] } else { vec![] };
    let shared = all(&files(41, "", twice));
    assert_eq!(errors(&shared), [""; 0], "{}", told(&shared));
    let doubled = all(&files(41, "(n: 2)", twice));
    assert_eq!(errors(&doubled), ["E0203"], "{}", told(&doubled));
    assert!(told(&doubled).contains("more than 2000 files"), "{}", told(&doubled));
}

#[test]
fn a_chain_of_files_is_followed_so_far() {
    let next = |number: usize| if number < 3000 { vec![number + 1] } else { vec![] };
    for args in ["", "(n: 2)"] {
        let chain = all(&files(3001, args, next));
        assert_eq!(errors(&chain), ["E0203"], "{}", told(&chain));
        assert!(told(&chain).contains("levels deep"), "{}", told(&chain));
    }
}

#[test]
fn files_that_all_use_each_other_tell_each_circle_once() {
    const COUNT: usize = 12;
    let others = |number: usize| (1..COUNT).filter(|other| *other != number).collect();
    for args in ["", "(n: 2)"] {
        let circles = all(&files(COUNT, args, others));
        let told = errors(&circles);
        assert!(!told.is_empty() && told.len() <= COUNT * COUNT, "{}", told.len());
    }
    let own = all(&files(2, "(n: 2)", |_| vec![1, 1]));
    assert_eq!(errors(&own), ["E0204", "E0204"], "{}", told(&own));
}

#[test]
fn a_policy_may_use_many_files_but_not_any_number() {
    let used = (1..2500).collect::<Vec<_>>();
    let many = all(&files(2500, "", |number| if number == 0 { used.clone() } else { vec![] }));
    assert_eq!(errors(&many), ["E0203"], "{}", told(&many));
    let few = (1..1900).collect::<Vec<_>>();
    let few = all(&files(1900, "", |number| if number == 0 { few.clone() } else { vec![] }));
    assert_eq!(errors(&few), [""; 0], "{}", told(&few));
}

#[test]
fn large_files_are_not_read_again_and_again() {
    let large = format!("{USED}// {}\n", "x".repeat(10 << 20));
    let uses = |number: usize| if number == 0 { vec![1; 600] } else { vec![] };
    let mut both = files(2, "(n: 2)", uses);
    both[1].1 = large;
    let compiled = all(&both);
    assert_eq!(errors(&compiled), ["E0203"], "{}", told(&compiled));
    assert!(told(&compiled).contains("MiB"), "{}", told(&compiled));
}

#[test]
fn loops_without_steps_end_at_the_limit() {
    let items: Vec<_> = (0..120).map(|number| number.to_string()).collect();
    let (open, close) =
        ((0..8).map(|level| format!("for v{level} in all {{ ")).collect::<String>(), "}".repeat(8));
    let text = format!("{ROOT}let all = [{}]\nworkflow w {{ {open} {close} }}\n", items.join(", "));
    assert_eq!(errors(&one(&text)), ["E0215"]);
    let steps = format!(
        "{ROOT}let all = [{}]\nworkflow w {{ for a in all {{ for b in all {{ hook([\"x\"]) }} }} }}\n",
        items.join(", ")
    );
    assert_eq!(errors(&one(&steps)), ["E0215"]);
}

/// A machine of so many states in a row, each leading on to the next and to those that `also` names.
fn machine(count: usize, also: impl Fn(usize) -> String) -> String {
    let mut text = format!("{ROOT}machine m {{\n  within: 1h\n  start s0\n");
    for number in 0..count {
        let next = if number + 1 < count { format!("s{}", number + 1) } else { "done".to_owned() };
        let also = also(number);
        let _ = writeln!(
            text,
            "  state s{number} {{ do: hook([\"x\"]) on ok -> {next} on failed -> done {also} }}"
        );
    }
    text + "  final done = ok\n}\n"
}

#[test]
fn machines_of_any_shape_end_in_time() {
    assert_eq!(errors(&one(&machine(400, |_| String::new()))), [""; 0]);
    assert_eq!(errors(&one(&machine(1_000, |_| String::new()))), ["E0215"]);
    assert_eq!(errors(&one(&machine(20_000, |_| String::new()))), ["E0215"]);
    // Each state back to the first: circles of every length through it.
    let back = |_| "on event(\"back\") -> s0".to_owned();
    assert!(errors(&one(&machine(400, back))).iter().all(|code| *code == "E0625"));
    // Nothing leads to most of them.
    let lost = machine(400, |_| String::new()).replace("start s0", "start s399");
    assert_eq!(errors(&one(&lost)), ["E0623"]);
}

/// Promises and guards have numbers, not expansions: the largest ones cost what small ones do.
#[test]
fn counts_of_members_and_estates_expand_to_nothing() {
    let mut text = format!(
        "{ROOT}secret key = file(\"/k\")\nrepo shelf = local {{ path: \"/b\", key: key }}\nsource all = files {{ roots: [\"/srv/*\"], expect: \
         {{ count: 1..4000000000 }} }}\nestate e {{ discover: [{}] }}\nworkflow w {{ step kept = discover(all) |> snapshot() |> encrypt() |> \
         store(shelf) }}\n",
        (0..2000).map(|number| format!("files(root: \"/srv/{number}\")")).collect::<Vec<_>>().join(", ")
    );
    for number in 0..2000 {
        let _ = writeln!(text, "moved a{number} => b{number}");
    }
    let compiled = one(&text);
    assert!(compiled.diagnostics.len() < 10_000, "{}", compiled.diagnostics.len());
}

/// Found by fuzzing: a mistake cost a search among all names, all words or all declarations.
#[test]
fn mistakes_without_number_are_told_so_far() {
    let many = |line: &dyn Fn(usize) -> String| {
        let lines: String = (0..4_000).map(line).collect();
        let told = errors(&one(&format!("{ROOT}{lines}"))).len();
        assert!((1..=2 * mainstay_syntax::MISTAKE_LIMIT).contains(&told), "{told}: {}", line(1));
    };
    many(&|number| format!("let a{number} = nope{number}\n"));
    many(&|number| format!("source s{number} = filesnot {{ roots: [\"/srv\"] }}\n"));
    many(&|number| format!("source p{number} = files {{ roots: [\"/srv\"], pool: disk repo\n"));
}
