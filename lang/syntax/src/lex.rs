//! The lexer: one pass over the bytes, total, without look-back.

use crate::token::{Kind, OTHER_QUOTES, Token};

mod number;

/// Cuts a text into tokens; their ranges follow each other from the first byte to the last.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::with_capacity(text.len() / 4);
    found.extend(Lexer::new(text));
    found
}

/// The tokens of a text, one after the other.
pub(crate) struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let start = self.at;
        (start < self.text.len()).then(|| Token::new(self.kind(), start..self.at))
    }
}

impl<'t> Lexer<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Goes behind the next token.
    fn kind(&mut self) -> Kind {
        match self.byte(0) {
            b' ' | b'\t' | b'\n' | b'\r' => self.space(),
            b'/' if self.byte(1) == b'/' => self.comment(),
            b'/' if self.byte(1) == b'*' && !self.ends_a_pattern() => self.block_comment(),
            b'#' => self.line(Kind::HashComment),
            b'a'..=b'z' | b'_' => self.word(),
            b'A'..=b'Z' => self.type_name(),
            b'0'..=b'9' => {
                self.at += number::length(self.rest());
                Kind::Number
            }
            b'"' if self.rest().starts_with("\"\"\"") => self.long_text(),
            b'"' => self.text(),
            b'`' if self.rest().starts_with("```") => self.line(Kind::Unknown),
            b'\'' | b'`' | 0x80.. => self.other_quotes().unwrap_or_else(|| self.mark()),
            _ => self.mark(),
        }
    }

    fn space(&mut self) -> Kind {
        self.skip_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        Kind::Space
    }

    fn skip_while(&mut self, wanted: impl Fn(u8) -> bool) {
        let rest = self.rest().as_bytes();
        self.at += rest.iter().position(|byte| !wanted(*byte)).unwrap_or(rest.len());
    }

    /// To the end of the line; a carriage return before the line feed is left outside.
    fn line(&mut self, kind: Kind) -> Kind {
        let rest = self.rest();
        let line = rest.split('\n').next().unwrap_or(rest);
        self.at += line.strip_suffix('\r').unwrap_or(line).len();
        kind
    }

    fn comment(&mut self) -> Kind {
        let rest = self.rest();
        let kind = match rest.as_bytes().get(2) {
            Some(b'!') => Kind::FileDoc,
            Some(b'/') if rest.as_bytes().get(3) != Some(&b'/') => Kind::Doc,
            _ => Kind::Comment,
        };
        self.line(kind)
    }

    /// In `Downloads/**"]`, whose quote before it is missing, no comment begins, which would take the rest of the file.
    fn ends_a_pattern(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|before| self.text.as_bytes().get(before));
        let is_glued = before.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_*".contains(byte));
        is_glued && !self.rest().lines().next().is_some_and(|line| line.contains("*/"))
    }

    fn block_comment(&mut self) -> Kind {
        let rest = self.rest();
        self.at += rest.get(2..).and_then(|body| body.find("*/")).map_or(rest.len(), |end| end + 4);
        Kind::BlockComment
    }

    fn word(&mut self) -> Kind {
        let start = self.at;
        self.skip_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        Kind::of_word(self.text.get(start..self.at).unwrap_or_default())
    }

    fn type_name(&mut self) -> Kind {
        self.skip_while(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        Kind::TypeName
    }

    fn long_text(&mut self) -> Kind {
        let rest = self.rest();
        match rest.get(3..).and_then(|body| body.find("\"\"\"")) {
            Some(end) => {
                self.at += end + 6;
                Kind::LongText
            }
            None => {
                self.at += rest.len();
                Kind::OpenLongText
            }
        }
    }

    fn text(&mut self) -> Kind {
        let mut bytes = self.rest().bytes().enumerate().skip(1);
        while let Some((at, byte)) = bytes.next() {
            match byte {
                b'"' => {
                    self.at += at + 1;
                    return Kind::Text;
                }
                b'\n' => break,
                // The escaped byte is passed over; a new line ends the text all the same.
                b'\\' if self.byte(at + 1) != b'\n' => drop(bytes.next()),
                _ => {}
            }
        }
        self.open_text()
    }

    /// A text without its second quote ends with its line. Closing brackets and commas at the very end of the line are
    /// left to their owners, so that one forgotten quote is one mistake.
    fn open_text(&mut self) -> Kind {
        let rest = self.rest();
        let line = rest.split('\n').next().unwrap_or(rest);
        let body = line.trim_end_matches([')', ']', '}', ',', ' ', '\t', '\r']);
        self.at += body.len().max(1);
        Kind::OpenText
    }

    /// A text in the quotes of another language, or of a word processor.
    fn other_quotes(&mut self) -> Option<Kind> {
        let mut characters = self.rest().char_indices();
        let (_, first) = characters.next()?;
        let family = OTHER_QUOTES.iter().find(|family| family.contains(&first))?;
        // To the next of them, or the end of the line, whichever comes first: so each line is looked through once for
        // each family at most.
        let end = characters.find(|(_, next)| *next == '\n' || family.contains(next));
        match end.filter(|(_, end)| *end != '\n') {
            Some((at, end)) => {
                self.at += at + end.len_utf8();
                Some(Kind::OtherQuotes)
            }
            None => {
                self.at += first.len_utf8();
                Some(Kind::Unknown)
            }
        }
    }

    fn mark(&mut self) -> Kind {
        if let Some(kind) = two_byte_mark(self.byte(0), self.byte(1)) {
            self.at += 2;
            return kind;
        }
        if let Some(kind) = one_byte_mark(self.byte(0)) {
            self.at += 1;
            return kind;
        }
        let first = self.rest().chars().next();
        let byte_order_mark = self.at == 0 && first == Some('\u{feff}');
        self.at += first.map_or(1, char::len_utf8);
        if byte_order_mark { Kind::Space } else { Kind::Unknown }
    }
}

fn two_byte_mark(first: u8, second: u8) -> Option<Kind> {
    Some(match (first, second) {
        (b'|', b'>') => Kind::Chain,
        (b'-', b'>') => Kind::Arrow,
        (b'=', b'>') => Kind::FatArrow,
        (b'=', b'=') => Kind::EqualEqual,
        (b'!', b'=') => Kind::NotEqual,
        (b'<', b'=') => Kind::LessEqual,
        (b'>', b'=') => Kind::GreaterEqual,
        (b'.', b'.') => Kind::DotDot,
        (b'&', b'&') => Kind::AndAnd,
        (b'|', b'|') => Kind::OrOr,
        _ => return None,
    })
}

fn one_byte_mark(byte: u8) -> Option<Kind> {
    Some(match byte {
        b'(' => Kind::OpenRound,
        b')' => Kind::CloseRound,
        b'[' => Kind::OpenSquare,
        b']' => Kind::CloseSquare,
        b'{' => Kind::OpenBrace,
        b'}' => Kind::CloseBrace,
        b',' => Kind::Comma,
        b':' => Kind::Colon,
        b'.' => Kind::Dot,
        b'=' => Kind::Equal,
        b'<' => Kind::Less,
        b'>' => Kind::Greater,
        b'+' => Kind::Plus,
        b'-' => Kind::Minus,
        b'*' => Kind::Star,
        b'/' => Kind::Slash,
        b'?' => Kind::Question,
        b'|' => Kind::Bar,
        b'!' => Kind::Bang,
        b';' => Kind::Semicolon,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
