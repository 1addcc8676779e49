//! One mistake or risk in a policy, as data; renderers make text of it.

use crate::{Code, Span};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The policy does not compile.
    Error,
    /// The policy compiles, at a risk.
    Warning,
    /// Worth knowing; nothing is wrong, and nothing can be made to fail because of it.
    Note,
}

/// So many places are shown of one mistake: more than anybody looks at. A mistake that thousands of places have a part in
/// would else be told at such a length, and so would each of thousands of those.
pub const MOST_LABELS: usize = 16;

/// A span with a few words. The first label of a diagnostic is the primary one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is to be seen there; may be empty.
    pub text: String,
}

/// Replace the text under `span`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What goes.
    pub span: Span,
    /// What comes.
    pub replacement: String,
}

/// A change that mends the mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an imperative: "write `5min`".
    pub title: String,
    /// All of them together.
    pub edits: Vec<Edit>,
    /// Whether it can be made without asking: it keeps the meaning that was evidently wanted.
    pub safe: bool,
}

/// One mistake. Messages are lower case, without a final stop, with the user's text in backticks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which kind; never used for two kinds.
    pub code: Code,
    /// How bad.
    pub severity: Severity,
    /// What is wrong, in one sentence.
    pub message: String,
    /// Where; the first is the primary one, the others show the other side (a declaration, a promise).
    pub labels: Vec<Label>,
    /// Facts that follow: a timeline, a sum.
    pub notes: Vec<String>,
    /// The next action.
    pub help: Option<String>,
    /// Ways to mend it.
    pub fixes: Vec<Fix>,
    /// How many places are only counted, and the number of the note that says so.
    left_out: Option<(usize, usize)>,
}

impl Diagnostic {
    /// An error of this code with its primary label.
    pub fn error(code: Code, message: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message.into(), Label { span, text: label.into() })
    }

    /// A warning of this code with its primary label.
    pub fn warning(code: Code, message: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message.into(), Label { span, text: label.into() })
    }

    /// Something worth knowing, of this code with its primary label.
    pub fn remark(code: Code, message: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, message.into(), Label { span, text: label.into() })
    }

    fn new(severity: Severity, code: Code, message: String, label: Label) -> Self {
        Self {
            code,
            severity,
            message,
            labels: vec![label],
            notes: Vec::new(),
            help: None,
            fixes: Vec::new(),
            left_out: None,
        }
    }

    /// Adds a further label; beyond [`MOST_LABELS`] they are counted in a note.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        if self.labels.len() < MOST_LABELS {
            self.labels.push(Label { span, text: text.into() });
            return self;
        }
        self.more_places(1)
    }

    /// Notes that there are so many more places of its kind, beside those that are shown.
    #[must_use]
    pub fn more_places(mut self, count: usize) -> Self {
        if count == 0 {
            return self;
        }
        let (before, number) = self.left_out.unwrap_or((0, self.notes.len()));
        let count = before + count;
        let said = if count == 1 { "1 more place".to_owned() } else { format!("{count} more places") };
        match self.notes.get_mut(number) {
            Some(note) => *note = format!("{said} not shown here"),
            None => self.notes.push(format!("{said} not shown here")),
        }
        self.left_out = Some((count, number));
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Says the next action.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Adds a way to mend it by replacing one span.
    #[must_use]
    pub fn fix(
        mut self,
        title: impl Into<String>,
        span: Span,
        replacement: impl Into<String>,
        safe: bool,
    ) -> Self {
        let edits = vec![Edit { span, replacement: replacement.into() }];
        self.fixes.push(Fix { title: title.into(), edits, safe });
        self
    }

    /// The primary span.
    pub fn span(&self) -> Span {
        self.labels.first().map(|label| label.span).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_beyond_the_most_are_counted_in_one_note_among_the_others() {
        let at = |place: u32| Span::new(place, place + 1);
        let mut said = Diagnostic::error(crate::codes::graph::CYCLE, "m", at(0), "first").note("before");
        for place in 1..=MOST_LABELS as u32 {
            said = said.label(at(place), "too");
        }
        assert_eq!(
            (said.labels.len(), said.notes.as_slice()),
            (MOST_LABELS, ["before", "1 more place not shown here"].map(String::from).as_slice())
        );
        let said = said.note("after").label(at(99), "too").more_places(3).more_places(0);
        assert_eq!(said.notes, ["before", "5 more places not shown here", "after"]);
    }
}
