//! Patterns that choose a part of a tree.
//!
//! A pattern is a path below the snapshot's top, component by component: `*` is any run of bytes of a name, `?`
//! any one byte, `**` any number of folders. A folder that is chosen is chosen with all that is in it. Paths
//! are bytes; `\` takes the next byte as it is.

use std::collections::BTreeSet;

/// Patterns, compiled. None means everything.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    patterns: Vec<Vec<Part>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// `**`
    Folders,
    Name(Vec<Glyph>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Glyph {
    Any,
    One,
    Byte(u8),
}

/// How far each pattern has come on the way to a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reach {
    /// All below is chosen.
    All,
    /// Pairs of pattern and part that comes next.
    Open(BTreeSet<(usize, usize)>),
}

/// What the patterns say of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Chosen; a folder with all below it.
    Chosen,
    /// Not itself, but something below may be.
    OnTheWay(Reach),
    /// Neither.
    Out,
}

impl Selection {
    /// Of patterns; leading, trailing and doubled slashes mean nothing. An empty pattern is everything.
    pub fn new(patterns: &[Vec<u8>]) -> Self {
        Self { patterns: patterns.iter().map(|pattern| parts(pattern)).collect() }
    }

    /// At the top.
    pub(crate) fn top(&self) -> Reach {
        if self.patterns.is_empty() {
            return Reach::All;
        }
        let mut reach = BTreeSet::new();
        for (number, _) in self.patterns.iter().enumerate() {
            self.advance(number, 0, &mut reach);
        }
        if self.is_end(&reach) { Reach::All } else { Reach::Open(reach) }
    }

    /// An entry of a folder that is reached so far.
    pub(crate) fn judge(&self, reach: &Reach, name: &[u8], folder: bool) -> Verdict {
        let Reach::Open(open) = reach else { return Verdict::Chosen };
        let mut next = BTreeSet::new();
        for (pattern, part) in open {
            match self.part(*pattern, *part) {
                Some(Part::Folders) if folder => self.advance(*pattern, *part, &mut next),
                Some(Part::Name(glyphs)) if matches(glyphs, name) => {
                    self.advance(*pattern, part + 1, &mut next);
                }
                _ => {}
            }
        }
        match () {
            () if self.is_end(&next) => Verdict::Chosen,
            () if folder && !next.is_empty() => Verdict::OnTheWay(Reach::Open(next)),
            () => Verdict::Out,
        }
    }

    fn part(&self, pattern: usize, part: usize) -> Option<&Part> {
        self.patterns.get(pattern)?.get(part)
    }

    /// Adds a position, and where `**` may be nothing, the one behind it.
    fn advance(&self, pattern: usize, part: usize, reach: &mut BTreeSet<(usize, usize)>) {
        let mut at = part;
        reach.insert((pattern, at));
        while self.part(pattern, at) == Some(&Part::Folders) {
            at += 1;
            reach.insert((pattern, at));
        }
    }

    fn is_end(&self, reach: &BTreeSet<(usize, usize)>) -> bool {
        reach.iter().any(|(pattern, part)| self.part(*pattern, *part).is_none())
    }
}

fn parts(pattern: &[u8]) -> Vec<Part> {
    let names = pattern.split(|byte| *byte == b'/').filter(|name| !name.is_empty());
    names.map(|name| if name == b"**" { Part::Folders } else { Part::Name(glyphs(name)) }).collect()
}

fn glyphs(name: &[u8]) -> Vec<Glyph> {
    let mut bytes = name.iter().copied();
    let mut glyphs = Vec::with_capacity(name.len());
    while let Some(byte) = bytes.next() {
        glyphs.push(match byte {
            b'*' => Glyph::Any,
            b'?' => Glyph::One,
            b'\\' => Glyph::Byte(bytes.next().unwrap_or(b'\\')),
            byte => Glyph::Byte(byte),
        });
    }
    glyphs
}

/// Whether glyphs match a whole name. Goes back only to the last `*`, so it takes no more than their product.
fn matches(glyphs: &[Glyph], name: &[u8]) -> bool {
    let (mut glyph, mut byte) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    loop {
        match (glyphs.get(glyph), name.get(byte)) {
            (None, None) => return true,
            (Some(Glyph::Any), _) => {
                back = Some((glyph, byte));
                glyph += 1;
            }
            (Some(Glyph::One), Some(_)) => (glyph, byte) = (glyph + 1, byte + 1),
            (Some(Glyph::Byte(wanted)), Some(found)) if wanted == found => {
                (glyph, byte) = (glyph + 1, byte + 1)
            }
            _ => match back {
                Some((star, from)) if from < name.len() => {
                    back = Some((star, from + 1));
                    (glyph, byte) = (star + 1, from + 1);
                }
                _ => return false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a path (its last part no folder) is chosen, walking down as a restore does.
    fn chosen(patterns: &[&str], path: &str) -> bool {
        let patterns: Vec<Vec<u8>> = patterns.iter().map(|text| text.as_bytes().to_vec()).collect();
        let selection = Selection::new(&patterns);
        let mut reach = selection.top();
        let names: Vec<&str> = path.split('/').collect();
        for (number, name) in names.iter().enumerate() {
            match selection.judge(&reach, name.as_bytes(), number + 1 < names.len()) {
                Verdict::Chosen => return true,
                Verdict::OnTheWay(next) => reach = next,
                Verdict::Out => return false,
            }
        }
        false
    }

    #[test]
    fn patterns_choose_what_they_say() {
        for (patterns, path, expected) in [
            (&[][..], "a/b", true),
            (&["a"][..], "a/b/c", true),
            (&["/a/b/"][..], "a/b/c", true),
            (&["a/b"][..], "a/c", false),
            (&["a/b"][..], "b", false),
            (&["*.txt"][..], "x.txt", true),
            (&["*.txt"][..], "a/x.txt", false),
            (&["**/*.txt"][..], "x.txt", true),
            (&["**/*.txt"][..], "a/b/x.txt", true),
            (&["a/**/z"][..], "a/z", true),
            (&["a/**/z"][..], "a/b/c/z", true),
            (&["a/**/z"][..], "b/z", false),
            (&["**"][..], "a/b", true),
            (&[""][..], "a", true),
            (&["n", "m"][..], "m", true),
            (&["a?c"][..], "abc", true),
            (&["a?c"][..], "ac", false),
            (&[r"a\*"][..], "a*", true),
            (&[r"a\*"][..], "ab", false),
            (&["*a*b*"][..], "xxaxxbxx", true),
            (&["*a*b*"][..], "xxbxxaxx", false),
        ] {
            assert_eq!(chosen(patterns, path), expected, "{patterns:?} {path}");
        }
    }

    #[test]
    fn names_of_any_bytes_match() {
        let selection = Selection::new(&[b"\xff?\n*".to_vec()]);
        assert_eq!(selection.judge(&selection.top(), b"\xff\xfe\nrest", false), Verdict::Chosen);
    }

    #[test]
    fn many_stars_take_no_time() {
        let selection = Selection::new(&["*a".repeat(100).into_bytes()]);
        assert_eq!(selection.judge(&selection.top(), &[b'b'; 1000], false), Verdict::Out);
    }
}
