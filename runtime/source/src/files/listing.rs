//! The names of a folder, in order, in one piece of memory.

use std::ffi::CStr;
use std::os::fd::AsFd;

use rustix::fs::{FileType, RawDir};
use rustix::io::Errno;

/// Room for one answer of the kernel: about a thousand names.
const BUFFER_BYTES: usize = 32 * 1024;

/// The names of one folder, sorted by their bytes.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Names, each ended by a zero byte.
    bytes: Vec<u8>,
    slots: Vec<Slot>,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    /// The first eight bytes, so that most comparisons need no look at the name.
    prefix: u64,
    start: u32,
    /// Without the zero byte.
    length: u16,
    is_folder: bool,
}

/// The buffer that the kernel fills, used for folder after folder.
pub(super) struct Lister {
    buffer: Vec<u8>,
}

impl Lister {
    pub(super) fn new() -> Self {
        Self { buffer: Vec::with_capacity(BUFFER_BYTES) }
    }

    /// Reads all names of an open folder.
    pub(super) fn read(&mut self, folder: impl AsFd) -> Result<Listing, Errno> {
        let mut listing = Listing::default();
        let mut entries = RawDir::new(folder, self.buffer.spare_capacity_mut());
        while let Some(entry) = entries.next() {
            let entry = entry?;
            let name = entry.file_name();
            if name != c"." && name != c".." {
                listing.push(name, entry.file_type() == FileType::Directory)?;
            }
        }
        listing.sort();
        Ok(listing)
    }

    /// Whether an open folder has any entry.
    pub(super) fn is_empty(&mut self, folder: impl AsFd) -> Result<bool, Errno> {
        let mut entries = RawDir::new(folder, self.buffer.spare_capacity_mut());
        while let Some(entry) = entries.next() {
            let entry = entry?;
            if entry.file_name() != c"." && entry.file_name() != c".." {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Listing {
    /// Names that are known without asking the kernel.
    pub(super) fn of<'a>(names: impl Iterator<Item = &'a CStr>) -> Result<Self, Errno> {
        let mut listing = Self::default();
        for name in names {
            listing.push(name, false)?;
        }
        listing.sort();
        Ok(listing)
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// The name at a place, as the kernel wants it.
    pub(super) fn name(&self, place: usize) -> Option<&CStr> {
        let slot = self.slots.get(place)?;
        let start = slot.start as usize;
        CStr::from_bytes_with_nul(self.bytes.get(start..start + usize::from(slot.length) + 1)?).ok()
    }

    /// The name at a place, as bytes.
    pub(super) fn bytes(&self, place: usize) -> Option<&[u8]> {
        self.slots.get(place).and_then(|slot| self.slot_bytes(slot))
    }

    /// Whether the kernel said that it is a folder; it need not say.
    pub(super) fn is_folder(&self, place: usize) -> bool {
        self.slots.get(place).is_some_and(|slot| slot.is_folder)
    }

    pub(super) fn contains(&self, name: &[u8]) -> bool {
        self.slots.binary_search_by(|slot| self.slot_bytes(slot).unwrap_or_default().cmp(name)).is_ok()
    }

    /// Keeps these names only.
    pub(super) fn keep_only(&mut self, wanted: impl Fn(&[u8]) -> bool) {
        let bytes = &self.bytes;
        self.slots.retain(|slot| slice(bytes, slot).is_some_and(&wanted));
    }

    fn slot_bytes(&self, slot: &Slot) -> Option<&[u8]> {
        slice(&self.bytes, slot)
    }

    fn push(&mut self, name: &CStr, is_folder: bool) -> Result<(), Errno> {
        let bytes = name.to_bytes();
        let start = u32::try_from(self.bytes.len()).map_err(|_| Errno::OVERFLOW)?;
        let length = u16::try_from(bytes.len()).map_err(|_| Errno::NAMETOOLONG)?;
        self.slots.push(Slot { prefix: prefix(bytes), start, length, is_folder });
        self.bytes.extend_from_slice(name.to_bytes_with_nul());
        Ok(())
    }

    /// Sorts, and drops a name that the kernel gave twice because the folder changed meanwhile.
    fn sort(&mut self) {
        let bytes = &self.bytes;
        self.slots.sort_unstable_by(|a, b| {
            a.prefix.cmp(&b.prefix).then_with(|| slice(bytes, a).cmp(&slice(bytes, b)))
        });
        self.slots.dedup_by(|a, b| a.prefix == b.prefix && slice(bytes, a) == slice(bytes, b));
    }
}

fn slice<'a>(bytes: &'a [u8], slot: &Slot) -> Option<&'a [u8]> {
    let start = slot.start as usize;
    bytes.get(start..start + usize::from(slot.length))
}

/// The first eight bytes as a number that sorts as they do. Names hold no zero byte, so a short name sorts first.
fn prefix(name: &[u8]) -> u64 {
    let mut first = [0; 8];
    for (to, from) in first.iter_mut().zip(name) {
        *to = *from;
    }
    u64::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use std::ffi::CString;

    use proptest::prelude::*;

    use super::Listing;

    proptest! {
        #[test]
        fn names_come_in_the_order_of_their_bytes(names in proptest::collection::vec("[a-c\u{80}-\u{fff}]{1,12}", 0..40)) {
            let owned: Vec<CString> = names.iter().map(|name| CString::new(name.as_str()).unwrap()).collect();
            let listing = Listing::of(owned.iter().map(CString::as_c_str)).unwrap();
            let mut expected: Vec<&[u8]> = names.iter().map(|name| name.as_bytes()).collect();
            expected.sort_unstable();
            expected.dedup();
            let found: Vec<&[u8]> = (0..listing.len()).map(|place| listing.bytes(place).unwrap()).collect();
            prop_assert_eq!(&found, &expected);
            for name in expected {
                prop_assert!(listing.contains(name));
            }
            prop_assert!(!listing.contains(b"zebra"));
        }
    }
}
