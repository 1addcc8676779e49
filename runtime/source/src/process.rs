//! A child process that is owned from its first moment to its last.
//!
//! The program and a guardian form a process group of their own. The guardian is a shell that waits for the end of a pipe which
//! only this process holds open: when this process ends in whatever way, the kernel closes the pipe and the guardian kills
//! the group, itself included. The usual parent-death signal cannot be set here: it must be set by the child itself
//! between fork and exec, which safe code cannot do. What leaves the group on purpose (`setsid`) is not followed.
//!
//! Nothing is inherited but what is handed over: no environment, no descriptor, no terminal.

mod guardian;
mod program;
mod tail;
#[cfg(test)]
mod tests;

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt as _;
use std::process::Child;
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal};

use guardian::Guardian;
use program::command;
pub use program::{Program, Variable};
use tail::Tail;

/// How often the wish to stop is looked at while a program is silent.
const LOOK_NANOSECONDS: i64 = 200_000_000;

/// How long a program that is asked to end may take before it is killed: time to remove its own temporary files.
const GRACE_SECONDS: i64 = 5;

/// The pipe of an output; the kernel's default of 64 KiB makes two switches for each 64 KiB. Only a wish.
const PIPE_BYTES: usize = 1024 * 1024;

/// Says whether a program should be stopped.
pub type StopFlag = Arc<dyn Fn() -> bool + Send + Sync>;

/// What becomes of what a program prints on its standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// It is read with [`Process::read`].
    Read,
    /// Its end is kept for messages.
    Keep,
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The code of its exit, unless a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// The last it printed (on either output if both are kept), without secrets.
    pub tail: String,
}

/// Why a program could not be run to its end.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// No program is named.
    #[error("no program is named")]
    NoProgram,
    /// It is not there.
    #[error("`{program}` was not found{place}", place = if program.contains('/') { "" } else { " in PATH" })]
    NotFound {
        /// As it was written.
        program: String,
    },
    /// It is there and may not be run.
    #[error("`{program}` may not be run")]
    NotExecutable {
        /// As it was written.
        program: String,
    },
    /// The system refused.
    #[error("`{program}` could not be started: {source}")]
    Start {
        /// As it was written.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// It was stopped because the run was.
    #[error("`{program}` was stopped")]
    Stopped {
        /// As it was written.
        program: String,
    },
    /// Its output could not be read.
    #[error("the output of `{program}` cannot be read: {source}")]
    Read {
        /// As it was written.
        program: String,
        /// What the system said.
        source: io::Error,
    },
}

/// A running program. Dropping it kills its whole group.
pub struct Process {
    name: String,
    child: Child,
    guardian: Guardian,
    identity: OwnedFd,
    stdout: Option<OwnedFd>,
    stderr: Option<OwnedFd>,
    output: Output,
    tail: Tail,
    stop: Option<StopFlag>,
    has_ended: bool,
}

impl Process {
    /// Starts a program.
    pub fn start(program: &Program, output: Output, stop: Option<StopFlag>) -> Result<Self, ProcessError> {
        let file = program.find()?;
        let failed = |source| ProcessError::Start { program: program.name().to_owned(), source };
        let guardian = Guardian::start().map_err(failed)?;
        let mut child = command(program, &file, guardian.group()).spawn().map_err(failed)?;
        let identity = rustix::process::pidfd_open(Pid::from_child(&child), PidfdFlags::empty())
            .map_err(|error| failed(error.into()))?;
        let stdout = child.stdout.take().map(OwnedFd::from);
        if let Some(stdout) = &stdout {
            // Only faster: the limit of the user's pipes may be used up.
            let _ = rustix::pipe::fcntl_setpipe_size(stdout, PIPE_BYTES);
        }
        let stderr = child.stderr.take().map(OwnedFd::from);
        Ok(Self {
            name: program.name().to_owned(),
            child,
            guardian,
            identity,
            stdout,
            stderr,
            output,
            tail: Tail::without(program.secrets.iter().map(|variable| variable.value.clone()).collect()),
            stop,
            has_ended: false,
        })
    }

