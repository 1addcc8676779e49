use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mainstay_world::Secret;

use super::tail::{Tail, without};
use super::{Ended, Output, Process, ProcessError, Program, Variable};

fn shell(script: &str) -> Program {
    Program {
        argv: ["sh", "-c", script].map(str::to_owned).to_vec(),
        directory: PathBuf::from("/"),
        environment: vec![(OsString::from("PATH"), OsString::from("/usr/bin:/bin"))],
        secrets: Vec::new(),
    }
}

fn run(program: &Program) -> Ended {
    Process::start(program, Output::Keep, None).unwrap().wait().unwrap()
}

#[test]
fn the_end_of_a_program_is_told() {
    let ended = run(&shell("echo one; echo two >&2; exit 75"));
    assert_eq!((ended.code, ended.signal), (Some(75), None));
    assert!(ended.tail.contains("one") && ended.tail.contains("two"), "{}", ended.tail);
    let ended = run(&shell("kill -KILL $$"));
    assert_eq!((ended.code, ended.signal), (None, Some(9)));
}

#[test]
fn nothing_is_inherited_and_secrets_are_not_repeated() {
    let mut program = shell("env; echo got $PASSWORD");
    program.secrets.push(Variable { name: "PASSWORD".into(), value: Secret::new(b"hunter2".to_vec()) });
    let ended = run(&program);
    assert!(!ended.tail.contains("hunter2"), "{}", ended.tail);
    assert!(ended.tail.contains("got (secret)"), "{}", ended.tail);
    assert!(!ended.tail.contains("CARGO"), "{}", ended.tail);
}

#[test]
fn output_and_complaints_larger_than_a_pipe_do_not_block() {
    let program = shell("head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2; head -c 5 /dev/zero");
    let mut process = Process::start(&program, Output::Read, None).unwrap();
    let mut buffer = vec![1; 1 << 16];
    let mut total = 0;
    loop {
        let read = process.read(&mut buffer).unwrap();
        total += read;
        if read < buffer.len() {
            break;
        }
    }
    assert_eq!(total, 3_000_005);
    assert_eq!(process.wait().unwrap().code, Some(0));
}

#[test]
fn a_silent_program_is_stopped_with_all_it_started() {
    let scratch = tempfile::tempdir().unwrap();
    let mut program = shell("sleep 1000 & echo $! > pid; wait");
    program.directory = scratch.path().to_owned();
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let pid_file = scratch.path().join("pid");
    let seen = pid_file.clone();
    let process = Process::start(
        &program,
        Output::Keep,
        Some(Arc::new(move || {
            flag.store(
                std::fs::read_to_string(&seen).is_ok_and(|text| text.ends_with('\n')),
                Ordering::SeqCst,
            );
            flag.load(Ordering::SeqCst)
        })),
    )
    .unwrap();
    assert!(matches!(process.wait(), Err(ProcessError::Stopped { .. })));
    assert!(stop.load(Ordering::SeqCst));
    let pid = std::fs::read_to_string(pid_file).unwrap();
    assert!(is_dead(pid.trim()), "the program's child {pid} still runs");
}

#[test]
fn dropping_a_process_ends_it() {
    let process = Process::start(&shell("sleep 1000"), Output::Read, None).unwrap();
    let pid = process.child.id().to_string();
    drop(process);
    assert!(is_dead(&pid));
}

/// Whether it is gone, or ends within ten seconds: a signal that was sent is not felt at once.
fn is_dead(pid: &str) -> bool {
    let pid = rustix::process::Pid::from_raw(pid.parse().unwrap()).unwrap();
    let Ok(process) = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()) else {
        return true;
    };
    let mut polled = [rustix::event::PollFd::new(&process, rustix::event::PollFlags::IN)];
    let most = rustix::event::Timespec { tv_sec: 10, tv_nsec: 0 };
    rustix::event::poll(&mut polled, Some(&most)).unwrap() == 1
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let mut program = shell("");
    program.argv = vec!["no-such-program".to_owned()];
    let error = Process::start(&program, Output::Keep, None).err().unwrap();
    assert_eq!(error.to_string(), "`no-such-program` was not found in PATH");
    program.argv = vec!["./etc/passwd".to_owned()];
    let error = Process::start(&program, Output::Keep, None).err().unwrap();
    assert_eq!(error.to_string(), "`./etc/passwd` may not be run");
}

#[test]
fn a_secret_is_cut_out_wherever_it_stands() {
    assert_eq!(without(b"xxabcyabcabc", b"abc"), b"xx(secret)y(secret)(secret)");
    assert_eq!(without(b"ab", b"abc"), b"ab");
    assert_eq!(without(b"ab", b""), b"ab");
}

#[test]
fn a_secret_that_the_cut_goes_through_is_not_told_by_half() {
    let secret = b"correct horse battery staple";
    for surplus in 0..secret.len() + 3 {
        let mut tail = Tail::without(vec![mainstay_world::Secret::new(secret.to_vec())]);
        tail.add(secret);
        // So much more that the cut goes through each place of the secret.
        tail.add(&vec![b'.'; 4 * 1024 + surplus]);
        let text = tail.text();
        assert!(text.ends_with("...") && text.len() >= 4 * 1024, "{surplus}: {}", text.len());
        assert!(!text.replace("(secret)", "").contains('e'), "{surplus}: {}", &text[..40]);
    }
}
