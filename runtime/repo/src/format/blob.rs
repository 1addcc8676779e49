//! Blobs: chunks of data, nodes and lists, sealed one by one.

/// What a blob holds. The numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BlobKind {
    /// Bytes of a file.
    Data,
    /// Entries of a folder, in two parts: links under K_map, then the body under the session key.
    Node,
    /// Ids of chunks, nodes or further lists, all under K_map.
    List,
}

/// How a blob was compressed before it was sealed. The numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Codec {
    /// Not at all.
    Raw,
    /// zstd, one frame.
    Zstd,
}

impl BlobKind {
    /// As stored.
    pub fn number(self) -> u8 {
        match self {
            Self::Data => 0,
            Self::Node => 1,
            Self::List => 2,
        }
    }

    /// From what is stored.
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Data, Self::Node, Self::List].into_iter().find(|kind| kind.number() == number)
    }
}

impl Codec {
    /// As stored.
    pub fn number(self) -> u8 {
        match self {
            Self::Raw => 0,
            Self::Zstd => 1,
        }
    }

    /// From what is stored.
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Raw, Self::Zstd].into_iter().find(|codec| codec.number() == number)
    }
}
