//! A folder with a policy, a state folder of its own, and the program: what an operator has.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A scratch folder with `mainstay.stay` in it.
pub struct Scene {
    folder: TempDir,
}

/// What a run of the program came to.
#[derive(Debug)]
pub struct Ran {
    /// Exit code; nothing when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Ran {
    /// Both streams, for a message.
    pub fn all(&self) -> String {
        format!("exit {:?}\n--- stdout\n{}\n--- stderr\n{}", self.code, self.out, self.err)
    }

    /// Asserts the exit code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}", self.all());
        self
    }
}

impl Scene {
    /// Writes the policy; `DIR` in it becomes the scene's folder.
    pub fn new(policy: &str) -> Self {
        let scene = Self { folder: tempfile::tempdir().unwrap() };
        scene.write("mainstay.stay", &policy.replace("DIR", &scene.path("").to_string_lossy()));
        scene
    }

    /// A path in the folder.
    pub fn path(&self, below: &str) -> PathBuf {
        if below.is_empty() { self.folder.path().to_owned() } else { self.folder.path().join(below) }
    }

    /// Writes a file, with its folders.
    pub fn write(&self, below: &str, content: &str) {
        let path = self.path(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// The program in this folder, not yet started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.folder.path()).env("MAINSTAY_STATE", self.path("state"));
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        ran(&mut self.command(arguments))
    }
}

/// Damages a file in one bit, in its middle.
pub fn flip(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Runs a command to its end.
pub fn ran(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The program, built beside this test binary.
pub fn program() -> PathBuf {
    let beside = std::env::current_exe().unwrap();
    let folder = beside.parent().and_then(Path::parent).unwrap();
    let program = folder.join("mainstay");
    assert!(program.is_file(), "{} is missing: run `cargo build -p mainstay` first", program.display());
    program
}

/// The root of this workspace.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// Says in one line that a test cannot run here.
pub fn skipped(why: &str) {
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("skipped: {test}: {why}\n").as_bytes());
}

/// What differs between two trees, by an independent look at both.
pub fn differences(original: &Path, copy: &Path) -> Vec<String> {
    let [original, copy] = [original, copy].map(|root| mainstay_kit::survey(root).unwrap());
    mainstay_kit::differences(&original, &copy, mainstay_kit::Compare::default())
}
