//! Text to glyphs: cleaning, line breaking and a coverage mask. The fonts are part of the crate.
//!
//! Characters without a glyph, controls and direction overrides are taken out before layout, so
//! that no prompt can disturb it. Right-to-left and Indic scripts are not shaped: the font has
//! none of them.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, GlyphId, PxScale, ScaleFont, point};
use unicode_linebreak::{BreakOpportunity, linebreaks};

use crate::math::{byte, floor, index, position};

/// Noto Sans SC Medium, SIL Open Font Licence 1.1, see `assets/README.md`.
static MAIN_BYTES: &[u8] = include_bytes!("../assets/NotoSansSC-Medium-subset.otf");
/// Noto Sans Medium: the Latin, Greek and Cyrillic letters that the main font lacks.
static MORE_BYTES: &[u8] = include_bytes!("../assets/NotoSans-Medium-subset.ttf");
/// The fonts in the order in which they are asked for a character.
static FONTS: LazyLock<Vec<FontRef<'static>>> = LazyLock::new(|| {
    [MAIN_BYTES, MORE_BYTES]
        .iter()
        .filter_map(|bytes| FontRef::try_from_slice(bytes).ok())
        .collect()
});

/// The first font that has a character, and its glyph.
fn face(character: char) -> Option<(&'static FontRef<'static>, GlyphId)> {
    FONTS.iter().map(|font| (font, font.glyph_id(character))).find(|(_, glyph)| glyph.0 != 0)
}

/// The scale at which the em square of a font has `pixels` pixels.
fn em(font: &FontRef<'_>, pixels: f32) -> PxScale {
    PxScale::from(pixels * font.height_unscaled() / UNITS)
}

/// Characters of a prompt that are looked at for a caption; three lines hold far fewer.
const CHARACTERS_MAX: usize = 600;
/// Marks a text that was cut.
const ELLIPSIS: char = '…';

/// What a caption may hold: printable characters that the font has, single spaces.
pub fn clean(text: &str) -> String {
    let mut kept = String::new();
    for character in text.chars().take(CHARACTERS_MAX * 4) {
        if character.is_whitespace() {
            if !kept.is_empty() && !kept.ends_with(' ') {
                kept.push(' ');
            }
        } else if !character.is_control() && face(character).is_some() && !is_invisible(character) {
            kept.push(character);
        }
        if kept.len() > CHARACTERS_MAX * 4 {
            break;
        }
    }
    let mut kept: String = kept.trim_end().to_owned();
    if let Some((at, _)) = kept.char_indices().nth(CHARACTERS_MAX) {
        kept.truncate(at);
    }
    kept
}

/// Joiners, marks and overrides of direction, soft hyphen, byte order mark.
const fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}')
}

/// Width of a line in pixels.
pub fn measure(text: &str, pixels: f32) -> f32 {
    text.chars()
        .filter_map(face)
        .map(|(font, glyph)| font.as_scaled(em(font, pixels)).h_advance(glyph))
        .sum()
}

/// Units of the em square of both fonts.
const UNITS: f32 = 1000.0;

/// At most `lines` lines of at most `width` pixels, as equally long as they can be; the last one
/// ends with an ellipsis if the text does not fit.
pub fn balance(text: &str, pixels: f32, width: f32, lines: usize) -> Vec<String> {
    let pieces = pieces(text, pixels, width);
    let full = wrap(&pieces, pixels, width);
    if full.len() > lines {
        let mut kept: Vec<String> = full.into_iter().take(lines).collect();
        if let Some(last) = kept.last_mut() {
            while !last.is_empty()
                && measure(&format!("{}{ELLIPSIS}", last.trim_end()), pixels) > width
            {
                last.pop();
            }
            let cut = last.trim_end_matches([' ', ',', '，', '、', '.', '。', '…']).len();
            last.truncate(cut);
            last.push(ELLIPSIS);
        }
        return kept;
    }
    // The narrowest width that still needs no more lines gives lines of equal length.
    let count = full.len();
    let (mut low, mut high) = (width / float_count(count + 1), width);
    for _ in 0..12 {
        let middle = (low + high) * 0.5;
        if wrap(&pieces, pixels, middle).len() <= count { high = middle } else { low = middle }
    }
    wrap(&pieces, pixels, high)
}

