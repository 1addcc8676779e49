//! The `mainstay` program.

fn main() -> std::process::ExitCode {
    mainstay_cli::main()
}
