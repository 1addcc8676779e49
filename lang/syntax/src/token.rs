//! What the text is cut into. The lexer is total: the ranges of the tokens of any text follow each other
//! without a gap, so the text is always the tokens put together.

use std::ops::Range;

/// Quotes of others, in families: what one of a family begins, the next of it ends.
pub(crate) const OTHER_QUOTES: [&[char]; 3] = [
    &['\'', '\u{2018}', '\u{2019}', '\u{201a}', '\u{2039}', '\u{203a}'],
    &['`', '\u{b4}'],
    &['"', '\u{201c}', '\u{201d}', '\u{201e}', '\u{ab}', '\u{bb}'],
];

/// Whether a text may begin or end with this, rightly or wrongly.
pub(crate) fn is_quote(character: char) -> bool {
    OTHER_QUOTES.iter().any(|family| family.contains(&character))
}

/// A piece of the text. Files are bounded, so 32 bits suffice for a place; a large file has millions of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    start: u32,
    end: u32,
}

impl Token {
    /// A token of this kind at these bytes.
    pub fn new(kind: Kind, range: Range<usize>) -> Self {
        Self { kind, start: range.start as u32, end: range.end as u32 }
    }

    /// Where it stands, in bytes from the start of the file.
    pub fn range(&self) -> Range<usize> {
        self.start()..self.end()
    }

    /// Where it begins, in bytes from the start of the file.
    pub fn start(&self) -> usize {
        self.start as usize
    }

    /// Where it ends, in bytes from the start of the file.
    pub fn end(&self) -> usize {
        self.end as usize
    }
}

/// Declares the kinds with a fixed spelling: the variant, its symbol in the grammar, its spelling.
macro_rules! kinds {
    (keywords { $($kw:ident $kw_symbol:literal $kw_text:literal)* }
     marks { $($mark:ident $mark_symbol:literal $mark_text:literal)* }) => {
        /// What a token is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Kind {
            /// Blanks and new lines, also a byte order mark.
            Space,
            /// `// ...`
            Comment,
            /// `/// ...`: documents what follows.
            Doc,
            /// `//! ...`: documents the file.
            FileDoc,
            /// `# ...`: a mistake, read as a comment.
            HashComment,
            /// `/* ... */`: a mistake, read as a comment.
            BlockComment,
            /// `;`: a mistake, read as nothing.
            Semicolon,
            /// What no token begins with; a mistake, read as nothing.
            Unknown,
            /// `orders`, `_private`.
            Name,
            /// `Duration`, `E0412`: begins with a capital.
            TypeName,
            /// All that begins with a digit: `8`, `30min`, `02:30`, `2027-01-31`, and what was meant so.
            Number,
            /// `"..."`.
            Text,
            /// `"..` up to the end of the line: a mistake, read as a text.
            OpenText,
            /// `"""..."""`.
            LongText,
            /// `"""..` up to the end of the file: a mistake, read as a text.
            OpenLongText,
            /// A text in the quotes of others, such as `'...'`: a mistake, read as a text.
            OtherQuotes,
            /// A bracket that was left out, of no bytes; made when brackets are matched, never by the lexer.
            MissingOpen(Bracket),
            /// As above.
            MissingClose(Bracket),
            /// A closing bracket that nothing opened.
            StrayClose(Bracket),
            /// A `:` at the start of a line: no label stands before it. Made by layout, never by the lexer.
            LineColon,
            /// A `..` at the start of a line: a spread, not the middle of a range. Made by layout, never by the lexer.
            LineDotDot,
            /// A `.` at the end of a line: no name follows it. Made by layout, never by the lexer.
            LineDot,
            $(#[doc = concat!("`", $kw_text, "`")] $kw,)*
            $(#[doc = concat!("`", $mark_text, "`")] $mark,)*
        }

        /// Every keyword with its spelling.
        pub const KEYWORDS: &[(Kind, &str)] = &[$((Kind::$kw, $kw_text),)*];

        impl Kind {
            /// The kind of a word that begins with a small letter or `_`.
            pub(crate) fn of_word(word: &str) -> Self {
                match word { $($kw_text => Self::$kw,)* _ => Self::Name }
            }

            /// The symbol that stands for the kind in the grammar; nothing for what the grammar does not see.
            pub(crate) fn symbol(self) -> Option<u8> {
                match self {
                    $(Self::$kw => Some($kw_symbol),)*
                    $(Self::$mark => Some($mark_symbol),)*
                    _ => self.symbol_of_class(),
                }
            }

            /// How the kind is spelt, where it always is the same.
            pub fn spelling(self) -> Option<&'static str> {
                match self { $(Self::$kw => Some($kw_text),)* $(Self::$mark => Some($mark_text),)* _ => None }
            }

            /// Whether it is a keyword.
            pub fn is_keyword(self) -> bool {
                matches!(self, $(Self::$kw)|*)
            }
        }
    };
}

/// The three pairs of brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bracket {
    /// `( )`
    Round,
    /// `[ ]`
    Square,
    /// `{ }`
    Brace,
}

impl Bracket {
    /// The opening one as text.
    pub fn open(self) -> &'static str {
        match self {
            Self::Round => "(",
            Self::Square => "[",
            Self::Brace => "{",
        }
    }

    /// The closing one as text.
    pub fn close(self) -> &'static str {
        match self {
            Self::Round => ")",
            Self::Square => "]",
            Self::Brace => "}",
        }
    }
}

