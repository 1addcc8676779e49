//! A scene whose runs are killed.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use mainstay_kit::SeededRandom;

use crate::scene::{Scene, differences};

const POLICY: &str = r#"edition 2026
policy victim
secret key  = file("DIR/key")
source data = files { roots: ["DIR/data"] }
repo shelf  = local { path: "DIR/repo", key: key }
pipeline kept_and_read(src: Source, to: Repo) -> Verified =
  discover(src) |> snapshot() |> compress() |> encrypt() |> store(to, checkpoint: 2MiB) |> verify(sample: 100%) |> retain(keep_all)
workflow w {
  step kept = kept_and_read(data, to: shelf)
}
"#;

/// Files of the tree, and how large they are: a run takes some tenths of a second.
const FILES: usize = 120;
const FILE_BYTES: usize = 100_000;

/// The longest that a run may go on; a run that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// A scene, with what must be found in it.
pub struct Victim {
    scene: Scene,
    random: SeededRandom,
    /// Snapshots that were reported, with a copy of the tree as it was; the copy of some only.
    reported: Vec<(String, Option<PathBuf>)>,
}

impl Victim {
    /// A tree, a repository, and one good snapshot.
    pub fn new(seed: u64) -> Self {
        let scene = Scene::new(POLICY);
        let mut victim = Self { scene, random: SeededRandom::new(seed), reported: Vec::new() };
        for file in 0..FILES {
            victim.write_file(file);
        }
        victim.scene.run(&["run", "--create"]).expect(0);
        victim.note_reported(true);
        victim
    }

    fn write_file(&self, number: usize) {
        let bytes = self.random.bytes(FILE_BYTES);
        let path = self.scene.path(&format!("data/{}/{number}", number % 7));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn change(&self) {
        for _ in 0..FILES / 2 {
            let number = self.random.next_u64() as usize % FILES;
            self.write_file(number);
        }
    }

    fn start(&mut self) -> (Child, Receiver<String>) {
        self.change();
        let mut command = self.scene.command(&["run", "--progress", "none"]);
        command.env("MAINSTAY_LOG", "mainstay::phase=trace").stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stream = child.stderr.take().unwrap();
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            let mut in_checkpoint = false;
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                let Some((_, phase)) = line.split_once("mainstay::phase: ") else { continue };
                // A checkpoint has segments and a slot of its own; it lasts until the walk goes on.
                let begins = if in_checkpoint { phase.trim() == "walk" } else { true };
                in_checkpoint = phase.trim() == "checkpoint" || in_checkpoint && !begins;
                // Nobody listens any more once the run was killed.
                let _ = begins && sender.send(phase.trim().to_owned()).is_ok();
            }
        });
        (child, receiver)
    }

    /// Runs to the end, handing on each phase as it begins, and `end`.
    pub fn run_to_the_end(&mut self, mut seen: impl FnMut(&str)) {
        let (mut child, phases) = self.start();
        while let Ok(phase) = phases.recv_timeout(PATIENCE) {
            seen(&phase);
        }
        seen("end");
        assert!(child.wait().unwrap().success());
        self.note_reported(true);
    }

    /// Starts a run and kills it `wait` after the phase begins; answers the phase in which it died, `finished`
    /// when it was too fast.
    pub fn kill_in(&mut self, phase: &str, wait: Duration) -> String {
        let (mut child, phases) = self.start();
        let mut last = "start".to_owned();
        let mut deadline: Option<Instant> = None;
        loop {
            let left = deadline.map_or(PATIENCE, |at| at.saturating_duration_since(Instant::now()));
            match phases.recv_timeout(left) {
                Ok(now) => {
                    if now == phase && deadline.is_none() {
                        deadline = Some(Instant::now() + wait);
                    }
                    last = now;
                }
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let finished = child.try_wait().unwrap().is_some();
        child.kill().unwrap();
        child.wait().unwrap();
        if finished { "finished".to_owned() } else { last }
    }

    /// What must hold after a kill, with no repair and no unlocking in between.
    pub fn survives(&mut self, random: u64) {
        let listed = self.listed();
        for (id, _) in &self.reported {
            assert!(listed.contains(id), "the snapshot {id} was reported and is gone");
        }
        self.scene.run(&["run", "--progress", "none"]).expect(0);
        self.note_reported(random.is_multiple_of(8));
        self.restores_equal(self.reported.len() - 1, None);
        let older = random as usize % self.reported.len();
        if let Some(copy) = self.reported[older].1.clone() {
            self.restores_equal(older, Some(copy));
        }
    }

    /// The whole repository reads back, and every kept copy restores bit for bit.
    pub fn is_whole(&mut self) {
        self.scene.run(&["repo", "check", "shelf", "--read-data", "--progress", "none"]).expect(0);
        for number in 0..self.reported.len() {
            if let Some(copy) = self.reported[number].1.clone() {
                self.restores_equal(number, Some(copy));
            }
        }
    }

    fn listed(&self) -> Vec<String> {
        let answer = self.scene.run(&["snapshots", "--json"]).expect(0);
        let listed: serde_json::Value = serde_json::from_str(&answer.out).unwrap();
        let snapshots = listed["snapshots"].as_array().unwrap();
        snapshots.iter().map(|snapshot| snapshot["id"].as_str().unwrap().to_owned()).collect()
    }

    /// Takes what is listed now as reported; the newest with a copy of the tree when asked.
    fn note_reported(&mut self, with_copy: bool) {
        for id in self.listed() {
            if !self.reported.iter().any(|(known, _)| *known == id) {
                self.reported.push((id, None));
            }
        }
        if with_copy {
            let copy = self.scene.path(&format!("copy-{}", self.reported.len()));
            let from = self.scene.path("data");
            crate::scene::ran(std::process::Command::new("cp").arg("-a").arg(from).arg(&copy)).expect(0);
            if let Some(newest) = self.reported.last_mut() {
                newest.1 = Some(copy);
            }
        }
    }

    fn restores_equal(&self, number: usize, copy: Option<PathBuf>) {
        let (id, _) = &self.reported[number];
        let to = self.scene.path("restored");
        let target = to.to_str().unwrap();
        self.scene
            .run(&["restore", "data", "--snapshot", id, "--to", target, "--progress", "none"])
            .expect(0);
        let original = copy.unwrap_or_else(|| self.scene.path("data"));
        let differences = differences(&original, &to);
        assert!(differences.is_empty(), "snapshot {id}: {differences:?}");
        fs::remove_dir_all(&to).unwrap();
    }
}
