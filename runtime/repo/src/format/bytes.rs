//! Numbers, counts and strings of bytes: a reader that never trusts a length, a writer that never exceeds one.

/// Why bytes could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// They end too early.
    #[error("the bytes end too early")]
    Short,
    /// Something follows where nothing should.
    #[error("bytes follow the end")]
    Trailing,
    /// More than the format allows.
    #[error("more {0} than the format allows")]
    Limit(&'static str),
    /// A value that has no meaning.
    #[error("a wrong value of {0}")]
    Value(&'static str),
    /// Not what it should be at all.
    #[error("these are no bytes of a {0}")]
    Magic(&'static str),
    /// Written by a newer version.
    #[error("version {found} of the format is newer than this program, which knows {known}")]
    Newer {
        /// As stored.
        found: u32,
        /// The newest known.
        known: u32,
    },
    /// Of another key family.
    #[error("it belongs to another key family")]
    Foreign,
    /// A checksum or a seal does not hold.
    #[error("a checksum or seal does not hold")]
    Broken,
}

impl From<crate::crypt::BrokenSeal> for DecodeError {
    fn from(_: crate::crypt::BrokenSeal) -> Self {
        Self::Broken
    }
}

/// What was to be stored exceeds what the format holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more {0} than the format holds")]
pub struct TooLarge(pub &'static str);

/// Reads from the front of bytes.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(DecodeError::Short)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(DecodeError::Short)?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, DecodeError> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(crate) fn u16(&mut self) -> Result<u16, DecodeError> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, DecodeError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, DecodeError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(crate) fn i64(&mut self) -> Result<i64, DecodeError> {
        Ok(i64::from_le_bytes(self.array()?))
    }

    /// LEB128 in its shortest form.
    pub(crate) fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            let low = u64::from(byte & 0x7f);
            if shift == 63 && low > 1 || byte == 0 && shift > 0 {
                return Err(DecodeError::Value("number"));
            }
            value |= low << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(DecodeError::Value("number"))
    }

    pub(crate) fn varint32(&mut self, what: &'static str) -> Result<u32, DecodeError> {
        u32::try_from(self.varint()?).map_err(|_| DecodeError::Limit(what))
    }

    /// Zigzag.
    pub(crate) fn signed(&mut self) -> Result<i64, DecodeError> {
        let raw = self.varint()?;
        Ok((raw >> 1) as i64 ^ -((raw & 1) as i64))
    }

    /// A count of things that take at least one byte each: nothing is allocated for what cannot be there.
    pub(crate) fn count(&mut self, max: u32, what: &'static str) -> Result<usize, DecodeError> {
        let count = self.varint32(what)?;
        match count as usize {
            count if count > max as usize => Err(DecodeError::Limit(what)),
            count if count > self.0.len() => Err(DecodeError::Short),
            count => Ok(count),
        }
    }

    pub(crate) fn blob(&mut self, max: u32, what: &'static str) -> Result<&'a [u8], DecodeError> {
        let length = self.count(max, what)?;
        self.take(length)
    }

    pub(crate) fn text(&mut self, max: u32, what: &'static str) -> Result<String, DecodeError> {
        let bytes = self.blob(max, what)?;
        String::from_utf8(bytes.to_vec()).map_err(|_| DecodeError::Value(what))
    }

    /// A counted list.
    pub(crate) fn list<T>(
        &mut self,
        max: u32,
        what: &'static str,
        mut item: impl FnMut(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, DecodeError> {
        let count = self.count(max, what)?;
        (0..count).map(|_| item(self)).collect()
    }

    pub(crate) fn flag(&mut self, what: &'static str) -> Result<bool, DecodeError> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(DecodeError::Value(what)),
        }
    }

    pub(crate) fn finish(self) -> Result<(), DecodeError> {
        if self.0.is_empty() { Ok(()) } else { Err(DecodeError::Trailing) }
    }
}

/// Appends to bytes; remembers the first limit that was exceeded, and then yields nothing.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
    excess: Option<TooLarge>,
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    pub(crate) fn u8(&mut self, value: u8) -> &mut Self {
        self.raw(&[value])
    }

    pub(crate) fn u16(&mut self, value: u16) -> &mut Self {
        self.raw(&value.to_le_bytes())
    }

    pub(crate) fn u32(&mut self, value: u32) -> &mut Self {
        self.raw(&value.to_le_bytes())
    }

    pub(crate) fn u64(&mut self, value: u64) -> &mut Self {
        self.raw(&value.to_le_bytes())
    }

    pub(crate) fn i64(&mut self, value: i64) -> &mut Self {
        self.raw(&value.to_le_bytes())
    }

    pub(crate) fn varint(&mut self, mut value: u64) -> &mut Self {
        while value >= 0x80 {
            self.u8(value as u8 | 0x80);
            value >>= 7;
        }
        self.u8(value as u8)
    }

    pub(crate) fn signed(&mut self, value: i64) -> &mut Self {
        self.varint((value << 1 ^ value >> 63) as u64)
    }

    pub(crate) fn flag(&mut self, value: bool) -> &mut Self {
        self.u8(u8::from(value))
    }

    pub(crate) fn count(&mut self, count: usize, max: u32, what: &'static str) -> &mut Self {
        if count > max as usize {
            self.excess.get_or_insert(TooLarge(what));
        }
        self.varint(count as u64)
    }

    pub(crate) fn blob(&mut self, bytes: &[u8], max: u32, what: &'static str) -> &mut Self {
        self.count(bytes.len(), max, what).raw(bytes)
    }

    /// A counted list.
    pub(crate) fn list<T>(
        &mut self,
        items: &[T],
        max: u32,
        what: &'static str,
        mut item: impl FnMut(&mut Self, &T),
    ) -> &mut Self {
        self.count(items.len(), max, what);
        items.iter().for_each(|one| item(self, one));
        self
    }

    pub(crate) fn finish(self) -> Result<Vec<u8>, TooLarge> {
        self.excess.map_or(Ok(self.bytes), Err)
    }
}

/// A length as the format keeps it.
pub(crate) fn length32(length: usize, max: u32, what: &'static str) -> Result<u32, TooLarge> {
    u32::try_from(length).ok().filter(|length| *length <= max).ok_or(TooLarge(what))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_come_back(value: u64, signed: i64) {
            let mut writer = Writer::new();
            writer.varint(value).signed(signed);
            let bytes = writer.finish().unwrap();
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.varint(), Ok(value));
            prop_assert_eq!(reader.signed(), Ok(signed));
            prop_assert_eq!(reader.finish(), Ok(()));
        }

        #[test]
        fn what_is_read_has_one_form(bytes in proptest::collection::vec(any::<u8>(), 0..12)) {
            let mut reader = Reader::new(&bytes);
            if let Ok(value) = reader.varint() {
                let mut writer = Writer::new();
                writer.varint(value);
                let again = writer.finish().unwrap();
                prop_assert_eq!(&bytes[..again.len()], again.as_slice());
            }
        }
    }

    #[test]
    fn a_count_is_not_believed() {
        let mut writer = Writer::new();
        writer.varint(1000);
        let bytes = writer.finish().unwrap();
        assert_eq!(Reader::new(&bytes).count(10, "things"), Err(DecodeError::Limit("things")));
        assert_eq!(Reader::new(&bytes).count(5000, "things"), Err(DecodeError::Short));
    }
}
