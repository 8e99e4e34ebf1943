//! Looks at an MP4 file as a player does before it starts: boxes, size, length.
//!
//! Boxes: ISO/IEC 14496-12. Written apart from the renderer's own muxer and inspector, so that a
//! mistake there is not repeated here.

use anyhow::{Context as _, ensure};

/// What the file says of itself.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Movie {
    /// Width of the picture in pixels.
    pub(crate) width: u32,
    /// Height of the picture in pixels.
    pub(crate) height: u32,
    /// Length in milliseconds.
    pub(crate) duration_ms: u64,
}

/// Reads the file; fails unless it starts with `ftyp` and has `moov` before `mdat`.
pub(crate) fn read(file: &[u8]) -> anyhow::Result<Movie> {
    let boxes = children(file)?;
    let place = |kind: &[u8]| boxes.iter().position(|(found, _)| found == kind);
    ensure!(place(b"ftyp") == Some(0), "the file does not start with ftyp");
    let moov = place(b"moov").context("there is no moov box")?;
    let mdat = place(b"mdat").context("there is no mdat box")?;
    ensure!(moov < mdat, "moov comes after mdat, so playing could not start at once");
    let movie = inside(file, *b"moov")?;
    let header = inside(movie, *b"mvhd")?;
    ensure!(number(header, 0)? >> 24 == 0, "an mvhd of version 1 is not expected");
    let scale = u64::from(number(header, 12)?).max(1);
    let duration_ms = u64::from(number(header, 16)?) * 1000 / scale;
    let mut table = inside(movie, *b"trak")?;
    for kind in [*b"mdia", *b"minf", *b"stbl", *b"stsd"] {
        table = inside(table, kind)?;
    }
    // After version, flags and the count of entries.
    let entry = inside(table.get(8..).context("a short stsd")?, *b"avc1")?;
    let size = number(entry, 24)?;
    Ok(Movie { width: size >> 16, height: size & 0xFFFF, duration_ms })
}

type Child<'a> = ([u8; 4], &'a [u8]);

fn children(mut bytes: &[u8]) -> anyhow::Result<Vec<Child<'_>>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let length = usize::try_from(number(bytes, 0)?)?;
        let kind = bytes.get(4..8).context("a short box")?.try_into()?;
        let payload = bytes.get(8..length).context("a box that is longer than its parent")?;
        found.push((kind, payload));
        bytes = bytes.get(length..).unwrap_or_default();
    }
    Ok(found)
}

fn inside(bytes: &[u8], kind: [u8; 4]) -> anyhow::Result<&[u8]> {
    let found = children(bytes)?.into_iter().find(|(name, _)| *name == kind);
    let name = String::from_utf8_lossy(&kind).into_owned();
    found.map(|(_, payload)| payload).with_context(|| format!("there is no {name} box"))
}

fn number(bytes: &[u8], at: usize) -> anyhow::Result<u32> {
    let four = bytes.get(at..at + 4).context("a box that ends too early")?;
    Ok(u32::from_be_bytes(four.try_into()?))
}
