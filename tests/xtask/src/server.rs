//! `cargo xtask bench server`: how long the language server takes to answer after a keystroke, over its standard
//! streams, in a file of 1,000 lines.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mainstay_kit::{Editor, editor_uri};
use serde_json::{Value, json};

use crate::command::{self, say};

/// Keystrokes of each kind.
const KEYSTROKES: usize = 200;

/// Lines of the file.
const LINES: usize = 1_000;

/// What an answer may take, at the median.
const MOST: Duration = Duration::from_millis(20);

/// Builds the release program, types, and measures; an answer that is late at the median is an error.
pub fn run() -> Result<(), String> {
    command::run("cargo", &["build", "--release", "--package", "mainstay"])?;
    measure(Path::new("target/release/mainstay"))
}

fn measure(program: &Path) -> Result<(), String> {
    let text = policy();
    let folder = std::env::current_dir().map_err(|error| error.to_string())?.join("target/bench/server");
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let file = folder.join("mainstay.stay");
    std::fs::write(&file, &text).map_err(|error| error.to_string())?;
    let mut editor = Editor::start(program).map_err(|error| error.to_string())?;
    editor.hello(&folder)?;
    let started = Instant::now();
    editor.open(&file, &text)?;
    editor.published("mainstay.stay")?;
    let lines = text.lines().count();
    say(&format!("a file of {lines} lines: first diagnostics after {:.1} ms", ms(started.elapsed())));
    let mut typist = Typist { editor, file, version: 1, lines };
    let mut late = Vec::new();
    for question in QUESTIONS {
        let times = typist.times(question)?;
        let median = times.get(times.len() / 2).copied().unwrap_or_default();
        say(&format!("{}: {}", question.what, shown(&times)));
        if median > MOST {
            late.push(question.what);
        }
    }
    say(&format!(
        "diagnostics after a keystroke, 40 ms of quiet among it: {}",
        shown(&typist.publications()?)
    ));
    typist.editor.bye()?;
    if late.is_empty() { Ok(()) } else { Err(format!("later than {} ms: {}", ms(MOST), late.join(", "))) }
}

/// A question, and where a keystroke before it goes.
struct Question {
    what: &'static str,
    method: &'static str,
    /// What is typed at the end of the line of the workflow's `within`.
    typed: &'static str,
    /// Column of the question in that line.
    column: u32,
}

const QUESTIONS: &[Question] = &[
    Question { what: "completion of a key", method: "textDocument/completion", typed: "\n  o", column: 3 },
    Question {
        what: "completion of a value",
        method: "textDocument/completion",
        typed: "\n  trigger: d",
        column: 12,
    },
    Question { what: "hover", method: "textDocument/hover", typed: " ", column: 3 },
    Question { what: "definition", method: "textDocument/definition", typed: " ", column: 3 },
    Question { what: "outline", method: "textDocument/documentSymbol", typed: " ", column: 0 },
    Question { what: "semantic tokens", method: "textDocument/semanticTokens/full", typed: " ", column: 0 },
];

struct Typist {
    editor: Editor,
    file: PathBuf,
    version: i32,
    lines: usize,
}

impl Typist {
    /// From the keystroke to its answer, in order of length.
    fn times(&mut self, question: &Question) -> Result<Vec<Duration>, String> {
        let mut times = Vec::new();
        for number in 0..KEYSTROKES {
            let line = self.within_of(number);
            let (head, last) = question.typed.split_at(question.typed.len() - 1);
            // All but the last key is typed before, and answered: what is measured is one keystroke.
            self.edit((line, WITHIN.len() as u32), (line, WITHIN.len() as u32), head)?;
            let added = head.matches('\n').count() as u32;
            let column = if added == 0 { WITHIN.len() } else { head.len() - 1 } as u32;
            self.settle()?;
            let started = Instant::now();
            self.edit((line + added, column), (line + added, column), last)?;
            let at = if added == 0 { (line, question.column) } else { (line + added, column + 1) };
            let answer = self.ask(question.method, at)?;
            times.push(started.elapsed());
            if answer.is_null() || answer == json!([]) {
                return Err(format!("no answer to {}", question.what));
            }
            self.edit((line, WITHIN.len() as u32), (line + added, column + 1), "")?;
        }
        times.sort();
        Ok(times)
    }