kinds! {
    keywords {
        Edition b'A' "edition"
        Policy b'B' "policy"
        Use b'C' "use"
        Param b'D' "param"
        Secret b'E' "secret"
        Host b'F' "host"
        Source b'G' "source"
        Repo b'H' "repo"
        Sandbox b'I' "sandbox"
        Channel b'J' "channel"
        Probe b'K' "probe"
        Objective b'L' "objective"
        Pool b'M' "pool"
        Estate b'N' "estate"
        Pipeline b'O' "pipeline"
        Workflow b'P' "workflow"
        Machine b'Q' "machine"
        Test b'R' "test"
        Moved b'S' "moved"
        Stage b'T' "stage"
        Verb b'U' "verb"
        Constructor b'V' "constructor"
        Type b'W' "type"
        Enum b'X' "enum"
        Let b'Y' "let"
        Allow b'Z' "allow"
        Step b'a' "step"
        Parallel b'b' "parallel"
        Sequential b'c' "sequential"
        Auto b'd' "auto"
        Group b'e' "group"
        Bracket b'f' "bracket"
        For b'g' "for"
        Finally b'h' "finally"
        On b'i' "on"
        Given b'j' "given"
        Expect b'k' "expect"
        Start b'l' "start"
        State b'm' "state"
        Final b'o' "final"
        After b'p' "after"
        When b'q' "when"
        Within b'r' "within"
        Undo b's' "undo"
        As b't' "as"
        Where b'u' "where"
        In b'v' "in"
        Until b'w' "until"
        And b'x' "and"
        Or b'y' "or"
        Not b'z' "not"
        True b'1' "true"
        False b'2' "false"
    }
    marks {
        OpenRound b'(' "("
        CloseRound b')' ")"
        OpenSquare b'[' "["
        CloseSquare b']' "]"
        OpenBrace b'{' "{"
        CloseBrace b'}' "}"
        Comma b',' ","
        Colon b':' ":"
        Dot b'.' "."
        DotDot b'_' ".."
        Equal b'=' "="
        EqualEqual b'&' "=="
        NotEqual b'!' "!="
        Less b'<' "<"
        LessEqual b'%' "<="
        Greater b'>' ">"
        GreaterEqual b'#' ">="
        Plus b'+' "+"
        Minus b'-' "-"
        Star b'*' "*"
        Slash b'/' "/"
        Question b'?' "?"
        Bar b'|' "|"
        Arrow b'^' "->"
        FatArrow b'@' "=>"
        Chain b'~' "|>"
        AndAnd b'6' "&&"
        OrOr b'7' "||"
        Bang b'8' "!"
    }
}

impl Kind {
    fn symbol_of_class(self) -> Option<u8> {
        match self {
            Self::Name => Some(b'n'),
            Self::TypeName => Some(b'5'),
            Self::LineColon => Some(b';'),
            Self::LineDot => Some(b'$'),
            Self::LineDotDot => Some(b'"'),
            Self::Number => Some(b'0'),
            Self::Text | Self::OpenText | Self::LongText | Self::OpenLongText | Self::OtherQuotes => {
                Some(b'9')
            }
            Self::MissingClose(Bracket::Round) => Some(b')'),
            Self::MissingClose(Bracket::Square) => Some(b']'),
            Self::MissingClose(Bracket::Brace) => Some(b'}'),
            Self::MissingOpen(Bracket::Round) => Some(b'('),
            Self::MissingOpen(Bracket::Square) => Some(b'['),
            Self::MissingOpen(Bracket::Brace) => Some(b'{'),
            _ => None,
        }
    }

    /// Whether the grammar passes over it: blanks, comments, and what the lexer has already reported.
    pub fn is_trivia(self) -> bool {
        matches!(
            self,
            Self::Space
                | Self::Comment
                | Self::Doc
                | Self::FileDoc
                | Self::HashComment
                | Self::BlockComment
                | Self::Semicolon
                | Self::Unknown
                | Self::StrayClose(_)
        )
    }

    /// Whether it is a text in quotes of any kind.
    pub fn is_text(self) -> bool {
        self.symbol() == Some(b'9')
    }

    /// Whether it could be read as the name of something: a name or a keyword.
    pub fn is_word(self) -> bool {
        self == Self::Name || self.is_keyword()
    }

    /// Whether it is a keyword that begins a declaration.
    pub(crate) fn declares(self) -> bool {
        self.symbol().is_some_and(|symbol| symbol.is_ascii_uppercase())
    }

    /// Whether it is a keyword behind which a new name stands: what is declared, or what a part of a body or a used
    /// file is called.
    pub fn binds_name(self) -> bool {
        let declares = self.declares()
            && !matches!(self, Self::Edition | Self::Use | Self::Test | Self::Moved | Self::Allow);
        declares || matches!(self, Self::Step | Self::State | Self::Final | Self::As)
    }

    /// The bracket that it opens.
    pub(crate) fn opens(self) -> Option<Bracket> {
        match self {
            Self::OpenRound => Some(Bracket::Round),
            Self::OpenSquare => Some(Bracket::Square),
            Self::OpenBrace => Some(Bracket::Brace),
            _ => None,
        }
    }

    /// The bracket that it closes.
    pub(crate) fn closes(self) -> Option<Bracket> {
        match self {
            Self::CloseRound => Some(Bracket::Round),
            Self::CloseSquare => Some(Bracket::Square),
            Self::CloseBrace => Some(Bracket::Brace),
            _ => None,
        }
    }
}