fn float_count(count: usize) -> f32 {
    crate::math::float(count)
}

/// Parts between allowed line breaks (UAX #14); a part that is wider than a line is cut.
fn pieces(text: &str, pixels: f32, width: f32) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut from = 0;
    for (at, opportunity) in linebreaks(text) {
        if matches!(opportunity, BreakOpportunity::Allowed | BreakOpportunity::Mandatory) {
            let Some(part) = text.get(from..at) else { continue };
            from = at;
            let mut piece = String::new();
            for character in part.chars() {
                piece.push(character);
                // Half a line leaves the search for equal lines some room.
                if measure(&piece, pixels) > width * 0.5 && !character.is_ascii_alphanumeric()
                    || measure(&piece, pixels) > width * 0.95
                {
                    pieces.push(std::mem::take(&mut piece));
                }
            }
            if !piece.is_empty() {
                pieces.push(piece);
            }
        }
    }
    pieces
}

fn wrap(pieces: &[String], pixels: f32, width: f32) -> Vec<String> {
    let mut lines = vec![String::new()];
    for piece in pieces {
        if let Some(line) = lines.last_mut()
            && (line.is_empty() || measure(&format!("{line}{}", piece.trim_end()), pixels) <= width)
        {
            line.push_str(piece);
            continue;
        }
        lines.push(piece.clone());
    }
    let lines = lines.into_iter().map(|line| line.trim().to_owned());
    lines.filter(|line| !line.is_empty()).collect()
}

/// A picture of coverage, 0 to 255.
#[derive(Debug, Clone)]
pub(crate) struct Mask {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) cover: Vec<u8>,
}

impl Mask {
    pub(crate) fn new(width: usize, height: usize) -> Self {
        Self { width, height, cover: vec![0; width * height] }
    }

    /// Writes a line whose baseline starts at (`x`, `y`).
    pub(crate) fn write(&mut self, text: &str, pixels: f32, x: f32, y: f32) {
        let mut pen = x;
        for (font, id) in text.chars().filter_map(face) {
            let scale = em(font, pixels);
            let scaled = font.as_scaled(scale);
            let glyph = id.with_scale_and_position(scale, point(pen, y));
            pen += scaled.h_advance(id);
            let Some(outline) = scaled.outline_glyph(glyph) else { continue };
            let bounds = outline.px_bounds();
            let (left, top) = (floor(bounds.min.x), floor(bounds.min.y));
            outline.draw(|dx, dy, cover| {
                let column = left.saturating_add_unsigned(dx);
                let row = top.saturating_add_unsigned(dy);
                let inside = column >= 0 && row >= 0;
                let (column, row) = (position(column), position(row));
                if inside && column < self.width && row < self.height {
                    let value = &mut self.cover[row * self.width + column];
                    *value = (*value).max(byte(cover));
                }
            });
        }
    }

    /// A copy that three box blurs have softened; about a Gaussian.
    pub(crate) fn blurred(&self, radius: usize) -> Self {
        let mut copy = self.clone();
        for _ in 0..3 {
            copy.cover = box_blur(&copy.cover, self.width, radius);
            copy.cover = box_blur(&copy.cover, self.height, radius);
        }
        copy
    }
}

/// Blurs the rows of length `width` and gives the result transposed, so that two calls do both
/// directions.
fn box_blur(cover: &[u8], width: usize, radius: usize) -> Vec<u8> {
    let height = cover.len() / width.max(1);
    let mut out = vec![0; cover.len()];
    let span = 2 * radius + 1;
    for (y, row) in cover.chunks_exact(width.max(1)).enumerate() {
        let mut sum: usize = row.iter().take(radius).map(|&value| usize::from(value)).sum();
        for x in 0..width {
            sum += row.get(x + radius).map_or(0, |&value| usize::from(value));
            if let Some(left) = (x + radius).checked_sub(span) {
                sum -= usize::from(row[left]);
            }
            out[x * height + y] = crate::math::low_byte((sum / span) as u64);
        }
    }
    out
}

/// Whole pixels for a size in pixels, at least one.
pub(crate) fn whole(pixels: f32) -> usize {
    index(pixels).max(1)
}
