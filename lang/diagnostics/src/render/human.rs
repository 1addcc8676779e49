//! For people: the message, the lines it is about with its labels, and what to do.

use std::fmt;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeCharacters, ThemeStyles};

use super::{severity_word, snippet};
use crate::{Diagnostic, FileId, Label, Severity, SourceMap};

/// How the text is made.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// With ANSI colours.
    pub color: bool,
    /// With lines and arrows beyond ASCII.
    pub unicode: bool,
    /// Where long text is broken, in columns.
    pub width_columns: usize,
}

impl Default for Style {
    /// Plain, for files and tests.
    fn default() -> Self {
        Self { color: false, unicode: true, width_columns: 120 }
    }
}

/// All of them, an empty line between two.
pub fn human(diagnostics: &[Diagnostic], map: &SourceMap, style: Style) -> String {
    let renderer = Renderer::new(map, style);
    let each: Vec<String> = diagnostics.iter().map(|diagnostic| renderer.one(diagnostic)).collect();
    each.join("\n")
}

/// One of them, with its new line.
pub fn human_one(diagnostic: &Diagnostic, map: &SourceMap, style: Style) -> String {
    Renderer::new(map, style).one(diagnostic)
}

/// Two lines must end within so many bytes of a label, or its lines are not drawn: nobody reads wider ones, and a
/// drawing pads with as many columns, of which there are 65,535 at most.
const WIDEST_BYTES: usize = 4_000;

struct Renderer<'m> {
    map: &'m SourceMap,
    handler: GraphicalReportHandler,
    style: Style,
}

impl<'m> Renderer<'m> {
    fn new(map: &'m SourceMap, style: Style) -> Self {
        let mut theme = GraphicalTheme::none();
        theme.characters = if style.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() };
        theme.styles = if style.color { ThemeStyles::ansi() } else { ThemeStyles::none() };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_links(false)
            .with_context_lines(1)
            .with_width(style.width_columns)
            .without_syntax_highlighting();
        Self { map, handler, style }
    }

    fn one(&self, diagnostic: &Diagnostic) -> String {
        let mut text = self.title(diagnostic);
        let is_wide = diagnostic.labels.iter().any(|label| self.is_wide(label));
        text.push_str(&if is_wide { self.named_places(diagnostic) } else { self.snippets(diagnostic) });
        for note in &diagnostic.notes {
            self.line(&mut text, "", note);
        }
        if let Some(help) = &diagnostic.help {
            self.line(&mut text, "help: ", help);
        }
        for fix in &diagnostic.fixes {
            let by_itself = if fix.safe { " (`check --fix` does)" } else { "" };
            self.line(&mut text, "fix: ", &format!("{}{by_itself}", fix.title));
        }
        text
    }

    fn title(&self, diagnostic: &Diagnostic) -> String {
        let Diagnostic { severity, code, message, .. } = diagnostic;
        let word = severity_word(*severity);
        if !self.style.color {
            return format!("{word}[{code}]: {message}\n");
        }
        let color = match severity {
            Severity::Error => "31",
            Severity::Warning => "33",
            Severity::Note => "36",
        };
        format!("\x1b[1;{color}m{word}[{code}]\x1b[0m\x1b[1m: {message}\x1b[0m\n")
    }

    fn line(&self, text: &mut String, word: &str, content: &str) {
        for (at, line) in content.lines().enumerate() {
            let lead =
                if at == 0 { format!("   = {word}") } else { format!("     {}", " ".repeat(word.len())) };
            text.push_str(&lead);
            text.push_str(line);
            text.push('\n');
        }
    }

    /// Whether a line at a label, or one beside it, is too long to be drawn.
    fn is_wide(&self, label: &Label) -> bool {
        let Some(file) = self.map.file_at(label.span.start).and_then(|id| self.map.file(id)) else {
            return false;
        };
        let text = file.text.as_bytes();
        let ends = |at: &u8| *at == b'\n';
        [label.span.start, label.span.end].into_iter().any(|offset| {
            let (before, after) = text.split_at((offset.saturating_sub(file.start) as usize).min(text.len()));
            let near_before = before.iter().rev().take(WIDEST_BYTES);
            let near_after = after.iter().take(WIDEST_BYTES);
            before.len() > WIDEST_BYTES && near_before.filter(|at| ends(at)).count() < 2
                || after.len() > WIDEST_BYTES && near_after.filter(|at| ends(at)).count() < 2
        })
    }

    /// The labels as places, for lines that are too long to be drawn.
    fn named_places(&self, diagnostic: &Diagnostic) -> String {
        let mut text = String::new();
        for label in &diagnostic.labels {
            let Some((id, at)) = self.map.line_column(label.span.start) else { continue };
            let name = self.map.file(id).map(|file| file.name.as_str()).unwrap_or_default();
            let place = format!("{name}:{}:{}: {}", at.line, at.column, label.text);
            self.line(&mut text, "at ", place.trim_end_matches([' ', ':']));
        }
        text
    }

    /// The file of the primary label first, then the others.
    fn snippets(&self, diagnostic: &Diagnostic) -> String {
        let mut by_file: Vec<(Option<FileId>, Vec<LabeledSpan>)> = Vec::new();
        for (at, label) in diagnostic.labels.iter().enumerate() {
            let Some(labelled) = self.labelled(at == 0, label) else { continue };
            let file = self.map.file_at(label.span.start);
            match by_file.iter_mut().find(|(known, _)| *known == file) {
                Some((_, labels)) => labels.push(labelled),
                None => by_file.push((file, vec![labelled])),
            }
        }
        by_file.into_iter().map(|(_, labels)| self.snippet(labels)).collect()
    }

    /// miette writes a title of its own first; ours has been written, so that line goes.
    fn snippet(&self, labels: Vec<LabeledSpan>) -> String {
        let report = Report { lines: snippet::Lines(self.map), labels };
        let mut text = String::new();
        match self.handler.render_report(&mut text, &report) {
            Ok(()) => text.split_once('\n').map(|(_, rest)| rest.to_owned()).unwrap_or_default(),
            Err(_) => self.places(&report.labels),
        }
    }

    fn labelled(&self, primary: bool, label: &Label) -> Option<LabeledSpan> {
        let span = snippet::shown(self.map, label.span)?;
        let words = Some(label.text.clone()).filter(|text| !text.is_empty());
        let range = span.start as usize..span.end as usize;
        Some(if primary {
            LabeledSpan::new_primary_with_span(words, range)
        } else {
            LabeledSpan::new_with_span(words, range)
        })
    }

    /// Where nothing can be drawn, the places are said.
    fn places(&self, labels: &[LabeledSpan]) -> String {
        let place = |label: &LabeledSpan| {
            let (id, at) = self.map.line_column(label.offset() as u32)?;
            let name = &self.map.file(id)?.name;
            Some(format!("   at {name}:{}:{} {}\n", at.line, at.column, label.label().unwrap_or_default()))
        };
        labels.iter().filter_map(place).collect()
    }
}

/// What miette sees of a diagnostic: lines and labels, nothing else.
struct Report<'m> {
    lines: snippet::Lines<'m>,
    labels: Vec<LabeledSpan>,
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("report")
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.lines)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}