    /// Fills the buffer with what the program prints; fewer bytes only at the end.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ProcessError> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let Some(stdout) = &self.stdout else { break };
            let [readable, complaint, _] = self.ready([Some(stdout.as_fd()), self.stderr_fd(), None])?;
            if complaint {
                self.listen();
            }
            if readable {
                match self.stdout.as_ref().map_or(Ok(0), |stdout| rustix::io::read(stdout, &mut *rest)) {
                    Ok(0) => self.stdout = None,
                    Ok(read) => filled += read,
                    Err(Errno::INTR | Errno::AGAIN) => {}
                    Err(error) => return Err(self.unreadable(error)),
                }
            }
        }
        Ok(filled)
    }

    /// Waits for the end, and ends whatever the program left behind in its group.
    pub fn wait(mut self) -> Result<Ended, ProcessError> {
        if self.output == Output::Read {
            self.stdout = None;
        }
        loop {
            let ready = self.ready([self.stdout_fd(), self.stderr_fd(), Some(self.identity.as_fd())])?;
            let [printed, complaint, ended] = ready;
            if printed {
                self.hear();
            }
            if complaint {
                self.listen();
            }
            if ended {
                // What it left behind goes first, so that the pipes have an end.
                self.guardian.kill_group();
                if !printed && !complaint {
                    break;
                }
            }
        }
        let status = self.child.wait().map_err(|source| self.unreadable_io(source))?;
        self.has_ended = true;
        Ok(Ended { code: status.code(), signal: status.signal(), tail: self.tail.text() })
    }

    /// Waits until one of the descriptors has something; says which. Kills the group when it is to stop.
    fn ready(&self, wanted: [Option<BorrowedFd<'_>>; 3]) -> Result<[bool; 3], ProcessError> {
        loop {
            if self.stop.as_ref().is_some_and(|stop| stop()) {
                self.end_kindly();
                return Err(ProcessError::Stopped { program: self.name.clone() });
            }
            let mut polled: Vec<PollFd<'_>> =
                wanted.iter().flatten().map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)).collect();
            let look = Timespec { tv_sec: 0, tv_nsec: LOOK_NANOSECONDS };
            match rustix::event::poll(&mut polled, self.stop.as_ref().map(|_| &look)) {
                Ok(0) | Err(Errno::INTR) => {}
                Ok(_) => {
                    let mut answers = polled.iter().map(|fd| !fd.revents().is_empty());
                    return Ok(wanted.map(|fd| fd.is_some() && answers.next().unwrap_or(false)));
                }
                Err(error) => return Err(self.unreadable(error)),
            }
        }
    }

    fn stdout_fd(&self) -> Option<BorrowedFd<'_>> {
        self.stdout.as_ref().map(|fd| fd.as_fd())
    }

    fn stderr_fd(&self) -> Option<BorrowedFd<'_>> {
        self.stderr.as_ref().map(|fd| fd.as_fd())
    }

    /// Takes what stands in the pipe of the complaints.
    fn listen(&mut self) {
        self.stderr = self.stderr.take().filter(|stderr| self.tail.take(stderr));
    }

    /// Takes what stands in the pipe of the output when only its end is wanted.
    fn hear(&mut self) {
        self.stdout = self.stdout.take().filter(|stdout| self.tail.take(stdout));
    }

    /// Asks the group to end, and waits a moment for it.
    fn end_kindly(&self) {
        // It may be gone already.
        let _ = rustix::process::pidfd_send_signal(&self.identity, Signal::TERM);
        let mut polled = [PollFd::new(&self.identity, PollFlags::IN)];
        let grace = Timespec { tv_sec: GRACE_SECONDS, tv_nsec: 0 };
        // Whatever this says: what is still there is killed next.
        let _ = rustix::event::poll(&mut polled, Some(&grace));
        self.guardian.kill_group();
    }

    fn unreadable(&self, error: Errno) -> ProcessError {
        self.unreadable_io(error.into())
    }

    fn unreadable_io(&self, source: io::Error) -> ProcessError {
        ProcessError::Read { program: self.name.clone(), source }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.guardian.kill_group();
        if !self.has_ended {
            // Reaped here, so that no dead child is left; what it said no longer matters.
            let _ = self.child.wait();
        }
    }
}
