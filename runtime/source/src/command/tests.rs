use std::ffi::OsString;
use std::path::PathBuf;

use mainstay_world::TimestampMs;
use mainstay_world::tree::{Event, Fault, FaultKind, Stat};

use super::CommandSource;
use crate::Program;

fn source(script: &str) -> CommandSource {
    CommandSource {
        program: Program {
            argv: ["sh", "-c", script].map(str::to_owned).to_vec(),
            directory: PathBuf::from("/"),
            environment: vec![(OsString::from("PATH"), OsString::from("/usr/bin:/bin"))],
            secrets: Vec::new(),
        },
        min_size: 1,
        trailer: None,
        at: TimestampMs(1_500),
        stop: None,
    }
}

fn read(source: &CommandSource) -> (Vec<u8>, Result<Stat, Fault>) {
    let mut tree = source.snapshot().unwrap().walk().unwrap();
    assert!(matches!(tree.next(), Some(Event::Enter(_))));
    let Some(Event::Leaf(file)) = tree.next() else { panic!("no file") };
    assert_eq!(file.name(), b"stdout");
    let mut content = file.open().unwrap();
    let mut text = Vec::new();
    let mut buffer = [0; 7];
    loop {
        let read = content.read(&mut buffer).unwrap();
        text.extend_from_slice(&buffer[..read]);
        if read < buffer.len() {
            break;
        }
    }
    assert!(matches!(tree.next(), Some(Event::Leave)));
    assert!(tree.next().is_none());
    (text, content.finish())
}

#[test]
fn the_output_is_a_file_with_size_and_time() {
    let (text, stat) = read(&source("echo 'a line of text'; echo complaint >&2"));
    assert_eq!(text, b"a line of text\n");
    let stat = stat.unwrap();
    assert_eq!((stat.size, stat.mtime.seconds, stat.mtime.nanoseconds), (15, 1, 500_000_000));
}

fn refused(source: &CommandSource) -> String {
    let fault = read(source).1.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Producer);
    fault.message
}

#[test]
fn a_dump_that_failed_is_not_believed() {
    assert_eq!(refused(&source("echo half; echo no space >&2; exit 3")), "`sh` exited with code 3: no space");
    assert_eq!(refused(&source("echo half; kill -TERM $$")), "`sh` was ended by signal 15");
    assert_eq!(refused(&source("true")), "`sh` printed 0 bytes, at least 1 were expected");
    let with_trailer = CommandSource { trailer: Some("-- complete".to_owned()), ..source("echo half") };
    assert_eq!(refused(&with_trailer), "the output of `sh` does not end with `-- complete`");
}

#[test]
fn a_dump_with_its_trailer_is_believed() {
    let script = "head -c 9000 /dev/zero; echo; echo '-- complete'; echo '--'";
    let whole = CommandSource { trailer: Some("-- complete".to_owned()), ..source(script) };
    assert!(read(&whole).1.is_ok());
    let empty = CommandSource { min_size: 0, ..source("true") };
    assert!(read(&empty).1.is_ok());
}

#[test]
fn no_fault_of_a_stream_leaves_a_copy() {
    use mainstay_world::tree::Judgement;
    let view = source("true").snapshot().unwrap();
    let broken = Fault { kind: FaultKind::Broken, path: Vec::new(), message: String::new() };
    assert_eq!(view.judge(&broken), Judgement::Fails);
}
