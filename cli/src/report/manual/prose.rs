//! What authors write above their declarations: paragraphs, with words and blocks of code.

/// A piece of a documentation.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    /// A paragraph.
    Text(Vec<Run>),
    /// Lines between fences, as they are.
    Code(String),
}

/// A stretch of a paragraph.
#[derive(Debug, PartialEq, Eq)]
pub struct Run {
    /// What it says.
    pub text: String,
    /// Whether it stood in backticks.
    pub code: bool,
}

/// The pieces of some `///` lines.
pub fn prose(lines: &[String]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut paragraph = String::new();
    let mut code: Option<String> = None;
    for line in lines.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)) {
        match (&mut code, line.trim_start().starts_with("```")) {
            (Some(_), true) => pieces.extend(code.take().map(Piece::Code)),
            (Some(code), false) => *code += &format!("{line}\n"),
            (None, true) => {
                end(&mut paragraph, &mut pieces);
                code = Some(String::new());
            }
            (None, false) if line.trim().is_empty() => end(&mut paragraph, &mut pieces),
            (None, false) => paragraph += &format!("{} ", line.trim()),
        }
    }
    end(&mut paragraph, &mut pieces);
    pieces.extend(code.map(Piece::Code));
    pieces
}

fn end(paragraph: &mut String, pieces: &mut Vec<Piece>) {
    let text = std::mem::take(paragraph);
    if !text.trim().is_empty() {
        pieces.push(Piece::Text(runs(text.trim())));
    }
}

fn runs(text: &str) -> Vec<Run> {
    // A backtick that nothing closes is a backtick.
    let pairs = text.matches('`').count() / 2;
    let mut found = Vec::new();
    for (number, part) in text.splitn(pairs * 2 + 1, '`').enumerate() {
        if !part.is_empty() {
            found.push(Run { text: part.to_owned(), code: number % 2 == 1 });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn paragraphs_words_and_blocks_are_told_apart() {
        let pieces = prose(&lines(" One `two`\n three`.\n\n ```policy\n a < b\n ```\n Last"));
        let run = |text: &str, code| Run { text: text.to_owned(), code };
        let first = vec![run("One ", false), run("two", true), run(" three`.", false)];
        let code = Piece::Code("a < b\n".to_owned());
        assert_eq!(pieces, [Piece::Text(first), code, Piece::Text(vec![run("Last", false)])]);
    }

    #[test]
    fn an_open_fence_loses_nothing() {
        assert_eq!(prose(&lines("```\nx")), [Piece::Code("x\n".to_owned())]);
        assert_eq!(prose(&[]), []);
    }
}
