//! What a comparison finds.

use mainstay_ir::IrHash;

use super::short;

/// What a change does to the protection. What is both is weaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// Something is protected less, later, for a shorter time, or less is promised or told.
    Weaker,
    /// Something is protected more, and nothing less.
    Stronger,
    /// Neither.
    Neutral,
}

/// What a change is about, in the order of what hurts most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Facet {
    /// Which copies there are, how old the newest is under each failure, and whether they are sealed, locked, verified.
    Copies,
    /// What is protected at all.
    Scope,
    /// How far back one can go.
    History,
    /// What was promised.
    Promise,
    /// Who can delete, read, approve; where copies may lie.
    Control,
    /// How mistakes are found and got over: checks, drills, guards, retries.
    Care,
    /// Who is told.
    Notice,
    /// How work is ordered and limited.
    Running,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What it does.
    pub strength: Strength,
    /// What it is about.
    pub facet: Facet,
    /// What holds it: `workflow nightly`, `home on shelf`.
    pub subject: String,
    /// Which field of that; none: the thing itself.
    pub field: Option<String>,
    /// As it was, in words of the language; none: it was not there.
    pub before: Option<String>,
    /// As it is.
    pub after: Option<String>,
    /// What that means, in words.
    pub effect: Option<String>,
    /// A moment and a failure at which it shows.
    pub example: Option<String>,
}

impl Change {
    pub(super) fn new(strength: Strength, facet: Facet, subject: impl Into<String>) -> Self {
        Self {
            strength,
            facet,
            subject: subject.into(),
            field: None,
            before: None,
            after: None,
            effect: None,
            example: None,
        }
    }

    pub(super) fn field(mut self, name: impl Into<String>) -> Self {
        self.field = Some(name.into());
        self
    }

    /// Both as they are, whole: here alone they are shortened.
    pub(super) fn values(mut self, before: Option<String>, after: Option<String>) -> Self {
        (self.before, self.after) = short::pair(before, after);
        self
    }

    pub(super) fn effect(mut self, text: impl Into<String>) -> Self {
        let text = text.into();
        self.effect = Some(text).filter(|text| !text.is_empty());
        self
    }

    pub(super) fn example(mut self, text: Option<String>) -> Self {
        self.example = text;
        self
    }

    /// In one line: what holds it, the field, both values, and what that means.
    pub fn line(&self) -> String {
        let mut line = self.subject.clone();
        if let Some(field) = &self.field {
            line += &format!(", {field}");
        }
        let values = match (&self.before, &self.after) {
            (Some(before), Some(after)) => Some(format!("{before} -> {after}")),
            (Some(before), None) => Some(format!("{before} -> nothing")),
            (None, Some(after)) => Some(format!("nothing -> {after}")),
            (None, None) => None,
        };
        let rest: Vec<&str> = values.as_deref().into_iter().chain(self.effect.as_deref()).collect();
        if rest.is_empty() { line } else { format!("{line}: {}", rest.join("; ")) }
    }
}

/// All that differs between two policies, worst first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The old policy.
    pub old: IrHash,
    /// The new one.
    pub new: IrHash,
    /// Weaker, stronger, neutral; in each by facet, then in source order.
    pub changes: Vec<Change>,
}

impl Difference {
    /// How many changes are of this strength.
    pub fn count(&self, strength: Strength) -> usize {
        self.changes.iter().filter(|change| change.strength == strength).count()
    }

    /// Whether anything is weaker.
    pub fn is_weaker(&self) -> bool {
        self.count(Strength::Weaker) > 0
    }
}