    /// From a keystroke that makes a mistake, or takes it back, to its publication.
    fn publications(&mut self) -> Result<Vec<Duration>, String> {
        let mut times = Vec::new();
        self.settle()?;
        self.editor.told.clear();
        for number in 0..KEYSTROKES {
            let line = self.within_of(number / 2);
            let (to, text) = if number % 2 == 0 { (2, "x") } else { (3, "") };
            let started = Instant::now();
            self.edit((line, 2), (line, to), text)?;
            self.editor.published("mainstay.stay")?;
            times.push(started.elapsed());
        }
        times.sort();
        Ok(times)
    }

    /// Waits until all that was typed before has been read.
    fn settle(&mut self) -> Result<(), String> {
        self.ask("textDocument/documentSymbol", (0, 0)).map(drop)
    }

    fn ask(&mut self, method: &str, at: (u32, u32)) -> Result<Value, String> {
        let place = json!({ "textDocument": { "uri": editor_uri(&self.file) },
            "position": { "line": at.0, "character": at.1 } });
        self.editor.ask(method, place)
    }

    fn edit(&mut self, from: (u32, u32), to: (u32, u32), text: &str) -> Result<(), String> {
        self.version += 1;
        if !text.is_empty() || from != to {
            self.editor.edit(&self.file, self.version, from, to, text)?;
        }
        Ok(())
    }

    /// The line of the `within` of a workflow, another each time.
    fn within_of(&self, number: usize) -> u32 {
        let workflows = (self.lines - HEAD) / BLOCK;
        (HEAD + number * 7 % workflows * BLOCK + WITHIN_AT) as u32
    }
}

/// Lines before the first workflow, lines of one workflow with what it needs, and where its `within` stands.
const HEAD: usize = 8;
const BLOCK: usize = 16;
const WITHIN_AT: usize = 10;
const WITHIN: &str = "  within: 30min";

/// A policy with all that is usual: sources with exclusions, repos with places, a pipeline, chains, a second copy.
fn policy() -> String {
    let mut text = String::from(
        "edition 2026\npolicy bench\nuse std.pipelines.protect\n\nsecret key = file(\"/k\")\n\
         objective gold { rpo: 52h, keep: gfs(daily: 14, monthly: 6) }\npool disk { slots: 2 }\n\n",
    );
    for number in 0..(LINES - HEAD) / BLOCK {
        let _ = write!(
            text,
            "/// The data of department {number}.\nsource s{number} = files {{\n  roots: [\"/srv/{number}\"]\n  \
             exclude: [\"**/*.tmp\", \"**/.cache/**\"]\n  pool: disk\n}}\nrepo r{number} = local {{ path: \
             \"/b/{number}\", key: key, place: {{ site: \"berlin\", region: \"eu\" }} }}\n/// Each night.\n\
             workflow w{number} for gold {{\n  trigger: daily(at: 01:30, zone: \"Europe/Berlin\")\n{WITHIN}\n  step \
             t{number} = protect(s{number}, to: r{number}, keep: gold.keep)\n  step v{number} = latest(s{number}, \
             in: r{number}) |> verify(sample: 5%)\n  on failure {{ hook([\"./tell\", \"{number}\"]) }}\n}}\n\n"
        );
    }
    text
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn shown(times: &[Duration]) -> String {
    let at = |share: usize| ms(times.get(times.len() * share / 100).copied().unwrap_or_default());
    format!("median {:.1} ms, 95 of 100 below {:.1} ms ({} keystrokes)", at(50), at(95), times.len())
}
