//! Where the bytes of a file's content belong in the file: content is the data without the holes.

use mainstay_world::tree::Extent;

use crate::format::node::NodeEntry;

/// The stretches of data of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    /// For each stretch: where it begins in the content, and in the file. In order; nothing for a file without
    /// holes.
    starts: Vec<(u64, u64)>,
    /// Bytes of content, where the extents say.
    pub content_bytes: Option<u64>,
}

/// A piece of content and where it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    /// From the beginning of what was given, in bytes.
    pub from: usize,
    /// In bytes.
    pub length: usize,
    /// In the file.
    pub to: u64,
}

impl Layout {
    /// Of an entry; nothing if its extents contradict its size.
    pub(crate) fn of(entry: &NodeEntry) -> Option<Self> {
        if entry.extents.is_empty() {
            return Some(Self { starts: Vec::new(), content_bytes: None });
        }
        let (mut content, mut file) = (0_u64, 0_u64);
        let mut starts = Vec::new();
        for extent in &entry.extents {
            match *extent {
                Extent::Data(length) => {
                    starts.push((content, file));
                    content = content.checked_add(length)?;
                    file = file.checked_add(length)?;
                }
                Extent::Hole(length) => file = file.checked_add(length)?,
            }
        }
        (file == entry.size).then_some(Self { starts, content_bytes: Some(content) })
    }

    /// Whether the file has holes.
    pub(crate) fn has_holes(&self) -> bool {
        self.content_bytes.is_some()
    }

    /// Where `length` bytes at `at` in the content go. They must lie within the content.
    pub(crate) fn pieces(&self, at: u64, length: usize) -> Vec<Piece> {
        if self.starts.is_empty() {
            return vec![Piece { from: 0, length, to: at }];
        }
        let end = at.saturating_add(length as u64);
        let first = self.starts.partition_point(|(content, _)| *content <= at).saturating_sub(1);
        let stretches = self.starts.get(first..).unwrap_or_default();
        let ends = stretches.iter().skip(1).map(|(content, _)| *content).chain([u64::MAX]);
        let within = stretches.iter().zip(ends).take_while(|((content, _), _)| *content < end);
        let piece = |((content, file), stretch_end): (&(u64, u64), u64)| {
            let from = at.max(*content);
            let to = end.min(stretch_end);
            let length = usize::try_from(to.checked_sub(from)?).ok()?;
            let offset = usize::try_from(from - at).ok()?;
            (length > 0).then(|| Piece { from: offset, length, to: file + (from - content) })
        };
        within.filter_map(piece).collect()
    }
}

#[cfg(test)]
mod tests {
    use mainstay_world::tree::Kind;
    use proptest::prelude::*;

    use super::*;

    fn entry(extents: Vec<Extent>, size: u64) -> NodeEntry {
        NodeEntry {
            name: b"f".to_vec(),
            kind: Kind::File,
            mode: 0,
            uid: 0,
            gid: 0,
            size,
            mtime: Default::default(),
            rdev: (0, 0),
            link: None,
            details: Default::default(),
            content: Default::default(),
            extents,
        }
    }

    #[test]
    fn without_holes_content_and_file_are_one() {
        let layout = Layout::of(&entry(vec![], 10)).unwrap();
        assert_eq!(layout.pieces(3, 4), [Piece { from: 0, length: 4, to: 3 }]);
        assert!(!layout.has_holes());
    }

    #[test]
    fn extents_that_contradict_the_size_are_no_layout() {
        assert_eq!(Layout::of(&entry(vec![Extent::Data(3)], 4)), None);
        assert_eq!(Layout::of(&entry(vec![Extent::Data(u64::MAX), Extent::Hole(2)], 1)), None);
    }

    proptest! {
        #[test]
        fn each_byte_of_content_goes_where_its_extent_says(
            extents in proptest::collection::vec((any::<bool>(), 0..20_u64), 1..12),
            cut in 1..9_usize,
        ) {
            let extents: Vec<Extent> =
                extents.into_iter().map(|(data, n)| if data { Extent::Data(n) } else { Extent::Hole(n) }).collect();
            let mut expected = Vec::new();
            let mut at = 0;
            for extent in &extents {
                match extent {
                    Extent::Data(n) => { expected.extend(at..at + n); at += n; }
                    Extent::Hole(n) => at += n,
                }
            }
            let layout = Layout::of(&entry(extents, at)).unwrap();
            prop_assert_eq!(layout.content_bytes, Some(expected.len() as u64));
            let mut got = Vec::new();
            for (number, part) in expected.chunks(cut).enumerate() {
                let mut seen = 0;
                for piece in layout.pieces((number * cut) as u64, part.len()) {
                    prop_assert_eq!(piece.from, seen);
                    seen += piece.length;
                    got.extend(piece.to..piece.to + piece.length as u64);
                }
                prop_assert_eq!(seen, part.len());
            }
            prop_assert_eq!(got, expected);
        }
    }
}
