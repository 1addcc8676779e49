//! For code review on GitHub: workflow commands that become annotations, and a summary of the job.

use super::{concise, severity_word};
use crate::render::Findings;
use crate::{Diagnostic, Severity, SourceMap};

/// GitHub shows at most so many annotations of a kind for each step; what is more would be dropped in silence.
const ANNOTATIONS_LIMIT: usize = 10;

/// What a review is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Review {
    /// The worst findings, as workflow commands, a line each.
    pub annotations: String,
    /// All others, a line each: for the log.
    pub rest: String,
    /// All others, as Markdown: for the job's summary. Empty when there are none.
    pub summary: String,
}

/// Annotations for the worst ten, errors before warnings before notes, each in the order of the files; the others are
/// summed up.
pub fn github(all: &[Findings<'_>]) -> Review {
    let mut found: Vec<(&Diagnostic, &SourceMap)> =
        all.iter().flat_map(|(map, found)| found.iter().map(|found| (found, *map))).collect();
    found.sort_by_key(|(diagnostic, _)| diagnostic.severity);
    let (shown, others) = found.split_at(found.len().min(ANNOTATIONS_LIMIT));
    let mut review = Review::default();
    for (diagnostic, map) in shown {
        review.annotations += &format!("{}\n", annotation(diagnostic, map));
    }
    for (diagnostic, map) in others {
        review.rest += &format!("{}\n", concise::line(diagnostic, map));
    }
    if !others.is_empty() {
        review.summary = summary(shown.len(), others);
    }
    review
}

/// A table: a cell of GitHub's Markdown has one line and no bare bar.
fn summary(shown: usize, others: &[(&Diagnostic, &SourceMap)]) -> String {
    let cell = |text: &str| text.replace('|', "\\|").replace(['\n', '\r'], " ");
    let mut text = format!(
        "### Mainstay: {} more findings\n\n{shown} are shown as annotations, errors first; these are the others.\n\n\
         | | code | place | message |\n|---|---|---|---|\n",
        others.len()
    );
    for (diagnostic, map) in others {
        let at = map.line_column(diagnostic.span().start);
        let place =
            at.and_then(|(id, at)| Some(format!("{}:{}", map.file(id)?.name, at.line))).unwrap_or_default();
        let (word, code) = (severity_word(diagnostic.severity), diagnostic.code);
        text += &format!("| {word} | {code} | {} | {} |\n", cell(&place), cell(&diagnostic.message));
    }
    text
}

fn annotation(diagnostic: &Diagnostic, map: &SourceMap) -> String {
    let word = match diagnostic.severity {
        Severity::Note => "notice",
        other => severity_word(other),
    };
    let mut message = diagnostic.message.clone();
    for more in diagnostic.notes.iter().chain(&diagnostic.help) {
        message.push('\n');
        message.push_str(more);
    }
    let (place, code) = (place(diagnostic, map), diagnostic.code);
    format!("::{word} {place}title={code}::{}", data(&message))
}

fn place(diagnostic: &Diagnostic, map: &SourceMap) -> String {
    let span = diagnostic.span();
    let (Some((id, start)), Some((_, end))) = (map.line_column(span.start), map.line_column(span.end)) else {
        return String::new();
    };
    let name = map.file(id).map(|file| property(&file.name)).unwrap_or_default();
    let columns = if start.line == end.line {
        // GitHub's end column is the last one that is meant.
        format!(",col={},endColumn={}", start.column, end.column.saturating_sub(1).max(start.column))
    } else {
        String::new()
    };
    format!("file={name},line={},endLine={}{columns},", start.line, end.line)
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
