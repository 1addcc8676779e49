//! A command line that cannot be read.

use crate::exit::Exit;

/// Shows help or the fault, and says which exit code follows. With `--json` among the arguments, a usage
/// error still ends with an `end` line.
pub fn show(error: &clap::Error) -> Exit {
    // A reader that went away, such as `head`, has what it wanted.
    let _ = error.print();
    if !error.use_stderr() {
        return Exit::Done;
    }
    if std::env::args_os().any(|argument| argument == "--json") {
        let text = error.render().to_string();
        let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        let failure = crate::error::Failure::usage(message).next("`mainstay --help` shows what there is");
        let _ = std::io::Write::write_all(
            &mut std::io::stdout().lock(),
            format!("{}\n", super::json::end_of(&failure)).as_bytes(),
        );
    }
    Exit::Usage
}
