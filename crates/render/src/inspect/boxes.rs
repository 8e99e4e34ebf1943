//! Boxes and big-endian fields, always within the bytes that are there.

use super::InspectError;

/// Boxes of one level before we give up; a long fragmented film has a few thousand.
const BOXES_MAX: usize = 100_000;

/// One box.
pub(super) struct Found<'a> {
    /// The four letters.
    pub kind: [u8; 4],
    /// Offset of the box, header included, from the start of the level.
    pub start: usize,
    /// What follows the header.
    pub payload: &'a [u8],
}

/// The boxes of one level; ends after the first error.
pub(super) struct Boxes<'a> {
    bytes: &'a [u8],
    at: usize,
    left: usize,
}

impl<'a> Boxes<'a> {
    /// Walks over `bytes`, which hold nothing but boxes.
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, left: BOXES_MAX }
    }

    fn read(&mut self) -> Result<Found<'a>, InspectError> {
        self.left = self.left.checked_sub(1).ok_or(InspectError::Malformed("too many boxes"))?;
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let mut reader = Reader::new(rest);
        let length = reader.u32()?;
        let kind = reader.u32()?.to_be_bytes();
        let (length, header) = match length {
            // To the end of the file, ISO/IEC 14496-12 section 4.2.
            0 => (rest.len(), 8),
            1 => {
                let long = usize::try_from(reader.u64()?)
                    .map_err(|_| InspectError::Malformed("a box is too long"))?;
                (long, 16)
            }
            short => (usize::try_from(short).unwrap_or(usize::MAX), 8),
        };
        let payload = rest
            .get(header..length)
            .ok_or(InspectError::Malformed("a box reaches beyond the end"))?;
        let start = self.at;
        self.at += length;
        Ok(Found { kind, start, payload })
    }
}

impl<'a> Iterator for Boxes<'a> {
    type Item = Result<Found<'a>, InspectError>;

    fn next(&mut self) -> Option<Self::Item> {
        // Some writers close a container with four zero bytes; less than a header is padding.
        if self.bytes.len().saturating_sub(self.at) < 8 {
            return None;
        }
        let found = self.read();
        if found.is_err() {
            self.at = self.bytes.len();
        }
        Some(found)
    }
}

/// Reads fields one after the other.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// The next `count` bytes.
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], InspectError> {
        let (head, tail) = self
            .bytes
            .split_at_checked(count)
            .ok_or(InspectError::Malformed("a box is shorter than its fields"))?;
        self.bytes = tail;
        Ok(head)
    }

    /// Leaves out `count` bytes.
    pub(super) fn skip(&mut self, count: usize) -> Result<(), InspectError> {
        self.take(count).map(|_| ())
    }

    /// One byte.
    pub(super) fn u8(&mut self) -> Result<u8, InspectError> {
        self.take(1).map(|bytes| bytes.first().copied().unwrap_or_default())
    }

    /// Two bytes.
    pub(super) fn u16(&mut self) -> Result<u16, InspectError> {
        Ok(u16::from(self.u8()?) << 8 | u16::from(self.u8()?))
    }

    /// Four bytes.
    pub(super) fn u32(&mut self) -> Result<u32, InspectError> {
        Ok(u32::from(self.u16()?) << 16 | u32::from(self.u16()?))
    }

    /// Eight bytes.
    pub(super) fn u64(&mut self) -> Result<u64, InspectError> {
        Ok(u64::from(self.u32()?) << 32 | u64::from(self.u32()?))
    }

    /// What is left.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.bytes
    }
}
