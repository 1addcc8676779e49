//! The last that a program said, for a message.

use std::os::fd::OwnedFd;

use mainstay_world::Secret;
use rustix::io::Errno;

/// How much of the end of an output is kept for a message.
const TAIL_BYTES: usize = 4 * 1024;

/// The end of what was said, without secrets.
pub(super) struct Tail {
    kept: Vec<u8>,
    secrets: Vec<Secret>,
    /// Something was said before what is kept.
    is_cut: bool,
}

impl Tail {
    /// Nothing was said yet.
    pub(super) fn without(secrets: Vec<Secret>) -> Self {
        Self { kept: Vec::new(), secrets, is_cut: false }
    }

    /// Takes what stands in a pipe; false when it is closed.
    pub(super) fn take(&mut self, pipe: &OwnedFd) -> bool {
        let mut buffer = [0; TAIL_BYTES];
        match rustix::io::read(pipe, &mut buffer) {
            Ok(0) => false,
            Ok(read) => {
                self.add(buffer.get(..read).unwrap_or_default());
                true
            }
            Err(Errno::INTR | Errno::AGAIN) => true,
            Err(_) => false,
        }
    }

    pub(super) fn add(&mut self, said: &[u8]) {
        self.kept.extend_from_slice(said);
        let surplus = self.kept.len().saturating_sub(TAIL_BYTES.saturating_add(self.longest_secret()));
        self.kept.drain(..surplus);
        self.is_cut |= surplus > 0;
    }

    fn longest_secret(&self) -> usize {
        self.secrets.iter().map(|secret| secret.expose().len()).max().unwrap_or(0)
    }

    /// What is kept. Where something was cut off, the end of a secret may stand at the front: so much is left out.
    pub(super) fn text(&self) -> String {
        let mut kept = self.kept.clone();
        for secret in &self.secrets {
            kept = without(&kept, secret.expose());
        }
        let doubtful = if self.is_cut { self.longest_secret() } else { 0 };
        String::from_utf8_lossy(kept.get(doubtful..).unwrap_or_default()).trim().to_owned()
    }
}

/// The text without a secret in it.
pub(super) fn without(text: &[u8], secret: &[u8]) -> Vec<u8> {
    if secret.is_empty() {
        return text.to_vec();
    }
    let mut clean = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, others)) = rest.split_first() {
        if let Some(behind) = rest.strip_prefix(secret) {
            clean.extend_from_slice(b"(secret)");
            rest = behind;
        } else {
            clean.push(*first);
            rest = others;
        }
    }
    clean
}
