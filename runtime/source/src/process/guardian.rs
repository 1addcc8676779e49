//! Who ends a group of processes when this one ends, in whatever way.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, Stdio};

use rustix::process::{Pid, Signal};

/// Ends the group when the pipe of its input is closed.
const GUARDIAN: &str = "read -r line; kill -KILL 0";

/// A shell at the head of a group.
pub(super) struct Guardian {
    child: Child,
    /// Never written to: its end is the message.
    _line: Option<ChildStdin>,
}

impl Guardian {
    pub(super) fn start() -> io::Result<Self> {
        let mut child = Command::new("/bin/sh")
            .args(["-c", GUARDIAN])
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let line = child.stdin.take();
        Ok(Self { child, _line: line })
    }

    /// The number of the group: it stays taken while the guardian is not reaped.
    pub(super) fn group(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Whatever is left in it.
    pub(super) fn kill_group(&self) {
        // Nothing may be left of it, which is what is wanted.
        let _ = rustix::process::kill_process_group(self.group(), Signal::KILL);
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        self.kill_group();
        // Reaped last: until here nobody else can be given the number of the group.
        let _ = self.child.wait();
    }
}
