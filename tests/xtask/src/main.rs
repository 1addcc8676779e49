//! The project's chores: `cargo xtask test | lint | campaign NAME | bench`.

#![expect(clippy::disallowed_methods, reason = "a chore runs in the developer's own environment and asks it")]

mod bench;
mod campaign;
mod command;
mod dependencies;
mod editors;
mod estate;
mod lint;
mod server;
mod shapes;
mod test;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask COMMAND

  test             install what the tests need and run them all
  lint             formatting, clippy, documentation, dependencies
  campaign NAME    run a long campaign in full: calendar, crash, damage, fuzz, hostile, mutants, oracle, properties,
                   typing; of `fuzz` also one reader: parser, formatter, checker, ir, sarif
  bench            figures in CPU seconds: check, parsing, an unchanged run beside a bare walk
  bench estate     what `check` costs for 100, 1,000 and 10,000 workflows
  bench shapes     what `check` and `diff` cost where one kind of thing is thousands
  bench server     how long the language server takes to answer after a keystroke
  editors          write what editors have of the compiler's tables: the grammar of the VS Code extension
  estate COUNT     print the policy of such an estate";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["test"] => test::run(),
        ["lint"] => lint::run(),
        ["campaign", name] => campaign::run(name, None),
        ["campaign", name, part] => campaign::run(name, Some(part)),
        ["bench"] => bench::run(),
        ["bench", "estate"] => estate::run(),
        ["estate", workflows] => estate::print(workflows),
        ["bench", "shapes"] => shapes::run(),
        ["bench", "server"] => server::run(),
        ["editors"] => editors::run(),
        ["walk", root] => bench::walk(root),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            command::say(&message);
            ExitCode::FAILURE
        }
    }
}
