//! A bug of ours says so, in one message, and ends with its own exit code.

use std::io::Write;

use crate::exit::Exit;

/// Replaces the usual panic message. A panic of any thread ends the process: nothing that was reported as done depends
/// on what comes after, and a half-dead process would look alive.
pub fn install() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
        let words = panic.payload_as_str().unwrap_or("no message");
        let json = std::env::args_os().any(|argument| argument == "--json");
        if json {
            let end = serde_json::json!({
                "type": "end", "outcome": Exit::Bug.word(), "exit_code": Exit::Bug.code(),
                "error": { "message": words, "place": place },
            });
            let _ = writeln!(std::io::stdout().lock(), "{end}");
        }
        let _ = writeln!(
            std::io::stderr().lock(),
            "error: this is a bug in mainstay: {words} ({place})\n  safe: what was reported as stored is stored; an unfinished run is resumed by the next one\n  next: report it with this message and `mainstay version`"
        );
        end();
    }));
}

#[expect(clippy::disallowed_methods, reason = "after a panic there is no main to return to")]
fn end() {
    std::process::exit(i32::from(Exit::Bug.code()));
}
