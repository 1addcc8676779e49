//! What a verb works with: the flags, the environment, and the two streams.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::OnceLock;

use mainstay_diagnostics::render::Style;
use mainstay_world::Clock;

use crate::error::Failure;
use crate::exit::Exit;
use crate::options::{Color, Globals};
use crate::report;
use crate::report::human::Look;
use crate::world::{Environment, PolicyFile};

/// What a verb works with.
#[derive(Debug)]
pub struct Context {
    /// The flags of every verb.
    pub globals: Globals,
    /// What the environment says.
    pub environment: Environment,
    /// Why not all of the result could be written.
    lost: OnceLock<std::io::Error>,
}

impl Context {
    /// From the command line and the environment.
    pub fn new(globals: Globals, environment: Environment) -> Self {
        Self { globals, environment, lost: OnceLock::new() }
    }

    /// Sends logs to standard error when `MAINSTAY_LOG` asks for them.
    pub fn start_log(&self) {
        let Some(filter) = &self.environment.log else { return };
        let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
        // A second start, in tests, keeps the first.
        let _ = builder.with_ansi(self.color_on_stderr()).try_init();
    }

    /// Writes a line of the result.
    pub fn print(&self, line: impl AsRef<str>) {
        self.written(writeln!(std::io::stdout().lock(), "{}", line.as_ref()));
    }

    /// Writes text of the result as it is.
    pub fn print_raw(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        self.written(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
    }

    /// A reader that went away, such as `head`, has what it wanted. Whatever else is remembered.
    fn written(&self, result: std::io::Result<()>) {
        match result {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                // The first one is the one to tell.
                let _ = self.lost.set(error);
            }
            _ => {}
        }
    }

    /// Writes a line that is not the result.
    pub fn note(&self, line: impl AsRef<str>) {
        // Without a standard error there is nobody to tell.
        let _ = writeln!(std::io::stderr().lock(), "{}", line.as_ref());
    }

    /// Whether standard output takes colour.
    pub fn color_on_stdout(&self) -> bool {
        self.wants_color(std::io::stdout().is_terminal())
    }

    /// Whether standard error takes colour.
    pub fn color_on_stderr(&self) -> bool {
        self.wants_color(std::io::stderr().is_terminal())
    }

    /// How a reader wants to see answers.
    pub fn look(&self, clock: &dyn Clock, full: bool) -> Look {
        let zone = self.environment.time_zone();
        Look { color: self.color_on_stdout(), zone, now: clock.now(), full }
    }

    /// How diagnostics are drawn.
    pub fn style(&self, color: bool) -> Style {
        let width_columns = self.environment.width.unwrap_or(Style::default().width_columns);
        Style { color, unicode: self.environment.unicode, width_columns }
    }

    /// `-p` as it was given, to stand in a command that is shown.
    pub fn policy_flag(&self) -> String {
        self.globals.policy.as_ref().map(|path| format!(" -p {}", path.display())).unwrap_or_default()
    }

    /// The policy that is meant.
    pub fn policy_file(&self) -> Result<PolicyFile, Failure> {
        PolicyFile::find(self.globals.policy.as_deref(), &self.environment.current)
    }

    /// Where the journal and the caches live.
    pub fn state_folder(&self) -> Result<PathBuf, Failure> {
        let named = self.globals.state.as_ref().map(|path| self.environment.current.join(path));
        named.or_else(|| self.environment.state.clone()).ok_or_else(|| {
            Failure::usage("there is no place for the state: neither MAINSTAY_STATE nor HOME is set")
                .next("name a folder with `--state DIR`")
        })
    }

    /// Says why a verb ended without its result.
    pub fn fail(&self, failure: &Failure) -> Exit {
        if self.globals.json {
            report::json::failure(self, failure);
        }
        let mut err = std::io::stderr().lock();
        let _ = failure.write(&mut err);
        failure.exit
    }

    /// Says what went wrong where the result has its own way to machines.
    pub fn say(&self, failure: &Failure) {
        // Without a standard error there is nobody to tell.
        let _ = failure.write(&mut std::io::stderr().lock());
    }

    /// The last thing that a run of the program does: a result that is not whole is not green.
    pub fn finish(&self, exit: Exit) -> Exit {
        self.written(std::io::stdout().lock().flush());
        let Some(error) = self.lost.get() else { return exit };
        let code = match error.kind() {
            std::io::ErrorKind::StorageFull => Exit::NoSpace,
            _ => Exit::Failed,
        };
        let failure = Failure::new(code, "not all of the result could be written to standard output");
        self.say(&failure.because(error).safe("only the report is cut short: what was done is done"));
        if exit == Exit::Done { code } else { exit }
    }

    fn wants_color(&self, terminal: bool) -> bool {
        match self.globals.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto if self.environment.no_color => false,
            Color::Auto => self.environment.force_color || terminal,
        }
    }
}
