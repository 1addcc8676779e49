//! A bug of ours says so, in one message, and ends with its own exit code.

use std::io::Write;

use crate::error::Failure;
use crate::exit::Exit;

/// Replaces the usual panic message. A panic of any thread ends the process: nothing that was reported as done depends
/// on what comes after, and a half-dead process would look alive.
pub fn install() {
    std::panic::set_hook(Box::new(|panic| {
        let words = panic.payload_as_str().unwrap_or("no message");
        let mut failure = Failure::new(Exit::Bug, format!("this is a bug in mainstay: {words}"))
            .safe("what was reported as stored is stored; an unfinished run is resumed by the next one")
            .next("report it with this message and `mainstay version`");
        failure.causes.extend(panic.location().map(|at| format!("{}:{}", at.file(), at.line())));
        if std::env::args_os().any(|argument| argument == "--json") {
            let _ = writeln!(std::io::stdout().lock(), "{}", super::json::end_of(&failure));
        }
        let _ = failure.write(&mut std::io::stderr().lock());
        end();
    }));
}

#[expect(clippy::disallowed_methods, reason = "after a panic there is no main to return to")]
fn end() {
    std::process::exit(i32::from(Exit::Bug.code()));
}
