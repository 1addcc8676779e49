//! Prints the TextMate grammar: `cargo xtask editors` puts it where the extension has it.

use std::io::Write as _;

fn main() -> std::io::Result<()> {
    std::io::stdout().lock().write_all(mainstay_server::textmate().as_bytes())
}
