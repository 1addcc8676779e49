//! `cargo xtask campaign NAME`: the long form of what the tests sample.

use crate::command;

/// The campaigns, each an ignored test of the package `tests`.
const NAMES: &[&str] = &["calendar", "crash", "damage", "fuzz", "hostile", "mutants", "oracle", "typing"];

/// Who reads, for `fuzz`: each has a campaign of its own.
const READERS: &[&str] = &["parser", "formatter", "checker", "ir", "sarif"];

/// Runs one in release, with its figures on the output; a campaign of several parts runs one after the other.
pub fn run(name: &str, part: Option<&str>) -> Result<(), String> {
    if !NAMES.contains(&name) {
        return Err(format!("no campaign `{name}`; there are: {}", NAMES.join(", ")));
    }
    let filter = match part {
        None => format!("{name}::campaign"),
        Some(reader) if name == "fuzz" && READERS.contains(&reader) => format!("fuzz::campaign_{reader}"),
        Some(part) if name == "fuzz" => {
            return Err(format!("no reader `{part}`; there are: {}", READERS.join(", ")));
        }
        Some(_) => return Err(format!("the campaign `{name}` has no parts")),
    };
    command::run("cargo", &["build", "--release", "--package", "mainstay"])?;
    let test = ["test", "--release", "--package", "mainstay-tests", &filter, "--"];
    command::run("cargo", &[test.as_slice(), &["--ignored", "--nocapture", "--test-threads=1"]].concat())
}
