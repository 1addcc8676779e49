//! Where mistakes go: each place and code once, and none while a pipeline is carried out that was checked before.

use foldhash::HashSet;
use mainstay_diagnostics::{Code, Diagnostic, Severity, Span};

use crate::query::Recorder;

/// After so many errors of what a policy means nothing more is looked at: each costs a search for what was meant among
/// all names, and nobody reads on. As many as are told of how one file is written.
const MOST_ERRORS: usize = mainstay_syntax::MISTAKE_LIMIT;

#[derive(Debug, Default)]
pub(super) struct Sink {
    diagnostics: Vec<Diagnostic>,
    errors: usize,
    seen: HashSet<(Code, Span)>,
    muted: u32,
    /// Only for those who ask about a place of the text.
    notes: Option<Box<Recorder>>,
}

impl Sink {
    pub(super) fn noting(notes: Recorder) -> Self {
        Self { notes: Some(Box::new(notes)), ..Self::default() }
    }

    /// Where notes go; nobody takes any in a compilation, nor of what is carried out a second time.
    pub(super) fn recorder(&mut self) -> Option<&mut Recorder> {
        if self.muted == 0 { self.notes.as_deref_mut() } else { None }
    }

    /// Notes that the name `at` is the one that was `declared` there.
    pub(super) fn used(&mut self, at: Span, declared: Span) {
        if let Some(notes) = self.recorder() {
            notes.uses.push((at, declared));
        }
    }

    pub(super) fn take_notes(&mut self) -> Recorder {
        self.notes.take().map(|notes| *notes).unwrap_or_default()
    }

    pub(super) fn push(&mut self, diagnostic: Diagnostic) {
        let fresh = self.muted == 0 && !self.is_full();
        if fresh && self.seen.insert((diagnostic.code, diagnostic.span())) {
            self.errors += usize::from(diagnostic.severity == Severity::Error);
            self.diagnostics.push(diagnostic);
        }
    }

    /// The newest mistake, when nothing was told behind it.
    pub(super) fn newest(&self) -> Option<&Diagnostic> {
        self.diagnostics.last()
    }

    /// Says more of the newest mistake, when it is the one that was told behind so many.
    pub(super) fn amend(&mut self, told: usize, more: impl FnOnce(Diagnostic) -> Diagnostic) {
        if self.diagnostics.len() == told + 1
            && let Some(newest) = self.diagnostics.pop()
        {
            self.diagnostics.push(more(newest));
        }
    }

    /// How many mistakes were told so far.
    pub(super) fn told(&self) -> usize {
        self.diagnostics.len()
    }

    /// Two mistakes of before, by how many were told before each, are this one.
    pub(super) fn join(&mut self, first: usize, second: usize, one: Diagnostic) {
        if second < self.diagnostics.len() && first < second {
            self.diagnostics.remove(second);
            self.errors -= 1;
            self.diagnostics.get_mut(first).into_iter().for_each(|told| *told = one.clone());
        }
    }

    /// Whether nothing more is told.
    pub(super) fn is_full(&self) -> bool {
        self.errors >= MOST_ERRORS
    }

    /// Hushes what follows until [`Sink::restore`] is called with the answer.
    pub(super) fn mute(&mut self) -> u32 {
        let before = self.muted;
        self.muted += 1;
        before
    }

    /// Whether something is carried out that was checked before.
    pub(super) fn is_muted(&self) -> bool {
        self.muted > 0
    }

    /// Lets what follows be heard, wherever it was called from: a declaration that is looked at first from
    /// inside a pipeline still tells its mistakes.
    pub(super) fn unmute(&mut self) -> u32 {
        std::mem::replace(&mut self.muted, 0)
    }

    pub(super) fn restore(&mut self, muted: u32) {
        self.muted = muted;
    }

    pub(super) fn finish(self) -> Vec<Diagnostic> {
        self.diagnostics
    }
}
