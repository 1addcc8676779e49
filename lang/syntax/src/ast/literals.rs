//! Literals, already read.

use mainstay_diagnostics::Span;

use super::Expr;

/// A literal that is not a text, already read. The parser has reported what cannot be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Literal {
    /// The value.
    pub value: LiteralValue,
    /// Where.
    pub span: Span,
}

/// Values of literals in base units.
#[derive(Debug, Clone, PartialEq)]
pub enum LiteralValue {
    /// `8`, `1_000`.
    Int(i64),
    /// `0.5`: value and digits as written.
    Decimal(f64, String),
    /// `true`.
    Bool(bool),
    /// `500ms`, `2h`: milliseconds.
    Duration(u64),
    /// `1mo`, `1y`: months.
    Period(u32),
    /// `80GiB`: bytes.
    Bytes(u64),
    /// `25MiB/s`, `200Mbit/s`: bits a second.
    Rate(u64),
    /// `5%`, `0.5%`: millionths of the whole (5% is 50_000).
    Percent(u64),
    /// `02:30`: minutes after midnight.
    Time(u16),
    /// `22:00..06:00`: minutes after midnight, start and end; may cross midnight.
    Window(u16, u16),
    /// `2027-01-31`.
    Date {
        /// Year.
        year: i16,
        /// 1 to 12.
        month: u8,
        /// 1 to 31.
        day: u8,
    },
    /// A code, as in `allow W1203`, `explain`.
    Code(String),
    /// Written wrongly (`1m`, `10G`, `5mb`); reported.
    Bad,
}

/// A text literal in pieces.
#[derive(Debug, Clone, PartialEq)]
pub struct TextLit {
    /// Pieces in order; one `Raw` when nothing is interpolated.
    pub parts: Vec<TextPart>,
    /// With the quotes.
    pub span: Span,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq)]
pub enum TextPart {
    /// Text with its escapes resolved.
    Raw(String),
    /// `${env}`.
    Interpolated(Expr),
}

impl TextLit {
    /// The text, when nothing is interpolated.
    pub fn plain(&self) -> Option<String> {
        self.parts
            .iter()
            .map(|part| if let TextPart::Raw(raw) = part { Some(raw.as_str()) } else { None })
            .collect()
    }
}
